package powerdns

import (
	"errors"
	"strconv"
	"strings"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// record is a row that could be read.
type record struct {
	typ   uint16
	ttl   uint32
	data  string // RDATA, but of NAPTR
	naptr naptr.Record
}

const maxTTL = 1<<31 - 1 // RFC 2181 section 8

// errText is for what no record has: a row must not be able to say more than its record.
var errText = errors.New("content with control characters, or with ; ( ) outside of quotes")

// add takes a row of the name.
func (t *Tree) add(row *Row) {
	typ := strings.ToUpper(string(row.Type))
	if number, ok := rr.Type(typ); ok {
		typ = rr.TypeText(number) // NS may be told as TYPE2 (RFC 3597 section 5)
	}
	if string(row.Domain) != t.place.owner.id {
		// DS records stand in the zone above (RFC 4035 section 2.4); all else there is hidden.
		if t.place.above == nil || string(row.Domain) != t.place.above.id || typ != "DS" {
			return
		}
	}
	t.state.there = true
	switch typ {
	case "": // an empty non-terminal
		return
	case "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY":
		t.found.add(RuleSigned, "rows of a signed zone are left out: answers are not signed; take the DS record out of the zone above before", row.ID)
		return
	case "LUA", "ALIAS":
		t.computed(typ, row)
		return
	case "NS", "DNAME":
		t.state.cut = true
	}
	r, err := t.read(typ, row)
	if err != nil {
		t.state.broken = true
		t.found.add(RuleRow, "a row of type "+known(typ)+" cannot be read: "+err.Error()+": its name is answered with an error", row.ID)
		return
	}
	if r.typ == rr.TypeSOA && t.at != t.place.owner.name {
		t.found.add(RuleSOA, "a SOA record stands where no zone begins, and is left out", row.ID)
		return
	}
	if r.typ == rr.TypeSOA && t.place.owner == t.top {
		t.soa = &r
		return
	}
	t.records = append(t.records, r)
}

// known returns a type as it is told: what is none could be anything.
func known(typ string) string {
	if number, ok := rr.Type(typ); ok {
		return rr.TypeText(number)
	}
	return "unknown"
}

// computed deals with records that PowerDNS computes for each answer: what they are of is an error.
func (t *Tree) computed(typ string, row *Row) {
	t.found.add(RuleType, typ+" records are not computed: what they are for is answered with an error", row.ID)
	types := []uint16{rr.TypeA, rr.TypeAAAA}
	if typ == "LUA" {
		first, _, _ := strings.Cut(strings.TrimSpace(string(row.Content)), " ")
		number, _ := rr.Type(first)
		types = []uint16{number}
	}
	for _, number := range types {
		if _, err := rr.Unpack(".", 0, number, unreadable); err == nil || !single(number) {
			t.state.broken = true
			return
		}
		t.records = append(t.records, record{typ: number, ttl: t.ttl, data: unreadable})
	}
}

// unreadable is RDATA that makes an answer with it an error.
const unreadable = "\xff"

// single reports whether an RRset of the type concerns queries for it alone.
func single(typ uint16) bool {
	switch typ {
	case 0, rr.TypeNAPTR, rr.TypeCNAME, rr.TypeDNAME, rr.TypeNS, rr.TypeSOA, rr.TypeDS:
		return false
	}
	return true
}

// read reads the record of a row.
func (t *Tree) read(typ string, row *Row) (r record, err error) {
	r.ttl = t.ttl
	if row.TTL != nil {
		ttl, err := strconv.ParseUint(string(row.TTL), 10, 32)
		if err != nil || ttl > maxTTL {
			return r, errors.New("a TTL from 0 to 2147483647 is expected")
		}
		r.ttl = uint32(ttl)
	}
	var ok bool
	if r.typ, ok = rr.Type(typ); !ok {
		return r, rr.ErrType
	}
	content := string(row.Content)
	if r.typ == rr.TypeNAPTR {
		if r.naptr, ok = naptrOf(content); ok {
			return r, nil
		}
	}
	switch r.typ {
	case rr.TypeMX, rr.TypeSRV:
		if row.Prio != nil {
			content = string(row.Prio) + " " + content
		}
	case rr.TypeTXT:
		if content != "" && content[0] != '"' {
			content = `"` + content + `"`
		}
	}
	if !harmless(content) {
		return r, errText
	}
	if _, r.data, err = parse(typ, content); err != nil || r.typ != rr.TypeNAPTR {
		return r, err
	}
	r.naptr = decode(r.data)
	r.data = ""
	return r, nil
}

// parse reads RDATA as master files have it; names in a row are fully qualified, with or without a final dot.
func parse(typ, content string) (uint16, string, error) {
	number, data, err := rr.ParseRData(typ, content, ".")
	return number, string(data), err
}

// harmless reports whether a content is one line of words and quoted texts, so that a reader of master files finds
// one record in it.
func harmless(content string) bool {
	quoted, begins := false, true
	for i := 0; i < len(content); i++ {
		c := content[i]
		switch {
		case c < ' ' && c != '\t', c == 0x7f:
			return false
		case c == '\\':
			if i++; i == len(content) || content[i] < ' ' {
				return false
			}
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';', c == '(', c == ')':
			return false
		case c == '@' && begins && (i+1 == len(content) || content[i+1] == ' ' || content[i+1] == '\t'):
			return false // an origin, which a row has not
		}
		begins = !quoted && (c == ' ' || c == '\t')
	}
	return !quoted
}
