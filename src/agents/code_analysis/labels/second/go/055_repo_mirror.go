package mirror

import (
	"context"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

type refreshRequest struct {
	Ref string `json:"ref"`
}

type Manager struct {
	root  string
	names map[string]string
	mu    sync.Mutex
	e     *echo.Echo
}

func New(root string, names map[string]string, e *echo.Echo) *Manager {
	m := &Manager{root: root, names: names, e: e}
	e.POST("/mirrors/:name/refresh", m.refresh)
	e.GET("/mirrors", m.list)
	return m
}

func (m *Manager) list(c echo.Context) error {
	out := make([]string, 0, len(m.names))
	for n := range m.names {
		out = append(out, n)
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Manager) refresh(c echo.Context) error {
	dir, ok := m.names[c.Param("name")]
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound, "no such mirror")
	}
	var req refreshRequest
	if err := c.Bind(&req); err != nil || req.Ref == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "ref missing")
	}

	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Minute)
	defer cancel()
	m.mu.Lock()
	defer m.mu.Unlock()

	cmd := exec.CommandContext(ctx, "git", "fetch", "--quiet", "origin", req.Ref)
	cmd.Dir = filepath.Join(m.root, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.e.Logger.Errorf("git fetch: %v (%d bytes output)", err, len(out))
		return echo.NewHTTPError(http.StatusBadGateway, "refresh failed")
	}
	return c.NoContent(http.StatusNoContent)
}
