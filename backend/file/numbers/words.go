package numbers

import (
	"bytes"
	"fmt"
	"math"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// words reads the rest of a line.
func (p *parser) words(l *line) {
	e := &p.entry
	for e.state == open {
		l.skip()
		rest := l.text[l.at:]
		colon, size := plainURI(rest, p.recent[len(e.items)%len(p.recent)].host)
		if size > 0 && !e.none && !isService(rest) {
			p.uri(word{rest[:size], l.at + 1, -1}, colon, true)
			l.at += size
			continue
		}
		w := l.word()
		if len(w.text) == 0 {
			return
		}
		switch {
		case w.odd >= 0:
			p.breakAt(w, w.odd, oddText(w.text[w.odd]))
		case e.none:
			p.breakAt(w, 0, `"none" says that there are no records: nothing may follow it`)
		default:
			if colon > 0 && !isService(w.text) {
				p.uri(w, colon, false)
			} else {
				p.keyword(l, w)
			}
		}
	}
}

// keyword reads what is no URI.
func (p *parser) keyword(l *line, w word) {
	e := &p.entry
	name, value, isSetting := bytes.Cut(w.text, []byte("="))
	switch {
	case isSetting && (string(name) == "pref" || string(name) == "order"):
		p.number(w, string(name), value)
	case isSetting && string(name) == "ttl":
		p.breakAt(w, 0, "ttl= is of the whole entry: write it right after the number")
	case isSetting && len(name) > 0 && len(name) <= 16 && plainName(name):
		p.breakAt(w, 0, "unknown setting: there are ttl= after the number, and order=, pref= and E2U+type before a URI")
	case isService(w.text):
		p.service(w)
	case bytes.EqualFold(w.text, []byte("naptr")):
		p.raw(l, w)
	case bytes.EqualFold(w.text, []byte("none")):
		switch {
		case len(e.items) > 0 || len(e.cut.hosts) > 0 || len(e.cut.ds) > 0:
			p.breakAt(w, 0, `"none" says that there are no records, but some stand before it`)
		case e.unused.text != nil:
			p.breakAt(w, 0, `"none" takes no settings`)
		default:
			e.none = true
		}
	case bytes.EqualFold(w.text, []byte("ns")):
		p.ns(l, w)
	case bytes.EqualFold(w.text, []byte("ds")):
		p.ds(l, w)
	default:
		p.breakAt(w, 0, notURI(w.text, len(e.items) == 0))
	}
}

// notURI says what is missing from a word that was expected to be a URI.
func notURI(text []byte, first bool) string {
	const want = "expected a URI such as sip:user@example.com"
	digits := true
	for _, c := range text {
		digits = digits && (c >= '0' && c <= '9' || c == '-' || c == '.' || c == '(' || c == ')')
	}
	switch {
	case digits && first:
		return `expected a URI; if this is the rest of the number, write it without blanks: +1-202-555-0100`
	case bytes.IndexByte(text, '@') > 0:
		return want + ": the scheme (im:, sip:, xmpp:, ...) is missing"
	}
	return want + `, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none`
}

// plainName reports whether name consists of lower-case letters.
func plainName(name []byte) bool {
	for _, c := range name {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// number reads order= or pref=.
func (p *parser) number(w word, name string, value []byte) {
	e := &p.entry
	v, ok := decimal(value, math.MaxUint16)
	target, seen := &e.order, &e.seenOrder
	if name == "pref" {
		target, seen = &e.pref, &e.seenPref
	}
	switch {
	case !ok:
		p.breakAt(w, len(name)+1, "expected a whole number from 0 to 65535")
	case *seen:
		p.breakAt(w, 0, name+"= stands twice before one URI")
	default:
		*target, *seen = int(v), true
		p.wait(w)
	}
}

// wait remembers that a setting needs a URI behind it.
func (p *parser) wait(w word) {
	p.entry.unused, p.entry.unusedAt = w, p.file.line
}

// isService reports whether a word is meant as a service field.
func isService(text []byte) bool {
	return len(text) >= 3 && text[0]|0x20 == 'e' && text[1] == '2' && text[2]|0x20 == 'u' &&
		(len(text) == 3 || text[3] == '+' || text[3] == ':')
}

// service reads E2U+type:subtype.
func (p *parser) service(w word) {
	e := &p.entry
	field := p.intern(w.text)
	var buf [4]enumservice.Service
	_, err := enumservice.ParseServices(buf[:0], field)
	switch {
	case err != nil:
		p.breakAt(w, 0, err.Error())
	case len(field) > 255:
		p.breakAt(w, 0, "a service field has at most 255 octets")
	case e.services != "":
		p.breakAt(w, 0, "a service stands twice before one URI: join them, as in E2U+sip+voicemsg:sip")
	default:
		e.services = field
		p.wait(w)
	}
}

// uri reads a URI.
func (p *parser) uri(w word, colon int, plain bool) {
	e := &p.entry
	services, template := e.services, false
	if !plain {
		var err error
		if template, err = checkURI(w.text); err != nil {
			p.breakAt(w, at(err), err.Error())
			return
		}
	}
	if services == "" {
		recent := &p.recent[len(e.items)%len(p.recent)]
		if string(w.text[:colon]) != recent.scheme {
			field, err := p.forScheme(w.text[:colon])
			if err != nil {
				p.breakAt(w, 0, err.Error())
				return
			}
			recent.scheme, recent.services = string(w.text[:colon]), field
		}
		services = recent.services
		if at := bytes.IndexByte(w.text, '@') + 1; plain && string(w.text[at:]) != recent.host {
			recent.host = string(w.text[at:])
		}
	}
	// A block has findings of its own, and a service that is named may not fit.
	plain = plain && e.services == "" && !e.key.block
	if e.pref > math.MaxUint16 {
		p.breakAt(w, 0, "the preference of this URI would be more than 65535: set pref= lower")
		return
	}
	if !p.room(w, len(services)+len(w.text)+len("u!^.*$!!")) {
		return
	}
	e.items = append(e.items, item{
		uri: w.text, template: template, plain: plain, line: p.file.line, col: w.col,
		rec: naptr.Record{Order: uint16(e.order), Preference: uint16(e.pref), Flags: "u", Services: services},
	})
	e.pref += prefStep
	e.services, e.unused.text, e.seenOrder, e.seenPref = "", nil, false, false
}

// room counts a record of n octets of text and reports whether one message still holds them all.
func (p *parser) room(w word, n int) bool {
	e := &p.entry
	e.size += recordOverhead + n
	if len(e.cut.hosts) > 0 || len(e.cut.ds) > 0 {
		p.breakAt(w, 0, "the entry is a delegation: what stands below it is for its name servers to answer")
		return false
	}
	if e.size > maxRecords {
		p.breakAt(w, 0, fmt.Sprintf("with this, the %d records of the entry are more than one DNS message holds", len(e.items)+1))
		return false
	}
	return true
}
