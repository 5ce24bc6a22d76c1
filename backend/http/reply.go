package http

import (
	"slices"

	"github.com/enumim/enumim/e164"
)

// item is what a reply says of one number.
type item struct {
	number  e164.Number
	entries [][]byte // JSON objects, each on one line
	below   bool     // of a look-up: something lies below the number
}

// item reads one. below is only for look-ups.
func (o object) item(lookup bool) (it item, err error) {
	members := map[string]func() error{
		"number": func() error { return o.digits(&it.number) },
		"entries": func() error {
			return o.array(func() error {
				text, err := o.raw()
				it.entries = append(it.entries, text)
				return err
			})
		},
	}
	if lookup {
		members["below"] = func() error { return o.bool(&it.below) }
	}
	return it, o.members(members)
}

// items reads an array of them.
func (o object) items(to *[]item, lookup bool) error {
	return o.array(func() error {
		it, err := o.item(lookup)
		*to = append(*to, it)
		return err
	})
}

// lookup is the reply to a look-up.
type lookup struct {
	generation uint64
	answers    []item // in the order of the numbers that were asked for
}

// readLookup reads the reply to a look-up of numbers, which are ascending. It answers just these: no reply to another
// question passes for one to this.
func readLookup(text []byte, numbers []e164.Number) (l lookup, err error) {
	o := newObject(text)
	err = o.members(map[string]func() error{
		"format":     o.version,
		"generation": func() error { return o.generation(&l.generation) },
		"answers":    func() error { return o.items(&l.answers, true) },
	})
	if err == nil {
		err = o.end()
	}
	if err != nil {
		return lookup{}, err
	}
	slices.SortFunc(l.answers, func(a, b item) int { return a.number.Compare(b.number) })
	if !slices.EqualFunc(l.answers, numbers, func(a item, n e164.Number) bool { return a.number == n }) {
		return lookup{}, wrong("it answers for other numbers than those that were asked for")
	}
	return l, nil
}

// changes is the reply to the question what changed.
type changes struct {
	since, generation uint64
	gap               bool // what changed since then is not known any more
	changes           []item
}

// readChanges reads the reply to the question what changed since a generation.
func readChanges(text []byte, since uint64) (c changes, err error) {
	o := newObject(text)
	err = o.members(map[string]func() error{
		"format":     o.version,
		"since":      func() error { return o.whole(&c.since) },
		"generation": func() error { return o.generation(&c.generation) },
		"gap":        func() error { return o.bool(&c.gap) },
		"changes":    func() error { return o.items(&c.changes, false) },
	})
	if err == nil {
		err = o.end()
	}
	if err != nil {
		return changes{}, err
	}
	slices.SortStableFunc(c.changes, func(a, b item) int { return a.number.Compare(b.number) })
	twice := func(i int) bool { return i > 0 && c.changes[i-1].number == c.changes[i].number }
	switch {
	case c.since != since:
		return changes{}, wrong("it answers for another generation than was asked for")
	case c.generation < since:
		c.gap = true // the data is older than before
	case c.generation == since && len(c.changes) > 0:
		return changes{}, wrong("it has changes without a new generation")
	}
	for i := range c.changes {
		if twice(i) {
			return changes{}, wrong("a number changes twice")
		}
	}
	return c, nil
}

// head is the first line of a tree.
type head struct {
	generation uint64
	changes    bool // the server tells what changed
}

func readHead(line []byte) (h head, err error) {
	var kind string
	o := newObject(line)
	err = o.members(map[string]func() error{
		"kind":       func() error { return o.text(&kind) },
		"format":     o.version,
		"generation": func() error { return o.generation(&h.generation) },
		"changes":    func() error { return o.bool(&h.changes) },
	})
	if err == nil {
		err = o.end()
	}
	if err == nil && kind != "tree" {
		err = wrong("a tree begins with a line of kind tree")
	}
	if err != nil {
		return head{}, err
	}
	return h, nil
}

// readEnd reads the last line of a tree.
func readEnd(line []byte) (entries uint64, ok bool) {
	var kind string
	o := newObject(line)
	err := o.members(map[string]func() error{
		"kind":    func() error { return o.text(&kind) },
		"entries": func() error { return o.whole(&entries) },
	})
	return entries, err == nil && o.end() == nil && kind == "end"
}
