package backend

import (
	"errors"
	"fmt"
	"sync"
)

// failures is how many failures in a row take a store as down that answered.
const failures = 3

// condition is what is thought of a store.
type condition uint8

const (
	trying condition = iota // it answered a check, or was not checked yet; one failure that cost time, and it is down
	up                      // it answers
	down                    // it is not asked
)

// breaker keeps look-ups from waiting for a store that is away. What look-ups and checks come to are its
// facts; the prober acts on what it decides. The zero value is a breaker without prober, which never breaks.
//
// Numbers whose data makes a store fail must not take it from all others. So a look-up that fails at once, and keeps
// nobody waiting, has the store checked and takes it as down only together with the check; and of look-ups that fail
// for one name again and again the first counts.
type breaker struct {
	wake chan struct{} // has room for one; nil without prober

	mu      sync.Mutex
	state   condition
	checks  int   // that failed in a row
	slow    int   // look-ups that failed in a row and cost time
	doubts  int   // look-ups that failed since one or a check succeeded
	vain    int   // checks that succeeded in a row, each after look-ups that failed
	shaken  bool  // a look-up failed since the last check
	last    Query // of the look-up that failed last
	since   int   // how often the store was tried
	cause   error // the last failure
	refusal error // made of it
}

// enter returns what to tell failed, or why no look-up may be made: what the store failed with, which says of a
// missing file that there is no data yet, and of a host that it is not reached.
func (b *breaker) enter() (since int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == down {
		err = b.refusal
	}
	return b.since, err
}

// refusalOf is the error of look-ups that are not made because of what the store failed with.
func refusalOf(cause error) error {
	const until = "it is asked again when a check of it succeeds"
	if errors.Is(cause, ErrUnavailable) || errors.Is(cause, ErrNotReady) || errors.Is(cause, ErrInvalidData) {
		return fmt.Errorf("%w; %s", cause, until)
	}
	return fmt.Errorf("%w: %w; %s", ErrUnavailable, cause, until)
}

// judge takes what a look-up of q came to that entered at since. Only that a store cannot be reached, or does
// not answer in time, tells against it. slow says that it cost time.
func (b *breaker) judge(since int, q Query, slow bool, err error) {
	switch {
	case b.wake == nil:
	case err == nil, errors.Is(err, ErrInvalidData):
		b.succeeded()
	case errors.Is(err, ErrUnavailable):
		b.failed(since, q, slow, err)
	}
}

func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == down {
		return // only a check can tell that the others will be answered, too
	}
	b.checks, b.slow, b.doubts, b.vain = 0, 0, 0, 0
	b.turn(up)
}

// failed notes a failure, unless it is of a look-up from before the store was tried again.
func (b *breaker) failed(since int, q Query, slow bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if since != b.since {
		return
	}
	b.cause, b.refusal = err, refusalOf(err)
	if q != b.last {
		b.last = q
		b.doubts++
		if slow {
			b.slow++
		}
		if slow && b.state == trying || b.slow >= failures {
			b.turn(down)
		}
	}
	if b.state != down && !b.shaken {
		b.shaken = true
		b.rouse()
	}
}

// checked takes what a check came to.
func (b *breaker) checked(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shaken = false
	if err != nil {
		b.cause, b.refusal = err, refusalOf(err)
		if b.checks++; b.state == trying || b.checks+b.doubts >= failures {
			b.turn(down)
		}
		return
	}
	b.checks = 0
	if b.state == down {
		b.since++
		b.slow, b.doubts, b.vain = 0, 0, 0
		b.turn(trying)
		return
	}
	if b.vain++; b.doubts == 0 {
		b.vain = 0
	}
	b.doubts = 0
	b.turn(up)
}

// turn makes the state another. b.mu is held.
func (b *breaker) turn(to condition) {
	if b.state == to {
		return
	}
	b.state = to
	b.rouse()
}

// rouse has the prober look. b.mu is held.
func (b *breaker) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// view is what the prober goes by.
type view struct {
	state  condition
	calm   bool  // the last check succeeded, or a look-up since then
	shaken bool  // a look-up failed since the last check
	vain   int   // checks that succeeded in a row, each after look-ups that failed
	cause  error // the last failure
}

func (b *breaker) now() view {
	b.mu.Lock()
	defer b.mu.Unlock()
	return view{b.state, b.checks == 0, b.shaken, b.vain, b.cause}
}
