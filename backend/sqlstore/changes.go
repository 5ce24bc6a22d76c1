package sqlstore

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// Key is which entry a change is about.
type Key struct {
	number, kind string
	min, max     int
}

// MostChanges is how many changed entries are read one by one; more are all read anew.
const MostChanges = 20000

// KeyOf reads the columns number, kind, min and max of a row that notes a change.
func KeyOf(row [][]byte) (k Key, err error) {
	k = Key{number: string(row[0]), kind: string(row[1])}
	for i, to := range []*int{&k.min, &k.max} {
		if row[2+i] == nil {
			continue
		}
		if *to, err = strconv.Atoi(string(row[2+i])); err != nil {
			return k, fmt.Errorf("%w: follow: a length of a block is no number", backend.ErrUnavailable)
		}
	}
	return k, nil
}

func keyOf(e *backend.Entry) Key {
	k := Key{number: e.Name.Number.Digits(), kind: "number", min: e.Min, max: e.Max}
	switch e.Kind {
	case backend.Block:
		k.kind = "block"
	case backend.Delegation:
		k.kind = "delegation"
	}
	return k
}

// Changes makes changes of the keys of entries that changed, and of the rows that are there now. Where it cannot,
// all is to be read instead.
type Changes struct {
	keys    map[Key]bool
	joiner  *Joiner
	changes []backend.Change
	whole   bool
}

// NewChanges prepares to take the rows of the entries. ok is false where all is to be read instead: entries that cannot
// be read, or could not before, which stand at broken, need that, since which entry a row that cannot be read takes the
// place of is not known.
func NewChanges(codec *notation.Codec, keys map[Key]bool, broken map[e164.Number]bool) (c *Changes, ok bool, err error) {
	for k := range keys {
		if n, err := e164.ParseDigits(k.number); err != nil && k.number != "" || broken[n] {
			return nil, false, nil
		}
	}
	c = &Changes{keys: keys}
	c.joiner, err = NewJoiner(codec, notation.Columns(), func(e backend.Entry, _ bool, err error) bool {
		if c.whole = err != nil; c.whole {
			return false
		}
		c.changes = append(c.changes, backend.Change{Entry: e})
		delete(c.keys, keyOf(&e))
		return true
	})
	return c, err == nil, err
}

// Digits returns those of the numbers whose rows are wanted, in order.
func (c *Changes) Digits() []string {
	digits := make([]string, 0, len(c.keys))
	for k := range c.keys {
		digits = append(digits, k.number)
	}
	slices.Sort(digits)
	return slices.Compact(digits)
}

// Add takes a row, of the columns of notation.Columns.
func (c *Changes) Add(row [][]byte) {
	if !c.whole {
		c.joiner.Add(row)
	}
}

// End returns the changes when all rows were read. What has no rows any more was deleted. ok is false where all is to be
// read instead.
func (c *Changes) End() (changes []backend.Change, ok bool) {
	if c.whole || !c.joiner.End() {
		return nil, false
	}
	for k := range c.keys {
		gone := backend.Change{Delete: true, Entry: backend.Entry{Min: k.min, Max: k.max}}
		gone.Name.Number, _ = e164.ParseDigits(k.number)
		switch k.kind {
		case "number":
		case "block":
			gone.Kind = backend.Block
		case "delegation":
			gone.Kind = backend.Delegation
		default:
			return nil, false
		}
		c.changes = append(c.changes, gone)
	}
	return c.changes, true
}
