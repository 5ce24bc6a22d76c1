package backend

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/e164"
)

// none is the Owner of an answer that has no owner.
var none e164.Name

// Limits bound what look-ups may cost. They do not apply to Local backends.
type Limits struct {
	Timeout  time.Duration // of one look-up; 0 means 500 ms
	InFlight int           // look-ups under way, those past their deadline included; 0 means 256
}

func (l Limits) withDefaults() Limits {
	if l.Timeout <= 0 {
		l.Timeout = 500 * time.Millisecond
	}
	if l.InFlight <= 0 {
		l.InFlight = 256
	}
	return l
}

// Handle guards a Backend: it adds what every backend needs and none should write itself.
//
// A look-up has a deadline, also when the backend ignores its context; what is under way is capped,
// without a queue; equal queries share one look-up; a panic, a runtime.Goexit and an answer that
// contradicts itself become errors.
//
// A backend that is a Checker and not Local is checked from time to time, and when a look-up fails because it cannot
// be reached or does not answer in time, but for that once a second at most. It is taken as down when three such
// look-ups in a row, of different names, took half of their time or more, or when a check fails and three checks and
// look-ups of different names did so since the last success. Look-ups then fail at once, and checks, at most a second
// apart, find out when it answers again. After that the first check or slow look-up that fails takes it as down again,
// until one look-up or two checks succeeded. What fails for some names, at once, takes it as down for nobody.
//
// Local backends are called directly: they get none of this but the turning of panics and of
// contradictions into errors, and a runtime.Goexit in one ends the caller.
type Handle struct {
	backend Backend
	local   bool
	filler  Filler // the backend, if it is one
	limits  Limits
	closed  atomic.Bool
	ready   atomic.Bool // a check succeeded once
	breaker breaker
	observe func(Event)

	mu       sync.Mutex
	calls    map[Query]*call
	running  int           // look-ups that have not returned, in time or not
	checking int           // the poller and its check
	idle     chan struct{} // closed when the handle is closed and nothing runs any more
	stopPoll context.CancelFunc

	close func() error
}

// NewHandle returns a handle that owns b until Close. Zero limits mean the defaults. observe, which
// may be nil, gets Unavailable when the backend is taken as down, or answers three checks and no look-up in between,
// and again as Reason has it, and Recovered when it answers again; it is called from one goroutine.
func NewHandle(b Backend, limits Limits, observe func(Event)) *Handle {
	h := &Handle{
		backend: b,
		limits:  limits.withDefaults(),
		observe: observe,
		calls:   make(map[Query]*call),
		idle:    make(chan struct{}),
	}
	_, h.local = As[Local](b)
	h.filler, _ = b.(Filler)
	h.close = sync.OnceValue(h.shut)
	if checker, ok := As[Checker](b); ok && !h.local {
		ctx, cancel := context.WithCancel(context.Background())
		h.stopPoll = cancel
		h.breaker.wake = make(chan struct{}, 1)
		h.checking++
		go h.poll(ctx, checker)
	}
	return h
}

// Backend returns the backend, for As. It must not be closed but through the handle.
func (h *Handle) Backend() Backend { return h.backend }

// Lookup asks the backend and fills in a, which is zero after an error. An answer is large, and the
// goroutine of a query begins with a small stack: so it is filled in place and not handed up.
//
// The errors are ErrClosed, ErrBusy, ErrUnavailable (also for a deadline that passed and a ctx that
// ended), ErrPanic, ErrInvalidData and those of the backend, wrapped. A caller whose ctx ends does not
// disturb others that wait for the same answer.
func (h *Handle) Lookup(ctx context.Context, q Query, a *Answer) error {
	if h.closed.Load() {
		*a = Answer{}
		return ErrClosed
	}
	if h.filler != nil {
		return h.fill(ctx, q, a)
	}
	if h.local {
		return h.ask(ctx, q, a)
	}
	return h.wait(ctx, q, a)
}

// wait is Lookup in a backend that may take its time.
func (h *Handle) wait(ctx context.Context, q Query, a *Answer) error {
	*a = Answer{}
	if err := ctx.Err(); err != nil {
		return unavailable(ctx)
	}
	c, err := h.join(ctx, q)
	if err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return unavailable(ctx)
	case <-c.ctx.Done():
		select {
		case <-c.done: // it was in time after all
		default:
			if h.closed.Load() {
				return ErrClosed
			}
			err := unavailable(c.ctx)
			h.judge(c, err) // also when the backend never returns
			return err
		}
	}
	*a = c.answer
	return c.err
}

// fill is one guarded call of a Filler.
func (h *Handle) fill(ctx context.Context, q Query, a *Answer) (err error) {
	defer guard(a, &err)
	*a = Answer{}
	if err = h.filler.Fill(ctx, q, a); err != nil {
		return h.explain(err)
	}
	if fault := wellFormed(q, a); fault != "" {
		return illFormed(fault)
	}
	return nil
}

// guard turns a panic into an error, and leaves no half an answer beside one. It is to be deferred.
func guard(a *Answer, err *error) {
	if v := recover(); v != nil {
		*err = panicked(v)
	}
	if *err != nil {
		*a = Answer{}
	}
}

func illFormed(fault string) error { return fmt.Errorf("%w: %s", ErrInvalidData, fault) }

// ask is one guarded call of the backend.
func (h *Handle) ask(ctx context.Context, q Query, a *Answer) (err error) {
	defer guard(a, &err)
	if *a, err = h.backend.Lookup(ctx, q); err != nil {
		return h.explain(err)
	}
	if fault := wellFormed(q, a); fault != "" {
		return illFormed(fault)
	}
	return nil
}

// explain wraps an error of the backend in what it means.
func (h *Handle) explain(err error) error {
	switch {
	case h.closed.Load():
		return ErrClosed
	case !errors.Is(err, ErrUnavailable) && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)):
		return fmt.Errorf("%w: %w", ErrUnavailable, inWords(err))
	}
	return err
}

// unavailable is the error of a look-up whose context ended.
func unavailable(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ErrClosed) {
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, inWords(cause))
}

// Ready reports whether there is something to answer from: for a store whether a check succeeded once, for
// a Local backend what Check says now, and for one that is no Checker whether the handle is open.
//
// A store that goes away later does not take Ready back. All servers of a cluster see the same outage: were
// they all taken out of service for it, clients would wait for answers instead of getting SERVFAIL with a
// reason, also to questions for other zones.
func (h *Handle) Ready() bool {
	if h.closed.Load() {
		return false
	}
	checker, ok := As[Checker](h.backend)
	if !ok {
		return true
	}
	if !h.local {
		return h.ready.Load()
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.limits.Timeout)
	defer cancel()
	return check(ctx, checker) == nil
}

// Close ends look-ups and checks, closes the backend and returns its error, each time the same. It
// waits, no longer than one look-up may take, for what is under way to return.
func (h *Handle) Close() error { return h.close() }

func (h *Handle) shut() error {
	h.mu.Lock()
	h.closed.Store(true)
	for _, c := range h.calls {
		c.cancel()
	}
	if h.stopPoll != nil {
		h.stopPoll()
	}
	h.settle()
	h.mu.Unlock()
	err := h.closeBackend()
	late := time.NewTimer(h.limits.Timeout)
	defer late.Stop()
	select {
	case <-h.idle:
	case <-late.C:
	}
	return err
}

// closeBackend is one guarded call of Close, on a goroutine of its own: whoever ends that one must not end who closes,
// for whom others wait.
func (h *Handle) closeBackend() error {
	result := make(chan error, 1)
	go func() {
		err := errGoexit
		defer func() {
			if v := recover(); v != nil {
				err = panicked(v)
			}
			result <- err
		}()
		err = h.backend.Close()
	}()
	return <-result
}

// settle notes, with h.mu held, when a closed handle has nothing running any more.
func (h *Handle) settle() {
	if h.closed.Load() && h.running+h.checking == 0 {
		close(h.idle)
	}
}
