package forum

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/microcosm-cc/bluemonday"
	"github.com/sirupsen/logrus"
	"github.com/yuin/goldmark"
)

type topicView struct {
	Title string
	Posts []postView
}

type postView struct {
	Author string
	HTML   template.HTML
}

type Forum struct {
	pool   *pgxpool.Pool
	policy *bluemonday.Policy
	md     goldmark.Markdown
}

func New(pool *pgxpool.Pool) *Forum {
	p := bluemonday.UGCPolicy()
	p.RequireNoReferrerOnLinks(true)
	return &Forum{pool: pool, policy: p, md: goldmark.New()}
}

func (f *Forum) toHTML(source string) (template.HTML, error) {
	var buf bytes.Buffer
	if err := f.md.Convert([]byte(source), &buf); err != nil {
		return "", err
	}
	return template.HTML(f.policy.SanitizeBytes(buf.Bytes())), nil
}

func (f *Forum) posts(ctx context.Context, topic int64) ([]postView, error) {
	rows, err := f.pool.Query(ctx, "SELECT author, body FROM posts WHERE topic_id = $1 ORDER BY id LIMIT 100", topic)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var views []postView
	for rows.Next() {
		var author, body string
		if err := rows.Scan(&author, &body); err != nil {
			return nil, err
		}
		h, err := f.toHTML(body)
		if err != nil {
			return nil, err
		}
		views = append(views, postView{Author: author, HTML: h})
	}
	return views, rows.Err()
}

func (f *Forum) Topic(c *gin.Context) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		c.AbortWithStatus(http.StatusNotFound)
		return
	}
	var title string
	if err := f.pool.QueryRow(c, "SELECT title FROM topics WHERE id = $1", id).Scan(&title); err != nil {
		c.AbortWithStatus(http.StatusNotFound)
		return
	}
	views, err := f.posts(c, id)
	if err != nil {
		logrus.WithError(err).Error("load topic")
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.HTML(http.StatusOK, "topic.html", topicView{Title: title, Posts: views})
}
