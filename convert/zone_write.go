package convert

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// lineRef is the number or the prefix of an entry, and the line that it stands on.
type lineRef struct {
	number e164.Number
	line   int
}

// host is a name server in the tree with its addresses.
type host struct {
	at   e164.Name
	sets []backend.RRset
}

// servers are the name servers in the tree that have addresses. A zone has one RRset of each type for
// each, whatever different delegations say.
type servers struct {
	sets map[e164.Name][]backend.RRset
	// records are those whose addresses are records of the zone, so that their names exist, as far as
	// the tree itself has them not; by number.
	records []host
	hidden  []host // the others: they lie in what is delegated
}

// findServers gathers the name servers.
func (t *tree) findServers(ctx context.Context) error {
	t.servers.sets = make(map[e164.Name][]backend.RRset)
	if t.table.Stats().Delegations == 0 {
		return nil
	}
	sets := t.servers.sets
	for e, err := range t.walk(ctx) {
		if err != nil {
			return err
		}
		for i := range e.Glue {
			name, err := t.apex.Parse(notation.NameText(e.Glue[i].Name))
			if err != nil {
				continue
			}
			for _, s := range e.Glue[i].Sets {
				sets[name] = merge(sets[name], s)
			}
		}
	}
	for name, own := range sets {
		a, err := t.table.Lookup(ctx, backend.Query{Apex: t.apex.String(), Name: name})
		if err != nil {
			return err
		}
		if a.Kind == backend.Delegated {
			t.servers.hidden = append(t.servers.hidden, host{name, own})
			continue
		}
		if a.Kind == backend.Found && a.Owner == (e164.Name{}) {
			own = slices.DeleteFunc(own, func(s backend.RRset) bool {
				return slices.ContainsFunc(a.Sets, func(o backend.RRset) bool { return o.Type == s.Type })
			})
		}
		if len(own) > 0 {
			t.servers.records = append(t.servers.records, host{name, own})
		}
		sets[name] = slices.Clone(own)
		for _, s := range a.Sets {
			if s.Type == rr.TypeA || s.Type == rr.TypeAAAA {
				sets[name] = append(sets[name], s)
			}
		}
	}
	slices.SortFunc(t.servers.records, byName)
	slices.SortFunc(t.servers.hidden, byName)
	return nil
}

func byName(a, b host) int {
	return cmp.Or(cmp.Compare(a.at.Number, b.at.Number), cmp.Compare(a.at.Labels, b.at.Labels))
}

var errServers = errors.New("a name server has different addresses in two delegations, which a zone cannot say: make them alike")

// asRead returns a delegation as it is read from the zone, with the addresses that the zone has for its
// name servers, and whether that is the delegation itself.
func (t *tree) asRead(e *backend.Entry, c *canonical) (*backend.Entry, bool) {
	read := *e
	read.Glue = nil
	for _, s := range e.Sets {
		if s.Type != rr.TypeNS {
			continue
		}
		for _, server := range s.Data {
			if name, err := t.apex.Parse(notation.NameText(server)); err == nil && t.servers.sets[name] != nil {
				read.Glue = append(read.Glue, backend.Host{Name: server, Sets: t.servers.sets[name]})
			}
		}
	}
	return &read, c.hash(&read) == c.hash(e)
}

// sharedServers refuses delegations at names with labels whose name servers have other addresses in the
// zone: comments tell of delegations of numbers alone.
func (l *loading) sharedServers(ctx context.Context, t *tree) error {
	if len(l.cuts) == 0 {
		return nil
	}
	for e, err := range t.walk(ctx) {
		if err != nil {
			return err
		}
		if e.Kind != backend.Delegation || e.Name.IsNumber() {
			continue
		}
		if _, same := t.asRead(&e, &l.canon); !same {
			l.faults.add(l.cuts[e.Name], 0, "", errServers.Error())
		}
	}
	return l.faults.err()
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
	if err := t.findServers(ctx); err != nil {
		return err
	}
	if err := l.sharedServers(ctx, t); err != nil {
		return err
	}
	if len(l.blocks) > 0 {
		nothing := func(*backend.Entry) error { return nil }
		told := make(map[int]bool) // the lines of blocks: each meets others at many names
		met := func(m *meeting) {
			if line := l.around(m.number); !told[line] {
				told[line] = true
				l.faults.add(line, 0, "", m.Error())
			}
		}
		if err := t.expand(ctx, &expander{own: nothing, begins: nothing, made: nothing, met: met}); err != nil {
			return err
		}
		if err := l.faults.err(); err != nil {
			return err
		}
	}
	text := &zoneText{apex: t.apex, json: jsonText{notation.Codec{DialPlan: t.dialPlan}}}
	w.buf = text.header(w.buf, t.zone, t.ttl)
	written := make(map[e164.Name]bool) // of the name servers
	own := func(e *backend.Entry) error {
		switch {
		case t.bare(e):
			w.buf = text.made(text.begins(w.buf, e), e)
			l.report.Made++
		case isBare(e): // the apex, which has records
			w.buf = text.begins(w.buf, e)
		case e.Name == e164.Name{Number: t.apex.Prefix()} && e.Kind != backend.Wildcard:
			w.buf = text.entry(w.buf, e, func(typ uint16) bool {
				return slices.ContainsFunc(t.zone.Sets, func(s backend.RRset) bool { return s.Type == typ })
			})
		case e.Kind == backend.Delegation:
			if _, same := t.asRead(e, &l.canon); !same {
				w.buf = append(text.begins(w.buf, e), markMade...)
			}
			w.buf = text.entry(w.buf, e, func(uint16) bool { return false })
			for i := range e.Glue {
				name, err := t.apex.Parse(notation.NameText(e.Glue[i].Name))
				if err == nil && name.Under(e.Name) && !written[name] {
					written[name] = true
					w.buf = text.host(w.buf, name, t.servers.sets[name])
				}
			}
		default:
			w.buf = text.entry(w.buf, e, func(uint16) bool { return false })
		}
		return w.entry()
	}
	x := &expander{
		apex: t.apex.Prefix(), dialPlan: t.dialPlan, own: own,
		begins: func(e *backend.Entry) error {
			w.buf = text.begins(w.buf, e)
			return w.entry()
		},
		made: func(e *backend.Entry) error {
			w.buf = text.made(w.buf, e)
			l.report.Made++
			return w.due()
		},
	}
	if err := t.stops(ctx, x.add, own); err != nil {
		return err
	}
	for _, h := range t.servers.records {
		w.buf = text.host(append(w.buf, markMade...), h.at, h.sets)
	}
	for _, h := range t.servers.hidden {
		if !written[h.at] {
			w.buf = text.host(w.buf, h.at, h.sets)
		}
	}
	w.buf = append(w.buf, "; $END\n"...)
	return nil
}

// around returns the line of the block with the longest prefix around a number.
func (l *loading) around(n e164.Number) int {
	at := blockRef{}
	for _, b := range l.blocks {
		if n.HasPrefix(b.number) && (at.line == 0 || b.number.Len() >= at.number.Len()) {
			at = b
		}
	}
	return at.line
}
