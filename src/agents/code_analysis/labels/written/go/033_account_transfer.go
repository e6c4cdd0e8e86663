package accounts

import (
	"context"
	"database/sql"
	"errors"
)

var ErrFunds = errors.New("insufficient funds")

type Accounts struct {
	db *sql.DB
}

func (a *Accounts) Transfer(ctx context.Context, from, to int64, cents int64) error {
	if cents <= 0 || from == to {
		return errors.New("bad transfer")
	}
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()

	res, err := tx.ExecContext(ctx,
		"UPDATE accounts SET balance = balance - $1 WHERE id = $2 AND balance >= $1", cents, from)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrFunds
	}
	res, err = tx.ExecContext(ctx, "UPDATE accounts SET balance = balance + $1 WHERE id = $2", cents, to)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.New("unknown account")
	}
	return tx.Commit()
}
