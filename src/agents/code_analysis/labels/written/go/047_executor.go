package executor

import (
	"context"
	"sync"
)

type Task func(ctx context.Context) error

type Executor struct {
	slots chan struct{}
	wg    sync.WaitGroup
	mu    sync.Mutex
	errs  []error
}

func New(workers int) *Executor {
	if workers < 1 {
		workers = 1
	}
	return &Executor{slots: make(chan struct{}, workers)}
}

func (e *Executor) Exec(ctx context.Context, command Task) {
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		e.fail(ctx.Err())
		return
	}
	e.wg.Add(1)
	go func() {
		defer func() {
			<-e.slots
			e.wg.Done()
		}()
		if err := command(ctx); err != nil {
			e.fail(err)
		}
	}()
}

func (e *Executor) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.errs = append(e.errs, err)
}

func (e *Executor) Wait() []error {
	e.wg.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]error(nil), e.errs...)
}
