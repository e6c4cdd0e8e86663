package web

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/gorilla/csrf"
	"github.com/gorilla/mux"
	"github.com/gorilla/sessions"
)

const sessionName = "portal"

type App struct {
	store *sessions.CookieStore
	check func(user, password string) (int64, error)
}

func keyFromEnv(name string) ([]byte, error) {
	k, err := hex.DecodeString(os.Getenv(name))
	if err != nil {
		return nil, err
	}
	if len(k) != 32 {
		return nil, errors.New(name + " must hold 32 bytes in hex")
	}
	return k, nil
}

func NewApp(check func(user, password string) (int64, error)) (*App, error) {
	authKey, err := keyFromEnv("SESSION_AUTH_KEY")
	if err != nil {
		return nil, err
	}
	encKey, err := keyFromEnv("SESSION_ENC_KEY")
	if err != nil {
		return nil, err
	}
	store := sessions.NewCookieStore(authKey, encKey)
	store.Options = &sessions.Options{
		Path:     "/",
		MaxAge:   4 * 3600,
		HttpOnly: true,
		Secure:   true,
		SameSite: http.SameSiteStrictMode,
	}
	return &App{store: store, check: check}, nil
}

func (a *App) Router() (http.Handler, error) {
	csrfKey, err := keyFromEnv("CSRF_KEY")
	if err != nil {
		return nil, err
	}
	r := mux.NewRouter()
	r.HandleFunc("/login", a.login).Methods(http.MethodPost)
	r.HandleFunc("/logout", a.logout).Methods(http.MethodPost)
	return csrf.Protect(csrfKey, csrf.Secure(true), csrf.Path("/"))(r), nil
}

func (a *App) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	id, err := a.check(r.PostFormValue("user"), r.PostFormValue("password"))
	if err != nil {
		http.Error(w, "invalid credentials", http.StatusUnauthorized)
		return
	}
	s, _ := a.store.New(r, sessionName)
	s.Values["uid"] = id
	if err := s.Save(r, w); err != nil {
		slog.Error("save session", "err", err)
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/home", http.StatusSeeOther)
}

func (a *App) logout(w http.ResponseWriter, r *http.Request) {
	s, err := a.store.Get(r, sessionName)
	if err == nil {
		s.Options.MaxAge = -1
		_ = s.Save(r, w)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
