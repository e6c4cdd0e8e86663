package auth

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/sessions"
)

type Verifier interface {
	Check(user, pass string) (string, bool)
}

type Login struct {
	store    sessions.Store
	verifier Verifier
}

func (l *Login) Mount(r chi.Router) {
	r.Post("/login", l.post)
}

func landing(r *http.Request) string {
	next := r.FormValue("next")
	if next == "" {
		return "/dashboard"
	}
	return next
}

func (l *Login) post(w http.ResponseWriter, r *http.Request) {
	id, ok := l.verifier.Check(r.FormValue("user"), r.FormValue("password"))
	if !ok {
		http.Error(w, "login failed", http.StatusUnauthorized)
		return
	}
	s, _ := l.store.Get(r, "app")
	s.Values["uid"] = id
	if err := s.Save(r, w); err != nil {
		http.Error(w, "session error", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, landing(r), http.StatusSeeOther)
}
