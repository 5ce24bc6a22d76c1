package http

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

const (
	// idleTime is how long a connection waits for the next request: what stands between forgets connections, and
	// tells nobody.
	idleTime = 30 * time.Second
	// mostHeader bounds what comes before a body, in octets, and mostInterim how many replies may announce another.
	mostHeader  = 64 << 10
	mostInterim = 4
)

// conn is a connection that one request at a time is under way on.
type conn struct {
	net.Conn
	in      *bufio.Reader
	left    *io.LimitedReader // below in: how much may still be read
	used    bool              // it served before: the server may have ended it since
	waiting time.Time         // since when
	until   time.Time         // when another is to take its place
}

// pool has a bounded number of connections. One that had trouble, and one whose request was given up, is closed:
// what it would bring next might be for someone else.
type pool struct {
	host  string
	with  *remote.Options
	slots chan struct{} // one is in it for each connection that is in use or may be made
	ctx   context.Context
	end   context.CancelFunc

	mu     sync.Mutex
	idle   []*conn // the last one was used last
	closed bool
}

func newPool(most int, host string, with *remote.Options) *pool {
	p := &pool{host: host, with: with, slots: make(chan struct{}, most)}
	p.ctx, p.end = context.WithCancel(context.Background())
	return p
}

// request is what is sent.
type request struct {
	method string
	text   []byte // all of it
}

// do sends a request, and has take read the reply to its end, of which most octets are read. Waiting for a
// connection, and making one, counts in the time of ctx. All requests there are only read: where the server turns
// out to have ended a connection that waited, before it sent anything but that, the request goes out once more on another.
func (p *pool) do(ctx context.Context, r request, most int64, take func(*http.Response) error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: no connection became free in time", backend.ErrUnavailable)
	}
	defer func() { <-p.slots }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	for {
		c, err := p.take(ctx)
		if err != nil {
			return p.ended(err)
		}
		again, err := p.try(ctx, c, r, most, take)
		if !again {
			return p.ended(err)
		}
	}
}

// ended returns ErrClosed for what the end of the pool led to.
func (p *pool) ended(err error) error {
	if err != nil && p.ctx.Err() != nil {
		return backend.ErrClosed
	}
	return err
}

var longAgo = time.Unix(1, 0)

// try makes a request on a connection. again says that it was no more, so that another shall be tried.
func (p *pool) try(ctx context.Context, c *conn, r request, most int64, take func(*http.Response) error) (again bool, err error) {
	good := false
	defer func() {
		if good { // also where take panics it is not
			p.give(c)
			return
		}
		_ = c.Close()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			p.forget() // what stands between may have forgotten those that wait, which would be found dead one after the other
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(longAgo) })
	defer func() { good = stop() && good }() // one whose time is up is of no use
	reply, err := c.ask(r)
	if err != nil {
		if c.used && c.left.N == mostHeader && ctx.Err() == nil && !isTimeout(err) {
			p.forget()
			return true, nil
		}
		return false, fault(ctx, "ask", err)
	}
	defer reply.Body.Close()
	defer func() {
		if !good {
			_ = c.Close() // first, since to close a body reads all that is left of it
		}
	}()
	if c.used && reply.StatusCode == http.StatusRequestTimeout { // said while it waited (RFC 9110 section 15.5.9)
		p.forget()
		return true, nil
	}
	c.left.N = most
	if err := take(reply); err != nil {
		return false, fault(ctx, "read the reply", err)
	}
	n, err := reply.Body.Read(make([]byte, 1))
	good = n == 0 && errors.Is(err, io.EOF) && !reply.Close && c.in.Buffered() == 0
	return false, nil
}

// ask sends a request and reads the header of the reply.
func (c *conn) ask(r request) (*http.Response, error) {
	c.left.N = mostHeader
	if _, err := c.Write(r.text); err != nil {
		return nil, err
	}
	for range mostInterim {
		reply, err := http.ReadResponse(c.in, &http.Request{Method: r.method})
		if err != nil || reply.StatusCode >= 200 {
			return reply, err
		}
	}
	return nil, errProtocol
}

// take returns a connection that waits, else a new one. One that has served its life comes first, so that it is
// replaced also where fewer would do.
func (p *pool) take(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	for len(p.idle) > 0 {
		now := time.Now()
		at := slices.IndexFunc(p.idle, func(c *conn) bool { return now.After(c.until) })
		if at < 0 {
			at = len(p.idle) - 1
		}
		c := p.idle[at]
		p.idle = slices.Delete(p.idle, at, at+1)
		if now.Sub(c.waiting) < idleTime {
			p.mu.Unlock()
			return p.renew(ctx, c), nil
		}
		_ = c.Close()
	}
	p.mu.Unlock()
	return p.connect(ctx)
}

// renew returns a new connection in place of one that has served its life: the name of the server may lead elsewhere
// by now. Where there is none to be had, the old one goes on: who is asked for names may be what failed.
func (p *pool) renew(ctx context.Context, c *conn) *conn {
	if time.Now().Before(c.until) {
		return c
	}
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	made, err := p.connect(ctx)
	if err != nil {
		c.until = p.with.Again()
		return c
	}
	_ = c.Close()
	return made
}

// connect makes a connection.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	config, err := p.with.TLS(p.host)
	if err != nil {
		return nil, err
	}
	made, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.host)
	if err != nil {
		return nil, fault(ctx, "connect", err)
	}
	if config != nil {
		config.NextProtos = []string{"http/1.1"}
		secured := tls.Client(made, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = made.Close()
			return nil, fault(ctx, "connect", fmt.Errorf("%w: %w", errTLS, err))
		}
		made = secured
	}
	left := &io.LimitedReader{R: made, N: math.MaxInt64}
	return &conn{Conn: made, in: bufio.NewReader(left), left: left, until: p.with.Until()}, nil
}

func (p *pool) give(c *conn) {
	c.used, c.waiting = true, time.Now()
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		_ = c.Close()
	}
}

// forget closes the connections that wait: what ended one has probably ended all.
func (p *pool) forget() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
}

// close ends what is under way, which then returns backend.ErrClosed.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.end()
	p.forget()
}
