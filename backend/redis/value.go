package redis

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

// largestValue bounds what is read of one value, in octets; a name with a hundred records has some 20 kB.
const largestValue = 256 << 10

// codec is what the package needs of notation.Codec.
type codec interface {
	AppendJSON(b []byte, e *backend.Entry) []byte
	ParseJSON(text []byte) (e backend.Entry, known bool, err error)
}

var _ codec = (*notation.Codec)(nil)

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

// entry returns the entry that stands in the slot, without what it holds.
func (a slot) entry(n e164.Number) backend.Entry {
	return backend.Entry{Kind: a.kind, Name: e164.Name{Number: n}, Min: a.min, Max: a.max}
}

// Faults of a value, as findings tell them.
var (
	errLargeValue = fmt.Errorf("larger than %d octets", largestValue)
	errEmptyValue = errors.New("empty: delete the key instead")
	errNoString   = errors.New("the key is not a string")
	errOtherName  = errors.New("the number in it is not that of its key")
	errTwice      = errors.New("two entries of one kind, or blocks with lengths in common")
)

// parse reads the entries of the name n, sorted by kind and lengths. What cannot be read comes as Broken
// entries. fault is the first that was found. The number that each object repeats is compared with n: no reply of
// a server, whichever question it was for, answers for another number.
func parse(c codec, n e164.Number, value []byte) (entries []backend.Entry, fault error) {
	if len(value) > largestValue {
		return anything(nil, n), errLargeValue
	}
	for text := range bytes.Lines(value) {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		e, known, err := c.ParseJSON(text)
		name := e164.Name{Number: n}
		switch {
		case known && e.Name != name:
			fault = cmp.Or(fault, errOtherName)
			entries = anything(entries, n)
		case err != nil && !known:
			fault = cmp.Or(fault, err)
			entries = anything(entries, n)
		case err != nil:
			fault = cmp.Or(fault, err)
			entries = append(entries, backend.Entry{Kind: e.Kind, Name: name, Min: e.Min, Max: e.Max, Broken: true})
		default:
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		return anything(nil, n), errEmptyValue
	}
	slices.SortStableFunc(entries, func(a, b backend.Entry) int { return slotOf(&a).compare(slotOf(&b)) })
	if clash(entries) {
		return anything(nil, n), cmp.Or(fault, errTwice)
	}
	return entries, fault
}

// anything appends what stands for an object of which nothing is known but its name: a number, or a block.
func anything(entries []backend.Entry, n e164.Number) []backend.Entry {
	name := e164.Name{Number: n}
	entries = append(entries, backend.Entry{Kind: backend.Number, Name: name, Broken: true})
	if n.Len() < e164.MaxDigits {
		entries = append(entries, backend.Entry{Kind: backend.Block, Name: name, Min: n.Len() + 1, Max: e164.MaxDigits, Broken: true})
	}
	return entries
}

// clash reports whether sorted entries cannot stand beside each other at one name.
func clash(entries []backend.Entry) bool {
	for i := 1; i < len(entries); i++ {
		a, b := &entries[i-1], &entries[i]
		if a.Kind == b.Kind && (a.Kind != backend.Block || a.Max >= b.Min) {
			return true
		}
	}
	return false
}
