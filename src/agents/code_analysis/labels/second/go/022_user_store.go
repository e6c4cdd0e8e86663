package users

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

var ErrCredentials = errors.New("wrong user or password")

type Store struct {
	db *sql.DB
}

func NewStore(db *sql.DB) *Store { return &Store{db: db} }

func digest(salt, password string) string {
	sum := md5.Sum([]byte(salt + password))
	return hex.EncodeToString(sum[:])
}

func newSalt() (string, error) {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}

func (s *Store) Create(ctx context.Context, email, password string) error {
	email = strings.ToLower(strings.TrimSpace(email))
	if len(password) < 10 {
		return errors.New("password too short")
	}
	salt, err := newSalt()
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx,
		"INSERT INTO users (email, salt, pw_digest) VALUES (?, ?, ?)",
		email, salt, digest(salt, password))
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	return nil
}

func (s *Store) Login(ctx context.Context, email, password string) (int64, error) {
	var (
		id           int64
		salt, stored string
	)
	row := s.db.QueryRowContext(ctx, "SELECT id, salt, pw_digest FROM users WHERE email = ?", email)
	if err := row.Scan(&id, &salt, &stored); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return 0, ErrCredentials
		}
		return 0, err
	}
	if subtle.ConstantTimeCompare([]byte(digest(salt, password)), []byte(stored)) != 1 {
		return 0, ErrCredentials
	}
	return id, nil
}
