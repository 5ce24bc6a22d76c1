package harvest

import (
	"slices"

	"github.com/enumim/enumim/e164"
)

// What counts, in points. It is the share of neighbours that decides: a fifth is too little. The limit is more than
// there is to gain by asking for all that lies below as many names as are remembered, which resolvers of many users
// come to do at the upper end of a tree.
const (
	neighbour = 4   // a new name that is not there, beside one that was asked for lately
	abandoned = 16  // a beginning that nobody went on from
	elsewhere = -1  // any other new name that is not there
	served    = -1  // a number that is there
	limit     = 400 // from here on it is a walk
	drain     = 15  // seconds for a point to be forgotten
)

// How long a client is refused, in seconds: twice as long as before each time, as long as it comes back within a day.
const (
	first   = 10 * 60
	doubled = 7 // times at most: 21 hours
	forgive = 24 * 60 * 60
)

// client is what is known of one.
type client struct {
	score   int32
	strikes uint8
	known   uint8  // how many parents there are
	next    uint8  // of open, to be dropped
	last    uint32 // when it asked, in seconds since the watch began; so are the next two
	until   uint32 // when it is answered again
	drained uint32 // up to when points were forgotten

	parents [8]e164.Number  // of names that it asked for, the latest first
	open    [32]e164.Number // beginnings that it has not gone on from; the number without digits is none
	names   names
}

// matters returns what the client with the least of can be forgotten first.
func (c *client) matters() uint32 { return max(c.last, c.until) }

// missed notes that the client asked for n, which is no number that is served, and returns the points for it.
func (c *client) missed(n e164.Number, kind Kind, hash uint64) int32 {
	beside := c.recent(n.Prefix(n.Len() - 1))
	if c.names.again(hash) {
		return 0
	}
	points := int32(elsewhere)
	if beside {
		points = neighbour
	}
	if kind == Beginning && c.begin(n) {
		points += abandoned
	}
	return points
}

// recent notes the parent of a name, and reports whether another name below it was asked for lately.
func (c *client) recent(parent e164.Number) bool {
	i := slices.Index(c.parents[:c.known], parent)
	found := i >= 0
	if !found {
		c.known = min(c.known+1, uint8(len(c.parents)))
		i = int(c.known) - 1
	}
	copy(c.parents[1:i+1], c.parents[:i])
	c.parents[0] = parent
	return found
}

// goOn notes that the client went on from the beginnings of n: it asked for what lies below them.
func (c *client) goOn(n e164.Number) {
	for i, b := range c.open {
		if b != 0 && b != n && n.HasPrefix(b) {
			c.open[i] = 0
		}
	}
}

// begin notes a beginning, and reports whether there was no room, so that another one is taken as abandoned.
func (c *client) begin(n e164.Number) bool {
	if i := slices.Index(c.open[:], 0); i >= 0 {
		c.open[i] = n
		return false
	}
	c.open[c.next] = n
	c.next = (c.next + 1) % uint8(len(c.open))
	return true
}

// count adds points, and returns for how many seconds the client is refused from now on; 0 is not.
func (c *client) count(points int32, now uint32) uint32 {
	c.last = now
	if forgotten := (max(now, c.drained) - c.drained) / drain; forgotten > 0 {
		c.drained += forgotten * drain
		c.score -= int32(min(forgotten, limit))
	}
	c.score = max(0, c.score+points)
	if c.score < limit {
		return 0
	}
	if now >= c.until+forgive {
		c.strikes = 0
	}
	seconds := uint32(first) << c.strikes
	c.strikes = min(c.strikes+1, doubled)
	c.score, c.until = 0, now+seconds
	return seconds
}
