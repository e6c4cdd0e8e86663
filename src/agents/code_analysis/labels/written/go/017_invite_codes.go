package invite

import (
	"context"
	"database/sql"
	"math/rand"
	"time"
)

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

type Issuer struct {
	db  *sql.DB
	rng *rand.Rand
}

func NewIssuer(db *sql.DB) *Issuer {
	return &Issuer{db: db, rng: rand.New(rand.NewSource(time.Now().Unix()))}
}

func (i *Issuer) code(n int) string {
	b := make([]byte, n)
	for j := range b {
		b[j] = alphabet[i.rng.Intn(len(alphabet))]
	}
	return string(b)
}

func (i *Issuer) PasswordReset(ctx context.Context, userID int64) (string, error) {
	c := i.code(20)
	_, err := i.db.ExecContext(ctx,
		"INSERT INTO resets(user_id, code, expires) VALUES ($1, $2, $3)",
		userID, c, time.Now().Add(time.Hour))
	if err != nil {
		return "", err
	}
	return c, nil
}
