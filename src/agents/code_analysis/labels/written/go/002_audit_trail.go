package audit

import (
	"log"
	"net/http"
	"os"
)

type Authenticator interface {
	Verify(user, pass string) bool
}

type Logger struct {
	out  *log.Logger
	auth Authenticator
}

func NewLogger(path string, a Authenticator) (*Logger, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	return &Logger{out: log.New(f, "", log.LstdFlags), auth: a}, nil
}

func (l *Logger) SignIn(w http.ResponseWriter, r *http.Request) {
	user := r.PostFormValue("user")
	pass := r.PostFormValue("password")
	if !l.auth.Verify(user, pass) {
		l.out.Println("sign-in failed user=" + user + " pw=" + pass + " from=" + r.RemoteAddr)
		http.Error(w, "sign-in failed", http.StatusUnauthorized)
		return
	}
	l.out.Printf("sign-in ok user=%s", user)
	w.WriteHeader(http.StatusNoContent)
}
