package sess

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

type record struct {
	user    string
	expires time.Time
}

type Store struct {
	mu   sync.Mutex
	data map[[32]byte]record
}

func NewStore() *Store {
	return &Store{data: make(map[[32]byte]record)}
}

func (s *Store) Issue(w http.ResponseWriter, user string) error {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return err
	}
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	s.mu.Lock()
	s.data[sha256.Sum256([]byte(token))] = record{user: user, expires: time.Now().Add(12 * time.Hour)}
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name:     "__Host-sid",
		Value:    token,
		Path:     "/",
		MaxAge:   12 * 3600,
		Secure:   true,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func (s *Store) User(r *http.Request) (string, bool) {
	c, err := r.Cookie("__Host-sid")
	if err != nil {
		return "", false
	}
	k := sha256.Sum256([]byte(c.Value))
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, ok := s.data[k]
	if !ok || time.Now().After(rec.expires) {
		delete(s.data, k)
		return "", false
	}
	return rec.user, true
}
