package profile

import (
	"log"
	"net/http"
	"strings"
	"text/template"
)

const cardSource = `{{define "card"}}
<section class="card">
  <h2>{{.Name}}</h2>
  <p class="bio">{{.Bio}}</p>
  <ul>{{range .Tags}}<li>{{.}}</li>{{end}}</ul>
</section>
{{end}}`

type cardData struct {
	Name string
	Bio  string
	Tags []string
}

type Handler struct {
	tmpl *template.Template
}

func NewHandler() (*Handler, error) {
	t, err := template.New("profile").Funcs(template.FuncMap{
		"upper": strings.ToUpper,
	}).Parse(cardSource)
	if err != nil {
		return nil, err
	}
	return &Handler{tmpl: t}, nil
}

func splitTags(raw string) []string {
	var tags []string
	for _, t := range strings.Split(raw, ",") {
		if t = strings.TrimSpace(t); t != "" && len(tags) < 10 {
			tags = append(tags, t)
		}
	}
	return tags
}

func (h *Handler) Preview(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	data := cardData{
		Name: r.Form.Get("name"),
		Bio:  r.Form.Get("bio"),
		Tags: splitTags(r.Form.Get("tags")),
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := h.tmpl.ExecuteTemplate(w, "card", data); err != nil {
		log.Printf("render card: %v", err)
	}
}
