package convert

import (
	"bytes"
	"errors"
	"sort"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

// proof makes sure that a numbers file holds entries without loss: it writes them, lets the numbers
// parser read the text, and compares. The parser says what is wrong with the others.
type proof struct {
	writer numbersText
	faults *faults
	canon  canonical
	text   []byte
	lines  int // of text
	due    []due
	apexes []e164.Apex // that the numbers file would be for
}

// due is an entry in the text.
type due struct {
	at, line int // of the text, and of the input
	hash     uint64
	read     bool
}

const proofSize = 128 << 10

// add takes an entry that stands on a line of the input.
func (p *proof) add(e *backend.Entry, line int) {
	start := len(p.text)
	p.text = p.writer.append(p.text, e)
	p.due = append(p.due, due{at: p.lines + 1, line: line, hash: p.canon.hash(e)})
	p.lines += bytes.Count(p.text[start:], []byte{'\n'})
	if len(p.text) > proofSize {
		p.flush()
	}
}

// flush reads what was written.
func (p *proof) flush() {
	find := func(at int) *due {
		i := sort.Search(len(p.due), func(i int) bool { return p.due[i].at > at })
		return &p.due[max(i-1, 0)]
	}
	_, err := numbers.Parse(p.text, numbers.Options{DialPlan: p.writer.dialPlan, Apexes: p.apexes}, func(e *backend.Entry, at int) error {
		d := find(at)
		d.read = d.at == at && d.hash == p.canon.hash(e)
		return nil
	})
	if all, ok := errors.AsType[*source.Errors](err); ok {
		for _, one := range all.List {
			d := find(one.Line)
			d.read = true // it is told of
			p.faults.Add(&source.Error{File: p.faults.file, Line: d.line, Text: one.Text, Want: "a numbers file cannot hold this: " + one.Want})
		}
		p.faults.More += all.More
		if all.More > 0 {
			p.due = nil
		}
	}
	for i := range p.due {
		if d := &p.due[i]; !d.read {
			p.faults.add(d.line, 0, "", "a numbers file cannot hold this entry without loss")
		}
	}
	p.text, p.due, p.lines = p.text[:0], p.due[:0], 0
}

// holds reports whether a numbers file holds one entry.
func (p *proof) holds(e *backend.Entry) bool {
	read := false
	hash := p.canon.hash(e)
	_, err := numbers.Parse(p.writer.append(nil, e), numbers.Options{DialPlan: p.writer.dialPlan, Apexes: p.apexes}, func(e *backend.Entry, _ int) error {
		read = hash == p.canon.hash(e)
		return nil
	})
	return err == nil && read
}
