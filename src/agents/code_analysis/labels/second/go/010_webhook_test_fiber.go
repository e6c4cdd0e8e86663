package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/log"
)

type registration struct {
	Name     string   `json:"name"`
	Callback string   `json:"callback"`
	Events   []string `json:"events"`
}

type Dispatcher struct {
	http *http.Client
}

type probe struct {
	Type string    `json:"type"`
	At   time.Time `json:"at"`
}

func NewDispatcher() *Dispatcher {
	return &Dispatcher{http: &http.Client{Timeout: 5 * time.Second}}
}

func (d *Dispatcher) Routes(app *fiber.App) {
	app.Post("/hooks/test", d.test)
}

func (d *Dispatcher) test(c *fiber.Ctx) error {
	var reg registration
	if err := c.BodyParser(&reg); err != nil {
		return fiber.ErrBadRequest
	}
	if len(reg.Events) == 0 {
		return fiber.NewError(fiber.StatusUnprocessableEntity, "no events selected")
	}
	code, body, err := d.send(c.Context(), reg, probe{Type: "ping", At: time.Now().UTC()})
	if err != nil {
		log.Errorw("hook probe failed", "error", err)
		return fiber.NewError(fiber.StatusBadGateway, "callback not reachable")
	}
	return c.JSON(fiber.Map{"status": code, "response": body})
}

func (d *Dispatcher) send(ctx context.Context, reg registration, p probe) (int, string, error) {
	payload, err := json.Marshal(p)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, reg.Callback, bytes.NewReader(payload))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	snippet, err := io.ReadAll(io.LimitReader(resp.Body, 2048))
	return resp.StatusCode, string(snippet), err
}
