package fragments

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const maxName = 60

type crumb struct {
	Label string
	Path  string
}

func crumbs(p string) []crumb {
	list := []crumb{{Label: "Home", Path: "/"}}
	acc := ""
	for _, seg := range strings.Split(strings.Trim(p, "/"), "/") {
		if seg == "" {
			continue
		}
		acc += "/" + url.PathEscape(seg)
		list = append(list, crumb{Label: seg, Path: acc})
	}
	return list
}

func writeCrumbs(w io.Writer, list []crumb) {
	fmt.Fprint(w, `<nav class="crumbs">`)
	for _, c := range list {
		fmt.Fprintf(w, `<a href="%s">%s</a> `, html.EscapeString(c.Path), html.EscapeString(c.Label))
	}
	fmt.Fprint(w, `</nav>`)
}

func displayName(r *http.Request) string {
	name := strings.TrimSpace(r.URL.Query().Get("name"))
	if name == "" {
		return "guest"
	}
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	return name
}

func Greeting(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	writeCrumbs(w, crumbs(r.URL.Query().Get("at")))
	fmt.Fprintf(w, "<p>Welcome back, <strong>%s</strong>!</p>", html.EscapeString(displayName(r)))
}

func Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /fragments/greeting", Greeting)
}
