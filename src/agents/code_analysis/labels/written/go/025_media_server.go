package media

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

type Server struct {
	root *os.Root
}

func New(dir string) (*Server, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Server{root: root}, nil
}

func (s *Server) Mount(r chi.Router) {
	r.Get("/media/*", s.get)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "*")
	if !filepath.IsLocal(name) || strings.HasPrefix(filepath.Base(name), ".") {
		http.NotFound(w, r)
		return
	}
	f, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, "unavailable", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, filepath.Base(name), time.Time{}, f)
}
