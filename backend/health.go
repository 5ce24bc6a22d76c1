package backend

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// answeredFor is how long a store is up after a look-up that it answered, whatever fails meanwhile: one bad number, asked
// for again and again, is no outage.
const answeredFor = time.Second

// health is what a gather knows of its store.
type health struct {
	up       atomic.Bool
	serial   atomic.Uint32
	born     time.Time
	current  atomic.Int64 // when the store answered last: how long after born, which no setting of the wall clock changes, and 1; 0 for never
	answered atomic.Int64 // the same of a look-up
}

// found takes the result of a look-up.
func (h *health) found(err error) {
	now := int64(time.Since(h.born)) + 1
	if err == nil {
		h.answered.Store(now)
	} else if at := h.answered.Load(); at != 0 && now-at < int64(answeredFor) {
		return
	}
	h.note(err)
}

// note takes the result of a round trip.
func (h *health) note(err error) {
	switch {
	case err == nil:
		h.up.Store(true)
		h.current.Store(int64(time.Since(h.born)) + 1)
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		h.up.Store(false)
	}
}

// Check implements Checker.
func (g *gather) Check(ctx context.Context) error {
	serial, err := g.store.Check(ctx)
	g.health.note(err)
	if err != nil {
		g.health.up.Store(false) // whatever it is
		return err
	}
	g.health.serial.Store(serial)
	return nil
}

// Serial implements Serialer, without asking the store.
func (g *gather) Serial(context.Context, string) (uint32, error) { return g.health.serial.Load(), nil }

// State implements Stater.
func (g *gather) State() State {
	s := State{Source: g.options.Source, Entries: -1, Broken: -1, Serial: g.health.serial.Load(), Up: g.health.up.Load()}
	if at := g.health.current.Load(); at != 0 {
		s.Current = g.health.born.Add(time.Duration(at - 1))
	}
	return s
}
