package mysql

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// allSQL reads all rows of the reference schema.
var allSQL = "SELECT " + recordColumns + " FROM record ORDER BY " + inOrder

// everything brings the whole tree.
func (r *reading) everything(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	return r.s.inSnapshot(ctx, func() error {
		s, err := look(ctx, r.s, r.state, cmp.Or(r.feed.seen, start))
		if err != nil {
			return err
		}
		idle.Reset(sqlstore.ReadPatience)
		broken := map[e164.Number]bool{}
		err = r.sink.Replace(func(yield func(backend.Entry, error) bool) {
			scan(ctx, r.s, allSQL, r.feed.codec, idle, func(e backend.Entry, known bool, err error) bool {
				if r.feed.note.Entry(known, err); err != nil {
					broken[e.Name.Number] = true
				}
				return !known || yield(e, nil)
			}, func(err error) { yield(backend.Entry{}, err) })
		})
		r.feed.note.Tell()
		r.refused = time.Time{}
		if errors.Is(err, backend.ErrShrunk) && !r.s.closed {
			r.refused, err = time.Now(), nil
		}
		if err == nil {
			if s.lost(r.feed.seen) {
				r.feed.note.Older("mysql-older")
			}
			r.moved(s.place)
			r.broken = broken
		}
		return err
	})
}

// scan makes entries of all rows of a statement, which come by number. idle, which may be nil, is what ends it
// when the server sends no more. failed is called once when it cannot be read to its end.
func scan(ctx context.Context, s *session, sql string, codec *notation.Codec, idle *time.Timer, found func(backend.Entry, bool, error) bool, failed func(error)) {
	on, rows := true, 0
	var j *sqlstore.Joiner
	err := s.query(ctx, sql, func(columns []string) (err error) {
		j, err = sqlstore.NewJoiner(codec, columns, func(e backend.Entry, known bool, err error) bool {
			on = found(e, known, err)
			return on
		})
		return err
	}, func(row [][]byte) error {
		if !j.Add(row) {
			return errEnough
		}
		if rows++; rows%sqlstore.ReadSome == 1 && idle != nil {
			idle.Reset(sqlstore.ReadPatience)
		}
		return nil
	})
	if idle != nil {
		idle.Stop()
	}
	switch {
	case !on: // what comes is not wanted any more
	case err != nil:
		failed(fault("read", err))
	default:
		j.End()
	}
}
