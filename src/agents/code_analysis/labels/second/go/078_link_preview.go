package preview

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"
)

var (
	titleRe = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	descRe  = regexp.MustCompile(`(?i)<meta\s+name="description"\s+content="([^"]*)"`)
)

type Previewer struct {
	client *http.Client
	log    zerolog.Logger
}

type Card struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

func New(log zerolog.Logger) *Previewer {
	return &Previewer{client: &http.Client{Timeout: 8 * time.Second}, log: log}
}

func (p *Previewer) Mount(r chi.Router) {
	r.Get("/preview", p.handle)
}

func (p *Previewer) handle(w http.ResponseWriter, r *http.Request) {
	raw := r.URL.Query().Get("url")
	if !strings.HasPrefix(raw, "http") {
		http.Error(w, "url must be absolute", http.StatusBadRequest)
		return
	}
	resp, err := p.client.Get(raw)
	if err != nil {
		p.log.Warn().Err(err).Msg("preview fetch")
		http.Error(w, "could not fetch url", http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()

	body, err := io.ReadAll(io.LimitReader(resp.Body, 512<<10))
	if err != nil {
		http.Error(w, "could not read url", http.StatusBadGateway)
		return
	}
	card := Card{URL: raw, Title: first(titleRe, body), Description: first(descRe, body)}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(card)
}

func first(re *regexp.Regexp, body []byte) string {
	m := re.FindSubmatch(body)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(string(m[1]))
}
