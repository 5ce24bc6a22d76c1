package mysql

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// conn is a connection of a pool.
type conn struct {
	*session
	lookups [9]statement  // by the power of two of how many numbers they ask for
	lookup  statement     // of an operator's own
	check   statement     // or below, of an operator's own
	used    bool          // it served before: the server may have ended it since
	timeout time.Duration // what the server gives a statement
}

// pool has a bounded number of connections. One that had trouble, and one whose call was given up, is closed:
// what it would answer next might be for someone else.
type pool struct {
	dialer  *dialer
	prepare func(ctx context.Context, c *conn, timeout time.Duration) error
	slots   chan struct{} // one is in it for each connection that is in use or may be made

	mu      sync.Mutex
	idle    []*conn // the last one was used last
	closed  bool
	longest time.Duration // time that a call had
}

func newPool(d *dialer, most int, prepare func(context.Context, *conn, time.Duration) error) *pool {
	return &pool{dialer: d, prepare: prepare, slots: make(chan struct{}, most)}
}

// use calls f with a connection. Waiting for one, and making one, counts in the time of ctx. When the server
// turns out to have ended a connection that waited, f is called once more with a new one.
func (p *pool) use(ctx context.Context, f func(context.Context, *conn) error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: no connection became free in time", backend.ErrUnavailable)
	}
	defer func() { <-p.slots }()
	timeout := p.timeout(ctx)
	for {
		c, err := p.take(ctx, timeout)
		if err != nil {
			return err
		}
		again, err := p.try(ctx, c, timeout, f)
		if !again {
			return err
		}
	}
}

// timeout is what the server shall give statements: as long as the longest call had. One that waited has less, and
// those after it shall not be held to that.
func (p *pool) timeout(ctx context.Context) time.Duration {
	timeout := patience
	if deadline, ok := ctx.Deadline(); ok {
		timeout = time.Until(deadline)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = max(p.longest, timeout.Round(100*time.Millisecond), 100*time.Millisecond)
	return p.longest
}

// try calls f. again says that the connection was no more, so that another shall be tried.
func (p *pool) try(ctx context.Context, c *conn, timeout time.Duration, f func(context.Context, *conn) error) (again bool, err error) {
	good := false
	defer func() {
		if good { // also where f panics it is not
			p.give(c)
		} else {
			c.hangUp()
		}
	}()
	if c.timeout < timeout {
		err = c.limit(ctx, timeout)
		c.timeout = timeout
	}
	if err == nil {
		err = f(ctx, c)
	}
	good = err == nil && !c.closed
	if err != nil && c.used && ctx.Err() == nil && (c.closed || outdated(err)) {
		p.forget()
		return true, nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.forget() // the server may be gone without a word, and those that wait would be found dead one after the other
	}
	return false, err
}

// take returns a connection that waits, else a new one.
func (p *pool) take(ctx context.Context, timeout time.Duration) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, backend.ErrClosed
	}
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	made, err := p.dialer.connect(ctx, false)
	if err != nil {
		return nil, err
	}
	c := &conn{session: made, timeout: timeout}
	if err := p.prepare(ctx, c, timeout); err != nil {
		c.hangUp()
		return nil, err
	}
	return c, nil
}

func (p *pool) give(c *conn) {
	c.used = true
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		c.hangUp()
	}
}

// forget closes the connections that wait: what ended one has probably ended all.
func (p *pool) forget() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		c.hangUp()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.forget()
}
