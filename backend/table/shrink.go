package table

import (
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
)

// shrinkTime is how long losses of a mirror are counted together: an accident may come change by change.
const shrinkTime = 10 * time.Minute

// level is how much a snapshot holds. What cannot be read is no less a loss than what is gone.
type level struct{ all, readable int }

func (s *snapshot) level() level {
	return level{s.entries(), s.count.all() - s.count.unreadable - s.twice()}
}

// window is what a mirror held when it began to count its losses.
type window struct {
	on   bool
	at   time.Time
	from level
}

// hold returns backend.ErrShrunk where s has lost too much since old, or since the window began. t.mu is held.
func (t *Table) hold(old, s *snapshot) error {
	before, now := old.level(), s.level()
	err := t.shrunk(before, now)
	if err != nil || !t.window.on || old.err != nil {
		return err
	}
	if w := &t.window; w.at.IsZero() || time.Since(w.at) > shrinkTime {
		w.at, w.from = time.Now(), before
	}
	return t.shrunk(t.window.from, now)
}

func (t *Table) shrunk(before, now level) error {
	if t.tooMany(before.all, now.all) {
		return fmt.Errorf("%w: %d entries where there were %d", backend.ErrShrunk, now.all, before.all)
	}
	if t.tooMany(before.readable, now.readable) {
		return fmt.Errorf("%w: %d entries can be read where %d could", backend.ErrShrunk, now.readable, before.readable)
	}
	return nil
}

// tooMany reports whether a table that had some entries and has others now has lost too large a share.
func (t *Table) tooMany(before, now int) bool {
	return before > shrinkFrom && float64(before-now) > t.opts.ShrinkShare*float64(before)
}
