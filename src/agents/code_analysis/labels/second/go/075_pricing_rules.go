package pricing

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
)

type Rule func(amount float64, customer string) float64

type Engine struct {
	mu    sync.RWMutex
	rules map[string]Rule
}

func NewEngine() *Engine {
	return &Engine{rules: make(map[string]Rule)}
}

func (e *Engine) Routes(g *echo.Group) {
	g.PUT("/rules/:name", e.put)
	g.GET("/rules", e.list)
}

func (e *Engine) put(c echo.Context) error {
	raw, err := io.ReadAll(io.LimitReader(c.Request().Body, 32<<10))
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "cannot read rule")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	rule, err := compile(ctx, string(raw))
	if err != nil {
		return echo.NewHTTPError(http.StatusUnprocessableEntity, "rule does not compile")
	}
	e.mu.Lock()
	e.rules[c.Param("name")] = rule
	e.mu.Unlock()
	return c.NoContent(http.StatusNoContent)
}

func compile(ctx context.Context, src string) (Rule, error) {
	i := interp.New(interp.Options{})
	if err := i.Use(stdlib.Symbols); err != nil {
		return nil, err
	}
	if _, err := i.Eval(src); err != nil {
		return nil, err
	}
	v, err := i.EvalWithContext(ctx, "rules.Price")
	if err != nil {
		return nil, err
	}
	fn, ok := v.Interface().(func(float64, string) float64)
	if !ok {
		return nil, errors.New("Price has the wrong signature")
	}
	return fn, nil
}

func (e *Engine) list(c echo.Context) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := make([]string, 0, len(e.rules))
	for n := range e.rules {
		names = append(names, n)
	}
	return c.JSON(http.StatusOK, names)
}
