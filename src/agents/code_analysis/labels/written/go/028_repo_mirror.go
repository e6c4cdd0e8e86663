package mirror

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/uuid"
)

type request struct {
	URL string `json:"url"`
	Ref string `json:"ref"`
}

type Mirror struct {
	base string
}

func (m *Mirror) clone(ctx context.Context, req request) (string, error) {
	dir := filepath.Join(m.base, uuid.NewString())
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	if err := exec.CommandContext(ctx, "git", "clone", "--bare", req.URL, dir).Run(); err != nil {
		return "", err
	}
	if req.Ref != "" {
		fetch := exec.CommandContext(ctx, "git", "-C", dir, "fetch", "origin", req.Ref)
		if err := fetch.Run(); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func (m *Mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&req); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if _, err := m.clone(r.Context(), req); err != nil {
		http.Error(w, "mirror failed", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
