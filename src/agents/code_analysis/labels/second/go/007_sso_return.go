package sso

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

type StateStore interface {
	Take(ctx context.Context, state string) (verifier, target string, err error)
	Put(ctx context.Context, state, verifier, target string) error
}

type SSO struct {
	conf   *oauth2.Config
	states StateStore
	login  func(w http.ResponseWriter, r *http.Request, tok *oauth2.Token) error
}

func localTarget(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t") {
		return "/"
	}
	clean := url.URL{Path: u.Path, RawQuery: u.RawQuery}
	return clean.String()
}

func (s *SSO) Begin(w http.ResponseWriter, r *http.Request) {
	state := oauth2.GenerateVerifier()
	verifier := oauth2.GenerateVerifier()
	if err := s.states.Put(r.Context(), state, verifier, localTarget(r.URL.Query().Get("return_to"))); err != nil {
		slog.Error("store state", "err", err)
		http.Error(w, "login unavailable", http.StatusServiceUnavailable)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: "sso_state", Value: state, Path: "/sso", MaxAge: 600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, s.conf.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), http.StatusFound)
}

func (s *SSO) Callback(w http.ResponseWriter, r *http.Request) {
	state := r.URL.Query().Get("state")
	c, err := r.Cookie("sso_state")
	if err != nil || state == "" || c.Value != state {
		http.Error(w, "state mismatch", http.StatusBadRequest)
		return
	}
	verifier, target, err := s.states.Take(r.Context(), state)
	if err != nil {
		http.Error(w, "login expired", http.StatusBadRequest)
		return
	}
	tok, err := s.conf.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err == nil {
		err = s.login(w, r, tok)
	}
	if err != nil {
		slog.Warn("sso failed", "err", err)
		http.Error(w, "login failed", http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, localTarget(target), http.StatusSeeOther)
}
