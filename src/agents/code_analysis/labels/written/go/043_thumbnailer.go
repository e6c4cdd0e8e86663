package thumbs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

var idRe = regexp.MustCompile(`^[a-f0-9]{32}$`)

type Thumbs struct {
	src string
	dst string
}

func (t *Thumbs) make(ctx context.Context, id string, width int) (string, error) {
	if !idRe.MatchString(id) {
		return "", errors.New("unknown image")
	}
	in := filepath.Join(t.src, id+".png")
	out := filepath.Join(t.dst, fmt.Sprintf("%s-%d.png", id, width))
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/vipsthumbnail", "--size", strconv.Itoa(width), "-o", out, "--", in)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("thumbnail: %w", err)
	}
	return out, nil
}

func (t *Thumbs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	width, err := strconv.Atoi(r.URL.Query().Get("w"))
	if err != nil || width < 16 || width > 2048 {
		http.Error(w, "width out of range", http.StatusBadRequest)
		return
	}
	p, err := t.make(r.Context(), r.URL.Query().Get("id"), width)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	http.ServeFile(w, r, p)
}
