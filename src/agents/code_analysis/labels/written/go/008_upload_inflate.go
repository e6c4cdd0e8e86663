package ingest

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
)

type Point struct {
	Series string  `json:"s"`
	Value  float64 `json:"v"`
}

type Sink interface {
	Put([]Point) error
}

type Ingest struct {
	sink Sink
}

func body(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(io.LimitReader(r.Body, 8<<20))
	}
	zr, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	defer zr.Close()
	return io.ReadAll(zr)
}

func (i *Ingest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := body(r)
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	var pts []Point
	if err := json.Unmarshal(b, &pts); err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	if err := i.sink.Put(pts); err != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
