package mysql

import (
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// ownFeed reads an operator's own tables again and again: nothing tells what changed in them.
type ownFeed struct {
	dialer  *dialer
	sql     string
	refresh time.Duration
	codec   *notation.Codec
	note    *notes
}

// fresh is how long data is current after it was read: until the next reading ends, which takes its time.
func (f *ownFeed) fresh() time.Duration {
	return f.refresh + max(f.refresh/2, 3*backend.FreshEvery)
}

// Run implements backend.Feed.
func (f *ownFeed) Run(ctx context.Context, sink backend.Sink) error {
	for {
		// What was refused will be again until somebody has looked at it: there is no hurry.
		if err := f.read(ctx, sink); err != nil && !errors.Is(err, backend.ErrShrunk) {
			return ended(ctx, err)
		}
		timer := time.NewTimer(f.refresh)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// read brings the whole tree, on a connection of its own: refreshes may be hours apart.
func (f *ownFeed) read(ctx context.Context, sink backend.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(readPatience, cancel)
	defer idle.Stop()
	c, err := f.dialer.connect(ctx, false)
	if err != nil {
		return err
	}
	defer c.hangUp()
	defer f.note.tell()
	return sink.Replace(func(yield func(backend.Entry, error) bool) {
		scan(ctx, c, f.sql, f.codec, idle, func(e backend.Entry, known bool, err error) bool {
			if f.note.entry(known, err); !known {
				yield(backend.Entry{}, errLost)
				return false
			}
			return yield(e, nil)
		}, func(err error) { yield(backend.Entry{}, err) })
	})
}
