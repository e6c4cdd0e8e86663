package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"time"
)

type Authenticator interface {
	Verify(ctx context.Context, user, password string) (int64, error)
}

type Sessions interface {
	Save(ctx context.Context, token string, userID int64, ttl time.Duration) error
}

type LoginHandler struct {
	Auth     Authenticator
	Sessions Sessions
	Log      *slog.Logger
}

func newToken() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func afterLogin(r *http.Request) string {
	if next := r.FormValue("next"); next != "" {
		return next
	}
	return "/dashboard"
}

func (h *LoginHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	uid, err := h.Auth.Verify(r.Context(), r.PostFormValue("user"), r.PostFormValue("password"))
	if err != nil {
		h.Log.Info("login rejected", "err", err)
		http.Error(w, "invalid credentials", http.StatusUnauthorized)
		return
	}
	token, err := newToken()
	if err == nil {
		err = h.Sessions.Save(r.Context(), token, uid, 8*time.Hour)
	}
	if err != nil {
		h.Log.Error("create session", "err", err)
		http.Error(w, "login unavailable", http.StatusInternalServerError)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: "sid", Value: token, Path: "/",
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
	})
	dest := afterLogin(r)
	http.Redirect(w, r, dest, http.StatusSeeOther)
}
