package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
)

type Verify struct {
	secret []byte
	next   func([]byte)
}

func New(next func([]byte)) *Verify {
	secret := os.Getenv("WEBHOOK_SECRET")
	if secret == "" {
		panic("WEBHOOK_SECRET is not set")
	}
	return &Verify{secret: []byte(secret), next: next}
}

func (v *Verify) valid(sig string, body []byte) bool {
	got, err := hex.DecodeString(sig)
	if err != nil {
		return false
	}
	m := hmac.New(sha256.New, v.secret)
	m.Write(body)
	return hmac.Equal(got, m.Sum(nil))
}

func (v *Verify) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !v.valid(r.Header.Get("X-Hub-Signature"), body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	v.next(body)
	w.WriteHeader(http.StatusNoContent)
}
