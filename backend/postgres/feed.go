package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// feed follows the reference schema.
type feed struct {
	dialer *dialer
	schema string
	codec  *notation.Codec
	note   *sqlstore.Notes
	seen   place // the last one, also of connections before
}

// pollPause is the least time between two polls: the changes of many small transactions go together.
const pollPause = 20 * time.Millisecond

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	c, err := f.dialer.connect(ctx, false)
	if err != nil {
		return sqlstore.Ended(ctx, err)
	}
	defer func() { hangUp(c) }()
	for {
		next, err := f.follow(ctx, c, sink)
		if err != nil {
			return sqlstore.Ended(ctx, err)
		}
		hangUp(c)
		c = next
	}
}

// follow follows until it fails, or until the name of the server leads elsewhere: next is a connection to there.
func (f *feed) follow(ctx context.Context, c *pgconn.PgConn, sink backend.Sink) (next *pgconn.PgConn, err error) {
	if err := f.open(ctx, c); err != nil {
		return nil, err
	}
	r := &reading{feed: f, c: c, sink: sink}
	if err := r.everything(ctx); err != nil {
		return nil, err
	}
	look := f.dialer.options.Until()
	for {
		if err := wait(ctx, c); err != nil {
			return nil, err
		}
		if time.Now().After(look) {
			if next := f.dialer.elsewhere(ctx, c); next != nil {
				return next, nil
			}
			look = f.dialer.options.Until()
		}
		if err := r.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// open sets the session up and asks for notifications. Where there are none, polls find changes.
func (f *feed) open(ctx context.Context, c *pgconn.PgConn) error {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	if err := configure(ctx, c, 0); err != nil {
		return err
	}
	if err := run(ctx, c, "LISTEN "+pgx.Identifier{f.schema}.Sanitize()); c.IsClosed() {
		return fault("listen", err)
	}
	return nil
}

// wait returns when a notification came, or when it is time to look anyway.
func wait(ctx context.Context, c *pgconn.PgConn) error {
	if err := sqlstore.Pause(ctx, pollPause); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, sqlstore.PollEvery)
	defer cancel()
	err := c.WaitForNotification(waiting)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil || !c.IsClosed() && errors.Is(waiting.Err(), context.DeadlineExceeded):
		return nil
	}
	return fault("wait for changes", err)
}

// reading is a connection that follows.
type reading struct {
	feed   *feed
	c      *pgconn.PgConn
	sink   backend.Sink
	at     place
	broken map[e164.Number]bool // where entries are that cannot be read
	// refused is when the tree was read and refused since it lost too much; zero when it was taken. It is not read
	// again until it changes, and what is served instead is not current.
	refused time.Time
}

// moved notes that everything up to a place was taken.
func (r *reading) moved(to place) { r.at, r.feed.seen = to, to }

// poll brings what changed. An own snapshot for a change is taken only where there is one.
func (r *reading) poll(ctx context.Context) error {
	polling, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	s, err := look(polling, r.c, r.feed.schema, r.at)
	switch {
	case err != nil:
		return err
	case !r.refused.IsZero():
		if (s.changed || s.doubt(r.at) != "") && time.Since(r.refused) >= sqlstore.RefusedPause {
			return r.everything(ctx)
		}
		return nil
	case s.doubt(r.at) != "":
		return r.everything(ctx)
	case s.changed:
	default:
		r.moved(s.place)
		return r.sink.ApplyLate(nil, s.late)
	}
	changes, whole, err := r.changes(polling)
	if err == nil && !whole {
		whole = r.sink.ApplyLate(changes, s.late) != nil // what does not fit to what is there fits to a whole, or is refused with it
	}
	if err == nil && whole {
		return r.everything(ctx)
	}
	return err
}

// changes reads the entries that changed, and what is there now. whole says that all is to be read instead.
func (r *reading) changes(ctx context.Context) (changes []backend.Change, whole bool, err error) {
	err = r.snapshot(ctx, func() error {
		s, err := look(ctx, r.c, r.feed.schema, r.at)
		if err != nil {
			return err
		}
		keys, all, err := changesSince(ctx, r.c, r.feed.schema, r.at)
		if err != nil {
			return err
		}
		if whole = all || s.doubt(r.at) != ""; whole {
			return nil
		}
		changes, whole, err = r.entries(ctx, keys)
		if !whole && err == nil {
			r.moved(s.place)
		}
		return err
	})
	return changes, whole, err
}

// entries reads what is there now of the entries that changed.
func (r *reading) entries(ctx context.Context, keys map[sqlstore.Key]bool) (changes []backend.Change, whole bool, err error) {
	c, ok, err := sqlstore.NewChanges(r.feed.codec, keys, r.broken)
	if err != nil || !ok {
		return nil, true, err
	}
	sql := "SELECT " + recordColumns + " FROM " + pgx.Identifier{r.feed.schema, "record"}.Sanitize() + " WHERE number = ANY($1::text[]) ORDER BY " + inOrder
	numbers := []byte(`{"` + strings.Join(c.Digits(), `","`) + `"}`)
	err = each(r.c.ExecParams(ctx, sql, [][]byte{numbers}, nil, nil, nil), len(notation.Columns()), func(row [][]byte) error {
		c.Add(row)
		return nil
	})
	if err != nil {
		return nil, true, fault("follow", err)
	}
	changes, ok = c.End()
	return changes, !ok, nil
}
