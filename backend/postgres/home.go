package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

const (
	// homeEvery is how often it is looked whether a host serves again that stands before the one that does.
	homeEvery = time.Second
	// homePatience is how long a host may take to show that.
	homePatience = 2 * time.Second
	// farBehind is how far behind a replica may be that is gone back to: as far as one whose data counts as current.
	farBehind = 3 * backend.FreshEvery
)

// standing is what a host has.
type standing struct {
	replica bool
	late    time.Duration // that a replica is behind
	serial  uint32        // of the last change; 0 where that is not known
}

// goHome has look-ups leave a replica when a host serves again that stands before it, until ctx ends. They go over to another host as
// soon as one is slow, and what a replica has may be older than what was answered before.
//
// A host that takes changes is not left: it may have been promoted, and the one before it may be the primary of before, which
// nobody told.
func (s *store) goHome(ctx context.Context, d *dialer) {
	var primary uint32 // the host that was seen to take changes, and until when that is believed
	var until time.Time
	for sqlstore.Pause(ctx, homeEvery/2+rand.N(homeEvery)) == nil {
		at := d.good.Load()
		if at == 0 || at == primary && time.Now().Before(until) {
			continue
		}
		home, stay := s.before(ctx, d, int(at))
		switch {
		case stay:
			primary, until = at, d.options.Until()
		case home >= 0:
			d.good.CompareAndSwap(at, uint32(home))
		}
	}
}

// before returns the first host before another one that can take its place; -1 for none. stay says that none is to.
func (s *store) before(ctx context.Context, d *dialer, at int) (home int, stay bool) {
	for i := range at {
		there, err := s.standing(ctx, d, i)
		if err != nil || there.replica && there.late >= farBehind {
			continue
		}
		here, err := s.standing(ctx, d, at)
		switch {
		case err != nil: // look-ups find another by themselves
			return -1, false
		case !here.replica:
			return -1, true
		case there.serial >= here.serial:
			return i, false
		}
	}
	return -1, false
}

// standing asks a host, on a connection of its own, for all that look-ups need of it.
func (s *store) standing(ctx context.Context, d *dialer, at int) (r standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, homePatience)
	defer cancel()
	c, err := d.connectTo(ctx, at, false, 1)
	if err != nil {
		return r, err
	}
	defer hangUp(c)
	if err := s.prepare(ctx, c, homePatience); err != nil {
		return r, err
	}
	if r.serial, err = s.check(ctx, c); err != nil {
		return r, err
	}
	err = each(c.ExecParams(ctx, "SELECT pg_is_in_recovery(), "+lateSQL, nil, nil, nil, nil), 2, func(row [][]byte) error {
		r.replica, r.late = yes(row[0]), lag(row[1])
		return nil
	})
	return r, fault("ask how far it is", err)
}
