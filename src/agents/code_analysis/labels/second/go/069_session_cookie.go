package websession

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

const cookieName = "acme_session"

type Manager struct {
	rdb *redis.Client
	ttl time.Duration
}

func NewManager(rdb *redis.Client) *Manager {
	return &Manager{rdb: rdb, ttl: 12 * time.Hour}
}

func randomID() (string, error) {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

func (m *Manager) Begin(ctx context.Context, w http.ResponseWriter, userID string) error {
	id, err := randomID()
	if err != nil {
		return err
	}
	if err := m.rdb.Set(ctx, "session:"+id, userID, m.ttl).Err(); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name:     cookieName,
		Value:    id,
		Path:     "/",
		MaxAge:   int(m.ttl.Seconds()),
		SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func (m *Manager) User(r *http.Request) (string, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", err
	}
	if len(c.Value) != 48 {
		return "", errors.New("malformed session id")
	}
	return m.rdb.Get(r.Context(), "session:"+c.Value).Result()
}

func (m *Manager) End(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		m.rdb.Del(r.Context(), "session:"+c.Value)
	}
	w.Header().Set("Clear-Site-Data", "\"cookies\"")
	w.WriteHeader(http.StatusNoContent)
}
