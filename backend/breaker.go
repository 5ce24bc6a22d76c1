package backend

import (
	"errors"
	"fmt"
	"sync"
)

// failures is how many times in a row a store that answered must fail to be taken as down.
const failures = 3

// condition is what is thought of a store.
type condition uint8

const (
	trying condition = iota // it answered a check, or was not checked yet; one failure, and it is down
	up                      // it answers
	down                    // it is not asked
)

// breaker keeps look-ups from waiting for a store that is away. What look-ups and checks come to are its
// facts; the prober acts on what it decides. The zero value is a breaker without prober, which never breaks.
type breaker struct {
	wake chan struct{} // has room for one; nil without prober

	mu      sync.Mutex
	state   condition
	fails   int   // in a row
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

// judge takes what a look-up came to that entered at since. Only that a store cannot be reached, or does
// not answer in time, tells against it.
func (b *breaker) judge(since int, err error) {
	switch {
	case b.wake == nil:
	case err == nil, errors.Is(err, ErrInvalidData):
		b.succeeded()
	case errors.Is(err, ErrUnavailable):
		b.failed(since, err)
	}
}

func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == down {
		return // only a check can tell that the others will be answered, too
	}
	b.fails = 0
	b.turn(up)
}

// failed notes a failure, unless it is of a look-up from before the store was tried again.
func (b *breaker) failed(since int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if since != b.since {
		return
	}
	b.cause, b.refusal = err, refusalOf(err)
	if b.fails++; b.state == trying || b.fails >= failures {
		b.turn(down)
	}
}

// checked takes what a check came to.
func (b *breaker) checked(err error) {
	if err != nil {
		since, _ := b.enter()
		b.failed(since, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails = 0
	if b.state == down {
		b.since++
		b.turn(trying)
		return
	}
	b.turn(up)
}

// turn makes the state another. b.mu is held.
func (b *breaker) turn(to condition) {
	if b.state == to {
		return
	}
	b.state = to
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// now returns the state, whether there was no failure since the last success, and else the last one.
func (b *breaker) now() (state condition, calm bool, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.fails == 0, b.cause
}
