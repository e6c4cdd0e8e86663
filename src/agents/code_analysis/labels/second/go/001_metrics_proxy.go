package agentproxy

import (
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/gorilla/mux"
)

type Gateway struct {
	scheme string
	port   string
	log    *slog.Logger
}

func NewGateway(log *slog.Logger) *Gateway {
	return &Gateway{scheme: "http", port: "9100", log: log}
}

func (g *Gateway) Router() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/nodes/{node}/metrics", g.forward).Methods(http.MethodGet)
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	return r
}

func (g *Gateway) nodeURL(node string) (*url.URL, error) {
	base := g.scheme + "://" + node
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if u.Port() == "" {
		u.Host += ":" + g.port
	}
	return u, nil
}

func (g *Gateway) forward(w http.ResponseWriter, r *http.Request) {
	target, err := g.nodeURL(mux.Vars(r)["node"])
	if err != nil {
		http.Error(w, "unknown node", http.StatusNotFound)
		return
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		g.log.Warn("metrics proxy", "err", err)
		w.WriteHeader(http.StatusBadGateway)
	}
	out := r.Clone(r.Context())
	out.URL.Path = "/metrics"
	out.Host = target.Host
	out.Header.Del("Authorization")
	out.Header.Del("Cookie")
	proxy.ServeHTTP(w, out)
}
