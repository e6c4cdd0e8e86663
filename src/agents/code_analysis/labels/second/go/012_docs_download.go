package docs

import (
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

var errOutside = errors.New("path leaves the document root")

type Library struct {
	root string
}

func NewLibrary(root string) (*Library, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, err
	}
	return &Library{root: abs}, nil
}

func (l *Library) locate(name string) (string, error) {
	full, err := filepath.EvalSymlinks(filepath.Join(l.root, name))
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(full, l.root+string(filepath.Separator)) {
		return "", errOutside
	}
	return full, nil
}

func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	full, err := l.locate(r.URL.Query().Get("file"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(full)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment")
	if _, err := io.Copy(w, f); err != nil {
		log.Printf("sending document: %v", err)
	}
}
