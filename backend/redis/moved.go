package redis

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/enumim/enumim/backend/remote"
)

// named reports whether a name leads to the server, and to one alone: sentinels, and nodes of a Cluster, tell of
// masters by themselves.
func (o *options) named() bool { return o.master == "" && !o.cluster && !isSocket(o.hosts[0]) }

// follow leaves the server now and then when its name leads elsewhere, until the connection is closed. It is for calls of which
// each is whole by itself.
func (c *connection) follow(o *options) {
	if !o.named() || !c.enter() {
		return
	}
	go func() {
		defer c.work.Done()
		for pause(c.life, time.Until(o.Until())) == nil {
			c.leave(c.life, o)
		}
	}()
}

// leave gives up the connections that rest where the name of the server leads elsewhere and somebody is there, and reports
// whether that is so. Where nobody knows the name, or nobody is there, those that stand go on.
func (c *connection) leave(ctx context.Context, o *options) bool {
	if !slices.ContainsFunc(c.stand(), func(at net.Addr) bool { return remote.Moved(ctx, o.hosts[0], at) }) {
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
