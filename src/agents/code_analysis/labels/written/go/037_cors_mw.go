package middleware

import (
	"net/http"
	"strings"
)

type CORS struct {
	Methods []string
	Headers []string
	next    http.Handler
}

func Wrap(next http.Handler) *CORS {
	return &CORS{
		Methods: []string{"GET", "POST", "PUT", "DELETE"},
		Headers: []string{"Content-Type", "X-Requested-With"},
		next:    next,
	}
}

func (c *CORS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin != "" {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
		h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
		h.Add("Vary", "Origin")
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	c.next.ServeHTTP(w, r)
}
