package powerdns

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// flush yields what stands at the name whose rows were gathered.
func (t *Tree) flush(yield func(backend.Entry, error) bool) bool {
	if t.name == nil || t.place.owner == nil || !t.place.owner.soa || !t.state.there {
		return true
	}
	e := &t.entry
	e.Kind, e.Name, e.TTL, e.Broken = backend.Number, t.at, 0, false
	e.Records, e.Sets = e.Records[:0], e.Sets[:0]
	if !t.state.broken {
		t.join()
	}
	if t.at == t.apexName() {
		return t.flushApex(yield)
	}
	t.keepAddresses()
	inner := !t.apexOf() // NS records are a delegation
	switch {
	case t.at.IsWildcard():
		e.Kind, e.Name = backend.Wildcard, t.at.Parent()
		if t.has(rr.TypeNS) || t.has(rr.TypeDNAME) {
			t.contradiction("NS or DNAME at a wildcard, where they have no meaning (RFC 4592 sections 4.2 and 4.4)")
		}
	case inner && t.has(rr.TypeNS):
		if t.has(rr.TypeDNAME) {
			t.contradiction("DNAME beside a delegation (RFC 6672 section 2.3)")
		}
		e.Kind = backend.Delegation
	case t.has(rr.TypeDNAME):
		e.Kind = backend.Rename
	}
	t.consistent()
	switch {
	case t.state.broken:
		if t.state.cut && !t.at.IsWildcard() && inner {
			e.Kind = backend.Delegation // what lies below is no less doubtful
		}
		return yield(backend.Entry{Kind: e.Kind, Name: e.Name, Broken: true}, nil)
	case e.Kind == backend.Delegation:
		t.cuts = append(t.cuts, cut{t.at, cloned(e.Sets, rr.TypeNS, rr.TypeDS)})
		return true
	}
	return yield(*e, nil)
}

// flushApex makes the frame, and yields what does not stand in it.
func (t *Tree) flushApex(yield func(backend.Entry, error) bool) bool {
	e := &t.entry
	t.consistent()
	if t.state.broken {
		t.setFrame(nil)
		return yield(backend.Entry{Kind: backend.Number, Name: e.Name, Broken: true}, nil)
	}
	if t.has(rr.TypeCNAME) {
		t.contradiction("CNAME at the apex, where the SOA stands (RFC 1034 section 3.6.2)")
		t.setFrame(nil)
		return yield(backend.Entry{Kind: backend.Number, Name: e.Name, Broken: true}, nil)
	}
	if !t.has(rr.TypeNS) {
		t.found.add(RuleNoNS, "the zone has no NS records at its apex", nil)
	}
	t.setFrame(cloned(e.Sets))
	e.Sets = slices.DeleteFunc(e.Sets, func(s backend.RRset) bool { return s.Type != rr.TypeDNAME })
	if len(e.Sets) > 0 {
		e.Kind = backend.Rename
	}
	return len(e.Sets)+len(e.Records) == 0 || yield(*e, nil)
}

// cloned copies sets, those of the types; all without types.
func cloned(sets []backend.RRset, types ...uint16) []backend.RRset {
	var out []backend.RRset
	for _, s := range sets {
		if len(types) == 0 || slices.Contains(types, s.Type) {
			s.Data = slices.Clone(s.Data)
			out = append(out, s)
		}
	}
	return out
}

func (t *Tree) has(typ uint16) bool {
	return slices.ContainsFunc(t.records, func(r record) bool { return r.typ == typ })
}

// contradiction makes the name an error for what its rows say together.
func (t *Tree) contradiction(what string) {
	t.state.broken = true
	t.found.add(RuleRow, what+": the name is answered with an error", t.first)
}

// consistent looks for records that cannot stand together.
func (t *Tree) consistent() {
	e := &t.entry
	if t.state.broken {
		return
	}
	alias := t.has(rr.TypeCNAME)
	size := 12 * len(e.Records)
	for _, r := range e.Records {
		size += 4 + 3 + len(r.Flags) + len(r.Services) + len(r.Regexp) + len(r.Replacement)
	}
	if alias && len(e.Records) > 0 {
		t.contradiction("records beside a CNAME (RFC 1034 section 3.6.2)")
		return
	}
	for _, s := range e.Sets {
		if (s.Type == rr.TypeCNAME || s.Type == rr.TypeDNAME) && len(s.Data) > 1 {
			t.contradiction("several CNAME or DNAME records at one name")
			return
		}
		if alias && s.Type != rr.TypeCNAME {
			t.contradiction("records beside a CNAME (RFC 1034 section 3.6.2)")
			return
		}
		octets := 12 * len(s.Data)
		for _, d := range s.Data {
			octets += len(d)
		}
		size = max(size, octets)
	}
	if size > 1<<16-1 {
		t.contradiction("an RRset larger than a message of 65535 octets")
	}
}

// join makes RRsets of the records: each record once, with the lowest TTL of its set (RFC 2181 section 5).
func (t *Tree) join() {
	e := &t.entry
	for i := range t.records {
		r := &t.records[i]
		if r.typ != rr.TypeNAPTR {
			t.joinSet(r)
			continue
		}
		if len(e.Records) > 0 && r.ttl != e.TTL {
			t.found.add(RuleTTL, ttlText, t.first)
		}
		if len(e.Records) == 0 || r.ttl < e.TTL {
			e.TTL = r.ttl
		}
		if !slices.Contains(e.Records, r.naptr) {
			e.Records = append(e.Records, r.naptr)
		}
	}
	if !slices.IsSortedFunc(e.Records, byRank) {
		slices.SortStableFunc(e.Records, byRank)
	}
}

const ttlText = "the records of an RRset have different TTLs; the lowest is used (RFC 2181 section 5.2)"

func (t *Tree) joinSet(r *record) {
	e := &t.entry
	for i := range e.Sets {
		s := &e.Sets[i]
		if s.Type != r.typ {
			continue
		}
		if s.TTL != r.ttl {
			t.found.add(RuleTTL, ttlText, t.first)
		}
		s.TTL = min(s.TTL, r.ttl)
		if !slices.Contains(s.Data, r.data) {
			s.Data = append(s.Data, r.data)
		}
		return
	}
	e.Sets = append(e.Sets, backend.RRset{Type: r.typ, TTL: r.ttl, Data: []string{r.data}})
}

func byRank(a, b naptr.Record) int {
	return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
}

// keepAddresses remembers addresses: they may be those of a name server of a delegation.
func (t *Tree) keepAddresses() {
	if t.state.broken || !t.has(rr.TypeA) && !t.has(rr.TypeAAAA) {
		return
	}
	sets := slices.DeleteFunc(cloned(t.entry.Sets, rr.TypeA, rr.TypeAAAA), func(s backend.RRset) bool { return slices.Contains(s.Data, unreadable) })
	if len(sets) > 0 {
		t.hosts[t.at] = sets
	}
}
