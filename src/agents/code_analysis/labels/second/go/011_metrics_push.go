package push

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
)

const (
	maxBody  = 1 << 20
	maxPlain = 8 << 20
)

var errTooLarge = errors.New("payload too large")

type Sample struct {
	Name  string            `json:"name"`
	Value float64           `json:"value"`
	Label map[string]string `json:"label"`
}

type Appender interface {
	Append([]Sample) error
}

func readPayload(r io.Reader, encoding string) ([]byte, error) {
	if encoding == "gzip" {
		zr, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		defer zr.Close()
		r = zr
	}
	lr := &io.LimitedReader{R: r, N: maxPlain + 1}
	data, err := io.ReadAll(lr)
	if err != nil {
		return nil, err
	}
	if lr.N <= 0 {
		return nil, errTooLarge
	}
	return data, nil
}

func Handler(app Appender) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ct, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || ct != "application/json" {
			http.Error(w, "json expected", http.StatusUnsupportedMediaType)
			return
		}
		body := http.MaxBytesReader(w, r.Body, maxBody)
		data, err := readPayload(body, r.Header.Get("Content-Encoding"))
		if errors.Is(err, errTooLarge) {
			http.Error(w, "payload too large", http.StatusRequestEntityTooLarge)
			return
		}
		var samples []Sample
		if err == nil {
			err = json.Unmarshal(data, &samples)
		}
		if err != nil {
			http.Error(w, "unreadable payload", http.StatusBadRequest)
			return
		}
		if err := app.Append(samples); err != nil {
			slog.Error("append samples", "err", err)
			http.Error(w, "not stored", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
