package session

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

type Manager struct {
	mu   sync.RWMutex
	live map[string]string
}

func NewManager() *Manager {
	return &Manager{live: map[string]string{}}
}

func newID() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

func (m *Manager) Begin(w http.ResponseWriter, user string) error {
	id, err := newID()
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.live[id] = user
	m.mu.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name:    "SESSION",
		Value:   id,
		Path:    "/",
		Expires: time.Now().Add(30 * 24 * time.Hour),
	})
	return nil
}

func (m *Manager) User(r *http.Request) (string, bool) {
	c, err := r.Cookie("SESSION")
	if err != nil {
		return "", false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	u, ok := m.live[c.Value]
	return u, ok
}
