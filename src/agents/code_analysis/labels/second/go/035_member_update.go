package members

import (
	"context"
	"net/http"
	"net/mail"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"
	"github.com/sirupsen/logrus"
)

type updateRequest struct {
	DisplayName string `json:"display_name" binding:"required,max=80"`
	Email       string `json:"email" binding:"required,max=200"`
}

type memberRow struct {
	ID          int64  `db:"id"`
	DisplayName string `db:"display_name"`
	Email       string `db:"email"`
}

type Controller struct {
	DB *sqlx.DB
}

func (ctl *Controller) Register(g *gin.RouterGroup) {
	g.PUT("/me", ctl.update)
}

func normalise(req updateRequest) (memberRow, error) {
	addr, err := mail.ParseAddress(req.Email)
	if err != nil {
		return memberRow{}, err
	}
	return memberRow{
		DisplayName: strings.TrimSpace(req.DisplayName),
		Email:       strings.ToLower(addr.Address),
	}, nil
}

func (ctl *Controller) update(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 4096)
	var req updateRequest
	if err := c.ShouldBindJSON(&req); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": "invalid request"})
		return
	}
	row, err := normalise(req)
	if err != nil {
		c.JSON(http.StatusUnprocessableEntity, gin.H{"error": "invalid email"})
		return
	}
	row.ID = c.GetInt64("member_id")
	if err := ctl.save(c.Request.Context(), row); err != nil {
		logrus.WithError(err).Error("update member")
		c.JSON(http.StatusInternalServerError, gin.H{"error": "internal error"})
		return
	}
	c.Status(http.StatusNoContent)
}

func (ctl *Controller) save(ctx context.Context, row memberRow) error {
	const stmt = `UPDATE members
		SET display_name = :display_name, email = :email, updated_at = now()
		WHERE id = :id`
	_, err := ctl.DB.NamedExecContext(ctx, stmt, row)
	return err
}
