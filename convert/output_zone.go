package convert

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

// blockRef is a block and the line that it stands on.
type blockRef struct {
	prefix e164.Number
	line   int
}

// host is a name server in the tree, outside of the delegation that names it.
type host struct {
	at   e164.Name
	sets []backend.RRset
}

// findHosts finds the name servers that have addresses and lie in the tree, but not in the delegation
// that names them, whose addresses stand with it.
func (t *tree) findHosts(ctx context.Context) error {
	if t.table.Stats().Delegations == 0 {
		return nil
	}
	found := make(map[e164.Name][]backend.RRset)
	for e, err := range t.table.Walk(ctx, "") {
		if err != nil {
			return err
		}
		for i := range e.Glue {
			name, err := t.apex.Parse(nameText(e.Glue[i].Name))
			if err != nil || name.Under(e.Name) {
				continue
			}
			for _, s := range e.Glue[i].Sets {
				found[name] = merge(found[name], s)
			}
		}
	}
	for name, sets := range found {
		a, err := t.table.Lookup(ctx, backend.Query{Apex: t.apex.String(), Name: name})
		if err != nil {
			return err
		}
		if a.Kind == backend.Delegated && name != a.Owner {
			t.glue = append(t.glue, host{name, sets})
			continue
		}
		if a.Kind == backend.Found && a.Owner == (e164.Name{}) {
			sets = slices.DeleteFunc(sets, func(s backend.RRset) bool {
				return slices.ContainsFunc(a.Sets, func(o backend.RRset) bool { return o.Type == s.Type })
			})
		}
		if len(sets) > 0 {
			t.hosts = append(t.hosts, host{name, sets})
		}
	}
	for _, hosts := range [][]host{t.hosts, t.glue} {
		slices.SortFunc(hosts, func(a, b host) int {
			return cmp.Or(cmp.Compare(a.at.Number, b.at.Number), cmp.Compare(a.at.Labels, b.at.Labels))
		})
	}
	return nil
}

// merge adds an RRset to those of a name.
func merge(sets []backend.RRset, s backend.RRset) []backend.RRset {
	i := slices.IndexFunc(sets, func(o backend.RRset) bool { return o.Type == s.Type })
	if i < 0 {
		s.Data = slices.Clone(s.Data)
		return append(sets, s)
	}
	sets[i].TTL = min(sets[i].TTL, s.TTL)
	for _, data := range s.Data {
		if !slices.Contains(sets[i].Data, data) {
			sets[i].Data = append(sets[i].Data, data)
		}
	}
	return sets
}

// writeZone writes a master file. Whether the blocks can be said in a zone is found out before the first
// octet is written.
func (l *loading) writeZone(ctx context.Context, t *tree, w *output) error {
	if err := t.findHosts(ctx); err != nil {
		return err
	}
	if len(l.blocks) > 0 {
		nothing := &expander{own: func(*backend.Entry) error { return nil }, made: func(*backend.Entry, []backend.Entry) error { return nil }}
		if err := t.expand(ctx, nothing); err != nil {
			return l.met(err)
		}
	}
	text := &zoneText{apex: t.apex, json: jsonText{dialPlan: t.dialPlan}}
	w.buf = text.header(w.buf, t.zone, t.ttl)
	own := func(e *backend.Entry) error {
		switch {
		case isBare(e) && e.Name.Number != t.apex.Prefix():
			w.buf = text.made(w.buf, e, []backend.Entry{*e})
			l.report.Made++
		case e.Name == e164.Name{Number: t.apex.Prefix()} && e.Kind != backend.Wildcard:
			w.buf = text.entry(w.buf, e, func(typ uint16) bool {
				return slices.ContainsFunc(t.zone.Sets, func(s backend.RRset) bool { return s.Type == typ })
			})
		default:
			w.buf = text.entry(w.buf, e, func(uint16) bool { return false })
			for i := range e.Glue {
				if name, err := t.apex.Parse(nameText(e.Glue[i].Name)); err == nil && name.Under(e.Name) {
					w.buf = text.host(w.buf, name, e.Glue[i].Sets)
				}
			}
		}
		return w.entry()
	}
	x := &expander{
		apex: t.apex.Prefix(), dialPlan: t.dialPlan, own: own,
		made: func(e *backend.Entry, first []backend.Entry) error {
			w.buf = text.made(w.buf, e, first)
			l.report.Made++
			w.all, w.count = w.all+len(first), w.count+len(first)
			return w.due()
		},
	}
	if err := t.stops(ctx, x.add, own); err != nil {
		return err
	}
	for _, h := range slices.Concat(t.hosts, t.glue) {
		w.buf = text.host(append(w.buf, markCopy...), h.at, h.sets)
	}
	w.buf = append(w.buf, "; $END\n"...)
	return nil
}

// met gives what cannot be said in a zone its place.
func (l *loading) met(err error) error {
	m, ok := errors.AsType[*meeting](err)
	if !ok {
		return err
	}
	at := blockRef{}
	for _, b := range l.blocks {
		if m.number.HasPrefix(b.prefix) && (at.line == 0 || b.prefix.Len() >= at.prefix.Len()) {
			at = b
		}
	}
	var all source.Errors
	all.Add(&source.Error{File: l.o.File, Line: at.line, Want: m.err.Error()})
	return &all
}
