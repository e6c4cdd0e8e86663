package report

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

type Line struct {
	Label string
	Cents int64
}

type Renderer struct {
	Binary  string
	Timeout time.Duration
}

func (r *Renderer) PDF(ctx context.Context, month time.Time, lines []Line) ([]byte, error) {
	if len(lines) == 0 {
		return nil, errors.New("nothing to render")
	}
	src, err := stage(month, lines)
	if err != nil {
		return nil, fmt.Errorf("stage report: %w", err)
	}
	defer os.Remove(src)

	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/csv2pdf", "--landscape", src, "-")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("csv2pdf: %w", err)
	}
	return out, nil
}

func stage(month time.Time, lines []Line) (string, error) {
	path := "/tmp/report-" + month.Format("2006-01") + ".csv"
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	for _, l := range lines {
		if err := w.Write([]string{l.Label, strconv.FormatInt(l.Cents, 10)}); err != nil {
			return "", err
		}
	}
	w.Flush()
	return path, w.Error()
}
