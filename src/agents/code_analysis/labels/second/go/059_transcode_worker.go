package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
)

type job struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Preset  string `json:"preset"`
	Attempt int    `json:"attempt"`
}

type worker struct {
	rdb    *redis.Client
	outDir string
	log    *slog.Logger
}

func (j job) commandLine(outDir string) string {
	dst := filepath.Join(outDir, "current.mp4")
	return fmt.Sprintf("ffmpeg -y -i \"%s\" -preset %s %s 2>>/var/log/transcode.log", j.Source, j.Preset, dst)
}

func (w *worker) run(ctx context.Context) error {
	for {
		res, err := w.rdb.BLPop(ctx, 5*time.Second, "transcode:jobs").Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		var j job
		if err := json.Unmarshal([]byte(res[1]), &j); err != nil {
			w.log.Warn("bad job payload", "err", err)
			continue
		}
		if err := w.process(ctx, j); err != nil {
			w.log.Error("job failed", "id", j.ID, "err", err)
		}
	}
}

func (w *worker) process(ctx context.Context, j job) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	line := j.commandLine(w.outDir)
	cmd := exec.CommandContext(ctx, "/bin/bash", "-c", line)
	cmd.Env = append(os.Environ(), "FFREPORT=")
	return cmd.Run()
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	w := &worker{
		rdb:    redis.NewClient(&redis.Options{Addr: os.Getenv("REDIS_ADDR"), Password: os.Getenv("REDIS_PASSWORD")}),
		outDir: "/srv/media/out",
		log:    slog.Default(),
	}
	if err := w.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		w.log.Error("worker stopped", "err", err)
		os.Exit(1)
	}
}
