package redis

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/enumim/enumim/backend/remote"
)

// named reports whether a name leads to the server, and to one alone: sentinels, and nodes of a Cluster, tell of
// masters by themselves.
func (o *options) named() bool { return o.master == "" && !o.cluster && !isSocket(o.hosts[0]) }

// follow goes over to where the name of the server leads, when that is elsewhere, until ctx ends. What look-ups use then has shown
// that it serves: none of them makes a connection to a place where nobody may be.
func (s *store) follow(ctx context.Context, o *options) {
	for look := o.Until(); pause(ctx, time.Until(look)) == nil; {
		old := s.conn.Load()
		if look = o.Until(); !old.moved(ctx, o) {
			continue
		}
		next := s.serving(ctx, o, max(old.count(), 1))
		if next == nil {
			look = o.Again()
			continue
		}
		s.conn.Store(next)
		_ = pause(ctx, callTime) // what is under way ends by then; it ends earlier when the store is closed
		_ = old.Close()          // never fails
	}
}

// serving returns connections that have shown that they serve, as many as there are of those that they replace; nil where
// they do not.
func (s *store) serving(ctx context.Context, o *options, many int) *connection {
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	next := o.connect(o.Connections)
	errs := make(chan error)
	for range many {
		go func() {
			_, err := s.fetch(ctx, next, nil)
			errs <- err
		}()
	}
	var failed error
	for range many {
		failed = errors.Join(failed, <-errs)
	}
	if failed != nil {
		_ = next.Close() // never fails
		return nil
	}
	return next
}

// count returns how many connections stand.
func (c *connection) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.made)
}

// moved reports whether the name of the server leads elsewhere than connections that stand.
func (c *connection) moved(ctx context.Context, o *options) bool {
	return slices.ContainsFunc(c.stand(), func(at net.Addr) bool { return remote.Moved(ctx, o.hosts[0], at) })
}

// leave gives up the connections that rest where the name of the server leads elsewhere and somebody is there, and reports
// whether that is so. Where nobody knows the name, or nobody is there, those that stand go on.
func (c *connection) leave(ctx context.Context, o *options) bool {
	if !c.moved(ctx, o) {
		return false
	}
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	next, err := dial(ctx, "tcp", o.hosts[0], o.TLS)
	if err != nil {
		return false
	}
	_ = next.Close() // it has shown that somebody is there
	c.forgotten.Add(1)
	return true
}

// stand returns where connections lead that stand, each place once.
func (c *connection) stand() (at []net.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.made {
		if to := f.RemoteAddr(); !slices.ContainsFunc(at, func(a net.Addr) bool { return a.String() == to.String() }) {
			at = append(at, to)
		}
	}
	return at
}

// begin has the connection count among those that stand, until Close.
func (c *framed) begin() *framed {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.of.made == nil {
		c.of.made = map[*framed]bool{}
	}
	c.of.made[c] = true
	return c
}

// Close implements net.Conn.
func (c *framed) Close() error {
	c.of.mu.Lock()
	delete(c.of.made, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
