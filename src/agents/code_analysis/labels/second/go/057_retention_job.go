package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	tableEvents   = "audit_events"
	tableSessions = "web_sessions"
	batchSize     = 5000
)

var policies = []struct {
	table string
	keep  time.Duration
}{
	{tableEvents, 365 * 24 * time.Hour},
	{tableSessions, 30 * 24 * time.Hour},
}

func purge(ctx context.Context, pool *pgxpool.Pool, table string, before time.Time) (int64, error) {
	stmt := fmt.Sprintf(
		"DELETE FROM %s WHERE id IN (SELECT id FROM %s WHERE created_at < $1 LIMIT %d)",
		table, table, batchSize)
	var total int64
	for {
		tag, err := pool.Exec(ctx, stmt, before)
		if err != nil {
			return total, err
		}
		total += tag.RowsAffected()
		if tag.RowsAffected() < batchSize {
			return total, nil
		}
	}
}

func vacuum(ctx context.Context, pool *pgxpool.Pool, table string) error {
	_, err := pool.Exec(ctx, "VACUUM ANALYZE "+pgx.Identifier{table}.Sanitize())
	return err
}

func run(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	for _, p := range policies {
		n, err := purge(ctx, pool, p.table, time.Now().Add(-p.keep))
		if err != nil {
			return fmt.Errorf("purge %s: %w", p.table, err)
		}
		slog.Info("purged", "table", p.table, "rows", n)
		if err := vacuum(ctx, pool, p.table); err != nil {
			return fmt.Errorf("vacuum %s: %w", p.table, err)
		}
	}
	return nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := run(ctx); err != nil {
		slog.Error("retention failed", "err", err)
		os.Exit(1)
	}
}
