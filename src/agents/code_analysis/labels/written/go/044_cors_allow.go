package cors

import "net/http"

type Policy struct {
	origins map[string]struct{}
	next    http.Handler
}

func New(origins []string, next http.Handler) *Policy {
	p := &Policy{origins: make(map[string]struct{}, len(origins)), next: next}
	for _, o := range origins {
		p.origins[o] = struct{}{}
	}
	return p
}

func (p *Policy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if _, ok := p.origins[origin]; ok {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	p.next.ServeHTTP(w, r)
}
