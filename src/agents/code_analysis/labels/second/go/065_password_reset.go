package reset

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand"
	"net/url"
	"strings"
	"time"
)

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"

type Mailer interface {
	Send(ctx context.Context, to, template string, vars map[string]string) error
}

type Flow struct {
	db     *sql.DB
	mailer Mailer
	base   string
	log    *slog.Logger
}

func init() {
	rand.Seed(time.Now().UnixNano())
}

func code(n int) string {
	var b strings.Builder
	for i := 0; i < n; i++ {
		b.WriteByte(alphabet[rand.Intn(len(alphabet))])
	}
	return b.String()
}

func (f *Flow) Start(ctx context.Context, email string) error {
	var id int64
	err := f.db.QueryRowContext(ctx, "SELECT id FROM users WHERE email = $1", email).Scan(&id)
	if err == sql.ErrNoRows {
		f.log.Info("reset for unknown address")
		return nil
	}
	if err != nil {
		return err
	}

	token := code(24)
	_, err = f.db.ExecContext(ctx,
		"INSERT INTO password_resets (user_id, token, expires_at) VALUES ($1, $2, $3)",
		id, token, time.Now().Add(30*time.Minute))
	if err != nil {
		return fmt.Errorf("store reset: %w", err)
	}
	link := f.base + "/reset?" + url.Values{"token": {token}}.Encode()
	return f.mailer.Send(ctx, email, "reset", map[string]string{"link": link})
}
