package master

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table/radix"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// zone turns the records of a file into entries.
type zone struct {
	p    *parser
	refs []ref // by name, then as in the file
	data interface{ at(off uint64) string }
	add  func(e *backend.Entry, line int) error

	apex  e164.Name
	frame *backend.Zone
	cover *e164.Name // the delegation or DNAME that hides what lies below it; nil where nothing does

	occluded []int // hidden addresses that may yet be somebody's glue
	entry    backend.Entry
	group    []ref // the records of one name, without duplicates
	placed   []source.Place
	again    []source.Place // of NAPTR records that repeat one of the group
}

// deliver checks the records name by name and hands out the entries, unless the file was found faulty
// while reading: then it only looks for more faults.
func (p *parser) deliver(add func(e *backend.Entry, line int) error) (*backend.Zone, error) {
	if p.apex == (e164.Apex{}) {
		return nil, nil
	}
	p.arena.seal()
	// Let go of the text: what is found from here on is told by line alone.
	p.lx, p.owner = lexer{}, owner{}
	if p.faults() > 0 && p.o.Lint == nil {
		add = func(*backend.Entry, int) error { return nil }
	}
	radix.Sort(p.refs, func(r *ref) uint64 { return uint64(r.number) }, func(a, b *ref) int {
		if c := p.names.compare(a, b); c != 0 {
			return c
		}
		return cmp.Compare(a.off, b.off)
	})
	soa := p.arena.at(p.soa.off)
	z := &zone{
		p: p, refs: p.refs, data: &p.arena, add: add, apex: e164.Name{Number: p.apex.Prefix()},
		frame: &backend.Zone{
			SOA:    backend.RRset{Type: rr.TypeSOA, TTL: p.soa.ttl, Data: []string{strings.Clone(soa)}},
			Serial: binary.BigEndian.Uint32([]byte(soa[len(soa)-20:])),
		},
	}
	for i := 0; i < len(z.refs); {
		if p.stopped() {
			return nil, p.stop
		}
		j := i + 1
		for j < len(z.refs) && p.names.compare(&z.refs[i], &z.refs[j]) == 0 {
			j++
		}
		if err := z.name(i, j); err != nil {
			return nil, err
		}
		i = j
	}
	if !slices.ContainsFunc(z.frame.Sets, func(s backend.RRset) bool { return s.Type == rr.TypeNS }) {
		p.find(RuleNoNS, p.soa)
	}
	for _, i := range z.occluded {
		if !z.refs[i].used {
			p.find(RuleOccluded, z.refs[i])
		}
	}
	return z.frame, nil
}

// name handles the records i to j, which have one owner.
func (z *zone) name(i, j int) error {
	name := z.p.names.name(&z.refs[i])
	if z.cover != nil && name.Under(*z.cover) {
		z.hide(i, j)
		if z.p.o.Lint == nil {
			return nil
		}
		return z.hidden(i, j, name)
	}
	z.unique(z.refs[i:j])
	has := func(typ uint16) bool {
		return slices.ContainsFunc(z.group, func(r ref) bool { return r.typ == typ })
	}
	common := true
	for k := range z.group {
		common = common && z.group[k].typ == rr.TypeNAPTR
	}
	e := &z.entry
	e.Kind, e.Name = backend.Number, name
	if !common {
		if !z.check(has, name) {
			return nil
		}
		switch {
		case has(rr.TypeNS) && name != z.apex:
			return z.delegate(i, j, name)
		case has(rr.TypeDNAME):
			e.Kind = backend.Rename
			z.hides(name)
		}
	}
	if e.Kind == backend.Number && name.IsWildcard() {
		e.Kind, e.Name = backend.Wildcard, name.Parent()
	}
	z.records()
	z.sets(func(typ uint16) bool { return typ != rr.TypeNAPTR })
	if name == z.apex {
		z.frame.Sets = make([]backend.RRset, len(e.Sets))
		for i, s := range e.Sets {
			z.frame.Sets[i] = backend.RRset{Type: s.Type, TTL: s.TTL, Data: slices.Clone(s.Data)}
		}
		e.Sets = slices.DeleteFunc(e.Sets, func(s backend.RRset) bool { return s.Type != rr.TypeDNAME })
		if len(e.Sets)+len(e.Records) == 0 {
			return nil
		}
	}
	return z.send()
}

func (z *zone) send() error {
	z.p.stats.Entries++
	if l := z.p.o.Lint; l != nil && l.Placed != nil {
		l.Placed(z.places(), z.again)
	}
	if z.p.o.Source != nil {
		z.p.o.Source(z.p.files[z.group[0].file])
	}
	return z.add(&z.entry, int(z.group[0].line))
}

// places tells where the records of z.entry stand.
func (z *zone) places() []source.Place {
	z.placed = z.placed[:0]
	for i := range z.group {
		if r := &z.group[i]; r.typ == rr.TypeNAPTR && len(z.placed) < len(z.entry.Records) {
			z.placed = append(z.placed, source.Place{File: z.p.files[r.file], Line: int(r.line)})
		}
	}
	if len(z.placed) == 0 {
		r := &z.group[0]
		z.placed = append(z.placed, source.Place{File: z.p.files[r.file], Line: int(r.line)})
	}
	return z.placed
}

// unique fills z.group with the records but those that repeat another. Of two TTLs the lower counts.
func (z *zone) unique(refs []ref) {
	z.again = z.again[:0]
	if len(refs) == 1 {
		z.group = append(z.group[:0], refs[0])
		return
	}
	z.group = z.group[:0]
	const few = 16 // up to which looking at each is quicker than a map
	var seen map[string]int
	if len(refs) > few {
		seen = make(map[string]int, len(refs))
	}
	for _, r := range refs {
		data := z.data.at(r.off)
		again := -1
		if seen != nil {
			key := string([]byte{byte(r.typ >> 8), byte(r.typ)}) + data
			if k, ok := seen[key]; ok {
				again = k
			} else {
				seen[key] = len(z.group)
			}
		} else {
			again = slices.IndexFunc(z.group, func(o ref) bool { return o.typ == r.typ && z.data.at(o.off) == data })
		}
		if again >= 0 {
			z.p.find(RuleDuplicate, r)
			if r.typ == rr.TypeNAPTR && z.p.o.Lint != nil {
				z.again = append(z.again, source.Place{File: z.p.files[r.file], Line: int(r.line)})
			}
			z.group[again].ttl = min(z.group[again].ttl, r.ttl)
			continue
		}
		z.group = append(z.group, r)
	}
}

// fault reports a record that contradicts others at its name.
func (z *zone) fault(r ref, want string) {
	z.p.errs.Add(&source.Error{
		File: z.p.files[r.file], Line: int(r.line), Text: rr.TypeText(r.typ), Want: "expected " + want,
	})
}

// check finds records that cannot stand together.
func (z *zone) check(has func(uint16) bool, name e164.Name) bool {
	line := func(typ uint16) uint32 {
		return z.group[slices.IndexFunc(z.group, func(r ref) bool { return r.typ == typ })].line
	}
	cname, cut := has(rr.TypeCNAME), has(rr.TypeNS) && name != z.apex
	var seen [2]bool // CNAME, DNAME
	for _, r := range z.group {
		var want string
		switch {
		case r.typ == rr.TypeCNAME && name == z.apex:
			want = "no CNAME at the apex, where the SOA stands (RFC 1034 section 3.6.2)"
		case r.typ == rr.TypeCNAME && seen[0], r.typ == rr.TypeDNAME && seen[1]:
			want = fmt.Sprintf("one %s at a name: the first stands in line %d", rr.TypeText(r.typ), line(r.typ))
		case cname && name != z.apex && !besideCNAME(r.typ):
			want = fmt.Sprintf("nothing beside the CNAME in line %d, which has the same name (RFC 1034 section 3.6.2)", line(rr.TypeCNAME))
		case r.typ == rr.TypeDNAME && cut:
			want = fmt.Sprintf("no DNAME beside the delegation in line %d (RFC 6672 section 2.3)", line(rr.TypeNS))
		case name.IsWildcard() && (r.typ == rr.TypeNS || r.typ == rr.TypeDNAME):
			want = "no NS or DNAME at a wildcard, where they have no meaning (RFC 4592 sections 4.2 and 4.4)"
		default:
			seen[0] = seen[0] || r.typ == rr.TypeCNAME
			seen[1] = seen[1] || r.typ == rr.TypeDNAME
			continue
		}
		z.fault(r, want)
		return false
	}
	return true
}

// besideCNAME tells what may stand at the name of a CNAME: itself, and what signs it (RFC 4034
// sections 3 and 4, RFC 2181 section 10.1).
func besideCNAME(typ uint16) bool {
	switch typ {
	case rr.TypeCNAME, rr.TypeRRSIG, rr.TypeNSEC, rr.TypeKEY:
		return true
	}
	return false
}

// records fills in the NAPTR records of z.group.
func (z *zone) records() {
	e := &z.entry
	e.Records, e.Glue, e.TTL = e.Records[:0], e.Glue[:0], z.ttl(rr.TypeNAPTR)
	size := 0
	for _, r := range z.group {
		if r.typ == rr.TypeNAPTR {
			data := z.data.at(r.off)
			size += len(data)
			e.Records = append(e.Records, decode(data))
		}
	}
	z.size(rr.TypeNAPTR, len(e.Records), size)
}

// sets fills in the RRsets of z.group, those of the types wanted.
func (z *zone) sets(wanted func(typ uint16) bool) {
	e := &z.entry
	e.Sets = e.Sets[:0]
	for _, r := range z.group {
		if wanted(r.typ) {
			e.Sets = appendData(e.Sets, r.typ, 0, strings.Clone(z.data.at(r.off)))
		}
	}
	for i := range e.Sets {
		s := &e.Sets[i]
		s.TTL = z.ttl(s.Type)
		size := 0
		for _, d := range s.Data {
			size += len(d)
		}
		z.size(s.Type, len(s.Data), size)
	}
}

// appendData adds RDATA to the set of its type, using again what memory sets has.
func appendData(sets []backend.RRset, typ uint16, ttl uint32, data string) []backend.RRset {
	for i := range sets {
		if s := &sets[i]; s.Type == typ {
			s.Data = append(s.Data, data)
			s.TTL = min(s.TTL, ttl)
			return sets
		}
	}
	if len(sets) < cap(sets) {
		sets = sets[:len(sets)+1]
		s := &sets[len(sets)-1]
		s.Type, s.TTL, s.Data = typ, ttl, append(s.Data[:0], data)
		return sets
	}
	return append(sets, backend.RRset{Type: typ, TTL: ttl, Data: []string{data}})
}

// ttl returns the lowest TTL of an RRset. Signatures have that of what they sign.
func (z *zone) ttl(typ uint16) uint32 {
	ttl, found := uint32(0), false
	for _, r := range z.group {
		if r.typ != typ {
			continue
		}
		if found && r.ttl != ttl && typ != rr.TypeRRSIG {
			z.p.find(RuleTTL, r)
		}
		if !found || r.ttl < ttl {
			ttl, found = r.ttl, true
		}
	}
	return ttl
}

// size refuses an RRset that no message can carry: with its owner name compressed, each record takes
// 12 octets beside its data.
func (z *zone) size(typ uint16, records, octets int) {
	if records*12+octets > 1<<16-1 {
		i := slices.IndexFunc(z.group, func(r ref) bool { return r.typ == typ })
		z.fault(z.group[i], fmt.Sprintf("an RRset that a message of 65535 octets can carry, not %d records with %d octets", records, octets))
	}
}
