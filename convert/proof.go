package convert

import (
	"bytes"
	"errors"

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
	start    int // in the text
	at, line int // of the text, and of the input
	hash     uint64
}

const proofSize = 128 << 10

// add takes an entry that stands on a line of the input.
func (p *proof) add(e *backend.Entry, line int) {
	start := len(p.text)
	p.text = p.writer.append(p.text, e)
	p.due = append(p.due, due{start: start, at: p.lines + 1, line: line, hash: p.canon.hash(e)})
	p.lines += bytes.Count(p.text[start:], []byte{'\n'})
	if len(p.text) > proofSize {
		p.flush()
	}
}

// flush reads what was written. One fault may keep the parser from reading on, so then each entry is read
// by itself, and nothing is said of those that are good. When enough faults are known, the rest are not
// looked for one by one, which takes long.
func (p *proof) flush() {
	switch {
	case len(p.due) == 0 || p.reads(p.text, p.due):
	case len(p.faults.List) >= source.MaxErrors:
		p.faults.More++
	default:
		for i := range p.due {
			end := len(p.text)
			if i+1 < len(p.due) {
				end = p.due[i+1].start
			}
			p.one(p.text[p.due[i].start:end], &p.due[i])
		}
	}
	p.text, p.due, p.lines = p.text[:0], p.due[:0], 0
}

// reads reports whether the parser reads all the entries due from a text.
func (p *proof) reads(text []byte, all []due) bool {
	next, good := 0, true
	_, err := numbers.Parse(text, p.options(), func(e *backend.Entry, at int) error {
		good = good && next < len(all) && all[next].at == at && all[next].hash == p.canon.hash(e)
		next++
		return nil
	})
	return err == nil && good && next == len(all)
}

// one says what is wrong with one entry, if anything is.
func (p *proof) one(text []byte, d *due) {
	read := 0
	_, err := numbers.Parse(text, p.options(), func(e *backend.Entry, _ int) error {
		if d.hash == p.canon.hash(e) {
			read++
		}
		return nil
	})
	at := p.faults.place(d.line)
	if all, ok := errors.AsType[*source.Errors](err); ok {
		for _, one := range all.List {
			p.faults.Add(&source.Error{File: at.File, Line: at.Line, Text: one.Text, Want: "a numbers file cannot hold this: " + one.Want})
		}
	} else if read != 1 {
		p.faults.add(d.line, 0, "", "a numbers file cannot hold this entry without loss")
	}
}

func (p *proof) options() numbers.Options {
	return numbers.Options{DialPlan: p.writer.dialPlan, Apexes: p.apexes}
}

// holds reports whether a numbers file holds one entry.
func (p *proof) holds(e *backend.Entry) bool {
	read := 0
	hash := p.canon.hash(e)
	_, err := numbers.Parse(p.writer.append(nil, e), p.options(), func(e *backend.Entry, _ int) error {
		if hash == p.canon.hash(e) {
			read++
		}
		return nil
	})
	return err == nil && read == 1
}
