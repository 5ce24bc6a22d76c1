package backend

import (
	"errors"
	"maps"
	"time"

	"github.com/enumim/enumim/e164"
)

// grudgeTime is how long a number that failed is kept from others. It is also how late a row that was mended is
// seen at most, and no longer than a failure may be remembered for clients (RFC 9520 section 3.2).
const grudgeTime = time.Second

// mostGrudges bounds the memory for them. What is more is not remembered.
const mostGrudges = 1024

// grudges are the numbers whose data fails a round trip, for as long as they are remembered.
type grudges map[e164.Number]grudge

type grudge struct {
	until time.Time
	err   error
}

// of returns the error that n failed with; nil is that nothing is known against it.
func (s grudges) of(n e164.Number) error {
	if f, ok := s[n]; ok && time.Now().Before(f.until) {
		return f.err
	}
	return nil
}

// bear remembers what a round trip for one number failed with.
func (g *gather) bear(n e164.Number, err error) {
	if !ofData(err) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if len(g.grudges) >= mostGrudges {
		maps.DeleteFunc(g.grudges, func(_ e164.Number, s grudge) bool { return now.After(s.until) })
	}
	if len(g.grudges) < mostGrudges {
		g.grudges[n] = grudge{now.Add(grudgeTime), err}
	}
}

// ofData reports whether a round trip failed for a row of one of its numbers.
func ofData(err error) bool { return errors.Is(err, ErrInvalidData) && !errors.Is(err, errCount) }
