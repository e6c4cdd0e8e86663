package main

import (
	"fmt"
	"net/http"
)

type Page struct {
	Title string
	Nav   []string
}

func (p *Page) header(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><html><head><title>%s</title></head><body><nav>", p.Title)
	for _, n := range p.Nav {
		fmt.Fprintf(w, "<a href=\"/%s\">%s</a> ", n, n)
	}
	fmt.Fprint(w, "</nav>")
}

func (p *Page) SearchResults(w http.ResponseWriter, r *http.Request) {
	term := r.URL.Query().Get("q")
	p.header(w)
	if term == "" {
		fmt.Fprint(w, "<p>Enter a search term.</p></body></html>")
		return
	}
	fmt.Fprintf(w, "<h2>Results for %s</h2>", term)
	fmt.Fprint(w, "<p>Nothing matched.</p></body></html>")
}

func main() {
	p := &Page{Title: "Catalogue", Nav: []string{"home", "items"}}
	http.HandleFunc("/search", p.SearchResults)
	_ = http.ListenAndServe(":8080", nil)
}
