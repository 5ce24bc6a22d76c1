package enumim

import (
	"context"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/status"
)

// shown is a generation as its status page shows it: a status.Server.
type shown struct{ *generation }

// Status implements status.Server.
func (s shown) Status(ctx context.Context) status.Page {
	p := status.Page{Time: time.Now(), Ready: s.ready(), Trees: []status.Tree{}, Backends: []status.Backend{}}
	for _, b := range s.blocks {
		if b.answers() {
			for _, t := range b.trees {
				p.Trees = append(p.Trees, t.told(ctx, len(p.Backends)))
			}
			p.Backends = append(p.Backends, b.told())
		}
		if b.Inspect == nil {
			continue
		}
		for _, zone := range b.Inspect.Zones {
			p.Inspected = append(p.Inspected, status.Inspection{
				Zone: zone.String(), Directive: b.Directive, Mode: b.Inspect.Mode(), Place: b.Inspect.Pos.String(),
			})
		}
	}
	return p
}

// told tells of a tree, with what a query for its apex would be answered now. n is the index of its backend.
func (t *tree) told(ctx context.Context, n int) status.Tree {
	s := status.Tree{Zone: t.zone, Backend: n, Answers: status.Own, Servers: t.askedAt()}
	if t.config != nil {
		s.View = t.config.ViewName
	}
	switch now, _ := t.answering(); now {
	case t.source:
	case nil:
		s.Answers = status.Nothing
	default:
		s.Answers = status.Before
	}
	var a backend.Answer
	var soa dns.SOA
	err := t.lookup(ctx, e164.Name{Number: t.apex.Prefix()}, &a)
	if err == nil {
		err = t.soa(ctx, &soa, a.Zone, t.zone)
	}
	if err != nil {
		s.Fault = masked(err.Error())
	}
	s.Serial, s.Stale = soa.Serial, a.Stale
	return s
}

// askedAt returns the servers that the tree is asked at.
func (t *tree) askedAt() []string {
	servers := []string{}
	for _, p := range t.places(t.zone) {
		if !slices.Contains(servers, p.server) {
			servers = append(servers, p.server)
		}
	}
	return servers
}

// lookup asks what answers for the tree, as a query does.
func (t *tree) lookup(ctx context.Context, name e164.Name, a *backend.Answer) error {
	if f := t.before.Load(); f != nil {
		return t.handedOver(ctx, f, name, a)
	}
	return t.source.Lookup(ctx, backend.Query{Apex: t.zone, Name: name}, a)
}

// told tells of the backend of a block: what it says of itself, and what it told before.
func (b *block) told() status.Backend {
	s := status.Backend{Driver: b.Driver, Place: b.Pos.String(), Memory: b.local, Ready: b.source.Ready()}
	if b.reporter != nil {
		s.Sources = b.reporter.told()
	}
	now, tells := b.state()
	if !tells {
		if len(s.Sources) == 0 {
			s.Sources = []status.Data{{State: status.Loading}}
		}
		return s
	}
	i := slices.IndexFunc(s.Sources, func(d status.Data) bool { return d.Source == now.Source })
	if i < 0 {
		i = len(s.Sources)
		s.Sources = append(s.Sources, status.Data{Source: now.Source, State: status.Loading})
	}
	d := &s.Sources[i]
	switch {
	case now.Up && d.State == status.Loading:
		d.State = status.Current
	case !now.Up && d.State == status.Current:
		d.State = status.Unavailable
	}
	if now.Entries >= 0 {
		d.Entries = &now.Entries
	}
	d.Broken = max(now.Broken, 0)
	if now.Serial != 0 {
		d.Serial = now.Serial
	}
	if !now.Current.IsZero() {
		age := max(0, time.Since(now.Current).Seconds())
		d.Age = &age
	}
	return s
}
