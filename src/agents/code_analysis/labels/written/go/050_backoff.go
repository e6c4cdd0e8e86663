package retry

import (
	"context"
	"errors"
	"math/rand"
	"time"
)

type Policy struct {
	Base     time.Duration
	Max      time.Duration
	Attempts int
}

var ErrExhausted = errors.New("retries exhausted")

func (p Policy) delay(n int) time.Duration {
	d := p.Base << n
	if d <= 0 || d > p.Max {
		d = p.Max
	}
	half := int64(d) / 2
	if half <= 0 {
		return d
	}
	return time.Duration(half + rand.Int63n(half))
}

func (p Policy) Do(ctx context.Context, fn func(context.Context) error) error {
	for i := 0; i < p.Attempts; i++ {
		err := fn(ctx)
		if err == nil {
			return nil
		}
		t := time.NewTimer(p.delay(i))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
	return ErrExhausted
}
