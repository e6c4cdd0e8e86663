package codec

import (
	"encoding/binary"
	"errors"
	"io"
)

const maxBody = 1 << 20

var (
	ErrTooLarge = errors.New("frame too large")
	ErrShort    = errors.New("frame too short")
)

type Message struct {
	Kind  uint16
	Key   string
	Value []byte
}

func Read(r io.Reader) (*Message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxBody {
		return nil, ErrTooLarge
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, err
	}
	return decode(buf)
}

func decode(b []byte) (*Message, error) {
	if len(b) < 4 {
		return nil, ErrShort
	}
	m := &Message{Kind: binary.BigEndian.Uint16(b)}
	k := int(binary.BigEndian.Uint16(b[2:]))
	b = b[4:]
	if k > len(b) {
		return nil, ErrShort
	}
	m.Key, m.Value = string(b[:k]), b[k:]
	return m, nil
}
