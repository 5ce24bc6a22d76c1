package backend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// The pause between two checks: it grows from the least to the most while the store is away, so that look-ups
// go on within two seconds after it answers, and is long while it answers. A store that answers checks and fails
// look-ups is therefore told of no more often than that.
const (
	leastPause = 100 * time.Millisecond
	mostPause  = time.Second
	upPause    = 10 * time.Second
)

// A check that hangs is waited for hungAfter times; then another is made beside it, while fewer than mostChecks are
// under way.
const (
	hungAfter  = 3
	mostChecks = 4
)

// prober checks one backend, and tells of what look-ups and checks say of it.
type prober struct {
	*Handle
	checker Checker
	pending chan error // the result of a check that is under way past its time
	late    int        // how many times it was waited for in vain
	pause   time.Duration
	told    bool // that it is away
	reason  Reason
}

// poll checks the backend until ctx ends.
func (h *Handle) poll(ctx context.Context, checker Checker) {
	defer h.endCheck()
	p := &prober{Handle: h, checker: checker, pause: leastPause}
	for ctx.Err() == nil {
		err := p.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		h.breaker.checked(err)
		p.rest(ctx, p.report())
	}
}

// report tells what has changed, and returns the state.
func (p *prober) report() condition {
	v := p.breaker.now()
	switch {
	case (v.state == down || v.vain >= failures) && p.reason.News(v.cause, p.told):
		p.told = true
		p.tell(Event{Kind: Unavailable, Err: v.cause})
	case v.state == up && v.vain == 0 && p.told:
		p.told = false
		p.tell(Event{Kind: Recovered})
	}
	if v.state == up && v.calm {
		p.pause = leastPause
	}
	return v.state
}

// rest waits until the next check is due: at once when look-ups say that the store went away, and when one failed,
// a second after the last check.
func (p *prober) rest(ctx context.Context, state condition) {
	began := time.Now()
	due := began.Add(p.next(state))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-p.breaker.wake:
		}
		was := state
		state = p.report()
		switch {
		case state != was && was == up:
			return
		case state != was: // one that answers checks and fails look-ups must not be tried without a pause
			due = time.Now().Add(p.next(state))
		case state != down && p.breaker.now().shaken && due.After(began.Add(mostPause)):
			due = began.Add(mostPause)
		}
		timer.Reset(time.Until(due))
	}
}

// next returns how long to wait in a state. Jitter keeps the sidecars of a cluster from asking a store that comes
// back all at once.
func (p *prober) next(state condition) time.Duration {
	if state != down && p.breaker.now().calm {
		return upPause/2 + rand.N(upPause/2)
	}
	pause := p.pause
	p.pause = min(2*pause, mostPause)
	return rand.N(pause)
}

// probe makes one check and waits for it, no longer than for a look-up.
func (p *prober) probe(ctx context.Context) error {
	if p.pending == nil || p.late >= hungAfter && p.checks() < mostChecks {
		p.pending, p.late = p.startCheck(ctx, p.checker), 0
	}
	late := time.NewTimer(p.limits.Timeout)
	defer late.Stop()
	select {
	case err := <-p.pending:
		p.pending = nil
		return err
	case <-late.C:
		p.late++
		return fmt.Errorf("%w: %w", ErrUnavailable, errLate)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startCheck makes one check, with the time of a look-up, on a goroutine of its own: one that hangs must not
// keep what is thought of the store as it was.
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
		if err = check(ctx, checker); err != nil {
			err = h.explain(err) // in the words of a look-up: it is one reason
		} else {
			h.ready.Store(true)
		}
	}()
	return result
}

// checks returns how many checks are under way.
func (h *Handle) checks() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.checking - 1 // the poller
}

func (h *Handle) endCheck() {
	h.mu.Lock()
	h.checking--
	h.settle()
	h.mu.Unlock()
}

func (h *Handle) tell(e Event) {
	if h.observe == nil {
		return
	}
	e.Source = h.source()
	h.observe(e)
}

// source returns what the backend calls its source; "" where it does not tell, and where it panics.
func (h *Handle) source() string {
	defer func() { _ = recover() }() // an event without source is better than none, or no server
	if s, ok := As[Stater](h.backend); ok {
		return s.State().Source
	}
	return ""
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
