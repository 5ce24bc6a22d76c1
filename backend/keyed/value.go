package keyed

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

// MaxValue bounds what is read of one value, in octets; a name with a hundred records has some 20 kB.
const MaxValue = 256 << 10

// mostLines is how many objects of one value are read: a name has at most a number, and 120 blocks of different
// lengths.
const mostLines = 121

// Line is one object of a value: what it says, and the text that says so.
type Line struct {
	backend.Entry
	// Text is the object without newline. Lines that one object stands for share it.
	Text []byte
}

// Faults of a value, as findings tell them.
var (
	errLargeValue = fmt.Errorf("larger than %d octets", MaxValue)
	errEmptyValue = errors.New("empty: delete the key instead")
	errOtherName  = errors.New("the number in it is not that of its key")
	errTwice      = errors.New("two entries of one kind, or blocks with lengths in common")
)

// NumberOf reads the digits of a key, up to fifteen; without any it is the number without digits. ok is false for
// whatever is no number.
func NumberOf[T string | []byte](digits T) (n e164.Number, ok bool) {
	for i := range len(digits) {
		if n, ok = n.Child(digits[i]); !ok {
			return 0, false
		}
	}
	return n, true
}

// Parse reads the entries of the name n, sorted by kind and lengths; there is always one. What cannot be read
// comes as Broken entries; when that may be anything, as Anything has it. The number that each object repeats is
// compared with n: no reply of a server, whichever question it was for, answers for another number. fault is the
// first that was found, and tells no number. The entries refer to no memory of value; the texts are of it.
func Parse(c *notation.Codec, n e164.Number, value []byte) (lines []Line, fault error) {
	if len(value) > MaxValue {
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
		e, known, err := c.ParseJSON(text)
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
			lines = append(lines, Line{backend.Entry{Kind: e.Kind, Name: name, Min: e.Min, Max: e.Max, Broken: true}, text})
		default:
			lines = append(lines, Line{e, text})
		}
	}
	if len(lines) == 0 {
		return anything(nil, n, value), errEmptyValue
	}
	Sort(lines)
	if clash(lines) {
		return anything(nil, n, value), cmp.Or(fault, errTwice)
	}
	return lines, fault
}

// Anything returns what stands for a value of which nothing is known but its name: a Broken number, and a Broken
// block of all numbers below. The lines have no text.
func Anything(n e164.Number) []Line { return anything(nil, n, nil) }

func anything(lines []Line, n e164.Number, text []byte) []Line {
	name := e164.Name{Number: n}
	lines = append(lines, Line{backend.Entry{Kind: backend.Number, Name: name, Broken: true}, text})
	if n.Len() < e164.MaxDigits {
		lines = append(lines, Line{backend.Entry{Kind: backend.Block, Name: name, Min: n.Len() + 1, Max: e164.MaxDigits, Broken: true}, text})
	}
	return lines
}

// Sort sorts the lines of one name by slot, as Parse returns them.
func Sort(lines []Line) {
	slices.SortStableFunc(lines, func(a, b Line) int { return SlotOf(&a.Entry).Compare(SlotOf(&b.Entry)) })
}

// clash reports whether sorted lines cannot stand beside each other at one name.
func clash(lines []Line) bool {
	for i := 1; i < len(lines); i++ {
		a, b := &lines[i-1], &lines[i]
		if a.Kind == b.Kind && (a.Kind != backend.Block || a.Max >= b.Min) {
			return true
		}
	}
	return false
}

// Join returns the value of lines: their texts, one a line; a text that stands for several of them once. Without
// lines it is empty: the key is to be deleted.
func Join(lines []Line) []byte {
	var b []byte
	for i := range lines {
		text := lines[i].Text
		if slices.ContainsFunc(lines[:i], func(l Line) bool { return len(text) > 0 && len(l.Text) > 0 && &l.Text[0] == &text[0] }) {
			continue
		}
		if len(b) > 0 {
			b = append(b, '\n')
		}
		b = append(b, text...)
	}
	return b
}
