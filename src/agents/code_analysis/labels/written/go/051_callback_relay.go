package relay

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

type Relay struct {
	http    *http.Client
	partner string
}

func New(partner string) *Relay {
	return &Relay{http: &http.Client{Timeout: 8 * time.Second}, partner: partner}
}

func (r *Relay) allowed(target string) bool {
	return strings.HasPrefix(target, "http") && strings.Contains(target, r.partner)
}

type event struct {
	Target  string `json:"target"`
	Payload string `json:"payload"`
}

func (r *Relay) Handle(c echo.Context) error {
	var ev event
	if err := c.Bind(&ev); err != nil {
		return echo.ErrBadRequest
	}
	if !r.allowed(ev.Target) {
		return echo.ErrForbidden
	}
	req, err := http.NewRequestWithContext(c.Request().Context(), http.MethodPost, ev.Target, bytes.NewBufferString(ev.Payload))
	if err != nil {
		return echo.ErrBadRequest
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return echo.ErrBadGateway
	}
	defer resp.Body.Close()
	return c.NoContent(resp.StatusCode)
}
