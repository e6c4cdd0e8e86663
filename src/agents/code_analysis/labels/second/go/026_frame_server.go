package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"time"
)

const (
	opEcho byte = iota + 1
	opCount
)

type frame struct {
	op      byte
	payload []byte
}

func readFrame(r *bufio.Reader) (frame, error) {
	var hdr [5]byte
	if _, err := io.ReadFull(r, hdr[:]); err != nil {
		return frame{}, err
	}
	size := binary.BigEndian.Uint32(hdr[1:])
	buf := make([]byte, size)
	if _, err := io.ReadFull(r, buf); err != nil {
		return frame{}, err
	}
	return frame{op: hdr[0], payload: buf}, nil
}

func writeFrame(w io.Writer, f frame) error {
	var hdr [5]byte
	hdr[0] = f.op
	binary.BigEndian.PutUint32(hdr[1:], uint32(len(f.payload)))
	if _, err := w.Write(hdr[:]); err != nil {
		return err
	}
	_, err := w.Write(f.payload)
	return err
}

func serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		f, err := readFrame(r)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				log.Printf("read from %s: %v", conn.RemoteAddr(), err)
			}
			return
		}
		switch f.op {
		case opEcho:
			err = writeFrame(conn, f)
		case opCount:
			var n [4]byte
			binary.BigEndian.PutUint32(n[:], uint32(len(f.payload)))
			err = writeFrame(conn, frame{op: opCount, payload: n[:]})
		default:
			return
		}
		if err != nil {
			return
		}
	}
}

func main() {
	addr := flag.String("listen", ":7400", "address to listen on")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn)
	}
}
