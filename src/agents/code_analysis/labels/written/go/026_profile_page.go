package profile

import (
	"context"
	"html/template"
	"net/http"
	"strings"
)

var tpl = template.Must(template.New("profile").Parse(`<!doctype html>
<html><head><title>{{.Name}}</title></head>
<body><h1>{{.Name}}</h1><p>{{.Bio}}</p>
{{range .Tags}}<span class="tag">{{.}}</span>{{end}}</body></html>`))

type Profile struct {
	Name string
	Bio  string
	Tags []string
}

type Loader interface {
	Load(ctx context.Context, handle string) (*Profile, error)
}

type Page struct {
	profiles Loader
}

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handle := strings.TrimPrefix(r.URL.Path, "/u/")
	prof, err := p.profiles.Load(r.Context(), handle)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	if err := tpl.Execute(w, prof); err != nil {
		return
	}
}
