package remote

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"
)

// life is how long a connection serves before it is looked whether its server moved: the name may lead to another by now,
// and the one that was left may live on, with data that nobody changes any more.
const life = 5 * time.Minute

// againAfter is the part of a life after which it is looked again, where nobody was there.
const againAfter = 10

// attemptTime is how long it may take to find out, where nothing says less.
const attemptTime = 5 * time.Second

// Until returns when a connection made now has served its life. An eighth more or less keeps those that were made at once
// from ending at once.
func (o *Options) Until() time.Time {
	return time.Now().Add(o.Life*7/8 + rand.N(o.Life/4))
}

// Again returns when to try again to replace a connection that has served its life.
func (o *Options) Again() time.Time { return time.Now().Add(o.Life / againAfter) }

// Attempt bounds what is tried while a connection stands that can go on instead: by half of the time that there is.
func Attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := attemptTime
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/2)
	}
	return context.WithTimeout(ctx, limit)
}

// Moved reports whether the name of a server, "host:port", leads elsewhere than to where a connection goes. A name
// that nobody knows just now leads nowhere else.
func Moved(ctx context.Context, server string, at net.Addr) bool {
	host, _, err := net.SplitHostPort(server)
	tcp, ok := at.(*net.TCPAddr)
	if err != nil || !ok {
		return false // a socket
	}
	ctx, cancel := Attempt(ctx)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	here := tcp.AddrPort().Addr().Unmap().WithZone("")
	return err == nil && !slices.ContainsFunc(found, func(a netip.Addr) bool { return a.Unmap().WithZone("") == here })
}
