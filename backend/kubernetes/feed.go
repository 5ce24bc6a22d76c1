package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/enumim/enumim/backend"
)

// resyncEvery is how often everything is read again although nothing points to a fault: the last defence against
// changes that no watch told of. A quarter of it is random.
const resyncEvery = time.Hour

// To list everything costs an API server much. After a list the feed rests for restShare times as long as it took, but not
// for long: what is served meanwhile is not known to be current, and after an outage nothing new is served.
const (
	restShare = 4
	mostRest  = 10 * time.Second
	// heldRest is the least rest after data that is not taken: somebody has to see to it. It doubles up to mostHeldRest, as
	// all servers of a cluster read everything for nothing meanwhile.
	heldRest, mostHeldRest = 10 * time.Second, 2 * time.Minute
)

// feed delivers the resources. It is for one sink, and keeps from run to run what it knows of them.
type feed struct {
	*options
	tell func(backend.Event)

	sink   backend.Sink
	client *client
	state  *state // of what the sink holds; nil when it has to be read anew
	// before is the state that was last, by which it is seen whether the API server went back, and whether something went.
	before *state
	uids   []string // of the namespaces that it is of
	from   []uint64 // the revision up to which all is known of each scope
	newest uint64   // that was seen anywhere
	resync time.Time
	rest   time.Time // until when nothing is to be listed
	notes  notes
	// statuses are to be written; nil where the option does not say so.
	statuses *statuses
	held     error     // why data is held back; told once
	anew     time.Time // since when errAnew holds it back
	refusals int       // how often in a row data was not taken
}

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	if f.sink != sink {
		*f = feed{options: f.options, tell: f.tell, sink: sink, client: &client{options: f.options}, statuses: newStatuses(f.options)}
	}
	for {
		begun := time.Now()
		worked, err := f.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !worked {
			return err
		}
		if err := sleep(ctx, time.Until(begun.Add(leastRun))); err != nil {
			return err
		}
	}
}

// scopes returns what is read, all kinds of one namespace after the other.
func (f *feed) scopes() (all []scope, namespaces []string, err error) {
	if namespaces = f.namespaces; len(namespaces) == 0 {
		own, err := f.account.namespace()
		if err != nil {
			return nil, nil, err
		}
		namespaces = []string{own}
	}
	for _, ns := range namespaces {
		for i := range resources {
			all = append(all, scope{&resources[i], ns})
		}
	}
	return all, namespaces, nil
}

// once follows the resources over one connection. worked says that data was found to be current over it.
func (f *feed) once(ctx context.Context) (worked bool, err error) {
	defer func() {
		if errors.As(err, new(gone)) {
			f.forget() // what the watches tell of the time in between would empty it at once
		}
	}()
	if f.held != nil {
		if err := sleep(ctx, time.Until(f.rest)); err != nil {
			return false, err
		}
	}
	scopes, namespaces, err := f.scopes()
	if err != nil {
		return false, err
	}
	c, err := f.client.connect(ctx)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if _, err := c.proven(ctx, namespaces); err != nil {
		return false, err
	}
	w := &watching{feed: f, conn: c, scopes: scopes, namespaces: namespaces}
	for {
		if f.state == nil || time.Now().After(f.resync) {
			if err := f.full(ctx, w); err != nil {
				return w.worked, err
			}
		}
		err := w.follow(ctx)
		if !errors.Is(err, errExpired) && !errors.Is(err, errAgain) {
			return w.worked, err
		}
		f.forget()
	}
}

// forget has everything read again.
func (f *feed) forget() {
	if f.state != nil {
		f.before, f.state = f.state, nil
	}
}

// hold tells once why data is not taken.
func (f *feed) hold(err error) error {
	if f.held == nil || f.held.Error() != err.Error() {
		f.tell(backend.Event{Kind: backend.Refused, Err: err})
	}
	f.held = err
	f.restLonger()
	return err
}

// restLonger rests after data that was not taken.
func (f *feed) restLonger() {
	f.rest = time.Now().Add(min(heldRest<<min(f.refusals, 10), mostHeldRest))
	f.refusals++
}

// full reads everything, and delivers it when that was all.
func (f *feed) full(ctx context.Context, w *watching) error {
	f.forget()
	if err := sleep(ctx, time.Until(f.rest)); err != nil {
		return err
	}
	r, lacks, err := f.readAll(ctx, w)
	if err == nil && lacks && f.refusals == 0 {
		// It may be on its way out with its definition: a while later that is known.
		if err = sleep(ctx, max(f.proof, time.Until(f.rest))); err == nil {
			r, _, err = f.readAll(ctx, w)
		}
	}
	if err == nil {
		err = f.sink.Replace(r.entries())
	}
	if err != nil {
		if errors.Is(err, backend.ErrShrunk) {
			f.restLonger()
		}
		f.notes = notes{}
		return err
	}
	f.refusals, f.anew = 0, time.Time{}
	f.state, f.before, f.uids, f.from, f.held = r.state, nil, r.uids, r.from, nil
	f.newest = max(f.newest, slices.Max(r.from))
	f.resync = time.Now().Add(resyncEvery*7/8 + rand.N(resyncEvery/4))
	f.notes.report(f.tell)
	for i := range r.records {
		f.judge(&r.records[i], f.state.objects[r.records[i].id].shown)
	}
	return nil
}

// readAll reads everything. lacks says that something is missing that is served.
func (f *feed) readAll(ctx context.Context, w *watching) (r *reading, lacks bool, err error) {
	f.notes = notes{}
	start := time.Now()
	r = &reading{feed: f, state: newState(), from: make([]uint64, len(w.scopes))}
	if err = r.read(ctx, w); err == nil {
		lacks, err = r.compare(w.scopes)
	}
	if until := time.Now().Add(restAfter(time.Since(start))); until.After(f.rest) {
		f.rest = until // after one that failed, too
	}
	return r, lacks, err
}

// restAfter is how long to rest after a list that took so long.
func restAfter(took time.Duration) time.Duration { return min(restShare*took, mostRest) }

// reading is all there is, as it was read.
type reading struct {
	*feed
	state   *state
	records []record
	uids    []string
	from    []uint64
}

func (r *reading) read(ctx context.Context, w *watching) (err error) {
	for i, s := range w.scopes {
		r.from[i], err = w.conn.list(ctx, s, func(o *object) error { return r.take(s, i, o) })
		if err != nil {
			return err
		}
		if r.from[i] < r.newest {
			return r.hold(errOlder)
		}
	}
	// That there is little, or nothing, is true only of what is there at all.
	if r.uids, err = w.conn.proven(ctx, w.namespaces); err != nil {
		return err
	}
	slices.SortFunc(r.records, func(a, b record) int { return cmp.Or(a.number.Compare(b.number), cmp.Compare(a.kind, b.kind)) })
	for n := range r.state.at {
		r.state.decide(n)
	}
	return nil
}

// take notes an object of the list of a scope.
func (r *reading) take(s scope, i int, o *object) error {
	rec, known, err := s.record(&r.Codec, o)
	if errors.Is(err, errOdd) {
		return err
	}
	if r.before != nil && r.before.objects[rec.id].revision > rec.revision {
		return r.hold(errOlder)
	}
	switch {
	case errors.Is(err, errUnread):
		r.notes.unreadable(placeOf(s.kind, &o.Metadata))
	case known:
		rec.address, rec.scope = r.addressOf(o), uint8(i)
		r.state.add(rec.id, rec.held)
		r.records = append(r.records, rec)
	}
	return nil
}

// entries yields what is served of what was read, ascending by number.
func (r *reading) entries() iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for i := range r.records {
			rec := &r.records[i]
			if !r.state.objects[rec.id].shown {
				r.notes.hid(rec.place)
				continue
			}
			if !yield(r.entryOf(rec), nil) {
				return
			}
		}
	}
}

// entryOf returns what an object says, and notes it when that cannot be read.
func (f *feed) entryOf(r *record) backend.Entry {
	e, _, err := r.resource.entry(&f.Codec, r.spec)
	if err != nil {
		f.notes.broke(r.place, err)
	}
	return e
}
