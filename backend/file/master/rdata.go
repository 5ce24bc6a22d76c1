package master

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

const (
	maxString = 255       // octets of a character-string, RFC 1035 section 3.3
	maxRData  = 1<<16 - 1 // octets of the RDATA of one record
)

// rdata reads the rest of a record of type typ and appends its wire octets to the arena. The types
// that a tree of numbers is full of are read here; the others go through naptr/rr.
func (p *parser) rdata(typ uint16) (kind, bool) {
	l := &p.lx
	k := l.next()
	if k == word && len(l.tok) == 2 && string(l.tok) == `\#` {
		return p.other(typ, k)
	}
	var ok bool
	switch typ {
	case rr.TypeNAPTR:
		k, ok = p.naptr(k)
	case rr.TypeNS, rr.TypeCNAME, rr.TypeDNAME, rr.TypePTR:
		if ok = p.name(k, "a domain name without quotes"); ok {
			k = l.next()
		}
	case rr.TypeA, rr.TypeAAAA:
		if ok = p.address(k, typ == rr.TypeA); ok {
			k = l.next()
		}
	case rr.TypeTXT:
		k, ok = p.strings(k)
	default:
		return p.other(typ, k)
	}
	switch {
	case !ok:
		return k, false
	case k == bad:
		p.fail(l.want)
		return k, false
	case k != end:
		p.fail("the end of the record: nothing more belongs to the data of " + rr.TypeText(typ))
		return k, false
	}
	return end, true
}

// present fails unless k is a token.
func (p *parser) present(k kind, want string) bool {
	switch k {
	case end:
		p.fail(want)
	case bad:
		p.fail(p.lx.want)
	default:
		return true
	}
	return false
}

const (
	wantOrder       = "an order from 0 to 65535"
	wantPreference  = "a preference from 0 to 65535"
	wantReplacement = "a replacement: a domain name without quotes, or . where there is none"
)

// naptr reads the fields of RFC 3403 section 4.1; character-strings may stand without quotes.
func (p *parser) naptr(k kind) (kind, bool) {
	l := &p.lx
	for _, want := range [...]string{wantOrder, wantPreference} {
		if !p.present(k, want) {
			return k, false
		}
		n, ok := parseUint16(l.tok)
		if !ok || k == quoted {
			p.fail(want)
			return k, false
		}
		p.arena.cur = append(p.arena.cur, byte(n>>8), byte(n))
		k = l.next()
	}
	for _, want := range [...]string{"flags", "services", "a regexp"} {
		if !p.string(k, want) {
			return k, false
		}
		k = l.next()
	}
	if k == quoted && len(l.tok) == 0 {
		p.fail(wantReplacement)
		return k, false
	}
	if !p.name(k, wantReplacement) {
		return k, false
	}
	return l.next(), true
}

func parseUint16(tok []byte) (uint16, bool) {
	n := 0
	for _, c := range tok {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int(c-'0'); n > 1<<16-1 {
			return 0, false
		}
	}
	return uint16(n), len(tok) > 0
}

// string appends one character-string with its length octet.
func (p *parser) string(k kind, want string) bool {
	if !p.present(k, want) {
		return false
	}
	l := &p.lx
	a := p.arena.cur
	at := len(a)
	a = append(a, 0)
	if !l.esc {
		if len(l.tok) > maxString {
			p.failf("%s of at most 255 octets, not %d", want, len(l.tok))
			return false
		}
		a = append(a, l.tok...)
	} else {
		var err error
		// Each octet takes at most four of the text, so that no line can make the arena grow.
		if len(l.tok) <= 4*maxString {
			a, err = rr.Unescape(a, l.tok)
		} else {
			err = rr.ErrLongString
		}
		switch n := len(a) - at - 1; {
		case errors.Is(err, rr.ErrLongString) || n > maxString:
			p.failf("%s of at most 255 octets", want)
			return false
		case err != nil:
			p.fail(want + ` with whole escapes: \DDD up to \255, or \X; the back-reference \1 is written \\1 in a zone file`)
			return false
		}
	}
	a[at] = byte(len(a) - at - 1)
	p.arena.cur = a
	return true
}

// strings appends all that follow.
func (p *parser) strings(k kind) (kind, bool) {
	start := len(p.arena.cur)
	for first := true; first || k == word || k == quoted; k = p.lx.next() {
		if !p.string(k, "a character-string") {
			return k, false
		}
		if len(p.arena.cur)-start > maxRData {
			p.failf("at most %d octets of data in a record", maxRData)
			return k, false
		}
		first = false
	}
	return k, true
}

// name appends a domain name.
func (p *parser) name(k kind, want string) bool {
	if !p.present(k, want) {
		return false
	}
	if k == quoted {
		p.fail(want)
		return false
	}
	a, err := rr.AppendName(p.arena.cur, p.lx.tok, p.origin)
	if err != nil {
		p.fail(nameFault(want, err))
		return false
	}
	p.arena.cur = a
	return true
}

func (p *parser) address(k kind, four bool) bool {
	want := "an IPv6 address"
	if four {
		want = "an IPv4 address"
	}
	if !p.present(k, want) {
		return false
	}
	addr, err := netip.ParseAddr(string(p.lx.tok[:min(len(p.lx.tok), 64)]))
	if err != nil || k == quoted || addr.Is4() != four || addr.Zone() != "" {
		p.fail(want)
		return false
	}
	p.arena.cur = append(p.arena.cur, addr.AsSlice()...)
	return true
}

// forms shows how the data of types that people write by hand looks.
var forms = map[uint16]string{
	rr.TypeSOA: "SERVER MAILBOX ( SERIAL REFRESH RETRY EXPIRE MINIMUM )",
	rr.TypeMX:  "PREFERENCE NAME",
	rr.TypeSRV: "PRIORITY WEIGHT PORT NAME",
	rr.TypeURI: `PRIORITY WEIGHT "URI"`,
	rr.TypeDS:  "KEYTAG ALGORITHM DIGESTTYPE DIGEST",
}

// other reads RDATA of any type, k being its first token, through miekg/dns. What it gets is one line
// without comments and parentheses.
func (p *parser) other(typ uint16, k kind) (kind, bool) {
	l := &p.lx
	name := rr.TypeText(typ)
	want := "the data of " + name
	if form, ok := forms[typ]; ok {
		want += " as " + form
	}
	if !p.present(k, want) {
		return k, false
	}
	first, firstTok := l.at, l.tok
	var b strings.Builder
	for ; k == word || k == quoted; k = l.next() {
		if b.Len()+len(l.tok) > 4*maxRData {
			p.failf("at most %d octets of data in a record", maxRData)
			return k, false
		}
		if k == quoted {
			b.WriteByte('"')
		}
		b.Write(l.tok)
		if k == quoted {
			b.WriteByte('"')
		}
		b.WriteByte(' ')
	}
	if k == bad {
		p.fail(l.want)
		return k, false
	}
	if !rr.Known(typ) && !strings.HasPrefix(b.String(), `\#`) {
		p.failAt(first, firstTok, fmt.Sprintf(`the data of %s as \# LENGTH HEX (RFC 3597 section 5)`, name))
		return k, false
	}
	_, data, err := rr.ParseRData(name, b.String(), p.originText)
	if err != nil {
		p.failAt(first, firstTok, want+": "+strings.TrimPrefix(err.Error(), rr.ErrData.Error()+" for "+name+": "))
		return k, false
	}
	p.arena.cur = append(p.arena.cur, data...)
	return end, true
}

// decode reads back what naptr wrote.
func decode(rdata string) naptr.Record {
	r := naptr.Record{
		Order:      uint16(rdata[0])<<8 | uint16(rdata[1]),
		Preference: uint16(rdata[2])<<8 | uint16(rdata[3]),
	}
	rdata = rdata[4:]
	for _, field := range [...]*string{&r.Flags, &r.Services, &r.Regexp} {
		n := 1 + int(rdata[0])
		*field = rdata[1:n]
		rdata = rdata[n:]
	}
	r.Replacement = rdata
	return r
}
