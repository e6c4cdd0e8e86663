package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"
)

type Event struct {
	Name string            `json:"name"`
	At   time.Time         `json:"at"`
	Tags map[string]string `json:"tags"`
}

type Sink interface {
	Write(events []Event) error
}

type Collector struct {
	sink Sink
	log  *zap.Logger
}

const maxWire = 4 << 20

func (c *Collector) Handle(w http.ResponseWriter, r *http.Request) {
	body := http.MaxBytesReader(w, r.Body, maxWire)
	var payload []byte
	var err error
	if r.Header.Get("Content-Encoding") == "gzip" {
		payload, err = inflate(body)
	} else {
		payload, err = io.ReadAll(body)
	}
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	events := parse(payload)
	if err := c.sink.Write(events); err != nil {
		c.log.Error("sink", zap.Error(err))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func inflate(r io.Reader) ([]byte, error) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	data, err := io.ReadAll(zr)
	if err != nil {
		return nil, err
	}
	return data, nil
}

func parse(payload []byte) []Event {
	var events []Event
	sc := bufio.NewScanner(bytes.NewReader(payload))
	for sc.Scan() {
		var e Event
		if json.Unmarshal(sc.Bytes(), &e) == nil {
			events = append(events, e)
		}
	}
	return events
}
