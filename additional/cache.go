package additional

import (
	"container/list"
	"time"
)

// maxKept is how many look-ups are kept. What one holds is bounded by maxSet.
const maxKept = 2048

// cache keeps what look-ups found, those used last: ever new names push each other out, and not what is
// asked for all the time. The zero value is ready for use.
type cache struct {
	elements map[key]*list.Element
	used     list.List // of *lookup, the one used last in front
}

// get returns what is known of k; nil is nothing.
func (c *cache) get(k key, now time.Time) *lookup {
	e := c.elements[k]
	if e == nil {
		return nil
	}
	l := e.Value.(*lookup)
	if !now.Before(l.expires) {
		c.remove(e)
		return nil
	}
	c.used.MoveToFront(e)
	return l
}

// add keeps l, of whose key nothing is known.
func (c *cache) add(l *lookup) {
	if c.elements == nil {
		c.elements = make(map[key]*list.Element)
	}
	c.elements[l.key] = c.used.PushFront(l)
	if c.used.Len() > maxKept {
		c.remove(c.used.Back())
	}
}

func (c *cache) remove(e *list.Element) {
	delete(c.elements, c.used.Remove(e).(*lookup).key)
}
