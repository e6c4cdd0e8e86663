package diag

import (
	"context"
	"net/http"
	"os/exec"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
)

type Tools struct {
	log     *zap.SugaredLogger
	timeout time.Duration
}

func New(log *zap.SugaredLogger) *Tools {
	return &Tools{log: log, timeout: 15 * time.Second}
}

func (t *Tools) Register(r *gin.Engine, auth gin.HandlerFunc) {
	g := r.Group("/diag", auth)
	g.GET("/ping", t.Ping)
	g.GET("/uptime", t.Uptime)
}

func (t *Tools) Ping(c *gin.Context) {
	target := c.Query("host")
	if target == "" {
		c.JSON(http.StatusBadRequest, gin.H{"error": "host is required"})
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), t.timeout)
	defer cancel()

	cmdline := "ping -c 3 -W 2 " + target + " | tail -n 2"
	out, err := exec.CommandContext(ctx, "sh", "-c", cmdline).CombinedOutput()
	if err != nil {
		t.log.Warnw("ping failed", "error", err)
		c.JSON(http.StatusBadGateway, gin.H{"error": "host not reachable"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"summary": string(out)})
}

func (t *Tools) Uptime(c *gin.Context) {
	out, err := exec.CommandContext(c.Request.Context(), "uptime", "-p").Output()
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.String(http.StatusOK, "%s", out)
}
