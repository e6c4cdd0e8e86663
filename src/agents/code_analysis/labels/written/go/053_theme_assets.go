package theme

import (
	"errors"
	"net/http"
	"os"
	"strings"
)

var errDenied = errors.New("denied")

type Assets struct {
	dir string
}

func NewAssets(dir string) *Assets {
	return &Assets{dir: strings.TrimSuffix(dir, "/")}
}

func (a *Assets) resolve(p string) (string, error) {
	full := a.dir + "/" + strings.TrimLeft(p, "/")
	if !strings.HasPrefix(full, a.dir) {
		return "", errDenied
	}
	return full, nil
}

func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, err := a.resolve(r.URL.Query().Get("file"))
	if err != nil {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	data, err := os.ReadFile(p)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(data)
}
