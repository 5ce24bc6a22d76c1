package bolt

import "bytes"

// fit returns an error unless the pages that changes are made in are sound. bbolt takes them for that, reads what a wrong
// position points at as if it belonged there, and would write it anew as an entry like others.
func (s *snapshot) fit(changes []change) error {
	c := cursor{pages: &s.pages}
	for i := 0; i < len(changes); {
		t := s.of(changes[i].key)
		if err := c.seek(t, changes[i].key); err != nil {
			return err
		}
		leaf := &c.stack[c.depth-1].node
		// The changes that follow are in the same page while they are not behind it.
		n, deletes := 1, changes[i].value == nil
		for i+n < len(changes) && s.of(changes[i+n].key) == t && leaf.count > 0 &&
			bytes.Compare(changes[i+n].key, leaf.key(leaf.count-1)) <= 0 {
			deletes = deletes || changes[i+n].value == nil
			n++
		}
		if err := c.fit(changes[i:i+n], deletes); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// fit checks the pages on the way to where the cursor is, and with deletions those beside them, which bbolt may join. What
// changes replace need not be sound.
func (c *cursor) fit(changes []change, deletes bool) error {
	for d := range c.depth {
		if err := c.stack[d].node.fit(changes); err != nil {
			return err
		}
		if d == 0 || !deletes {
			continue
		}
		up := &c.stack[d-1]
		for _, i := range []int{up.i - 1, up.i + 1} {
			if i < 0 || i >= up.node.count {
				continue
			}
			beside, err := c.below(&up.node, i)
			if err == nil {
				err = beside.fit(changes)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// fit checks one page.
func (n *node) fit(changes []change) error {
	var last []byte
	for i := range n.count {
		key := n.key(i)
		if key == nil || i > 0 && bytes.Compare(key, last) <= 0 {
			return damaged("keys out of order")
		}
		last = key
		if !n.leaf {
			continue
		}
		it, err := n.item(i)
		if err != nil {
			return err
		}
		for len(changes) > 0 && bytes.Compare(changes[0].key, key) < 0 {
			changes = changes[1:]
		}
		if len(changes) > 0 && bytes.Equal(changes[0].key, key) {
			continue
		}
		if it.bucket {
			return damaged("a tree where none should be")
		}
		if err := sound(it); err != nil {
			return err
		}
	}
	return nil
}
