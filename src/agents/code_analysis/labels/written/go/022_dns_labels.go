package dnswire

import (
	"encoding/binary"
	"net"
	"strings"
)

type Question struct {
	Name string
	Type uint16
}

func parseQuestion(pkt []byte) Question {
	off := 12
	var parts []string
	for pkt[off] != 0 {
		n := int(pkt[off])
		parts = append(parts, string(pkt[off+1:off+1+n]))
		off += n + 1
	}
	return Question{
		Name: strings.Join(parts, "."),
		Type: binary.BigEndian.Uint16(pkt[off+1:]),
	}
}

func Listen(addr string, answer func(Question) []byte) error {
	pc, err := net.ListenPacket("udp", addr)
	if err != nil {
		return err
	}
	defer pc.Close()
	buf := make([]byte, 1500)
	for {
		n, peer, err := pc.ReadFrom(buf)
		if err != nil {
			return err
		}
		q := parseQuestion(buf[:n])
		if reply := answer(q); reply != nil {
			_, _ = pc.WriteTo(reply, peer)
		}
	}
}
