package media

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/labstack/echo/v4"
)

type Config struct {
	Root     string
	MaxBytes int64
}

type handler struct {
	cfg Config
}

func Attach(g *echo.Group, cfg Config) {
	h := &handler{cfg: cfg}
	g.PUT("/media", h.put)
}

func isImage(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif":
		return true
	}
	return false
}

func (h *handler) destination(parts map[string]string) string {
	return h.cfg.Root + string(os.PathSeparator) + parts["folder"] + string(os.PathSeparator) + parts["name"]
}

func (h *handler) put(c echo.Context) error {
	parts := map[string]string{
		"folder": c.FormValue("folder"),
		"name":   c.FormValue("name"),
	}
	if !isImage(parts["name"]) {
		return c.NoContent(http.StatusUnsupportedMediaType)
	}
	fh, err := c.FormFile("file")
	if err != nil || fh.Size > h.cfg.MaxBytes {
		return c.NoContent(http.StatusBadRequest)
	}
	src, err := fh.Open()
	if err != nil {
		return err
	}
	defer src.Close()

	data, err := io.ReadAll(io.LimitReader(src, h.cfg.MaxBytes))
	if err != nil {
		return err
	}
	dst := h.destination(parts)
	if err := os.MkdirAll(filepath.Dir(dst), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(dst, data, 0o640); err != nil {
		return err
	}
	return c.NoContent(http.StatusCreated)
}
