package numbers

import (
	"bytes"
	"math"
)

// rawForm is what errors show of a raw NAPTR.
const rawForm = `NAPTR order preference "flags" "services" "regexp" replacement`

// raw reads what follows the word NAPTR: order preference "flags" "services" "regexp" replacement.
func (p *parser) raw(l *line, w word) {
	e := &p.entry
	if e.unused.text != nil {
		p.breakAt(w, 0, "settings apply to URIs; a NAPTR brings its own order, preference and service")
		return
	}
	it := item{line: p.file.line, col: w.col}
	for _, field := range []struct {
		name string
		to   *uint16
	}{{"order", &it.rec.Order}, {"preference", &it.rec.Preference}} {
		n := l.word()
		v, ok := decimal(n.text, math.MaxUint16)
		if !ok {
			p.breakAt(n, 0, "expected the "+field.name+" of the NAPTR, a whole number from 0 to 65535: "+rawForm)
			return
		}
		*field.to = uint16(v)
	}
	for _, field := range []struct {
		name string
		to   *string
	}{{"flags", &it.rec.Flags}, {"services", &it.rec.Services}, {"regexp", &it.rec.Regexp}} {
		s, ok := l.quoted()
		switch {
		case !ok:
			p.breakAt(s, 0, "expected the "+field.name+" of the NAPTR in quotes, and a blank behind them: "+rawForm)
			return
		case s.odd >= 0:
			p.breakAt(s, 1+s.odd, oddText(s.text[s.odd]))
			return
		case len(s.text) > 255:
			p.breakAt(s, 0, "at most 255 octets fit into the "+field.name+" of a NAPTR")
			return
		}
		if i := bytes.Index(s.text, []byte(`\\`)); i >= 0 {
			p.breakAt(s, 1+i, `two backslashes: nothing is an escape inside these quotes, write one, as in "!^\+1202(.*)$!sip:\1@example.com!"`)
			return
		}
		*field.to = p.intern(s.text)
	}
	n := l.word()
	if len(n.text) == 0 {
		p.breakAt(w, 0, `the replacement is missing: write "." behind the regexp`)
		return
	}
	if n.odd >= 0 {
		p.breakAt(n, n.odd, oddText(n.text[n.odd]))
		return
	}
	if string(n.text) != "." {
		name, err := hostname(n.text)
		if err != nil {
			p.breakAt(n, at(err), err.Error())
			return
		}
		it.rec.Replacement = name
	}
	if p.room(w, len(it.rec.Flags)+len(it.rec.Services)+len(it.rec.Regexp)+len(it.rec.Replacement)) {
		e.items = append(e.items, it)
	}
}

// hostname returns a domain name of letters, digits, hyphens and underscores in lower-case wire
// form. The final dot may be left out: a numbers file has no origin that names could be relative to.
func hostname(text []byte) (string, error) {
	wire := make([]byte, 1, len(text)+2)
	start := 0 // of the length octet of the label
	for i, c := range text {
		switch {
		case c == '.':
			if len(wire) == start+1 {
				return "", &fault{i, "empty label in the domain name"}
			}
			start = len(wire)
			wire = append(wire, 0)
		case classes[c]&host == 0 && c != '_':
			return "", &fault{i, "expected a domain name such as ns1.example.net."}
		case len(wire)-start > 63:
			return "", &fault{i, "a label of a domain name has at most 63 octets"}
		default:
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			wire = append(wire, c)
			wire[start]++
		}
	}
	if wire[start] != 0 {
		wire = append(wire, 0)
	}
	if len(wire) == 1 {
		return "", &fault{0, "expected a domain name such as ns1.example.net."}
	}
	if len(wire) > 255 {
		return "", &fault{0, "a domain name has at most 255 octets"}
	}
	return string(wire), nil
}
