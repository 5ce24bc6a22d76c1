package master

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// owner is the name that the records under way belong to.
type owner struct {
	wire   []byte // as written, empty for what digits knew; the memory is used again
	set    bool   // there is one; a blank one can refer to it
	broken bool   // it was faulty and was reported
	placed bool   // number, labels and inside are worked out
	inside bool
	number e164.Number
	labels uint32
	at     place
	text   []byte

	// What the name was read from, to know it again: the records of a name stand together.
	from   []byte // copied, since the window slides, and what $GENERATE makes is made in one memory
	origin string
}

// record reads one record or directive. It returns false where reading on makes no sense.
func (p *parser) record() bool {
	l := &p.lx
	l.begin = place{l.line, l.bol, l.pos}
	blank := l.src[l.pos] == ' ' || l.src[l.pos] == '\t'
	k := l.next()
	switch {
	case k == end:
		return true
	case k == bad:
		p.fail(l.want)
		l.skip(k)
		return !l.short
	case l.ended:
		p.fail(`nothing but comments behind the end marker "; ` + endMarker + `"`)
		return false
	case k == word && l.tok[0] == '$':
		if k, ok := p.directive(); !ok {
			l.skip(k)
		}
		return !l.short
	}
	if !blank {
		p.setOwner(k)
		k = l.next()
	} else if !p.owner.set {
		p.fail("an owner name: no record stands before this one whose name could be repeated")
		p.owner.broken = true
		p.owner.set = true
	}
	if k, ok := p.body(k); !ok {
		l.skip(k)
	}
	return !l.short
}

func (p *parser) setOwner(k kind) {
	l := &p.lx
	o := &p.owner
	o.at, o.text = l.at, o.from
	if k == word && o.set && !o.broken && o.placed && o.inside && o.origin == p.origin && string(o.from) == string(l.tok) {
		return
	}
	o.set, o.placed, o.broken = true, false, true
	if k == quoted {
		p.fail("an owner name without quotes")
		return
	}
	o.from, o.origin = append(o.from[:0], l.tok...), p.origin
	o.text = o.from
	if o.number, o.placed = p.digits(l.tok); o.placed {
		o.wire, o.labels, o.inside, o.broken = o.wire[:0], 0, true, false
		return
	}
	var err error
	if o.wire, err = rr.AppendName(o.wire[:0], l.tok, p.origin); err != nil {
		p.fail(nameFault("an owner name", err))
		return
	}
	o.broken = false
}

// nameFault says what is expected instead of a faulty name.
func nameFault(what string, err error) string {
	if errors.Is(err, rr.ErrRelative) {
		return what + " with a final dot, or an $ORIGIN before it: there is nothing to complete this one with"
	}
	return fmt.Sprintf("%s: %v", what, err)
}

// header is what stands before the RDATA.
type header struct {
	typ     uint16
	ttl     uint32
	haveTTL bool
}

// body reads TTL, class, type and RDATA, of which k is the first token. Where it returns false the
// fault is reported, and the token of the kind returned is the last that was read.
func (p *parser) body(k kind) (kind, bool) {
	l := &p.lx
	h, k, ok := p.header(k)
	if !ok {
		return k, false
	}
	at := l.at
	p.arena.begin()
	if k, ok = p.rdata(h.typ); !ok {
		p.lostSOA(h.typ)
		return k, false
	}
	p.stats.Records++
	// A record whose owner cannot be read was reported with the owner.
	if p.owner.broken {
		p.lostSOA(h.typ)
		return end, true
	}
	r := ref{typ: h.typ, line: uint32(at.line), file: uint8(p.file)}
	if h.typ == rr.TypeSOA {
		r.off = p.arena.finish()
		p.addSOA(r, h, at)
		return end, true
	}
	if p.apex == (e164.Apex{}) {
		if p.early == 0 {
			p.failAt(at, nil, "an SOA record first: a zone file begins with one")
		}
		p.early++
		return end, true
	}
	if !p.place() {
		return end, true
	}
	r.ttl = h.ttl
	if !h.haveTTL {
		r.ttl = p.ttl
	}
	r.number, r.labels = p.owner.number, p.owner.labels
	p.take(r)
	return end, true
}

// lostSOA notes that an SOA was there but could not be read, so that the records behind it are not
// blamed for coming first.
func (p *parser) lostSOA(typ uint16) {
	if typ == rr.TypeSOA {
		p.early++
	}
}

// header reads TTL and class, which may stand in either order or be missing, and the type.
func (p *parser) header(k kind) (header, kind, bool) {
	l := &p.lx
	var h header
	haveClass := false
	for ; ; k = l.next() {
		switch k {
		case end:
			p.fail("a record type")
			return h, k, false
		case bad:
			p.fail(l.want)
			return h, k, false
		case quoted:
			p.fail("a TTL, a class or a record type without quotes")
			return h, k, false
		}
		if c := l.tok[0]; c >= '0' && c <= '9' || c == '-' || c == '+' {
			ttl, ok := parseTTL(l.tok)
			if !ok || h.haveTTL {
				p.fail(wantTTL)
				return h, k, false
			}
			h.ttl, h.haveTTL = ttl, true
			continue
		}
		if class, ok := parseClass(l.tok); ok {
			if !class || haveClass {
				p.fail("class IN, once")
				return h, k, false
			}
			haveClass = true
			continue
		}
		break
	}
	if string(l.tok) == "NAPTR" {
		h.typ = rr.TypeNAPTR
	} else {
		typ, ok := rr.Type(string(l.tok))
		if !ok {
			p.fail(`a record type; one that has no name here is written TYPE123 \# LENGTH HEX (RFC 3597)`)
			return h, k, false
		}
		h.typ = typ
	}
	// RFC 1035 section 5.1 and RFC 2308 section 4: what is left out is as in $TTL, or else as stated last.
	if h.haveTTL && !p.fixed {
		p.ttl, p.haveTTL = h.ttl, true
	}
	return h, k, true
}

const wantTTL = "a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m"

// parseTTL reads seconds, or numbers with the units w, d, h, m, s.
func parseTTL(tok []byte) (uint32, bool) {
	var sum, n uint64
	digits := false
	for _, c := range tok {
		if c >= '0' && c <= '9' {
			if n = n*10 + uint64(c-'0'); n > maxTTL {
				return 0, false
			}
			digits = true
			continue
		}
		if !digits {
			return 0, false
		}
		switch c | 0x20 {
		case 'w':
			n *= 7 * 24 * 3600
		case 'd':
			n *= 24 * 3600
		case 'h':
			n *= 3600
		case 'm':
			n *= 60
		case 's':
		default:
			return 0, false
		}
		if sum += n; sum > maxTTL {
			return 0, false
		}
		n, digits = 0, false
	}
	if sum += n; sum > maxTTL || len(tok) == 0 {
		return 0, false
	}
	return uint32(sum), true
}

// parseClass tells whether tok is a class at all, and whether it is IN.
func parseClass(tok []byte) (in, ok bool) {
	switch {
	case len(tok) == 2 && tok[0]|0x20 == 'i' && tok[1]|0x20 == 'n':
		return true, true
	case len(tok) == 2:
		return false, bytes.EqualFold(tok, []byte("CH")) || bytes.EqualFold(tok, []byte("HS")) || bytes.EqualFold(tok, []byte("CS"))
	case len(tok) > 5 && bytes.EqualFold(tok[:5], []byte("CLASS")) && tok[5] >= '0' && tok[5] <= '9':
		return string(tok[5:]) == "1", true
	}
	return false, false
}

// addSOA takes the SOA, whose owner is the apex.
func (p *parser) addSOA(r ref, h header, at place) {
	rdata := p.arena.at(r.off)
	minimum := binary.BigEndian.Uint32([]byte(rdata[len(rdata)-4:]))
	if p.apex != (e164.Apex{}) {
		same := rdata == p.arena.at(p.soa.off) && string(appendLower(nil, p.owner.wire)) == p.apexWire
		if !same {
			p.failAt(at, nil, fmt.Sprintf("one SOA record: the first stands in line %d", p.soa.line))
			return
		}
		// A listing of a zone transfer ends as it begins.
		p.find(RuleDuplicate, r)
		return
	}
	name, err := rr.NameFromWire(string(p.owner.wire))
	if err == nil {
		p.apex, err = e164.ParseApex(name)
	}
	if err != nil {
		p.failAt(p.owner.at, p.owner.text, "the name of a zone of numbers, such as e164.arpa., with at most 15 digits in it")
		p.early++
		return
	}
	if p.o.Lint != nil && p.o.Lint.Apex != nil {
		p.o.Lint.Apex(p.apex)
	}
	p.apexWire = string(appendLower(nil, p.owner.wire))
	p.apexText = []byte("." + p.apex.String())
	if !p.haveTTL {
		p.ttl, p.haveTTL = min(minimum, maxTTL), true
	}
	r.ttl = p.ttl
	if h.haveTTL {
		r.ttl = h.ttl
	}
	p.soa = r
}

// place works out where in the zone the owner stands.
func (p *parser) place() bool {
	o := &p.owner
	if !o.placed {
		o.placed = true
		o.number, o.labels, o.inside = p.locate(o.wire)
		if !o.inside {
			p.failAt(o.at, o.text, "a name at or below "+p.apex.String()+", the apex of the zone")
		}
	}
	return o.inside
}
