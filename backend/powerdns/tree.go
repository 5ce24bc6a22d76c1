package powerdns

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// Domain is a row of the table domains, at the apex or below it.
type Domain struct {
	ID   string
	Name string
	SOA  int // how many SOA records stand at its name that are not disabled
}

// Row is a row of the table records that is not disabled, each column as text; nil for NULL.
type Row struct {
	ID, Domain, Name, Type, Content, TTL, Prio []byte
}

// defaultTTL is that of PowerDNS (default-ttl).
const defaultTTL = 3600

// Tree makes entries of the rows of a zone and of the zones below it. It is for one goroutine and one reading.
type Tree struct {
	apex    e164.Apex
	suffix  string // of the names of rows: ".e164.arpa"
	top     *domain
	domains map[e164.Name]*domain
	ttl     uint32
	found   findings

	name    []byte // the text of the name whose rows are being gathered; nil for none
	full    []byte
	first   []byte // the id of the first of them
	at      e164.Name
	place   place
	records []record
	state   state

	entry backend.Entry
	cuts  []cut
	hosts map[e164.Name][]backend.RRset // the addresses of names, for glue
	soa   *record
	frame *backend.Zone
}

type domain struct {
	id   string
	name e164.Name
	soa  bool // without, there is nothing that could be answered
}

// place says what the name is that rows stand at.
type place struct {
	owner *domain // of the zones the nearest; nil where no row of the name is of any use
	above *domain // the zone above, for the DS at the apex of a zone
}

// state is what is known of the rows of a name beside their records.
type state struct {
	there  bool // there is something, of whatever kind
	broken bool // one of them cannot be read
	cut    bool // NS or DNAME among them: what lies below depends on it
}

// cut is a delegation whose glue is looked for when all rows were read.
type cut struct {
	name e164.Name
	sets []backend.RRset
}

// New prepares a reading. ttl is for rows whose ttl is NULL; 0 stands for the hour of PowerDNS. Without a SOA record
// at the apex there is no zone: that is an error, so that a data base that was wiped denies nothing.
func New(apex e164.Apex, ttl uint32, domains []Domain) (*Tree, error) {
	if ttl == 0 {
		ttl = defaultTTL
	}
	t := &Tree{
		apex: apex, suffix: "." + strings.TrimSuffix(apex.String(), "."), ttl: ttl,
		domains: map[e164.Name]*domain{}, hosts: map[e164.Name][]backend.RRset{},
	}
	for _, d := range domains {
		name, err := apex.Parse(strings.ToLower(d.Name) + ".")
		if err != nil || name.IsWildcard() {
			t.found.add(RuleLost, "the name of a zone cannot be read: PowerDNS does not answer for it either", []byte(d.ID))
			continue
		}
		at := &domain{id: d.ID, name: name, soa: d.SOA == 1}
		if t.domains[name] != nil {
			at.soa = false // which of the two is meant nobody knows
		}
		t.domains[name] = at
		switch {
		case name == t.apexName():
			t.top = at
		case !at.soa:
			t.found.add(RuleNoSOA, "a zone below the apex has not one SOA record: all at and below its name is answered with an error", []byte(d.ID))
		}
	}
	switch {
	case t.top == nil:
		return nil, fmt.Errorf("%w: the table domains has no zone with the name of the apex, %s", backend.ErrUnavailable, t.suffix[1:])
	case !t.top.soa:
		return nil, fmt.Errorf("%w: the zone has not one SOA record that is not disabled: without one there is no tree", backend.ErrUnavailable)
	}
	return t, nil
}

func (t *Tree) apexName() e164.Name { return e164.Name{Number: t.apex.Prefix()} }

// Domains returns the ids of the zones whose rows are to be read.
func (t *Tree) Domains() []string {
	var ids []string
	for _, d := range t.domains {
		if d.soa {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// Entries yields the entries of rows, which are used again for the next one. Rows come by name: all of one name stand
// together. An error of the rows ends them.
func (t *Tree) Entries(rows iter.Seq2[*Row, error]) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(backend.Entry{}, err)
				return
			}
			if t.name == nil || !bytes.Equal(row.Name, t.name) {
				if !t.flush(yield) {
					return
				}
				t.begin(row)
			}
			if t.place.owner != nil {
				t.add(row)
			}
		}
		if t.flush(yield) && t.delegate(yield) && t.unserved(yield) && t.frame == nil {
			yield(backend.Entry{}, fmt.Errorf("%w: the SOA record of the zone cannot be read", backend.ErrInvalidData))
		}
	}
}

// Zone returns the frame of the zone when its entries were read; nil where the SOA record cannot be.
func (t *Tree) Zone() *backend.Zone { return t.frame }

// begin finds out where the name of a row stands.
func (t *Tree) begin(row *Row) {
	t.name = append(t.name[:0], row.Name...)
	if t.name == nil {
		t.name = []byte{}
	}
	t.first = append(t.first[:0], row.ID...)
	t.records, t.state, t.place = t.records[:0], state{}, place{}
	t.full = append(append(t.full[:0], row.Name...), '.')
	name, err := t.apex.Parse(string(t.full))
	if err != nil {
		t.found.add(RuleLost, "the name of a row is none of the zone: PowerDNS does not answer for it either", row.ID)
		return
	}
	t.at = name
	if t.place.owner = t.top; len(t.domains) > 1 {
		t.place = t.zones(name)
	}
}

// zones returns the zones that a name is of.
func (t *Tree) zones(name e164.Name) (p place) {
	for n := name; ; n = n.Parent() {
		if d := t.domains[n]; d != nil {
			if p.owner != nil {
				p.above = d
				return p
			}
			if p.owner = d; d.name != name {
				return p
			}
		}
		if n == t.apexName() {
			return p
		}
	}
}

// apexOf reports whether the name is the apex of a zone below the tree's.
func (t *Tree) apexOf() bool { return t.at == t.place.owner.name && t.place.owner != t.top }

// unserved yields what stands for the zones without SOA: an error for all of their names.
func (t *Tree) unserved(yield func(backend.Entry, error) bool) bool {
	for _, d := range t.domains {
		if !d.soa && !yield(backend.Entry{Kind: backend.Delegation, Name: d.name, Broken: true}, nil) {
			return false
		}
	}
	return true
}

// delegate yields the delegations, with the addresses that the zone has for their name servers (RFC 9471).
func (t *Tree) delegate(yield func(backend.Entry, error) bool) bool {
	for i := range t.cuts {
		c := &t.cuts[i]
		e := backend.Entry{Kind: backend.Delegation, Name: c.name, Sets: c.sets}
		for _, s := range c.sets {
			if s.Type != rr.TypeNS {
				continue
			}
			for _, server := range s.Data {
				if sets := t.addresses(server); sets != nil {
					e.Glue = append(e.Glue, backend.Host{Name: server, Sets: sets})
				}
			}
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// addresses returns what the zone has for a name server.
func (t *Tree) addresses(server string) []backend.RRset {
	text, err := rr.NameFromWire(server)
	if err != nil {
		return nil
	}
	name, err := t.apex.Parse(text)
	if err != nil {
		return nil
	}
	return t.hosts[name]
}

// setFrame makes the frame of the zone of what stands at its apex.
func (t *Tree) setFrame(sets []backend.RRset) {
	if t.soa == nil {
		return
	}
	data := t.soa.data
	t.frame = &backend.Zone{
		SOA: backend.RRset{Type: rr.TypeSOA, TTL: t.soa.ttl, Data: []string{data}}, Sets: sets,
		Serial: binary.BigEndian.Uint32([]byte(data[len(data)-20:])), Explicit: true,
	}
}
