package numbers

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// RR types of a delegation.
const (
	typeA    = 1
	typeNS   = 2
	typeAAAA = 28
	typeDS   = 43
)

// digestLen is how long the digest of a DS is, by digest type (RFC 3658, RFC 4509, RFC 6605).
var digestLen = map[uint32]int{1: 20, 2: 32, 4: 48}

// delegation is what NS and DS say.
type delegation struct {
	hosts []string
	ds    []string
	glue  []backend.Host
}

// cutHere reports whether the entry may be a delegation.
func (p *parser) cutHere(w word) bool {
	e := &p.entry
	switch {
	case e.key.block:
		p.breakAt(w, 0, "a delegation begins with the digits that are delegated, not with a block: everything below them is delegated")
	case len(e.items) > 0:
		p.breakAt(w, 0, "records stand before it: a number is either delegated or has records here")
	case e.unused.text != nil:
		p.breakAt(w, 0, "settings apply to URIs, not to a delegation")
	default:
		return true
	}
	return false
}

// ns reads what follows the word NS, to the end of the line: a name and its addresses.
func (p *parser) ns(l *line, w word) {
	if !p.cutHere(w) {
		return
	}
	cut := &p.entry.cut
	n := l.word()
	if len(n.text) == 0 {
		p.breakAt(w, 0, "NS needs a name server: NS ns1.example.net.")
		return
	}
	if n.odd >= 0 {
		p.breakAt(n, n.odd, oddText(n.text[n.odd]))
		return
	}
	name, err := hostname(n.text)
	if err != nil {
		p.breakAt(n, at(err), err.Error())
		return
	}
	if slices.Contains(cut.hosts, name) {
		p.breakAt(n, 0, "the name server stands twice in the delegation")
		return
	}
	var v4, v6 []string
	for a := l.word(); len(a.text) > 0; a = l.word() {
		addr, err := netip.ParseAddr(string(a.text))
		if err != nil || addr.Zone() != "" || addr.Is4In6() {
			p.breakAt(a, 0, "expected an IPv4 or IPv6 address of the name server; a further NS or DS begins a line of its own")
			return
		}
		data := string(addr.AsSlice())
		if slices.Contains(v4, data) || slices.Contains(v6, data) {
			p.breakAt(a, 0, "the address stands twice")
			return
		}
		if addr.Is4() {
			v4 = append(v4, data)
		} else {
			v6 = append(v6, data)
		}
	}
	cut.hosts = append(cut.hosts, name)
	host := backend.Host{Name: name}
	if v4 != nil {
		host.Sets = append(host.Sets, backend.RRset{Type: typeA, TTL: p.entry.ttl, Data: v4})
	}
	if v6 != nil {
		host.Sets = append(host.Sets, backend.RRset{Type: typeAAAA, TTL: p.entry.ttl, Data: v6})
	}
	within, inTree := p.below(name)
	switch {
	case within && host.Sets == nil:
		p.breakAt(n, 0, "the name server lies in the part that is delegated, so nobody finds it without its addresses: write them behind its name (RFC 9471)")
	case !inTree && host.Sets != nil:
		// A file may serve several trees, and the name may lie in one that is not served here.
		p.found = append(p.found[:0], enumservice.Finding{
			Code: "D01", Severity: enumservice.Warning, Rule: "RFC 9471",
			Text: "addresses of a name server outside of the tree: not served",
		})
		p.note(p.file.line)
	case host.Sets != nil:
		cut.glue = append(cut.glue, host)
	}
}

// below reports whether a name server's name, in wire form, is at or below the delegation, and
// whether it is below an apex at all. Without apexes, nobody can tell: it may be.
func (p *parser) below(wire string) (within, inTree bool) {
	if len(p.o.Apexes) == 0 {
		return false, true
	}
	var b strings.Builder
	for s := wire; s[0] != 0; s = s[1+s[0]:] {
		b.WriteString(s[1 : 1+s[0]])
		b.WriteByte('.')
	}
	for _, a := range p.o.Apexes {
		n, err := a.Parse(b.String())
		if err != nil {
			continue
		}
		inTree = true
		within = within || n.Under(e164.Name{Number: p.entry.key.number})
	}
	return within, inTree
}

// ds reads what follows the word DS, to the end of the line: key tag, algorithm, digest type, and
// the digest, which may have blanks in it as dnssec-dsfromkey writes them.
func (p *parser) ds(l *line, w word) {
	if !p.cutHere(w) {
		return
	}
	const form = "DS key-tag algorithm digest-type digest"
	var v [3]uint32
	for i, field := range []struct {
		name string
		most uint32
	}{{"key tag", math.MaxUint16}, {"algorithm", math.MaxUint8}, {"digest type", math.MaxUint8}} {
		n := l.word()
		var ok bool
		if v[i], ok = decimal(n.text, field.most); !ok {
			p.breakAt(n, 0, fmt.Sprintf("expected the %s of the DS, a whole number from 0 to %d: %s", field.name, field.most, form))
			return
		}
	}
	first := l.word()
	digits := slices.Clone(first.text)
	for n := l.word(); len(n.text) > 0; n = l.word() {
		digits = append(digits, n.text...)
	}
	digest, err := hex.DecodeString(string(digits))
	if err != nil || len(digest) == 0 {
		p.breakAt(first, 0, "expected the digest of the DS in hexadecimal digits, two an octet, to the end of the line")
		return
	}
	if want, ok := digestLen[v[2]]; ok && len(digest) != want {
		p.breakAt(first, 0, fmt.Sprintf("a digest of type %d has %d octets, this one %d: was it cut short?", v[2], want, len(digest)))
		return
	}
	data := binary.BigEndian.AppendUint16(nil, uint16(v[0]))
	data = append(data, byte(v[1]), byte(v[2]))
	rdata := string(append(data, digest...))
	if slices.Contains(p.entry.cut.ds, rdata) {
		p.breakAt(w, 0, "the DS stands twice in the delegation")
		return
	}
	p.entry.cut.ds = append(p.entry.cut.ds, rdata)
}

// finishCut hands the delegation that was read to add.
func (p *parser) finishCut() {
	e := &p.entry
	if len(e.cut.hosts) == 0 {
		p.failAt(e.line, e.word.col, e.word.text, "a DS without name servers delegates nothing: add NS lines")
		return
	}
	p.out.Records = p.out.Records[:0]
	p.out.Sets = append(p.out.Sets[:0], backend.RRset{Type: typeNS, TTL: e.ttl, Data: e.cut.hosts})
	if len(e.cut.ds) > 0 {
		p.out.Sets = append(p.out.Sets, backend.RRset{Type: typeDS, TTL: e.ttl, Data: e.cut.ds})
	}
	p.out.Glue = append(p.out.Glue[:0], e.cut.glue...)
	p.emit(backend.Delegation, e.key.number)
	p.out.Sets, p.out.Glue = p.out.Sets[:0], p.out.Glue[:0]
}
