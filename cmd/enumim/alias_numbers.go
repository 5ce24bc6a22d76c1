package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// mostOfBlocks is how many numbers of blocks are tried: two blocks of seven digits. Trying more than that takes longer than
// somebody waits, and memory.
const mostOfBlocks = 20_000_000

// open opens the tree's store, and lists the numbers that may have an alias, ascending, each once.
func (t *aliasTree) open(cmd *cobra.Command) (backend.Backend, []e164.Number, error) {
	ctx := cmd.Context()
	store, err := openBackend(ctx, t.opener, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.name, err)
	}
	c := &candidates{within: t.within}
	if err := t.walk(ctx, store, c.add); err != nil {
		_ = store.Close() // it was only read
		return nil, nil, err
	}
	for _, b := range c.expand() {
		digits := b.prefix.Len()
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %s: %s%s stands for %.0f numbers, which are not tried: --numbers with more digits tries some of them\n",
			styleOf(cmd.ErrOrStderr()).yellow("note:"), printable(t.name), t.write(b.prefix), openDigits(b.least-digits, b.most-digits), b.count)
	}
	t.labels = c.labels
	slices.Sort(c.numbers)
	return store, slices.Compact(c.numbers), nil
}

// walk calls add for all entries of the store: through the backend that answers from it or, where that cannot list
// them, what writes to it.
func (t *aliasTree) walk(ctx context.Context, store backend.Backend, add func(*backend.Entry)) error {
	var all iter.Seq2[backend.Entry, error]
	if walker, ok := backend.As[backend.Walker](store); ok {
		all = walker.Walk(ctx, t.apex.String())
	} else {
		from := &location{name: t.name, opener: t.opener, apexes: []e164.Apex{t.apex}}
		entries, done, err := from.entries(ctx, nil)
		if err != nil {
			return err
		}
		defer done()
		all = entries
	}
	for e, err := range all {
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		add(&e)
	}
	return nil
}

// candidates are numbers that may have an alias.
type candidates struct {
	within  []e164.Number // what they begin with; none for anything
	numbers []e164.Number
	blocks  []openBlock
	labels  map[e164.Number][]e164.Name // names of numbers that are not their ENUM domains
}

// openBlock is numbers of least to most digits that begin with prefix.
type openBlock struct {
	prefix      e164.Number
	least, most int
	count       float64 // of numbers
}

// add takes an entry.
func (c *candidates) add(e *backend.Entry) {
	n, ok := e.Name.Branch()
	if !ok {
		n = e.Name.Number
	}
	switch {
	case e.Broken:
	case e.Kind == backend.Block:
		c.block(n, e.Min, e.Max)
	case e.Kind == backend.Wildcard:
		c.block(n, n.Len()+1, e164.MaxDigits)
	case e.Kind == backend.Number && n.IsValid() && (len(c.within) == 0 || slices.ContainsFunc(c.within, n.HasPrefix)):
		c.numbers = append(c.numbers, n)
		if e.Name.IsNumber() {
			break
		}
		if c.labels == nil {
			c.labels = make(map[e164.Number][]e164.Name)
		}
		c.labels[n] = append(c.labels[n], e.Name)
	}
}

// block takes numbers that begin with prefix, those of them that are wanted.
func (c *candidates) block(prefix e164.Number, least, most int) {
	within := c.within
	if len(within) == 0 {
		within = []e164.Number{0}
	}
	for _, w := range within {
		b := openBlock{prefix: prefix, least: least, most: most}
		switch {
		case prefix.HasPrefix(w):
		case w.HasPrefix(prefix):
			b.prefix = w
		default:
			continue
		}
		b.least = max(least, b.prefix.Len())
		for digits := b.least; digits <= most; digits++ {
			b.count += math.Pow10(digits - b.prefix.Len())
		}
		if b.count > 0 {
			c.blocks = append(c.blocks, b)
		}
	}
}

// expand lists the numbers of blocks, the smallest first, and returns the blocks that are too large.
func (c *candidates) expand() (left []openBlock) {
	slices.SortStableFunc(c.blocks, func(a, b openBlock) int { return cmp.Compare(a.count, b.count) })
	var total float64
	for i, b := range c.blocks {
		if total += b.count; total > mostOfBlocks {
			return c.blocks[i:]
		}
		for digits := b.least; digits <= b.most; digits++ {
			c.numbers = appendNumbers(c.numbers, b.prefix, digits-b.prefix.Len())
		}
	}
	return nil
}

// appendNumbers appends all numbers that begin with prefix and have so many digits more.
func appendNumbers(list []e164.Number, prefix e164.Number, more int) []e164.Number {
	if more == 0 {
		return append(list, prefix)
	}
	for d := byte('0'); d <= '9'; d++ {
		if n, ok := prefix.Child(d); ok {
			list = appendNumbers(list, n, more-1)
		}
	}
	return list
}
