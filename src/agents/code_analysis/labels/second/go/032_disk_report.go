package health

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

const diskScript = `df -P -x tmpfs -x devtmpfs | awk 'NR > 1 { print $6, $5 }' | sort`

var checks = map[string]string{
	"disk":   diskScript,
	"load":   `cut -d ' ' -f 1-3 /proc/loadavg`,
	"memory": `awk '/MemAvailable|MemTotal/ { print $1, $2 }' /proc/meminfo`,
}

type result struct {
	Check string   `json:"check"`
	Lines []string `json:"lines"`
}

func runCheck(ctx context.Context, script string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/bin/sh", "-c", script).Output()
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	var lines []string
	sc := bufio.NewScanner(bytes.NewReader(out))
	for sc.Scan() {
		if l := strings.TrimSpace(sc.Text()); l != "" {
			lines = append(lines, l)
		}
	}
	return lines, sc.Err()
}

func Handler(log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("check")
		script, ok := checks[name]
		if !ok {
			http.Error(w, "no such check", http.StatusNotFound)
			return
		}
		lines, err := runCheck(r.Context(), script)
		if err != nil {
			log.Error("health check", "check", name, "err", err)
			http.Error(w, "check failed", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result{Check: name, Lines: lines})
	}
}
