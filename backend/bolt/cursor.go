package bolt

import "bytes"

// deepest bounds the way from the root to a leaf: a deeper tree would not fit any disk, so that pointers lead in
// circles.
const deepest = 12

// cursor stands between two items of a tree. The zero cursor with pages is ready for seek.
type cursor struct {
	pages *pages
	stack [deepest]frame
	depth int
}

// frame is a page on the way to a leaf and the element that was taken; in the leaf, the next one.
type frame struct {
	node node
	i    int
}

// seek moves the cursor in front of the first item whose key is not less than key.
func (c *cursor) seek(t *tree, key []byte) error {
	c.depth = 0
	n, err := c.root(t)
	for {
		if err != nil {
			return err
		}
		i := n.search(key)
		if !n.leaf && i > 0 && (i == n.count || !bytes.Equal(n.key(i), key)) {
			i--
		}
		if err := c.push(n, i); err != nil || n.leaf {
			return err
		}
		n, err = c.down()
	}
}

func (c *cursor) root(t *tree) (node, error) {
	if t.root == 0 {
		return newNode(t.inline)
	}
	return c.pages.page(t.root)
}

func (c *cursor) push(n node, i int) error {
	if c.depth == deepest {
		return damaged("pages in a circle")
	}
	c.stack[c.depth] = frame{n, i}
	c.depth++
	return nil
}

// down returns the page below the last frame.
func (c *cursor) down() (node, error) {
	f := &c.stack[c.depth-1]
	return c.below(&f.node, f.i)
}

// below returns the page that element i of a branch leads to. bbolt keeps the first key of a page in the element that leads
// to it: a page that begins with another key is not the one that was meant.
func (c *cursor) below(branch *node, i int) (node, error) {
	n, err := c.pages.page(branch.child(i))
	if err == nil && (n.count == 0 || !bytes.Equal(n.key(0), branch.key(i))) {
		err = damaged("a page at the wrong place")
	}
	return n, err
}

// next returns the item behind the cursor and moves behind it. ok is false at the end.
func (c *cursor) next() (it item, ok bool, err error) {
	f := &c.stack[c.depth-1]
	if f.i == f.node.count {
		if ok, err := c.turn(+1); !ok {
			return item{}, false, err
		}
		f = &c.stack[c.depth-1]
	}
	f.i++
	it, err = f.node.item(f.i - 1)
	return it, err == nil, err
}

// prev returns the item in front of the cursor and moves in front of it. ok is false at the beginning.
func (c *cursor) prev() (it item, ok bool, err error) {
	f := &c.stack[c.depth-1]
	if f.i == 0 {
		if ok, err := c.turn(-1); !ok {
			return item{}, false, err
		}
		f = &c.stack[c.depth-1]
	}
	f.i--
	it, err = f.node.item(f.i)
	return it, err == nil, err
}

// turn moves to the leaf on the right (+1) or the left (-1): to its beginning, or its end. ok is false where there is
// none, and the cursor stays.
func (c *cursor) turn(way int) (ok bool, err error) {
	up := c.depth - 2
	for ; up >= 0; up-- {
		if i := c.stack[up].i + way; i >= 0 && i < c.stack[up].node.count {
			break
		}
	}
	if up < 0 {
		return false, nil
	}
	c.stack[up].i += way
	c.depth = up + 1
	for {
		n, err := c.down()
		if err != nil {
			return false, err
		}
		i := 0
		if way < 0 {
			if i = n.count; !n.leaf {
				i--
			}
		}
		if err := c.push(n, i); err != nil || n.leaf {
			return err == nil, err
		}
	}
}
