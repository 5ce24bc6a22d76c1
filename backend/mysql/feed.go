package mysql

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// feed follows the reference schema.
type feed struct {
	dialer *dialer
	every  time.Duration // between two polls
	codec  *notation.Codec
	note   *notes
}

const (
	// pollEvery is how often changes are looked for: nothing tells of them.
	pollEvery = 900 * time.Millisecond
	// pollPatience is how long a server may take to say what changed.
	pollPatience = 10 * time.Second
	// readPatience is how long it may take to send the first rows of a tree, which it has to sort, or the next.
	readPatience = time.Minute
	// refusedPause is the least time between two readings of a tree that is refused.
	refusedPause = 10 * time.Second
)

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	s, err := f.dialer.connect(ctx, false)
	if err != nil {
		return ended(ctx, err)
	}
	defer s.hangUp()
	return ended(ctx, f.follow(ctx, s, sink))
}

// ended returns the error of a context that ended instead of what it led to.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (f *feed) follow(ctx context.Context, s *session, sink backend.Sink) error {
	r := &reading{feed: f, s: s, sink: sink}
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.everything(ctx); err != nil {
		return err
	}
	for {
		pause := time.NewTimer(f.every)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
		if err := r.poll(ctx); err != nil {
			return err
		}
	}
}

// reading is a connection that follows.
type reading struct {
	feed   *feed
	s      *session
	state  statement // of look
	sink   backend.Sink
	at     place
	broken map[e164.Number]bool // where entries are that cannot be read
	// refused is when the tree was read and refused since it lost too much; zero when it was taken. It is not read
	// again until it changes, and what is served instead is not current.
	refused time.Time
}

func (r *reading) open(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	r.state, err = r.s.prepare(ctx, lookSQL)
	return fault("prepare", err)
}

// poll brings what changed. An own snapshot for a change is taken only where there is one.
func (r *reading) poll(ctx context.Context) error {
	polling, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	s, err := look(polling, r.s, r.state, r.at)
	switch {
	case err != nil:
		return err
	case !r.refused.IsZero():
		if (s.changed || s.doubt(r.at) != "") && time.Since(r.refused) >= refusedPause {
			return r.everything(ctx)
		}
		return nil
	case s.doubt(r.at) != "":
		return r.everything(ctx)
	case !s.changed:
		if s.readOnly {
			if now, err := current(polling, r.s); !now || err != nil {
				return err
			}
		}
		return r.sink.Apply(nil)
	}
	changes, whole, err := r.changes(polling)
	if err == nil && !whole {
		whole = r.sink.Apply(changes) != nil // what does not fit to what is there fits to a whole, or is refused with it
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
			r.at = s.place
		}
		return err
	})
	return changes, whole, err
}

// changedSQL reads the entries at some numbers.
var changedSQL = "SELECT " + quoted("r.") + " FROM " + digitsTable + " STRAIGHT_JOIN record r FORCE INDEX (record_once) ON r.`number` = " + digitsOfTable +
	" ORDER BY r.`number`, r.`kind` DESC, r.`min`, r.`max`, r.`id`"

// entries makes changes of keys. Entries that cannot be read, or could not before, need the whole: which entry a
// row that cannot be read takes the place of is not known.
func (r *reading) entries(ctx context.Context, keys map[key]bool) (changes []backend.Change, whole bool, err error) {
	numbers := map[string]bool{}
	for k := range keys {
		n, err := e164.ParseDigits(k.number)
		if err != nil && k.number != "" || r.broken[n] {
			return nil, true, nil
		}
		numbers[k.number] = true
	}
	j, err := newJoiner(r.feed.codec, notation.Columns(), func(e backend.Entry, _ bool, err error) bool {
		if whole = err != nil; whole {
			return false
		}
		changes = append(changes, backend.Change{Entry: e})
		delete(keys, keyOf(&e))
		return true
	})
	if err != nil {
		return nil, false, err
	}
	st, err := r.s.prepare(ctx, changedSQL)
	if err != nil {
		return nil, false, fault("follow", err)
	}
	err = r.s.ask(ctx, st, []any{jsonOf(slices.Sorted(maps.Keys(numbers)))}, someColumns(len(j.cells)), func(row [][]byte) error {
		if !whole {
			j.add(row)
		}
		return nil
	})
	if err == nil {
		err = r.s.safely(st.Close)
	}
	if err != nil || whole || !j.end() {
		return nil, true, fault("follow", err)
	}
	for k := range keys {
		c := backend.Change{Delete: true, Entry: backend.Entry{Min: k.min, Max: k.max}}
		c.Name.Number, _ = e164.ParseDigits(k.number)
		switch k.kind {
		case "number":
		case "block":
			c.Kind = backend.Block
		case "delegation":
			c.Kind = backend.Delegation
		default:
			return nil, true, nil
		}
		changes = append(changes, c)
	}
	return changes, whole, nil
}

func keyOf(e *backend.Entry) key {
	k := key{number: e.Name.Number.Digits(), kind: "number", min: e.Min, max: e.Max}
	switch e.Kind {
	case backend.Block:
		k.kind = "block"
	case backend.Delegation:
		k.kind = "delegation"
	}
	return k
}
