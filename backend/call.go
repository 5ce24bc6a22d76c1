package backend

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// call is one look-up under way and everybody who waits for it.
type call struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when answer and err are set
	query  Query
	began  time.Time
	since  int // of the breaker
	judged atomic.Bool
	answer Answer
	err    error
}

// join returns the look-up of q that is under way, or starts one.
func (h *Handle) join(ctx context.Context, q Query) (*call, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed.Load() {
		return nil, ErrClosed
	}
	if c := h.calls[q]; c != nil && c.ctx.Err() == nil {
		return c, nil
	}
	since, err := h.breaker.enter()
	if err != nil {
		return nil, err
	}
	if h.running >= h.limits.InFlight {
		return nil, ErrBusy
	}
	// The look-up belongs to all who wait for it: no single caller's end may end it.
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.limits.Timeout)
	c := &call{ctx: own, cancel: cancel, done: make(chan struct{}), query: q, began: time.Now(), since: since}
	h.calls[q] = c
	h.running++
	go h.run(c)
	return c, nil
}

// errGoexit is the error of a look-up that ended its goroutine.
var errGoexit = fmt.Errorf("%w: it called runtime.Goexit", ErrPanic)

// run makes the look-up. Whatever the backend does, all who wait are told.
func (h *Handle) run(c *call) {
	c.err = errGoexit
	defer func() {
		h.judge(c, c.err)
		h.mu.Lock()
		if h.calls[c.query] == c {
			delete(h.calls, c.query)
		}
		h.running--
		h.settle()
		h.mu.Unlock()
		close(c.done)
		c.cancel()
	}()
	c.err = h.ask(c.ctx, c.query, &c.answer)
}

// judge tells the breaker, once, what a look-up came to. One that took half of the time that it had, or more, cost time.
func (h *Handle) judge(c *call, err error) {
	if !h.closed.Load() && c.judged.CompareAndSwap(false, true) {
		h.breaker.judge(c.since, c.query, time.Since(c.began) >= h.limits.Timeout/2, err)
	}
}

// panicked turns what recover returned into an error. What was panicked with may hold a number, so
// only its type is told, and where it happened.
func panicked(v any) error {
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Errorf("%w: %s in %s, line %d", ErrPanic, what, frame.Function, frame.Line)
		}
		if !more {
			return fmt.Errorf("%w: %s", ErrPanic, what)
		}
	}
}
