package numbers

import (
	"bytes"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
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
	unused    word // the last setting that waits for its URI; no text where none does
	unusedAt  int  // its line
	seenOrder bool // order= waits for its URI
	seenPref  bool // pref= does
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
	e.reset(w, p.file.line, p.file.ttl)
	p.arena = p.arena[:0]
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

// reset makes e an entry of which nothing but the key was read, field by field, since it is a large
// part of the work on a plain line.
func (e *entry) reset(w word, line int, ttl uint32) {
	e.state, e.word, e.line, e.ttl = open, w, line, ttl
	e.items, e.size, e.none = e.items[:0], 0, false
	e.order, e.pref, e.services = defaultOrder, firstPref, ""
	e.unused.text, e.seenOrder, e.seenPref = nil, false, false
	if e.cut.hosts != nil || e.cut.ds != nil {
		e.cut = delegation{}
	}
}

// breakAt keeps a fault of the entry that is being read, at an octet of w.
func (p *parser) breakAt(w word, off int, want string) {
	p.fail(w.col+off, w.text, want)
	p.entry.state = broken
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
	if p.o.Lint != nil && p.o.Lint.Placed != nil {
		p.o.Lint.Placed(p.places(), nil)
	}
	if p.stop = p.add(&p.out, p.file.ref(e.line)); p.stop == nil {
		p.res.Entries++
	}
}

// places tells where the records of the entry stand.
func (p *parser) places() []source.Place {
	e := &p.entry
	p.placed = p.placed[:0]
	for i := range e.items {
		it := &e.items[i]
		p.placed = append(p.placed, source.Place{File: p.file.name, Line: it.line, Column: it.col, Template: it.template})
	}
	if len(p.placed) == 0 {
		p.placed = append(p.placed, source.Place{File: p.file.name, Line: e.line, Column: e.word.col})
	}
	return p.placed
}
