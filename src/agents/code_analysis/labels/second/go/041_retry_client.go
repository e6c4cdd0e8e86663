package retry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand"
	"net/http"
	"time"
)

type Policy struct {
	Attempts int
	Base     time.Duration
	Max      time.Duration
}

type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

type Client struct {
	next   Doer
	policy Policy
	log    *slog.Logger
}

var ErrExhausted = errors.New("all attempts failed")

func New(next Doer, p Policy, log *slog.Logger) *Client {
	if p.Attempts < 1 {
		p.Attempts = 1
	}
	return &Client{next: next, policy: p, log: log}
}

func (c *Client) backoff(attempt int) time.Duration {
	d := c.policy.Base << min(attempt, 10)
	if d <= 0 || d > c.policy.Max {
		d = c.policy.Max
	}
	return d/2 + time.Duration(rand.Int63n(int64(d/2)+1))
}

func retryable(status int) bool {
	return status == http.StatusTooManyRequests || status >= 500
}

func (c *Client) Get(ctx context.Context, url string) ([]byte, error) {
	for attempt := 0; attempt < c.policy.Attempts; attempt++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		resp, err := c.next.Do(req)
		if err == nil {
			body, rerr := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
			resp.Body.Close()
			if rerr == nil && !retryable(resp.StatusCode) {
				return body, nil
			}
		}
		wait := c.backoff(attempt)
		c.log.Debug("retrying", "attempt", attempt, "wait", wait)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil, ErrExhausted
}
