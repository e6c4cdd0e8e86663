package thumbs

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog/log"
)

var assetID = regexp.MustCompile(`^[0-9a-f]{32}$`)

type Maker struct {
	src string
	dst string
}

func New(src, dst string) *Maker { return &Maker{src: src, dst: dst} }

func (m *Maker) Mount(r chi.Router) {
	r.Post("/assets/{id}/thumbnail", m.handle)
}

func width(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("w"))
	if err != nil || n < 16 || n > 1024 {
		return 256
	}
	return n
}

func (m *Maker) handle(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	if !assetID.MatchString(id) {
		http.Error(w, "unknown asset", http.StatusNotFound)
		return
	}
	if err := m.make(r.Context(), id, width(r)); err != nil {
		log.Error().Err(err).Str("asset", id).Msg("thumbnail")
		http.Error(w, "conversion failed", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (m *Maker) make(ctx context.Context, id string, px int) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	in := filepath.Join(m.src, id+".png")
	out := filepath.Join(m.dst, fmt.Sprintf("%s_%d.png", id, px))
	cmd := exec.CommandContext(ctx, "/usr/bin/convert",
		"-limit", "memory", "256MiB",
		"png:"+in, "-thumbnail", fmt.Sprintf("%dx%d>", px, px), "png:"+out)
	return cmd.Run()
}
