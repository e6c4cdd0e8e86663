package signup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/crypto/bcrypt"
)

const cost = 12

var (
	errWeak = errors.New("password must have between 12 and 72 bytes")
	dummy   = []byte("$2a$12$C6UzMDM.H6dfI/f/IKcEeO7ZC1n0Yf0rYvUXQ0v5mR0p2h1oQxX6S")
)

type Service struct {
	db *sql.DB
}

type form struct {
	Email    string `form:"email"`
	Password string `form:"password"`
}

func (s *Service) Register(ctx context.Context, f form) error {
	if len(f.Password) < 12 || len(f.Password) > 72 {
		return errWeak
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(f.Password), cost)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO accounts (email, password_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		strings.ToLower(strings.TrimSpace(f.Email)), string(hash))
	return err
}

func (s *Service) Check(ctx context.Context, f form) (int64, bool, error) {
	var id int64
	var hash []byte
	err := s.db.QueryRowContext(ctx, "SELECT id, password_hash FROM accounts WHERE email = $1",
		strings.ToLower(strings.TrimSpace(f.Email))).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		_ = bcrypt.CompareHashAndPassword(dummy, []byte(f.Password))
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return id, bcrypt.CompareHashAndPassword(hash, []byte(f.Password)) == nil, nil
}

func (s *Service) Handler(c echo.Context) error {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 4096)
	var f form
	if err := c.Bind(&f); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "invalid form")
	}
	switch err := s.Register(c.Request().Context(), f); {
	case errors.Is(err, errWeak):
		return echo.NewHTTPError(http.StatusUnprocessableEntity, errWeak.Error())
	case err != nil:
		c.Logger().Error(err)
		return echo.NewHTTPError(http.StatusInternalServerError, "registration failed")
	}
	return c.NoContent(http.StatusAccepted)
}
