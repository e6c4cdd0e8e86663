package admin

import (
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"
)

type deleteRequest struct {
	IDs []string `json:"ids"`
}

type Service struct {
	db *sqlx.DB
}

func New(db *sqlx.DB) *Service {
	return &Service{db: db}
}

func (s *Service) Register(g *echo.Group) {
	g.POST("/items/delete", s.deleteItems)
}

func (s *Service) deleteItems(c echo.Context) error {
	var req deleteRequest
	if err := c.Bind(&req); err != nil {
		return c.NoContent(400)
	}
	if len(req.IDs) == 0 || len(req.IDs) > 200 {
		return c.NoContent(400)
	}
	list := strings.Join(req.IDs, ",")
	stmt := "DELETE FROM items WHERE id IN (" + list + ")"
	res, err := s.db.ExecContext(c.Request().Context(), stmt)
	if err != nil {
		return c.NoContent(500)
	}
	n, _ := res.RowsAffected()
	return c.JSON(200, map[string]int64{"deleted": n})
}
