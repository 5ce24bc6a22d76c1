package main

import (
	"context"
	"errors"
	"strings"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/resolve"
)

// resolver returns a client of the server, of the system's resolver for "".
func resolver(server string) (*resolve.Client, error) {
	if server == "" {
		servers, err := resolve.SystemServers("/etc/resolv.conf")
		return &resolve.Client{Servers: servers}, err
	}
	s, err := resolve.ParseServer(server)
	return &resolve.Client{Servers: []resolve.Server{s}}, err
}

// fromDNS explains what a server says of the number.
func (f *explainFlags) fromDNS(ctx context.Context, number, server string) ([]*explanation, error) {
	apex, n, err := f.below(number)
	if err != nil {
		return nil, err
	}
	c, err := resolver(server)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	set, err := c.Raw(ctx, apex.Domain(n))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		names[i] = s.String()
	}
	q := explain.Question{Apex: apex, Number: n, DialPlan: f.dialPlan}
	return []*explanation{{source: "DNS, " + strings.Join(names, ", "), ask: q, live: set}}, nil
}

// behind is what lies behind one im: or pres: URI.
type behind struct {
	uri   string
	found im.Resolution
	err   error
}

// lookBehind looks up the servers of the im: and pres: URIs that the records give for the number.
func (f *explainFlags) lookBehind(ctx context.Context, e *explanation) []behind {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	var list []behind
	seen := make(map[string]bool)
	for _, r := range e.records() {
		x, err := naptr.ParseExpression(r.Regexp)
		if err != nil || !r.Terminal() {
			continue
		}
		uri, ok := x.Eval(e.ask.AUS())
		if !ok || seen[uri] {
			continue
		}
		seen[uri] = true
		u, err := im.Parse(uri)
		if err != nil {
			if !errors.Is(err, im.ErrScheme) {
				list = append(list, behind{uri: uri, err: err})
			}
			continue
		}
		b := behind{uri: uri}
		c, err := resolver(f.resolver)
		if err == nil {
			b.found, _, err = c.Targets(ctx, u, im.SIP, im.XMPP)
		}
		b.err = err
		list = append(list, b)
	}
	return list
}
