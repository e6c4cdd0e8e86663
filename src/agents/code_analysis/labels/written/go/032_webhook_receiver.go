package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
)

type Receiver struct {
	key   []byte
	queue chan<- []byte
}

func NewReceiver(queue chan<- []byte) *Receiver {
	return &Receiver{key: []byte(os.Getenv("HOOK_KEY")), queue: queue}
}

func (r *Receiver) sign(body []byte) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<20))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if req.Header.Get("X-Signature") != r.sign(body) {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	r.queue <- body
	w.WriteHeader(http.StatusAccepted)
}
