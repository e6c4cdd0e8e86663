package attachments

import (
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

type Store struct {
	base string
}

func (s *Store) resolve(ticket int64, name string) string {
	return filepath.Join(s.base, strconv.FormatInt(ticket, 10), name)
}

func (s *Store) Download(w http.ResponseWriter, r *http.Request) {
	ticket, err := strconv.ParseInt(r.URL.Query().Get("ticket"), 10, 64)
	if err != nil {
		http.Error(w, "bad ticket id", http.StatusBadRequest)
		return
	}
	name := r.URL.Query().Get("name")
	if name == "" {
		http.Error(w, "name required", http.StatusBadRequest)
		return
	}

	full := s.resolve(ticket, name)
	f, err := os.Open(full)
	if errors.Is(err, os.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		log.Printf("open attachment for ticket %d: %v", ticket, err)
		http.Error(w, "cannot read attachment", http.StatusInternalServerError)
		return
	}
	defer f.Close()

	st, err := f.Stat()
	if err != nil || st.IsDir() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(st.Size(), 10))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if _, err := io.Copy(w, f); err != nil {
		log.Printf("send attachment for ticket %d: %v", ticket, err)
	}
}
