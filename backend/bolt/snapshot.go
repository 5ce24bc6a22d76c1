package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"

	bbolt "go.etcd.io/bbolt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// snapshot is the data as one transaction left it. Its pages stay as they are while it has users.
type snapshot struct {
	database *database
	tx       *bbolt.Tx // keeps the pages; nil where nobody writes
	pages    pages
	head     head
	numbers  tree
	prefixes tree

	users atomic.Int64
	done  chan struct{} // closed when the last user has left
}

// hold adds a user. It is false when the last has left.
func (s *snapshot) hold() bool {
	for {
		n := s.users.Load()
		if n == 0 {
			return false
		}
		if s.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// drop takes a user away.
func (s *snapshot) drop() {
	if s.users.Add(-1) == 0 {
		close(s.done)
	}
}

// begin reads what every look-up needs.
func (s *snapshot) begin(rootPage uint64) error {
	c := cursor{pages: &s.pages}
	top := tree{root: rootPage}
	headAt, err := c.get(&top, headTree)
	if err != nil {
		return err
	}
	if headAt == nil {
		return fmt.Errorf("%w: the file has no enumim data: import into a file of its own", backend.ErrUnavailable)
	}
	t, err := headAt.tree()
	if err != nil {
		return err
	}
	value, err := c.get(&t, headKey)
	if err != nil {
		return err
	}
	if value == nil {
		return damaged("no head")
	}
	if s.head, err = parseHead(value.value); err != nil {
		return err
	}
	for _, of := range []struct {
		name []byte
		tree *tree
	}{{numbersTree, &s.numbers}, {prefixesTree, &s.prefixes}} {
		it, err := c.get(&top, of.name)
		if err != nil {
			return err
		}
		if it == nil {
			return damaged("a tree is not there")
		}
		if *of.tree, err = it.tree(); err != nil {
			return err
		}
	}
	return errors.Join(s.filled(&s.numbers, s.head.numbers > 0), s.filled(&s.prefixes, s.head.longest(e164.MaxDigits) >= 0))
}

// filled returns an error unless there is something in a tree, or nothing, as the head says.
func (s *snapshot) filled(t *tree, want bool) error {
	c := cursor{pages: &s.pages}
	err := c.seek(t, nil)
	if err != nil {
		return err
	}
	if _, ok, err := c.next(); err != nil || ok != want {
		return errors.Join(err, damaged("a tree that counts otherwise"))
	}
	return nil
}

// get returns the item with a key, nil for none.
func (c *cursor) get(t *tree, key []byte) (*item, error) {
	if err := c.seek(t, key); err != nil {
		return nil, err
	}
	it, ok, err := c.next()
	if err != nil || !ok || !bytes.Equal(it.key, key) {
		return nil, err
	}
	return &it, nil
}

// find returns what may decide about n.
func (s *snapshot) find(n e164.Number) (h backend.Holding, err error) {
	c := cursor{pages: &s.pages}
	var buf [prefixKey + 1]byte
	if err := s.above(&c, n, &h, buf[:0]); err != nil {
		return h, err
	}
	key := appendKey(buf[:0], backend.Number, n, 0, 0)
	before, at, err := c.around(&s.numbers, key)
	switch {
	case err != nil:
		return h, err
	case bytes.Equal(at.key, key):
		e, _, _ := parseEntry(at.key, at.value) // Broken, where it cannot be read
		h.Entries = append(h.Entries, e)
		return h, nil
	}
	if err := sound(before, at); err != nil {
		return h, err
	}
	h.Below = below(at.key, n)
	if h.Below || s.head.longest(e164.MaxDigits) <= n.Len() {
		return h, nil
	}
	before, at, err = c.around(&s.prefixes, append(key, 0xff)) // behind all that may stand at n itself
	if err == nil {
		err = sound(before, at)
	}
	h.Below = err == nil && below(at.key, n)
	return h, err
}

// above adds the blocks and delegations at n and at its prefixes. The entry in front of the place of a prefix tells which
// one can be the next: what they have in common.
func (s *snapshot) above(c *cursor, n e164.Number, h *backend.Holding, buf []byte) error {
	longest := s.head.longest(n.Len())
	for longest >= 0 {
		limit := n.Prefix(longest)
		before, at, err := c.around(&s.prefixes, append(appendKey(buf, backend.Number, limit, 0, 0), 0xff))
		if err == nil {
			err = sound(before, at)
		}
		if err != nil || before.key == nil {
			return err
		}
		e, known := parseKey(before.key)
		if !known {
			return damaged("a key that is none")
		}
		p := e.Name.Number
		if !n.HasPrefix(p) {
			longest = s.head.longest(p.CommonPrefix(limit).Len())
			continue
		}
		for it, ok := before, true; ok && bytes.Equal(it.key[:numberKey], before.key[:numberKey]); {
			e, known, err := parseEntry(it.key, it.value)
			if !known {
				return err
			}
			h.Entries = append(h.Entries, e)
			if it, ok, err = c.prev(); err != nil {
				return err
			}
		}
		longest = s.head.longest(p.Len() - 1)
	}
	return nil
}

// around returns the items in front of the place of a key and behind it, zero ones where there is none. The one behind
// may have the key itself: then the other is not looked for. The cursor is left in front of the first.
func (c *cursor) around(t *tree, key []byte) (before, at item, err error) {
	if err = c.seek(t, key); err != nil {
		return
	}
	at, ok, err := c.next()
	if err != nil || ok && bytes.Equal(at.key, key) {
		return
	}
	if ok {
		if _, _, err = c.prev(); err != nil {
			return
		}
	}
	if before, _, err = c.prev(); err != nil {
		return
	}
	if before.key != nil && bytes.Compare(before.key, key) >= 0 || at.key != nil && bytes.Compare(at.key, key) <= 0 {
		err = damaged("keys out of order")
	}
	return
}

// sound returns an error unless entries are as they were written: a key that was changed would hide its number, and lead
// the search past others.
func sound(items ...item) error {
	for _, it := range items {
		if it.key == nil {
			continue
		}
		if _, err := unseal(it.key, it.value); errors.Is(err, errChecksum) {
			return damaged("an entry that others are found by")
		}
	}
	return nil
}

// below reports whether a key is of an entry below n.
func below(key []byte, n e164.Number) bool {
	e, ok := parseKey(key)
	return ok && e.Name.Number != n && e.Name.Number.HasPrefix(n)
}
