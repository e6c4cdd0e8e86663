package wire

import (
	"encoding/binary"
	"io"
	"log"
	"net"
)

type Frame struct {
	Kind uint8
	Body []byte
}

func readFrame(r io.Reader) (*Frame, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return &Frame{Kind: head[0], Body: body}, nil
}

func Serve(l net.Listener, handle func(*Frame) error) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			for {
				f, err := readFrame(conn)
				if err != nil {
					return
				}
				if err := handle(f); err != nil {
					log.Printf("frame: %v", err)
					return
				}
			}
		}()
	}
}
