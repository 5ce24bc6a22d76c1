package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
)

// ownFeed reads an operator's own tables again and again: nothing tells what changed in them.
type ownFeed struct {
	dialer  *dialer
	sql     string
	refresh time.Duration
	codec   *notation.Codec
	note    *sqlstore.Notes
}

// Run implements backend.Feed.
func (f *ownFeed) Run(ctx context.Context, sink backend.Sink) error {
	return sqlstore.Repeat(ctx, f.refresh, func(ctx context.Context) error { return f.read(ctx, sink) })
}

// read brings the whole tree, on a connection of its own: refreshes may be hours apart.
func (f *ownFeed) read(ctx context.Context, sink backend.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	c, err := f.dialer.connect(ctx, false)
	if err != nil {
		return err
	}
	defer hangUp(c)
	if err := configure(ctx, c, 0); err != nil {
		return err
	}
	if _, err := describe(ctx, c, "", f.sql, "all", 0); err != nil {
		return err
	}
	idle.Reset(sqlstore.ReadPatience)
	defer f.note.Tell()
	return sink.Replace(func(yield func(backend.Entry, error) bool) {
		scan(ctx, c, f.sql, f.codec, idle, func(e backend.Entry, known bool, err error) bool {
			if !known {
				yield(backend.Entry{}, fmt.Errorf("%w: %w", sqlstore.ErrLost, err))
				return false
			}
			f.note.Entry(true, err)
			return yield(e, nil)
		}, func(err error) { yield(backend.Entry{}, err) })
	})
}
