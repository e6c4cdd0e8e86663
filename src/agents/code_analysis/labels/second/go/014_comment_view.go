package blog

import (
	"database/sql"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

var pageTmpl = template.Must(template.New("post").Parse(`<!doctype html>
<h1>{{.Title}}</h1>
{{range .Comments}}<div class="comment"><em>{{.Author}}</em> {{.Body}}</div>{{end}}
<form method="post"><textarea name="body"></textarea></form>`))

type comment struct {
	Author  string
	Body    string
	Created time.Time
}

type commentView struct {
	Author string
	Body   template.HTML
}

type postPage struct {
	Title    string
	Comments []commentView
}

type Blog struct {
	DB  *sql.DB
	Log *slog.Logger
}

func (b *Blog) comments(postID int64) ([]comment, error) {
	rows, err := b.DB.Query("SELECT author, body, created_at FROM comments WHERE post_id = $1 ORDER BY created_at", postID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []comment
	for rows.Next() {
		var c comment
		if err := rows.Scan(&c.Author, &c.Body, &c.Created); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func toView(list []comment) []commentView {
	views := make([]commentView, len(list))
	for i, c := range list {
		views[i] = commentView{
			Author: c.Author,
			Body:   template.HTML(c.Body),
		}
	}
	return views
}

func (b *Blog) ShowPost(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	var title string
	err = b.DB.QueryRowContext(r.Context(), "SELECT title FROM posts WHERE id = $1", id).Scan(&title)
	if errors.Is(err, sql.ErrNoRows) {
		http.NotFound(w, r)
		return
	}
	list, cerr := b.comments(id)
	if err != nil || cerr != nil {
		b.Log.Error("load post", "id", id, "err", errors.Join(err, cerr))
		http.Error(w, "error", http.StatusInternalServerError)
		return
	}
	if err := pageTmpl.Execute(w, postPage{Title: title, Comments: toView(list)}); err != nil {
		b.Log.Error("render", "err", err)
	}
}

func (b *Blog) AddComment(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	_, err = b.DB.ExecContext(r.Context(),
		"INSERT INTO comments (post_id, author, body, created_at) VALUES ($1, $2, $3, now())",
		id, r.PostFormValue("author"), r.PostFormValue("body"))
	if err != nil {
		b.Log.Error("add comment", "id", id, "err", err)
		http.Error(w, "error", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/posts/"+strconv.FormatInt(id, 10), http.StatusSeeOther)
}
