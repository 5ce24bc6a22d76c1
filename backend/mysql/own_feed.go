package mysql

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

	seen string // the sum of the rows that were taken; "" for none
}

// Run implements backend.Feed.
func (f *ownFeed) Run(ctx context.Context, sink backend.Sink) error {
	f.seen = ""
	return sqlstore.Repeat(ctx, f.refresh, func(ctx context.Context) error { return f.read(ctx, sink) })
}

// read brings the whole tree where it is another one than before, on a connection of its own: refreshes may be hours apart.
func (f *ownFeed) read(ctx context.Context, sink backend.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	c, err := f.dialer.connect(ctx, false)
	if err != nil {
		return err
	}
	defer c.hangUp()
	if err := checkEngines(ctx, c, f.sql); err != nil {
		return err
	}
	idle.Reset(sqlstore.ReadPatience)
	if f.seen != "" {
		c.sum = sqlstore.NewSum()
		switch err := drain(ctx, c, f.sql, idle); {
		case err != nil:
			return ofStatement(err)
		case c.sum.Text() == f.seen:
			return sink.Apply(nil)
		}
	}
	f.seen, c.sum = "", sqlstore.NewSum()
	idle.Reset(sqlstore.ReadPatience)
	defer f.note.Tell()
	err = sink.Replace(func(yield func(backend.Entry, error) bool) {
		scan(ctx, c, f.sql, f.codec, idle, func(e backend.Entry, known bool, err error) bool {
			if !known {
				yield(backend.Entry{}, fmt.Errorf("%w: %w", sqlstore.ErrLost, err))
				return false
			}
			f.note.Entry(true, err)
			return yield(e, nil)
		}, func(err error) { yield(backend.Entry{}, ofStatement(err)) })
	})
	if err == nil {
		f.seen = c.sum.Text()
	}
	return err
}

// drain reads the rows of a statement for their sum alone.
func drain(ctx context.Context, s *session, sql string, idle *time.Timer) error {
	rows := 0
	err := s.query(ctx, sql, func([]string) error { return nil }, func([][]byte) error {
		if rows++; rows%sqlstore.ReadSome == 1 {
			idle.Reset(sqlstore.ReadPatience)
		}
		return nil
	})
	return fault("read", err)
}
