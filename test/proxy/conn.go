package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one connection of the server under test, and the one to the store that stands behind it.
type conn struct {
	p      *Proxy
	in     *net.TCPConn
	ctx    context.Context // ends when it is reset
	end    func()
	left   chan struct{} // closed when the server under test has ended its side
	gone   chan struct{} // closed when the store's side is gone
	passed [3]atomic.Int64

	mu        sync.Mutex
	out       *net.TCPConn // nil until it stands
	takenAway bool
}

func newConn(p *Proxy, in *net.TCPConn) *conn {
	c := &conn{p: p, in: in, left: make(chan struct{}), gone: make(chan struct{})}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// reset ends the connection at both sides at once.
func (c *conn) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return
	}
	c.end()
	c.in.SetLinger(0)
	c.in.Close()
	if c.out != nil {
		c.out.SetLinger(0)
		c.out.Close()
	}
}

// takeAway takes the store's side away.
func (c *conn) takeAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.takenAway {
		return
	}
	c.takenAway = true
	close(c.gone)
	if c.out != nil {
		c.out.SetLinger(0)
		c.out.Close()
	}
}

// join adds the connection to the store; it reports false where that came too late.
func (c *conn) join(out *net.TCPConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil || c.takenAway {
		out.Close()
		return false
	}
	c.out = out
	return true
}

func (c *conn) isGone() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// run passes on what both sides say until both have ended. What holds back requests holds back the knocking, too.
func (c *conn) run() {
	defer c.p.forget(c)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer c.reset()
	requests, replies := make(chan piece, 64), make(chan piece, 64)
	wg.Go(func() {
		defer c.p.left()
		defer close(c.left)
		c.read(c.in, Requests, requests)
	})
	if c.passable(Requests) {
		out, err := new(net.Dialer).DialContext(c.ctx, "tcp", c.p.to)
		if err == nil && c.join(out.(*net.TCPConn)) {
			wg.Go(func() { c.read(c.out, Replies, replies) })
			var both sync.WaitGroup
			both.Go(func() { c.pass(requests, Requests, c.out) })
			both.Go(func() { c.pass(replies, Replies, c.in) })
			both.Wait()
		}
	}
	if c.isGone() {
		select {
		case <-c.left:
		case <-c.ctx.Done():
		}
	}
}

// passable waits until what goes that way is not held back. It reports false where the connection ended first.
func (c *conn) passable(w Way) bool {
	for {
		f, changed := c.p.now(w)
		if !f.Silence {
			return !c.isGone()
		}
		select {
		case <-changed:
		case <-c.gone:
			return false
		case <-c.ctx.Done():
			return false
		}
	}
}

// piece is what was read at once, and when it arrives; without octets it is the end.
type piece struct {
	octets []byte
	due    time.Time
}

// read queues what one side says.
func (c *conn) read(from net.Conn, w Way, queue chan<- piece) {
	var last time.Time
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		f, _ := c.p.now(w)
		if due := time.Now().Add(f.later()); due.After(last) {
			last = due
		}
		if n > 0 && !c.queue(queue, piece{buf[:n:n], last}) {
			return
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			c.queue(queue, piece{nil, last})
			return
		default:
			if w == Requests || !c.isGone() {
				c.reset()
			}
			return
		}
	}
}

// queue reports false where the connection ended.
func (c *conn) queue(to chan<- piece, next piece) bool {
	select {
	case to <- next:
		return true
	case <-c.gone:
		return true // heard by nobody
	case <-c.ctx.Done():
		return false
	}
}

// pass sends what was queued, as the fault has it.
func (c *conn) pass(queue <-chan piece, w Way, to *net.TCPConn) {
	for {
		var next piece
		select {
		case next = <-queue:
		case <-c.gone:
			return
		case <-c.ctx.Done():
			return
		}
		if !c.pause(time.Until(next.due)) || !c.passable(w) {
			return
		}
		if next.octets == nil {
			to.CloseWrite()
			return
		}
		f, _ := c.p.now(w)
		if f.Swap && w == Replies {
			if next.octets = c.p.held.swap(c, next.octets); next.octets == nil {
				return
			}
		}
		if !c.send(w, to, f.change(next.octets)) {
			if !c.isGone() {
				c.reset()
			}
			return
		}
	}
}

// send writes octets. It reports false where the connection is to end.
func (c *conn) send(w Way, to net.Conn, octets []byte) bool {
	for len(octets) > 0 {
		if !c.passable(w) {
			return false
		}
		f, _ := c.p.now(w)
		n := len(octets)
		if f.Rate > 0 {
			n = min(n, max(1, f.Rate/50))
		}
		if f.Split {
			n = 1
		}
		if f.CutAfter > 0 {
			n = min(n, f.CutAfter-int(c.passed[w].Load()))
		}
		if n <= 0 {
			return false
		}
		if _, err := to.Write(octets[:n]); err != nil {
			return false
		}
		octets = octets[n:]
		if passed := c.passed[w].Add(int64(n)); f.CutAfter > 0 && int(passed) >= f.CutAfter {
			return false
		}
		if f.Rate > 0 && !c.pause(time.Second*time.Duration(n)/time.Duration(f.Rate)) {
			return false
		}
	}
	return true
}

// pause waits; it reports false where the connection ended first.
func (c *conn) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.gone:
		return false
	case <-c.ctx.Done():
		return false
	}
}
