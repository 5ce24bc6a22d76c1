package master

import (
	"encoding/binary"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// gathered are the records of one name that stand together, while it is not known what else will stand
// there.
type gathered struct {
	refs []ref
	data []byte // RDATA, each behind its length in two octets
}

// at returns an RDATA. It is good until the next name.
func (g *gathered) at(off uint64) string { return stringOf(g.raw(off)[2:]) }

// raw returns an RDATA behind its length.
func (g *gathered) raw(off uint64) []byte {
	return g.data[off:][:2+int(binary.BigEndian.Uint16(g.data[off:]))]
}

// take keeps the record whose RDATA was read last.
func (p *parser) take(r ref) {
	if !p.o.Unordered {
		r.off = p.arena.finish()
		p.refs = append(p.refs, r)
		return
	}
	g := &p.gathered
	if len(g.refs) > 0 && (g.refs[0].number != r.number || g.refs[0].labels != r.labels) {
		p.pass()
	}
	r.off = uint64(len(g.data))
	g.data = append(g.data, p.arena.raw()...)
	g.refs = append(g.refs, r)
}

// pass hands the records of a name on if they are plain, and else keeps them until all are read.
func (p *parser) pass() {
	g := &p.gathered
	switch {
	case p.stop != nil:
	case g.plain(p.apex):
		p.stop = p.direct.plain(g.refs)
	default:
		for _, r := range g.refs {
			r.off = p.arena.keep(g.raw(r.off))
			p.refs = append(p.refs, r)
		}
	}
	g.refs, g.data = g.refs[:0], g.data[:0]
}

// plain reports whether there is nothing but NAPTR records, at a name that is a number.
func (g *gathered) plain(apex e164.Apex) bool {
	for i := range g.refs {
		if r := &g.refs[i]; r.typ != rr.TypeNAPTR || r.labels != 0 || r.number == apex.Prefix() {
			return false
		}
	}
	return len(g.refs) > 0
}

// plain sends the entry of a number that has NAPTR records and nothing else.
func (z *zone) plain(refs []ref) error {
	z.unique(refs)
	z.entry.Kind, z.entry.Name = backend.Number, e164.Name{Number: refs[0].number}
	z.entry.Sets = z.entry.Sets[:0]
	z.records()
	return z.send()
}
