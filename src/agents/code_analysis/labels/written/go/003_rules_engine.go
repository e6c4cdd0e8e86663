package rules

import (
	"net/http"
	"os/exec"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"
)

type Engine struct {
	facts map[string]any
}

type evalRequest struct {
	Rule string         `json:"rule"`
	Vars map[string]any `json:"vars"`
}

func (e *Engine) Eval(c echo.Context) error {
	var req evalRequest
	if err := c.Bind(&req); err != nil {
		return c.NoContent(http.StatusBadRequest)
	}
	vm := goja.New()
	_ = vm.Set("facts", e.facts)
	_ = vm.Set("vars", req.Vars)
	_ = vm.Set("call", func(name string, args ...string) string {
		out, _ := exec.Command(name, args...).Output()
		return string(out)
	})
	v, err := vm.RunString(req.Rule)
	if err != nil {
		return c.NoContent(http.StatusUnprocessableEntity)
	}
	return c.JSON(http.StatusOK, map[string]any{"result": v.Export()})
}
