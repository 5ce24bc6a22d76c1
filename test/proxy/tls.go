package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
)

// TLS stands before a store that has none, and has it for it: how, may change while it runs.
type TLS struct {
	// Addr is where it listens: host:port.
	Addr string

	to    string
	begin func(net.Conn) error
	wg    sync.WaitGroup

	mu     sync.Mutex
	config *tls.Config
	conns  map[net.Conn]bool // nil when it has ended
}

// NewTLS starts a TLS before the store at an address. begin, if not nil, is what comes before TLS in the protocol of
// the store. Until Set it passes all as it comes. It ends with the test.
func NewTLS(t testing.TB, to string, begin func(net.Conn) error) *TLS {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	p := &TLS{Addr: l.Addr().String(), to: to, begin: begin, conns: map[net.Conn]bool{}}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for c := range p.conns {
			c.Close()
		}
		p.conns = nil
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

// Set has new connections secured so; nil for not at all.
func (p *TLS) Set(config *tls.Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config = config
}

// hold notes a connection that is to be closed at the end. It reports false when that is over.
func (p *TLS) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *TLS) close(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	c.Close()
}

// pass serves one connection.
func (p *TLS) pass(in net.Conn) {
	if !p.hold(in) {
		return
	}
	defer p.close(in)
	p.mu.Lock()
	config := p.config
	p.mu.Unlock()
	plain := in
	if config != nil {
		if p.begin != nil && p.begin(in) != nil {
			return
		}
		secure := tls.Server(in, config)
		if secure.Handshake() != nil {
			return
		}
		plain = secure
	}
	out, err := net.Dial("tcp", p.to)
	if err != nil || !p.hold(out) {
		return
	}
	defer p.close(out)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer out.(*net.TCPConn).CloseWrite()
		io.Copy(out, plain)
	})
	io.Copy(plain, out)
	in.Close()
	wg.Wait()
}
