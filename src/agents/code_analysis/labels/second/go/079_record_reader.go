package wal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	headerSize = 12
	maxRecord  = 1 << 20
)

var (
	ErrCorrupt = errors.New("wal: corrupt record")
	table      = crc32.MakeTable(crc32.Castagnoli)
)

type Record struct {
	Seq  uint32
	Data []byte
}

type Reader struct {
	r   *bufio.Reader
	hdr [headerSize]byte
	seq uint32
}

func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10)}
}

func (r *Reader) Next() (Record, error) {
	if _, err := io.ReadFull(r.r, r.hdr[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return Record{}, ErrCorrupt
		}
		return Record{}, err
	}
	size := binary.LittleEndian.Uint32(r.hdr[0:4])
	sum := binary.LittleEndian.Uint32(r.hdr[4:8])
	seq := binary.LittleEndian.Uint32(r.hdr[8:12])
	if size > maxRecord {
		return Record{}, fmt.Errorf("%w: record of %d bytes", ErrCorrupt, size)
	}
	if seq != r.seq {
		return Record{}, fmt.Errorf("%w: sequence %d, want %d", ErrCorrupt, seq, r.seq)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r.r, data); err != nil {
		return Record{}, fmt.Errorf("%w: short record", ErrCorrupt)
	}
	if crc32.Checksum(data, table) != sum {
		return Record{}, fmt.Errorf("%w: checksum", ErrCorrupt)
	}
	r.seq++
	return Record{Seq: seq, Data: data}, nil
}

func Replay(src io.Reader, apply func(Record) error) (int, error) {
	rd := NewReader(src)
	n := 0
	for {
		rec, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if err := apply(rec); err != nil {
			return n, err
		}
		n++
	}
}
