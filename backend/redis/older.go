package redis

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// A fail-over to a replica that lags, or the restore of an older dump, takes back changes that were confirmed and served.
// Redis says nothing of it. What it has then is served all the same, since nobody but it has data, and a fail-over happens
// at night; but somebody has to know (docs/redis.md).

// toldEvery is how often that is told at most: of servers that are asked by turns, each may have another time.
const toldEvery = 10 * time.Second

// older is the finding of a tree that went back.
var older = backend.Event{Kind: backend.Finding, Rule: "redis-older", Count: 1,
	Text: "Redis has older data than it had, as after a fail-over or a restore: changes that were confirmed are gone; write them anew with enumim import or sync"}

// teller makes events say of which source they are.
func (o *options) teller(observe func(backend.Event)) func(backend.Event) {
	source := o.source()
	return func(e backend.Event) {
		if observe != nil {
			e.Source = source
			observe(e)
		}
	}
}

// trace is what a stream of changes has of a time before.
type trace struct {
	first string // id of the oldest change that it keeps; "" for none
	there bool   // the change that was seen last is there
}

// precedes reports whether the tree is of a time before the position that was seen: its generation is lower, or
// its stream never had the last change, as it keeps older ones. A new master may have counted on since. Another history
// owes nothing to what was seen.
func (at position) precedes(seen position, t trace) bool {
	switch {
	case seen == position{}, at.history != seen.history:
		return false
	case at.generation < seen.generation:
		return true
	case seen.last == "" || t.first == "" || t.there:
		return false
	}
	return idLess(t.first, seen.last)
}

// idLess compares ids of changes: milliseconds, and a count within each.
func idLess(a, b string) bool {
	am, as := idParts(a)
	bm, bs := idParts(b)
	return am < bm || am == bm && as < bs
}

func idParts(id string) (ms, seq uint64) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(first, 10, 64) // Redis writes nothing else
	seq, _ = strconv.ParseUint(second, 10, 64)
	return ms, seq
}

// past is the marker that a store saw last.
type past struct {
	mu   sync.Mutex
	seen marker
	told time.Time
}

// last returns it, before a call.
func (p *past) last() marker {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// note notes the marker that a call found, and reports whether to tell that it is older than what was seen before the
// call. Calls that overlap end in any order.
func (p *past) note(before, now marker) (tell bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch back := before.history == now.history && now.generation < before.generation; {
	case !back:
		if p.seen.history != now.history || p.seen.generation < now.generation {
			p.seen = now
		}
		return false
	case p.seen != before: // it was told of another call, or the next one will
		return false
	}
	p.seen = now
	if time.Since(p.told) < toldEvery {
		return false
	}
	p.told = time.Now()
	return true
}
