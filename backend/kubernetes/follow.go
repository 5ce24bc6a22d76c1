package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

const (
	// beatEvery is how often the API server is asked for a sign of life and for its newest revision.
	beatEvery = backend.FreshEvery
	// mostEvents is how many events are gathered into one change.
	mostEvents = 10_000
)

// watching is a connection by which the resources are followed.
type watching struct {
	*feed
	conn       *conn
	scopes     []scope
	namespaces []string
	worked     bool

	heard   chan event
	beats   chan beat
	waiting []event   // that are not applied yet
	again   time.Time // since when everything is to be read again
	beatsOn int       // the scope that is asked next

	deniedOnce sync.Once
}

// beat is the answer to the question for the newest revision.
type beat struct {
	least, at uint64 // least is what it was before at least
	err       error
}

// follow watches everything from what is known on, until something fails.
func (w *watching) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var owned sync.WaitGroup
	defer owned.Wait()
	defer cancel()
	w.heard, w.beats, w.waiting, w.again = make(chan event, 64), make(chan beat, 1), nil, time.Time{}
	for i, s := range w.scopes {
		owned.Go(func() { w.conn.watch(ctx, s, i, w.from[i], w.heard) })
	}
	if w.statuses != nil {
		owned.Go(func() { w.statuses.write(ctx, w.conn, w.denied) })
	}
	next := time.NewTimer(0)
	defer next.Stop()
	proof := time.NewTimer(time.Hour)
	defer proof.Stop()
	var proving bool
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
			if time.Now().After(w.resync) {
				w.readAgain()
			}
			s, least := w.scopes[w.beatsOn%len(w.scopes)], w.newest
			w.beatsOn++
			owned.Go(func() {
				at, err := w.conn.now(ctx, s)
				w.beats <- beat{least, at, err}
			})
		case b := <-w.beats:
			if err := w.lives(b); err != nil {
				return err
			}
			next.Reset(beatEvery)
		case e := <-w.heard:
			if err := w.hear(e); err != nil {
				return err
			}
			if !proving {
				wait := time.Duration(0)
				if proving = slices.ContainsFunc(w.waiting, event.deletes); proving {
					wait = w.proof / proofs
				}
				proof.Reset(wait)
			}
		case <-proof.C:
			n := w.settled()
			if proving {
				if err := w.stays(ctx, n); err != nil {
					return err
				}
			}
			if err := w.apply(n); err != nil {
				return err
			}
			if proving = len(w.waiting) > 0; proving {
				proof.Reset(w.proof / proofs)
			}
		}
		if w.isDue() {
			return errAgain
		}
	}
}

// lives takes the answer to a beat.
func (w *watching) lives(b beat) error {
	switch {
	case b.err != nil:
		return b.err
	case b.at < b.least:
		return w.hold(errOlder)
	}
	w.newest = max(w.newest, b.at)
	if !w.again.IsZero() {
		return nil
	}
	if err := w.sink.Apply(nil); err != nil { // a new run has to bring everything first
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	w.worked = true
	return nil
}

// hear gathers an event, and those that are there already.
func (w *watching) hear(e event) error {
	for {
		switch {
		case e.err != nil:
			return e.err
		case e.Type != ended:
			e.heard = time.Now()
			w.waiting = append(w.waiting, e)
		case slices.ContainsFunc(w.waiting, func(o event) bool { return o.scope == e.scope && o.deletes() }):
			return errAgain // the definition may be another one now
		}
		if len(w.waiting) >= mostEvents {
			return nil
		}
		select {
		case e = <-w.heard:
		default:
			return nil
		}
	}
}

// apply publishes the first n of what waits, together. Where everything is to be read again they count all the same: what
// was deleted is not missing then.
func (w *watching) apply(n int) error {
	st := cmp.Or(w.state, w.before)
	w.forget() // until the change has come to be: else the same events would come again
	var changes []backend.Change
	for i := range w.waiting[:n] {
		e := &w.waiting[i]
		if e.Type != bookmark {
			var err error
			switch changes, err = w.change(st, changes, e); {
			case errors.Is(err, errAgain):
				w.readAgain()
			case err != nil:
				return err
			}
		}
		w.from[e.scope] = e.revision
		w.newest = max(w.newest, e.revision)
	}
	w.waiting = slices.Clone(w.waiting[n:])
	if w.again.IsZero() && len(changes) > 0 && w.sink.Apply(changes) != nil {
		w.readAgain() // only a tree is taken now
	}
	if !w.again.IsZero() {
		return nil
	}
	w.state, w.before = st, nil
	w.notes.report(w.tell)
	return nil
}

// change appends what an event changes. errAgain is for what only all objects can tell: what an older one hid is to be seen.
func (w *watching) change(st *state, changes []backend.Change, e *event) ([]backend.Change, error) {
	s := w.scopes[e.scope]
	r, known, err := s.record(&w.Codec, &e.object)
	if errors.Is(err, errOdd) {
		return nil, err
	}
	r.address, r.scope = w.addressOf(&e.object), uint8(e.scope)
	was, had := st.objects[r.id]
	switch {
	case e.Type == deleted && had:
		st.remove(r.id)
		if was.shown {
			changes = append(changes, backend.Change{Entry: was.slot(), Delete: true})
		}
		if len(st.decide(was.number)) > 0 {
			return nil, errAgain
		}
		return changes, nil
	case e.Type == deleted:
		return changes, nil
	case !known && had, known && had && !was.sameSlot(r.held):
		st.remove(r.id)
		return nil, errAgain // an object stays what it is, by the rules of its definition: they were other ones
	case errors.Is(err, errUnread):
		w.notes.unreadable(placeOf(s.kind, &e.object.Metadata))
		return changes, nil
	case !known:
		return changes, nil
	case had:
		r.shown = was.shown
		st.objects[r.id] = r.held
		if was.generation != r.generation {
			w.judge(&r, r.shown)
		}
		if was.shown && (was.generation != r.generation || r.generation == 0) {
			changes = append(changes, backend.Change{Entry: w.entryOf(&r)})
		}
		return changes, nil
	}
	st.add(r.id, r.held)
	changed := st.decide(r.number)
	w.judge(&r, st.objects[r.id].shown)
	switch {
	case len(changed) == 0:
		w.notes.hid(r.place)
		return changes, nil
	case len(changed) > 1 || changed[0] != r.id:
		return nil, errAgain // it is older than what is served
	}
	return append(changes, backend.Change{Entry: w.entryOf(&r)}), nil
}
