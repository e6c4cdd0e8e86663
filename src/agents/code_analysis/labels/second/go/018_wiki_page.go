package wiki

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"
)

//go:embed templates/*.html
var files embed.FS

var views = template.Must(template.New("").Funcs(template.FuncMap{
	"date": func(t time.Time) string { return t.Format("2 Jan 2006") },
}).ParseFS(files, "templates/*.html"))

type Page struct {
	Slug    string
	Title   string
	Body    string
	Editor  string
	Updated time.Time
}

type Wiki struct {
	db *sql.DB
}

func New(db *sql.DB) *Wiki { return &Wiki{db: db} }

func (wk *Wiki) load(ctx context.Context, slug string) (Page, error) {
	p := Page{Slug: slug}
	err := wk.db.QueryRowContext(ctx,
		"SELECT title, body, editor, updated_at FROM pages WHERE slug = $1", slug).
		Scan(&p.Title, &p.Body, &p.Editor, &p.Updated)
	return p, err
}

func (wk *Wiki) Show(w http.ResponseWriter, r *http.Request) {
	page, err := wk.load(r.Context(), r.PathValue("slug"))
	if errors.Is(err, sql.ErrNoRows) {
		w.WriteHeader(http.StatusNotFound)
		wk.render(w, "missing.html", map[string]any{"Slug": r.PathValue("slug")})
		return
	}
	if err != nil {
		slog.Error("load page", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	wk.render(w, "page.html", map[string]any{
		"Page":  page,
		"Query": r.URL.Query().Get("highlight"),
	})
}

func (wk *Wiki) render(w http.ResponseWriter, name string, data any) {
	if err := views.ExecuteTemplate(w, name, data); err != nil {
		slog.Error("render", "template", name, "err", err)
	}
}
