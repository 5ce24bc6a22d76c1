package etcd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// largestValue bounds what is read of one value, in octets. etcd itself takes 1.5 MiB; a name with a hundred
// records has some 20 kB.
const largestValue = 256 << 10

// mostLines is how many objects of one value are read: a name has at most a number, and 120 blocks of different
// lengths.
const mostLines = 121

// numberOf reads the part of a key after the prefix; empty, it is the number without digits.
func numberOf(digits []byte) (e164.Number, bool) {
	var n e164.Number
	for _, d := range digits {
		child, ok := n.Child(d)
		if !ok {
			return 0, false
		}
		n = child
	}
	return n, true
}

// line is one object of a value: what it says, and the text that says so.
type line struct {
	backend.Entry
	text []byte
}

// slot is what tells the entries of one name apart.
type slot struct {
	kind     backend.EntryKind
	min, max int
}

func slotOf(e *backend.Entry) slot {
	if e.Kind != backend.Block {
		return slot{kind: e.Kind}
	}
	return slot{e.Kind, e.Min, e.Max}
}

func (a slot) compare(b slot) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.min, b.min), cmp.Compare(a.max, b.max))
}

// entry returns the entry that stands for the slot without what it holds.
func (a slot) entry(n e164.Number) backend.Entry {
	return backend.Entry{Kind: a.kind, Name: e164.Name{Number: n}, Min: a.min, Max: a.max}
}

// Faults of a value, as Findings tell them.
var (
	errLargeValue = fmt.Errorf("larger than %d octets", largestValue)
	errEmptyValue = errors.New("empty: delete the key instead")
	errOtherName  = errors.New("the number in it is not that of its key")
	errTwice      = errors.New("two entries of one kind, or blocks with lengths in common")
)

// parseValue reads the entries of the name n, sorted by kind and lengths. What cannot be read comes as Broken
// entries; when that may be anything, as a number and as a block of all numbers below. fault is the first that
// was found. The entries refer to no memory of value; the texts are of it.
func parseValue(codec *notation.Codec, n e164.Number, value []byte) (lines []line, fault error) {
	if len(value) > largestValue {
		return anything(nil, n, value), errLargeValue
	}
	objects := 0
	for text := range bytes.Lines(value) {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if objects++; objects > mostLines {
			return anything(nil, n, value), errTwice
		}
		e, known, err := codec.ParseJSON(text)
		name := e164.Name{Number: n}
		switch {
		case known && e.Name != name:
			fault = cmp.Or(fault, errOtherName)
			lines = anything(lines, n, text)
		case err != nil && !known:
			fault = cmp.Or(fault, err)
			lines = anything(lines, n, text)
		case err != nil:
			fault = cmp.Or(fault, err)
			lines = append(lines, line{backend.Entry{Kind: e.Kind, Name: name, Min: e.Min, Max: e.Max, Broken: true}, text})
		default:
			lines = append(lines, line{e, text})
		}
	}
	if len(lines) == 0 {
		return anything(nil, n, value), errEmptyValue
	}
	slices.SortStableFunc(lines, func(a, b line) int { return slotOf(&a.Entry).compare(slotOf(&b.Entry)) })
	if clash(lines) {
		return anything(nil, n, value), cmp.Or(fault, errTwice)
	}
	return lines, fault
}

// anything appends what stands for an object of which nothing is known but its name.
func anything(lines []line, n e164.Number, text []byte) []line {
	name := e164.Name{Number: n}
	lines = append(lines, line{backend.Entry{Kind: backend.Number, Name: name, Broken: true}, text})
	if n.Len() < e164.MaxDigits {
		lines = append(lines, line{backend.Entry{Kind: backend.Block, Name: name, Min: n.Len() + 1, Max: e164.MaxDigits, Broken: true}, text})
	}
	return lines
}

// clash reports whether sorted lines cannot stand beside each other at one name.
func clash(lines []line) bool {
	for i := 1; i < len(lines); i++ {
		a, b := &lines[i-1], &lines[i]
		if a.Kind == b.Kind && (a.Kind != backend.Block || a.Max >= b.Min) {
			return true
		}
	}
	return false
}

// joinValue returns the value of lines; a text that stands for several of them once.
func joinValue(lines []line) []byte {
	var b []byte
	for i := range lines {
		text := lines[i].text
		if slices.ContainsFunc(lines[:i], func(l line) bool { return len(text) > 0 && &l.text[0] == &text[0] }) {
			continue
		}
		if len(b) > 0 {
			b = append(b, '\n')
		}
		b = append(b, text...)
	}
	return b
}
