package backend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// The pause between two checks: it grows from the least to the most while the store is away, and is
// the most while it answers.
const (
	leastPause = 100 * time.Millisecond
	mostPause  = 10 * time.Second
)

// poll checks the backend until ctx ends.
func (h *Handle) poll(ctx context.Context, checker Checker) {
	defer h.endCheck()
	var pending chan error // the result of a check that is under way past its time
	pause, down := leastPause, false
	for {
		if pending == nil {
			pending = h.startCheck(ctx, checker)
		}
		var err error
		late := time.NewTimer(h.limits.Timeout)
		select {
		case err = <-pending:
			pending = nil
		case <-late.C:
			err = fmt.Errorf("%w: check: %w", ErrUnavailable, context.DeadlineExceeded)
		case <-ctx.Done():
		}
		late.Stop()
		if ctx.Err() != nil {
			return
		}
		h.ready.Store(err == nil)
		switch {
		case err != nil && !down:
			h.tell(Event{Kind: Unavailable, Err: err})
		case err == nil && down:
			h.tell(Event{Kind: Recovered})
		}
		wait := pause
		if down = err != nil; down {
			pause = min(2*pause, mostPause)
		} else {
			wait, pause = mostPause, leastPause
		}
		// Jitter keeps the sidecars of a cluster from asking a store that comes back all at once.
		timer := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// startCheck makes one check, with the time of a look-up, on a goroutine of its own: a check that
// hangs must not keep Ready at what it was before. One is under way at most.
func (h *Handle) startCheck(ctx context.Context, checker Checker) chan error {
	h.mu.Lock()
	h.checking++
	h.mu.Unlock()
	result := make(chan error, 1)
	go func() {
		defer h.endCheck()
		err := fmt.Errorf("%w: check called runtime.Goexit", ErrPanic)
		defer func() { result <- err }()
		ctx, cancel := context.WithTimeout(ctx, h.limits.Timeout)
		defer cancel()
		err = check(ctx, checker)
	}()
	return result
}

func (h *Handle) endCheck() {
	h.mu.Lock()
	h.checking--
	h.settle()
	h.mu.Unlock()
}

func (h *Handle) tell(e Event) {
	if h.observe != nil {
		h.observe(e)
	}
}

// check is one guarded call of Check.
func check(ctx context.Context, checker Checker) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	return checker.Check(ctx)
}
