package comments

import (
	"database/sql"
	"html/template"
	"net/http"
	"strings"
)

var page = template.Must(template.New("c").Parse(`<ul>{{range .}}<li><b>{{.Author}}</b> {{.Body}}</li>{{end}}</ul>`))

type view struct {
	Author string
	Body   template.HTML
}

type Handler struct {
	DB *sql.DB
}

func render(body string) template.HTML {
	lines := strings.Split(body, "\n")
	return template.HTML(strings.Join(lines, "<br>"))
}

func (h *Handler) Show(w http.ResponseWriter, r *http.Request) {
	rows, err := h.DB.QueryContext(r.Context(), "SELECT author, body FROM comments WHERE post_id = ?", r.FormValue("post"))
	if err != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	defer rows.Close()
	var all []view
	for rows.Next() {
		var author, body string
		if rows.Scan(&author, &body) == nil {
			all = append(all, view{Author: author, Body: render(body)})
		}
	}
	_ = page.Execute(w, all)
}
