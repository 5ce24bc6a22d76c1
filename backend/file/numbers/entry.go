package numbers

import (
	"bytes"
	"fmt"
	"math"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Order and preferences of URIs that have no settings.
const (
	defaultOrder = 100
	firstPref    = 10
	prefStep     = 10
)

// maxRecords is what the records of one name may take up in a message of 65,535 octets beside the
// header, the longest question and an OPT record.
const maxRecords = 65535 - 12 - 259 - 11

// recordOverhead is what a NAPTR takes up in a message beside its strings: the owner's pointer,
// type, class, TTL, length, order, preference, four length octets.
const recordOverhead = 2 + 2 + 2 + 4 + 2 + 2 + 2 + 4

// state is what the lines above amount to.
type state uint8

const (
	idle   state = iota // no entry to continue
	open                // an entry that may go on
	broken              // an entry with a fault; what continues it is passed over
)

// entry is what was read of one entry.
type entry struct {
	state     state
	key       key
	word      word // the key as written
	line      int
	ttl       uint32
	items     []item
	size      int // of the records in a message
	none      bool
	cut       delegation
	order     int
	pref      int // of the next URI
	services  string
	unused    word // the setting that waits for its URI
	unusedAt  int  // and its line
	seenOrder bool // the setting waits for its URI, as does ...
	seenPref  bool
}

// item is a URI or a raw NAPTR.
type item struct {
	uri       []byte // as written; nil for a raw NAPTR
	template  bool   // has placeholders
	plain     bool   // see plainURI
	rec       naptr.Record
	line, col int
}

// begin reads a line that begins an entry.
func (p *parser) begin(l *line) {
	e := &p.entry
	w := l.word()
	*e = entry{
		state: open, key: e.key, word: w, line: p.file.line, ttl: p.file.ttl, items: e.items[:0],
		order: defaultOrder, pref: firstPref,
	}
	if w.odd >= 0 {
		p.breakAt(w, w.odd, oddText(w.text[w.odd]))
		return
	}
	err := parseKey(&e.key, w.text, p.o.DialPlan)
	if err == nil {
		err = inTree(&e.key, p.o.Apexes)
	}
	if err != nil {
		p.breakAt(w, at(err), err.Error())
		return
	}
	l.skip()
	if bytes.HasPrefix(l.text[l.at:], []byte("ttl=")) {
		w := l.word()
		ttl, err := parseTTL(w.text[len("ttl="):])
		if err != nil {
			p.breakAt(w, len("ttl="), err.Error())
			return
		}
		e.ttl = ttl
	}
	p.words(l)
}

// breakAt keeps a fault of the entry that is being read, at an octet of w.
func (p *parser) breakAt(w word, off int, want string) {
	p.fail(w.col+off, w.text, want)
	p.entry.state = broken
}

// words reads the rest of a line.
func (p *parser) words(l *line) {
	e := &p.entry
	for e.state == open {
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
			colon, plain := plainURI(w.text)
			if colon > 0 && !isService(w.text) {
				p.uri(w, colon, plain)
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
	switch {
	case len(w.text) > 255:
		p.breakAt(w, 0, "a service field has at most 255 octets")
	case e.services != "":
		p.breakAt(w, 0, "a service stands twice before one URI: join them, as in E2U+sip+voicemsg:sip")
	default:
		e.services = p.intern(w.text)
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
		var err error
		if services, err = p.forScheme(w.text[:colon]); err != nil {
			p.breakAt(w, 0, err.Error())
			return
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

// finish hands the entry that was read to add, if it has no fault.
func (p *parser) finish() {
	e := &p.entry
	if e.state != open {
		e.state = idle
		return
	}
	e.state = idle
	switch {
	case p.stop != nil:
	case e.unused.text != nil:
		p.failAt(e.unusedAt, e.unused.col, e.unused.text, "the setting stands before no URI: settings stand before the URI they apply to")
	case len(e.cut.hosts) > 0 || len(e.cut.ds) > 0:
		p.finishCut()
	case len(e.items) == 0 && !e.none:
		p.failAt(e.line, e.word.col, e.word.text, `the entry has no URI: write "none" if the number exists and has no records`)
	case !e.key.block:
		if p.build(e.key.number) {
			p.emit(backend.Number, e.key.number)
		}
	default:
		for _, prefix := range e.key.pieces {
			if !p.build(prefix) {
				return
			}
			p.emit(backend.Block, prefix)
		}
	}
}

// emit calls add with what build left in p.out.
func (p *parser) emit(kind backend.EntryKind, n e164.Number) {
	if p.stop != nil {
		return
	}
	e := &p.entry
	p.out.Kind, p.out.TTL = kind, e.ttl
	p.out.Name = e164.Name{Number: n}
	p.out.Min, p.out.Max = 0, 0
	if kind == backend.Block {
		p.out.Min, p.out.Max = e.key.min, e.key.max
	}
	if p.stop = p.add(&p.out, p.file.ref(e.line)); p.stop == nil {
		p.res.Entries++
	}
}
