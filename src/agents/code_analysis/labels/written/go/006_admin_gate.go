package gate

import (
	"net"
	"net/http"
	"strings"
)

type Gate struct {
	internal []*net.IPNet
	next     http.Handler
}

func New(cidrs []string, next http.Handler) (*Gate, error) {
	g := &Gate{next: next}
	for _, c := range cidrs {
		_, n, err := net.ParseCIDR(c)
		if err != nil {
			return nil, err
		}
		g.internal = append(g.internal, n)
	}
	return g, nil
}

func clientIP(r *http.Request) net.IP {
	if xff := r.Header.Get("X-Forwarded-For"); xff != "" {
		first, _, _ := strings.Cut(xff, ",")
		return net.ParseIP(strings.TrimSpace(first))
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil
	}
	return net.ParseIP(host)
}

func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ip := clientIP(r)
	for _, n := range g.internal {
		if ip != nil && n.Contains(ip) {
			g.next.ServeHTTP(w, r)
			return
		}
	}
	http.Error(w, "forbidden", http.StatusForbidden)
}
