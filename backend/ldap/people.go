package ldap

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// found is an entry of the directory as a search returned it.
type found struct {
	dn         string
	attributes map[string][]string // names in lower case, without options (RFC 4512 section 2.5)
}

// values returns the values of an attribute, as many as anybody has use for.
func (f *found) values(name string) []string {
	values := f.attributes[strings.ToLower(name)]
	return values[:min(len(values), mostValues)]
}

// person is what is served of one entry of the directory.
type person struct {
	id    string // how the directory calls it for good
	lines []line
}

// people are all that the directory has, and whose each number is.
type people struct {
	mapping *mapping
	ttl     uint32
	note    notes
	all     map[string]*person
	at      map[e164.Number][]*person
	touched map[e164.Number]bool // the numbers of those that were set and dropped
}

func newPeople(m *mapping) *people {
	ttl := m.codec.TTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	return &people{mapping: m, ttl: ttl, note: notes{}, all: map[string]*person{}, at: map[e164.Number][]*person{}, touched: map[e164.Number]bool{}}
}

// defaultTTL, in seconds, is for records where the Corefile says nothing, as in package notation.
const defaultTTL = 3600

// set takes what the directory has of a person now.
func (p *people) set(id string, f *found) {
	who := &person{id, p.mapping.lines(f, p.note)}
	if old := p.all[id]; old != nil && slices.EqualFunc(old.lines, who.lines, line.equal) {
		return // what has changed is not of what is served
	}
	p.drop(id)
	p.add(who)
}

// drop forgets a person.
func (p *people) drop(id string) {
	who := p.all[id]
	if who == nil {
		return
	}
	delete(p.all, id)
	for _, l := range who.lines {
		p.touched[l.number] = true
		p.at[l.number] = slices.DeleteFunc(p.at[l.number], func(o *person) bool { return o == who })
		if len(p.at[l.number]) == 0 {
			delete(p.at, l.number)
		}
	}
}

// hasAll reports whether everybody of an earlier reading is there.
func (p *people) hasAll(before *people) bool {
	for id := range before.all {
		if p.all[id] == nil {
			return false
		}
	}
	return true
}

// keep adds who was found by an earlier reading and not by this one, unless somebody else has a number of theirs now.
func (p *people) keep(before *people) {
	var kept []*person
	for id, who := range before.all {
		taken := slices.ContainsFunc(who.lines, func(l line) bool { return p.at[l.number] != nil })
		if p.all[id] == nil && !taken {
			kept = append(kept, who)
		}
	}
	for _, who := range kept {
		p.add(who)
	}
}

func (p *people) add(who *person) {
	p.all[who.id] = who
	for _, l := range who.lines {
		p.at[l.number] = append(p.at[l.number], who)
		p.touched[l.number] = true
	}
}

// mostOwners is how many people may share a number whose URIs are those of all of them.
const mostOwners = 8

// entry returns what is served of a number; ok is false for nothing.
func (p *people) entry(n e164.Number) (e backend.Entry, ok bool) {
	owners := slices.SortedFunc(slices.Values(p.at[n]), func(a, b *person) int { return cmp.Compare(a.id, b.id) })
	e = backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: p.ttl}
	if len(owners) == 0 {
		return e, false
	}
	e.Records = owners[0].records(n)
	for _, o := range owners[1:] {
		if more := o.records(n); !slices.Equal(more, e.Records) {
			return p.shared(e, owners)
		}
	}
	return e, true
}

// shared returns what is served of a number of several people who have different URIs: whose it is, nothing tells.
func (p *people) shared(e backend.Entry, owners []*person) (backend.Entry, bool) {
	if !p.mapping.union || len(owners) > mostOwners {
		return e, false
	}
	e.Records = nil
	for _, o := range owners {
		for _, r := range o.records(e.Name.Number) {
			e.Records = add(e.Records, r)
		}
	}
	return e, true
}

func (w *person) records(n e164.Number) []naptr.Record {
	i := slices.IndexFunc(w.lines, func(l line) bool { return l.number == n })
	return w.lines[i].records
}

// entries yields the whole tree, ascending.
func (p *people) entries() iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for _, n := range slices.SortedFunc(maps.Keys(p.at), e164.Number.Compare) {
			if e, ok := p.entry(n); ok && !yield(e, nil) {
				return
			}
		}
	}
}

// shares counts the numbers that are left out because they are of several people.
func (p *people) shares() {
	for n, owners := range p.at {
		if len(owners) > 1 {
			if _, ok := p.entry(n); !ok {
				p.note.count(ruleShared)
			}
		}
	}
}

// changes returns what became of the numbers that were touched.
func (p *people) changes() (changes []backend.Change) {
	for _, n := range slices.SortedFunc(maps.Keys(p.touched), e164.Number.Compare) {
		e, ok := p.entry(n)
		if !ok {
			e.TTL, e.Records = 0, nil
		}
		changes = append(changes, backend.Change{Entry: e, Delete: !ok})
	}
	clear(p.touched)
	return changes
}
