package audit

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

type Trail struct {
	mu  sync.Mutex
	out io.WriteCloser
}

func Open(path string) (*Trail, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Trail{out: f}, nil
}

func (t *Trail) Close() error { return t.out.Close() }

func stamp() string { return time.Now().UTC().Format(time.RFC3339) }

func (t *Trail) LoginFailed(user string, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%s login-failed user=%s agent=%s\n",
		stamp(), user, r.UserAgent())
}

func (t *Trail) LoginOK(userID int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%s login-ok uid=%d\n", stamp(), userID)
}

type Checker func(user, password string) (int64, bool)

func LoginHandler(check Checker, trail *Trail, done http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		user := r.PostFormValue("user")
		id, ok := check(user, r.PostFormValue("password"))
		if !ok {
			trail.LoginFailed(user, r)
			http.Error(w, "invalid credentials", http.StatusUnauthorized)
			return
		}
		trail.LoginOK(id)
		done.ServeHTTP(w, r)
	})
}
