package assets

import (
	"crypto/md5"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"sync"
)

type entry struct {
	body  []byte
	etag  string
	ctype string
}

type Server struct {
	fsys    fs.FS
	mu      sync.RWMutex
	entries map[string]*entry
}

func New(fsys fs.FS) *Server {
	return &Server{fsys: fsys, entries: map[string]*entry{}}
}

func etagOf(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *Server) lookup(name string) (*entry, error) {
	s.mu.RLock()
	e := s.entries[name]
	s.mu.RUnlock()
	if e != nil {
		return e, nil
	}
	body, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return nil, err
	}
	e = &entry{body: body, etag: etagOf(body), ctype: mime.TypeByExtension(path.Ext(name))}
	if e.ctype == "" {
		e.ctype = "application/octet-stream"
	}
	s.mu.Lock()
	s.entries[name] = e
	s.mu.Unlock()
	return e, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Clean("/" + r.URL.Path)[1:]
	if !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	e, err := s.lookup(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", e.etag)
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Header.Get("If-None-Match") == e.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", e.ctype)
	_, _ = w.Write(e.body)
}
