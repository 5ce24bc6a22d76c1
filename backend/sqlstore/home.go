package sqlstore

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
)

const (
	// homeEvery is how often it is looked whether a host serves again that stands before the one that does.
	homeEvery = time.Second
	// HomePatience is how long a host may take to show that.
	HomePatience = 2 * time.Second
	// FarBehind is how far behind a replica may be that is gone back to: as far as one whose data counts as current.
	FarBehind = 3 * backend.FreshEvery
)

// Standing is what a host has.
type Standing struct {
	Replica bool          // it takes no changes
	Late    time.Duration // that a replica is behind
	Serial  uint32        // of the last change; 0 where that is not known
}

// Home has look-ups leave a replica when a host serves again that stands before it. They go over to another host as soon as
// one is slow, and what a replica has may be older than what was answered before.
//
// A host that takes changes is not left: it may have been promoted, and the one before it may be the primary of before, which
// nobody told.
type Home struct {
	// Good is the host that served last, as they are configured.
	Good *atomic.Uint32
	// Ask asks a host, on a connection of its own, for all that look-ups need of it.
	Ask func(ctx context.Context, at int) (Standing, error)
	// Until returns until when it is believed that a host takes changes.
	Until func() time.Time
}

// Keep looks until ctx ends.
func (h Home) Keep(ctx context.Context) {
	var primary uint32 // the host that was seen to take changes, and until when that is believed
	var until time.Time
	for Pause(ctx, homeEvery/2+rand.N(homeEvery)) == nil {
		at := h.Good.Load()
		if at == 0 || at == primary && time.Now().Before(until) {
			continue
		}
		home, stay := h.before(ctx, int(at))
		switch {
		case stay:
			primary, until = at, h.Until()
		case home >= 0:
			h.Good.CompareAndSwap(at, uint32(home))
		}
	}
}

// before returns the first host before another one that can take its place; -1 for none. stay says that none is to.
func (h Home) before(ctx context.Context, at int) (home int, stay bool) {
	for i := range at {
		there, err := h.Ask(ctx, i)
		if err != nil || there.Replica && there.Late >= FarBehind {
			continue
		}
		here, err := h.Ask(ctx, at)
		switch {
		case err != nil: // look-ups find another by themselves
			return -1, false
		case !here.Replica:
			return -1, true
		case there.Serial >= here.Serial:
			return i, false
		}
	}
	return -1, false
}
