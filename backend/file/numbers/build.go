package numbers

import (
	"errors"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// maxRegexp is the most octets of a regexp (RFC 1035 section 3.3).
const maxRegexp = 255

const tooLong = "the URI is too long: with the expression around it, it has more than 255 octets, which a NAPTR cannot hold"

// forScheme returns the service field for a URI without an explicit one.
func (p *parser) forScheme(scheme []byte) (string, error) {
	if s, ok := p.services[string(scheme)]; ok {
		return s, nil
	}
	s, err := enumservice.ForScheme(string(scheme))
	if err == nil {
		field := "E2U+" + s.String()
		if len(p.services) < 64 {
			p.services[strings.Clone(string(scheme))] = field
		}
		return field, nil
	}
	var e *enumservice.SchemeError
	if !errors.As(err, &e) || len(e.Candidates) == 0 {
		return "", errors.New("no Enumservice is registered for this scheme; im:, sip:, sips:, xmpp:, pres:, h323:, acct: and iax: need no more")
	}
	var b strings.Builder
	b.WriteString("the scheme does not tell the Enumservice: write one of ")
	for i, c := range e.Candidates {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("E2U+" + c.String())
	}
	b.WriteString(" before the URI")
	return "", errors.New(b.String())
}

// build puts the records of the entry for a number, or for a block with this prefix, into p.out.
func (p *parser) build(prefix e164.Number) bool {
	e := &p.entry
	p.out.Records = p.out.Records[:0]
	for i := range e.items {
		it := &e.items[i]
		rec := it.rec
		var err error
		if it.uri != nil {
			if rec.Regexp, err = p.regexp(it, prefix); err != nil {
				p.failAt(it.line, it.col, it.uri, err.Error())
				return false
			}
		}
		for j := range p.out.Records {
			if r := &p.out.Records[j]; r.Services == rec.Services && r.Regexp == rec.Regexp && r.Replacement == rec.Replacement && r.Flags == rec.Flags {
				p.failAt(it.line, it.col, it.text(), "the entry has this record twice")
				return false
			}
		}
		if !it.plain && !p.checkItem(it, rec, prefix) {
			return false
		}
		p.out.Records = append(p.out.Records, rec)
	}
	return true
}

// text is what errors show of an item.
func (it *item) text() []byte {
	if it.uri == nil {
		return []byte(it.rec.Regexp)
	}
	return it.uri
}

// regexp returns the expression for a URI.
func (p *parser) regexp(it *item, prefix e164.Number) (string, error) {
	k := &p.entry.key
	if it.plain { // it has no "!", and is short
		start := len(p.arena)
		p.arena = append(append(append(p.arena, "!^.*$!"...), it.uri...), '!')
		return stringOf(p.arena[start:]), nil
	}
	p.buf = p.buf[:0]
	switch {
	case !it.template:
		p.buf = append(appendURI(append(p.buf, "!^.*$!"...), it.uri), '!')
	case !k.block:
		if err := checkTemplate(it.uri, k); err != nil {
			return "", err
		}
		p.buf = append(appendExact(append(p.buf, "!^.*$!"...), it.uri, prefix, 0, p.o.DialPlan), '!')
	default:
		if err := checkTemplate(it.uri, k); err != nil {
			return "", err
		}
		var err error
		if p.buf, err = appendExpression(p.buf, it.uri, k, prefix, p.o.DialPlan); err != nil {
			return "", err
		}
	}
	if len(p.buf) > maxRegexp {
		return "", errors.New(tooLong)
	}
	return p.intern(p.buf), nil
}
