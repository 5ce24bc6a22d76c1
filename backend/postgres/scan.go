package postgres

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// snapshot calls f within a transaction that sees one state of the data base.
func (r *reading) snapshot(ctx context.Context, f func() error) error {
	return inSnapshot(ctx, r.c, f)
}

func inSnapshot(ctx context.Context, c *pgconn.PgConn, f func() error) error {
	if err := briefly(ctx, c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return fault("begin", err)
	}
	if err := f(); err != nil {
		return err // the connection is closed then, and the transaction with it
	}
	return fault("commit", briefly(ctx, c, "COMMIT"))
}

// briefly runs a statement that takes a server no time. It has a deadline of its own: no clock of rows runs before the
// first and after the last.
func briefly(ctx context.Context, c *pgconn.PgConn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	return run(ctx, c, sql)
}

// everything brings the whole tree.
func (r *reading) everything(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	return r.snapshot(ctx, func() error {
		s, err := look(ctx, r.c, r.feed.schema, cmp.Or(r.feed.seen, start))
		if err != nil {
			return err
		}
		idle.Reset(sqlstore.ReadPatience)
		broken := map[e164.Number]bool{}
		sql := "SELECT " + recordColumns + " FROM " + pgx.Identifier{r.feed.schema, "record"}.Sanitize() + " ORDER BY " + inOrder
		err = r.sink.Replace(func(yield func(backend.Entry, error) bool) {
			scan(ctx, r.c, sql, r.feed.codec, idle, func(e backend.Entry, known bool, err error) bool {
				if r.feed.note.Entry(known, err); err != nil {
					broken[e.Name.Number] = true
				}
				return !known || yield(e, nil)
			}, func(err error) { yield(backend.Entry{}, err) })
		})
		r.feed.note.Tell()
		r.refused = time.Time{}
		if errors.Is(err, backend.ErrShrunk) && !r.c.IsClosed() {
			r.refused, err = time.Now(), nil
		}
		if err == nil {
			if s.lost(r.feed.seen) {
				r.feed.note.Older("postgres-older")
			}
			r.moved(s.place)
			r.broken = broken
		}
		return err
	})
}

// scan makes entries of all rows of a statement, which come by number. idle, which may be nil, is what ends it
// when the server sends no more. failed is called once when it cannot be read to its end.
func scan(ctx context.Context, c *pgconn.PgConn, sql string, codec *notation.Codec, idle *time.Timer, found func(backend.Entry, bool, error) bool, failed func(error)) {
	result := c.ExecParams(ctx, sql, nil, nil, nil, nil)
	columns := columnsOf(result.FieldDescriptions())
	if len(columns) == 0 { // it fails, or returns none
		if _, err := result.Close(); err != nil {
			failed(fault("read", err))
			return
		}
		failed(fault("read", sqlstore.ErrColumn))
		return
	}
	on := true
	j, err := sqlstore.NewJoiner(codec, columns, func(e backend.Entry, known bool, err error) bool {
		on = found(e, known, err)
		return on
	})
	if err != nil {
		_, _ = result.Close()
		failed(err)
		return
	}
	for rows := 0; on && result.NextRow(); rows++ {
		if row := result.Values(); len(row) == len(columns) {
			on = j.Add(row)
		}
		if rows%sqlstore.ReadSome == 0 && idle != nil {
			idle.Reset(sqlstore.ReadPatience)
		}
	}
	if !on { // what comes is not wanted any more
		hangUp(c)
		return
	}
	_, err = result.Close()
	if idle != nil {
		idle.Stop()
	}
	if err != nil {
		failed(fault("read", err))
		return
	}
	j.End()
}
