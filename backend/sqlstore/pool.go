package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

// Conn is a connection that a pool keeps.
type Conn interface {
	// Limit has the server end statements that take longer.
	Limit(ctx context.Context, timeout time.Duration) error
	// Closed reports whether it is of no use any more.
	Closed() bool
	// Leave closes one that is of use, with a word to the server.
	Leave()
	// HangUp closes it without waiting for the server.
	HangUp()
}

// Opener is what a pool must know of a server.
type Opener[C Conn] struct {
	// Open makes a connection whose statements take as long as timeout.
	Open func(ctx context.Context, timeout time.Duration) (C, error)
	// Outdated reports whether an error would not be with a new connection.
	Outdated func(error) bool
	// SessionEnded reports whether somebody ended the session at the server, which goes on; nil where that is not told.
	SessionEnded func(error) bool
	// Left reports whether the server that a connection goes to was left for another, so that one to there takes its place; nil
	// where there is one server.
	Left func(C) bool
	// Patience is how long statements may take where no deadline says less.
	Patience time.Duration
	// Options say how long connections serve.
	Options *remote.Options
}

// Pool has a bounded number of connections. One that had trouble, and one whose call was given up, is closed:
// what it would answer next might be for someone else.
type Pool[C Conn] struct {
	Opener[C]
	slots chan struct{} // one is in it for each connection that is in use or may be made

	mu      sync.Mutex
	idle    []*pooled[C] // the last one was used last
	closed  bool
	longest time.Duration // time that a call had
}

type pooled[C Conn] struct {
	conn    C
	used    bool          // it served before: the server may have ended it since
	until   time.Time     // when another is to take its place
	kept    bool          // since there was no other when it was to be replaced; until says when to look again
	timeout time.Duration // what the server gives a statement
}

// NewPool returns a pool of up to so many connections.
func NewPool[C Conn](most int, opener Opener[C]) *Pool[C] {
	return &Pool[C]{Opener: opener, slots: make(chan struct{}, most)}
}

// mostTries bounds how often a call is made whose session somebody ends at the server, as an administrator or a
// pooler does: it is only read, and another session can mostly be had within the deadline.
const mostTries = 5

// Use calls f with a connection. Waiting for one, and making one, counts in the time of ctx. When the server
// turns out to have ended a connection that waited, or ends one meanwhile, f is called once more with a new one.
func (p *Pool[C]) Use(ctx context.Context, f func(context.Context, C) error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: no connection became free in time", backend.ErrUnavailable)
	}
	defer func() { <-p.slots }()
	timeout := p.timeout(ctx)
	for tries := 1; ; tries++ {
		var again bool
		c, err := p.take(ctx, timeout)
		if err == nil {
			again, err = p.try(ctx, c, timeout, f)
		}
		if !again && (tries == mostTries || ctx.Err() != nil || p.SessionEnded == nil || !p.SessionEnded(err)) {
			return err
		}
	}
}

// timeout is what the server shall give statements: as long as the longest call had. One that waited has less, and
// those after it shall not be held to that.
func (p *Pool[C]) timeout(ctx context.Context) time.Duration {
	timeout := p.Patience
	if deadline, ok := ctx.Deadline(); ok {
		timeout = time.Until(deadline)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = max(p.longest, timeout.Round(100*time.Millisecond), 100*time.Millisecond)
	return p.longest
}

// try calls f. again says that the connection was no more, so that another shall be tried.
func (p *Pool[C]) try(ctx context.Context, c *pooled[C], timeout time.Duration, f func(context.Context, C) error) (again bool, err error) {
	good := false
	defer func() {
		if good { // also where f panics it is not
			p.give(c)
		} else {
			c.conn.HangUp()
		}
	}()
	if c.timeout < timeout {
		err = c.conn.Limit(ctx, timeout)
		c.timeout = timeout
	}
	if err == nil {
		err = f(ctx, c.conn)
	}
	good = err == nil && !c.conn.Closed()
	if err != nil && c.used && ctx.Err() == nil && (c.conn.Closed() || p.Outdated(err)) {
		p.forget()
		return true, nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.forget() // the server may be gone without a word, and those that wait would be found dead one after the other
	}
	return false, err
}

// take returns a connection that waits, else a new one. One that is to be replaced comes first, so that it is
// also where fewer would do.
func (p *Pool[C]) take(ctx context.Context, timeout time.Duration) (*pooled[C], error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, backend.ErrClosed
	}
	if len(p.idle) > 0 {
		at := slices.IndexFunc(p.idle, p.over)
		if at < 0 {
			at = len(p.idle) - 1
		}
		c := p.idle[at]
		p.idle = slices.Delete(p.idle, at, at+1)
		p.mu.Unlock()
		return p.renew(ctx, c, timeout), nil
	}
	p.mu.Unlock()
	return p.connect(ctx, timeout)
}

func (p *Pool[C]) connect(ctx context.Context, timeout time.Duration) (*pooled[C], error) {
	made, err := p.Open(ctx, timeout)
	if err != nil {
		return nil, err
	}
	return &pooled[C]{conn: made, timeout: timeout, until: p.Options.Until()}, nil
}

// over reports whether a connection has served its life, or its server was left.
func (p *Pool[C]) over(c *pooled[C]) bool {
	return time.Now().After(c.until) || !c.kept && p.Left != nil && p.Left(c.conn)
}

// renew returns a new connection in place of one that has served its life: the name of the server may lead elsewhere
// by now. Where there is none to be had, the old one goes on: who is asked for names may be what failed.
func (p *Pool[C]) renew(ctx context.Context, c *pooled[C], timeout time.Duration) *pooled[C] {
	if !p.over(c) {
		return c
	}
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	made, err := p.connect(ctx, timeout)
	if err != nil {
		c.until, c.kept = p.Options.Again(), true
		return c
	}
	c.conn.Leave()
	return made
}

func (p *Pool[C]) give(c *pooled[C]) {
	c.used = true
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		c.conn.Leave()
	}
}

// forget closes the connections that wait: what ended one has probably ended all.
func (p *Pool[C]) forget() {
	for _, c := range p.waiting() {
		c.conn.HangUp()
	}
}

// waiting takes the connections that wait out of the pool.
func (p *Pool[C]) waiting() []*pooled[C] {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.idle
	p.idle = nil
	return idle
}

// Close closes the connections; those that are in use when their calls end.
func (p *Pool[C]) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, c := range p.waiting() {
		c.conn.Leave()
	}
}
