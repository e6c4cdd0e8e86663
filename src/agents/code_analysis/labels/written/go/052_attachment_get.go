package attachments

import (
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/go-chi/chi/v5"
)

type Handler struct {
	Root string
}

func (h *Handler) Routes() chi.Router {
	r := chi.NewRouter()
	r.Get("/attachments/*", h.get)
	return r
}

func (h *Handler) open(name string) (*os.File, error) {
	full := filepath.Join(h.Root, name)
	return os.Open(full)
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "*")
	f, err := h.open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.Copy(w, f)
}
