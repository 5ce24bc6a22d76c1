package enumim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/pkg/reuseport"
	"golang.org/x/net/netutil"

	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/status"
)

const (
	// mostVisitors is how many connections a status page has at a time: they are files of a server whose work is another.
	mostVisitors = 32
	// pageTime is how long the end of a status page waits for replies that are under way.
	pageTime = 500 * time.Millisecond
)

// page is the status page of a generation at one address. In a reload the old and the new generation listen beside each
// other for a moment: the one closes its page when it has left, and when the reload failed the page of the other.
type page struct {
	server *http.Server
	at     net.Addr
	stop   context.CancelFunc
	done   chan struct{} // closed when it does not listen any more
}

// openPages opens the status pages that the blocks name, each address once.
func (g *generation) openPages() error {
	for other := range generations {
		if other != g && other.restarting {
			other.heir = g
		}
	}
	seen := make(map[string]bool)
	for _, b := range g.blocks {
		s := b.Options.Status
		if s == nil || seen[s.Address] {
			continue
		}
		seen[s.Address] = true
		p, err := newPage(g, s)
		if err != nil {
			return b.Errorf("status %s: %w", s.Address, err)
		}
		g.pages = append(g.pages, p)
		log.Infof("status page at http://%s/", p.at)
	}
	return nil
}

// newPage listens for a status page.
func newPage(g *generation, s *corefile.Status) (*page, error) {
	l, err := g.listen(s.Address)
	if err != nil {
		return nil, fmt.Errorf("%w; name another address", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !s.Everyone && ok && !at.IP.IsLoopback() {
		_ = l.Close() // what is wrong with it is told
		return nil, errors.New("the name leads to an address that others reach, and the page has no password")
	}
	ctx, cancel := context.WithCancel(context.Background())
	var quiet limiter
	server := status.New(shown{g}, status.Options{Host: s.Host(), Panicked: func(v any) {
		panics.Inc()
		if quiet.ok() {
			log.Errorf("status page: recovered from a panic (%T)", v)
		}
	}})
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	p := &page{server: server, at: l.Addr(), stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := server.Serve(netutil.LimitListener(l, mostVisitors)); !errors.Is(err, http.ErrServerClosed) {
			log.Errorf("status page: %v", err)
		}
	}()
	return p, nil
}

// listen listens beside the pages of this process alone: two servers of one user could share an address, and whoever
// asks would see now the one and now the other.
func (g *generation) listen(address string) (net.Listener, error) {
	_, port, _ := net.SplitHostPort(address)
	ours := func(p *page) bool {
		_, its, _ := net.SplitHostPort(p.at.String())
		return its == port
	}
	beside := caddy.IsUpgrade() || slices.ContainsFunc(g.pages, ours)
	for other := range generations {
		beside = beside || slices.ContainsFunc(other.pages, ours)
	}
	if !beside {
		alone, err := net.Listen("tcp", address)
		if err != nil {
			return nil, err
		}
		_ = alone.Close() // the address is free
	}
	return reuseport.Listen("tcp", address)
}

// closePages closes the status pages of the generation.
func (g *generation) closePages() {
	for _, p := range g.pages {
		p.close()
	}
	g.pages = nil
}

func (p *page) close() {
	p.stop() // what asks backends ends
	ctx, cancel := context.WithTimeout(context.Background(), pageTime)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close() // some client is slow
	}
	<-p.done
}
