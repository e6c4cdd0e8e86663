package users

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"errors"
)

var ErrLogin = errors.New("login failed")

type Users struct {
	db *sql.DB
}

func digest(pw string) string {
	sum := md5.Sum([]byte(pw))
	return hex.EncodeToString(sum[:])
}

func (u *Users) Create(ctx context.Context, email, pw string) error {
	_, err := u.db.ExecContext(ctx, "INSERT INTO users(email, pw) VALUES ($1, $2)", email, digest(pw))
	return err
}

func (u *Users) Login(ctx context.Context, email, pw string) (int64, error) {
	var id int64
	var stored string
	err := u.db.QueryRowContext(ctx, "SELECT id, pw FROM users WHERE email = $1", email).Scan(&id, &stored)
	if err != nil {
		return 0, ErrLogin
	}
	if stored != digest(pw) {
		return 0, ErrLogin
	}
	return id, nil
}
