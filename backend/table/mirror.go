package table

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/enumim/enumim/backend"
)

// The pause before a feed that ended is started again doubles up to the longest; what it delivers makes it the
// least again. Half of it is random, so that many servers do not ask a store that comes back all at once. After
// data that was refused the pause is longer: it will be refused again until somebody has looked at it, and to
// read all of a store is work.
const (
	leastPause   = 100 * time.Millisecond
	mostPause    = time.Second
	refusedPause = 10 * time.Second
)

// DefaultStale is how long a Mirror serves data that is not current, if MirrorOptions say nothing.
const DefaultStale = time.Hour

// freshFor is MirrorOptions.Fresh where nothing is said: the feed may miss its time (backend.FreshEvery) twice.
const freshFor = 3 * backend.FreshEvery

// MirrorOptions are the settings of a Mirror. The zero value serves.
type MirrorOptions struct {
	Options
	// Source names the store in events and in State, without secrets.
	Source string
	// Observe, which may be nil, is told of events, one at a time, and must not block for long: data was loaded
	// or refused (the same reason once), the feed cannot go on (backend.Reason) or does not say that data is current, it delivers
	// again, the Keeper fails.
	Observe func(backend.Event)
	// Fresh is how long data is current after the feed said so; 0 stands for three times backend.FreshEvery. A
	// feed that reads all again and again says less often that data is current.
	Fresh time.Duration
	// Stale is how old data may be that is still served; 0 stands for DefaultStale.
	Stale time.Duration
	// Keeper keeps the last good data for a start without the store; nil for none.
	Keeper Keeper
}

// Mirror keeps what feed delivers in a Table and returns that as a backend, with all the capabilities of a
// Table and backend.Stater. The feed runs in one goroutine until Close, which waits for it; ctx gives its
// values, not its end. A feed that returns or panics is started again after a pause.
//
// Data is current when the feed delivered it or said so with Apply(nil). Data that was not current for MirrorOptions.Fresh
// is answered with Answer.Stale set; data that was not current for MirrorOptions.Stale is not answered any more:
// look-ups, Walk, Serial and Check return backend.ErrStale. A tree that the shrink guard refuses is not
// delivered: what is served stays and becomes stale, since the store holds something else. Somebody has to
// decide: with a ShrinkShare of 1 everything is taken.
//
// The table is lenient: entries that contradict others cost those and not the whole tree, and are told as a
// Finding. What the feed has to know of that: Apply may return an error for which it delivers all anew.
//
// The shrink guard holds what the feed delivers, trees and changes, against what is served and against what was
// served up to ten minutes ago. After what was refused, and at each start of the feed, only a tree is taken:
// Apply returns backend.ErrNotReady.
//
// With a Keeper the mirror begins with what that has, as stale data of its age; what the feed delivers first
// is held against it by the shrink guard. What is too old to be served is kept for that alone.
func Mirror(ctx context.Context, feed backend.Feed, o MirrorOptions) backend.Backend {
	if o.Stale == 0 {
		o.Stale = DefaultStale
	}
	if o.Fresh == 0 {
		o.Fresh = freshFor
	}
	o.Lenient = true
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &mirror{Table: New(o.Options), o: o, cancel: cancel, done: make(chan struct{}), asleep: asleep}
	m.window.on = true
	m.clock = time.AfterFunc(o.Stale, m.age)
	m.clock.Stop()
	if o.Keeper != nil {
		m.keep = newKeep(m, o.Keeper)
	}
	go m.run(ctx, feed)
	return m
}

var (
	_ backend.Stater  = (*mirror)(nil)
	_ backend.Filler  = (*mirror)(nil)
	_ backend.Trailer = (*mirror)(nil)
)

type mirror struct {
	*Table
	o      MirrorOptions
	keep   *keep // nil without Keeper
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
	clock  *time.Timer          // when age is due
	aged   atomic.Uint32        // an ageing: all that a look-up asks
	asleep func() time.Duration // for how long the machine was suspended since it started

	telling sync.Mutex // one event at a time; taken before mu
	mu      sync.Mutex
	current time.Time     // when data was last current, on the monotonic clock; zero for never
	slept   time.Duration // asleep() then
	down    bool          // the feed failed, or says nothing, and did not deliver since
	up      bool          // it delivered, and did not fail since
	reason  backend.Reason
	refused error // what Refused was told for and still holds
	closed  bool
	trails  []weak.Pointer[backend.Trail]

	// Of the feed's goroutine:
	fresh  bool // it delivered since it was started
	synced bool // a complete tree since then, and nothing that was refused after
	turned bool // what it delivered last was refused
	rest   bool // that was a tree
}

// Lookup implements backend.Backend.
func (m *mirror) Lookup(ctx context.Context, q backend.Query) (a backend.Answer, err error) {
	err = m.Fill(ctx, q, &a)
	return a, err
}

// Fill implements backend.Filler.
func (m *mirror) Fill(ctx context.Context, q backend.Query, a *backend.Answer) error {
	age := m.aged.Load()
	if age == fresh {
		return m.Table.Fill(ctx, q, a)
	}
	if err := m.Check(ctx); err != nil {
		return err
	}
	a.Stale = true
	return m.Table.Fill(ctx, q, a)
}

// Check implements backend.Checker: as Table has it, and backend.ErrStale for data that is too old.
func (m *mirror) Check(ctx context.Context) error {
	if err := m.Table.Check(ctx); err != nil {
		return err
	}
	if m.aged.Load() == expired {
		return errExpired
	}
	return nil
}

// Serial implements backend.Serialer.
func (m *mirror) Serial(ctx context.Context, apex string) (uint32, error) {
	if err := m.Check(ctx); err != nil {
		return 0, err
	}
	return m.Table.Serial(ctx, apex)
}

// Walk implements backend.Walker.
func (m *mirror) Walk(ctx context.Context, apex string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		if err := m.Check(ctx); err != nil {
			yield(backend.Entry{}, err)
			return
		}
		m.Table.Walk(ctx, apex)(yield)
	}
}

// State implements backend.Stater.
func (m *mirror) State() backend.State {
	s := m.Table.current.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	return backend.State{
		Source: m.o.Source, Entries: s.entries(), Broken: s.unreadable(), Serial: s.serial,
		Current: m.currentAt(), Stale: m.o.Stale, Up: m.up,
	}
}

// Close stops the feed, waits for it, has the Keeper save what it lacks, and closes the table.
func (m *mirror) Close() error {
	m.once.Do(func() {
		m.cancel()
		<-m.done
		m.mu.Lock()
		m.closed = true
		m.clock.Stop()
		m.mu.Unlock()
		if m.keep != nil {
			m.keep.close()
		}
		_ = m.Table.Close() // never fails
	})
	return nil
}

func (m *mirror) run(ctx context.Context, feed backend.Feed) {
	defer close(m.done)
	if m.keep != nil {
		m.keep.load(ctx)
	}
	pause := leastPause
	for ctx.Err() == nil {
		m.fresh, m.synced, m.turned, m.rest = false, false, false, false
		err := m.runOnce(ctx, feed)
		if ctx.Err() != nil {
			return
		}
		if m.fresh {
			pause = leastPause
		}
		m.fail(err)
		wait := pause
		if m.rest {
			wait = refusedPause
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, mostPause)
	}
}

// runOnce runs the feed until it ends and turns a panic into an error: no handle stands above it. It has a goroutine
// of its own for that, since a feed that ends its goroutine is started again as well.
func (m *mirror) runOnce(ctx context.Context, feed backend.Feed) error {
	result := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%w: the feed called runtime.Goexit", backend.ErrPanic)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%w: feed: %T", backend.ErrPanic, r)
			}
			result <- err
		}()
		if err = feed.Run(ctx, (*mirrorSink)(m)); err == nil {
			err = fmt.Errorf("%w: the feed ended", backend.ErrUnavailable)
		}
	}()
	return <-result
}
