package search

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

type Index interface {
	Find(term string, limit int) ([]Hit, error)
}

type Hit struct {
	Title string
	ID    int
}

type Page struct {
	idx Index
}

func NewPage(idx Index) *Page { return &Page{idx: idx} }

func header(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><html><head><title>Search</title></head><body>")
}

func footer(w http.ResponseWriter) {
	fmt.Fprint(w, "</body></html>")
}

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	term := strings.TrimSpace(r.FormValue("q"))
	if len(term) > 200 {
		term = term[:200]
	}
	hits, err := p.idx.Find(term, 25)
	if err != nil {
		http.Error(w, "search is unavailable", http.StatusServiceUnavailable)
		return
	}

	header(w)
	defer footer(w)
	if len(hits) == 0 {
		fmt.Fprintf(w, "<p>No results for <b>%s</b></p>", term)
		return
	}
	fmt.Fprint(w, "<ul>")
	for _, h := range hits {
		fmt.Fprintf(w, "<li><a href=\"/doc/%d\">%s</a></li>", h.ID, html.EscapeString(h.Title))
	}
	fmt.Fprint(w, "</ul>")
}
