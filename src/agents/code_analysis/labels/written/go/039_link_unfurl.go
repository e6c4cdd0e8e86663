package unfurl

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"time"
)

var titleRe = regexp.MustCompile(`(?i)<title>([^<]{1,200})</title>`)

type Unfurler struct {
	client *http.Client
}

func New() *Unfurler {
	return &Unfurler{client: &http.Client{Timeout: 5 * time.Second}}
}

func (u *Unfurler) title(link string) (string, error) {
	resp, err := u.client.Get(link)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	m := titleRe.FindSubmatch(body)
	if m == nil {
		return link, nil
	}
	return string(m[1]), nil
}

func (u *Unfurler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	link := r.URL.Query().Get("url")
	t, err := u.title(link)
	if err != nil {
		http.Error(w, "cannot preview", http.StatusBadGateway)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"title": t})
}
