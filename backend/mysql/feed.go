package mysql

import (
	"context"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// feed follows the reference schema.
type feed struct {
	dialer *dialer
	every  time.Duration // between two polls
	codec  *notation.Codec
	note   *sqlstore.Notes
	seen   place // the last one, also of connections before
}

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	s, err := f.dialer.connect(ctx, false)
	if err != nil {
		return sqlstore.Ended(ctx, err)
	}
	defer func() { s.leave() }()
	for {
		next, err := f.follow(ctx, s, sink)
		if err != nil {
			return sqlstore.Ended(ctx, err)
		}
		s.leave()
		s = next
	}
}

// follow follows until it fails, or until the name of the server leads elsewhere: next is a connection to there.
func (f *feed) follow(ctx context.Context, s *session, sink backend.Sink) (next *session, err error) {
	r := &reading{feed: f, s: s, ask: replicaSQL, sink: sink}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if err := r.everything(ctx); err != nil {
		return nil, err
	}
	look := f.dialer.options.Until()
	for {
		if err := sqlstore.Pause(ctx, f.every); err != nil {
			return nil, err
		}
		if time.Now().After(look) {
			if next := f.dialer.elsewhere(ctx, s); next != nil {
				return next, nil
			}
			look = f.dialer.options.Until()
		}
		if err := r.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// reading is a connection that follows.
type reading struct {
	feed   *feed
	s      *session
	state  statement // of look
	ask    []string  // what is left of replicaSQL
	sink   backend.Sink
	at     place
	broken map[e164.Number]bool // where entries are that cannot be read
	// refused is when the tree was read and refused since it lost too much; zero when it was taken. It is not read
	// again until it changes, and what is served instead is not current.
	refused time.Time
}

func (r *reading) open(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	r.state, err = r.s.prepare(ctx, lookSQL)
	return fault("prepare", err)
}

// moved notes that everything up to a place was taken.
func (r *reading) moved(to place) { r.at, r.feed.seen = to, to }

// poll brings what changed. An own snapshot for a change is taken only where there is one.
func (r *reading) poll(ctx context.Context) error {
	polling, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	s, err := look(polling, r.s, r.state, r.at)
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
	}
	late, err := r.late(polling, s.readOnly)
	if err != nil {
		return err
	}
	if !s.changed {
		return r.sink.ApplyLate(nil, late)
	}
	changes, whole, err := r.changes(polling)
	if err == nil && !whole {
		whole = r.sink.ApplyLate(changes, late) != nil // what does not fit to what is there fits to a whole, or is refused with it
	}
	if err == nil && whole {
		return r.everything(ctx)
	}
	return err
}

// changes reads the entries that changed, and what is there now. whole says that all is to be read instead.
func (r *reading) changes(ctx context.Context) (changes []backend.Change, whole bool, err error) {
	err = r.s.inSnapshot(ctx, func() error {
		s, err := look(ctx, r.s, r.state, r.at)
		if err != nil {
			return err
		}
		keys, all, err := changesSince(ctx, r.s, r.at)
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

// changedSQL reads the entries at some numbers.
var changedSQL = "SELECT " + quoted("r.") + " FROM " + digitsTable + " STRAIGHT_JOIN record r FORCE INDEX (record_once) ON r.`number` = " + digitsOfTable +
	" ORDER BY r.`number`, r.`kind` DESC, r.`min`, r.`max`, r.`id`"

// entries reads what is there now of the entries that changed.
func (r *reading) entries(ctx context.Context, keys map[sqlstore.Key]bool) (changes []backend.Change, whole bool, err error) {
	c, ok, err := sqlstore.NewChanges(r.feed.codec, keys, r.broken)
	if err != nil || !ok {
		return nil, true, err
	}
	st, err := r.s.prepare(ctx, changedSQL)
	if err != nil {
		return nil, false, fault("follow", err)
	}
	err = r.s.ask(ctx, st, []any{jsonOf(c.Digits())}, someColumns(len(notation.Columns())), func(row [][]byte) error {
		c.Add(row)
		return nil
	})
	if err == nil {
		err = r.s.safely(st.Close)
	}
	if err != nil {
		return nil, true, fault("follow", err)
	}
	changes, ok = c.End()
	return changes, !ok, nil
}
