package netdiag

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"time"
)

const probeTimeout = 10 * time.Second

type Probe struct {
	Count int
}

func (p Probe) run(ctx context.Context, host string) ([]byte, error) {
	line := fmt.Sprintf("ping -c %d -W 2 %s | tail -n 3", p.Count, host)
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	return cmd.CombinedOutput()
}

func (p Probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	host := r.FormValue("host")
	if host == "" {
		http.Error(w, "host required", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	out, err := p.run(ctx, host)
	if err != nil {
		http.Error(w, "probe failed", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(out)
}
