package proxy

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Proxy passes connections on to a store.
type Proxy struct {
	// Addr is where it listens: host:port.
	Addr string

	to   string
	wg   sync.WaitGroup
	held exchange

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	fault    *Fault
	changed  chan struct{} // closed when fault is another one
	conns    map[*conn]struct{}
	open     int // those that the server under test has not closed
	most     int
	opened   int
	closed   bool
}

// New starts a proxy before the store at an address, host:port. It ends with the test.
func New(t testing.TB, to string) *Proxy {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, to)
}

// NewAt is New at an address, host:port.
func NewAt(t testing.TB, at, to string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, to)
}

func start(t testing.TB, l net.Listener, to string) *Proxy {
	p := &Proxy{Addr: l.Addr().String(), to: to, fault: &Fault{}, changed: make(chan struct{}), conns: map[*conn]struct{}{}}
	p.serve(l)
	t.Cleanup(p.close)
	return p
}

// listen returns a listener whose port lies below those that the system gives to clients, so that nobody is given it
// while connections are refused.
func listen() (net.Listener, error) {
	for range 1000 {
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(20000)))); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no port is free")
}

// Set makes a fault the one that is, in place of the one before. Set(Fault{}) mends.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.fault = &f
	close(p.changed)
	p.changed = make(chan struct{})
	for c := range p.conns {
		switch {
		case f.Reset:
			c.reset()
		case f.Gone:
			c.takeAway()
		}
		c.passed[Requests].Store(0)
		c.passed[Replies].Store(0)
	}
	if !f.Swap {
		p.held.release()
	}
	switch {
	case f.Refuse && p.listener != nil:
		p.listener.Close()
		p.listener = nil
	case !f.Refuse && p.listener == nil:
		// Somebody may be trying ports.
		var err error
		for range 500 {
			var l net.Listener
			if l, err = net.Listen("tcp", p.Addr); err == nil {
				p.serve(l)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		panic(err)
	}
}

// Conns returns how many connections are open that the server under test made.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// Most returns how many connections were open at once at most since it was called before.
func (p *Proxy) Most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := p.most
	p.most = p.open
	return most
}

// Opened returns how many connections there have been. One that the store did not take is one, too.
func (p *Proxy) Opened() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// now returns the fault that befalls what goes that way, and what is closed when it is another one.
func (p *Proxy) now(w Way) (*Fault, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.fault.on(w) {
		return &Fault{}, p.changed
	}
	return p.fault, p.changed
}

func (p *Proxy) serve(l net.Listener) {
	p.listener = l
	p.wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.accept(in.(*net.TCPConn))
		}
	})
}

// accept begins a connection. Where the store takes none, it is reset.
func (p *Proxy) accept(in *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	if p.fault.Reset || p.closed {
		in.SetLinger(0)
		in.Close()
		return
	}
	p.open++
	p.most = max(p.most, p.open)
	c := newConn(p, in)
	p.conns[c] = struct{}{}
	if p.fault.Gone {
		c.takeAway()
	}
	p.wg.Go(c.run)
}

// left notes that the server under test closed a connection.
func (p *Proxy) left() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
}

func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// close ends everything, and returns when it has ended.
func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	if p.listener != nil {
		p.listener.Close()
	}
	for c := range p.conns {
		c.reset()
	}
	p.held.release()
	p.mu.Unlock()
	p.wg.Wait()
}
