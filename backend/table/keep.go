package table

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// Keeper keeps the last good data of a Mirror, for a start without the store.
type Keeper interface {
	// Load returns what was saved last and when that was current; nil entries and no error where nothing was. The
	// entries are ranged over once, perhaps not to their end. They end with an error unless they are whole, so
	// that none is used. It wraps backend.ErrInvalidData for what is damaged or of another store.
	Load() (entries iter.Seq2[backend.Entry, error], current time.Time, err error)
	// Save keeps the entries, which were current at a time, instead of what was kept.
	Save(entries iter.Seq2[backend.Entry, error], current time.Time) error
}

// keepEvery is how long after one save the next one is at the least. Data that does not change is saved again
// when a part of the bound of stale data is over (keepShare), so that a start knows that it was current.
const (
	keepEvery = 30 * time.Second
	keepShare = 4
)

// keepPatience is how long a Keeper may take to open what it has, and to save it when the mirror is closed.
const keepPatience = 30 * time.Second

// mostAhead is how far the time of saved data may lie in the future before it is not believed.
const mostAhead = 5 * time.Minute

// keep saves what a mirror holds, in a goroutine of its own, so that no change waits.
type keep struct {
	m      *mirror
	keeper Keeper
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	mu    sync.Mutex
	data  bool      // there is data that was not saved
	saved time.Time // when the saved data was current

	failed bool // of the goroutine: that saving fails was told
}

func newKeep(m *mirror, keeper Keeper) *keep {
	k := &keep{m: m, keeper: keeper, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go k.run()
	return k
}

// load has the mirror begin with what is kept. Data that is too old, or of the future, is not served: what the feed
// delivers is held against it.
func (k *keep) load(ctx context.Context) {
	m := k.m
	start := time.Now()
	entries, current, err := k.open(ctx)
	if err == nil && entries == nil || ctx.Err() != nil {
		return
	}
	age := start.Sub(current.Round(0)) // by the wall clock: no other goes on from one start to the next
	if err == nil {
		m.aged.Store(expired) // until its age is known
		err = k.guarded(func() error { return m.Table.Replace(entries) })
	}
	switch {
	case err != nil:
	case age < -mostAhead:
		age = m.o.Stale
		err = fmt.Errorf("%w: the saved data is of the future: is the clock right?", backend.ErrInvalidData)
	case age >= m.o.Stale:
		err = fmt.Errorf("%w: the saved data is %v old, and %v are allowed", backend.ErrStale, age.Round(time.Second), m.o.Stale)
	}
	m.telling.Lock()
	defer m.telling.Unlock()
	if m.Table.Check(ctx) == nil {
		m.mu.Lock()
		// It is stale whatever its age: nobody has said that the store still has it.
		m.since(start.Add(-max(age, m.o.Fresh)))
		m.mu.Unlock()
	}
	if err != nil {
		m.tell(backend.Event{Kind: backend.Refused, Err: fmt.Errorf("snapshot: %w", err)})
		return
	}
	serial, _ := m.Table.Serial(context.Background(), "")
	m.tell(backend.Event{Kind: backend.Loaded, Entries: m.Len(), Serial: serial, Took: time.Since(start), Age: max(age, 1)})
}

// open has the Keeper open what it has. One that hangs keeps nobody waiting for long.
func (k *keep) open(ctx context.Context) (entries iter.Seq2[backend.Entry, error], current time.Time, err error) {
	done, gone := make(chan struct{}), make(chan struct{})
	var list iter.Seq2[backend.Entry, error]
	var at time.Time
	var failed error
	go func() {
		failed = k.guarded(func() (err error) {
			list, at, err = k.keeper.Load()
			return err
		})
		select {
		case done <- struct{}{}:
		case <-gone:
			if failed == nil && list != nil {
				release(list)
			}
		}
	}()
	timer := time.NewTimer(keepPatience)
	defer timer.Stop()
	select {
	case <-done:
		return list, at, failed
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = fmt.Errorf("%w: it cannot be opened for %v", backend.ErrUnavailable, keepPatience)
	}
	close(gone)
	return nil, time.Time{}, err
}

// guarded calls f and turns a panic into an error: no handle stands above the mirror's goroutines.
func (k *keep) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: snapshot: %T", backend.ErrPanic, r)
		}
	}()
	return f()
}

// release lets go of what entries are read from.
func release(entries iter.Seq2[backend.Entry, error]) {
	entries(func(backend.Entry, error) bool { return false })
}

// due notes that data is current, and with data that it has changed.
func (k *keep) due(data bool) {
	k.mu.Lock()
	k.data = k.data || data || time.Since(k.saved) >= k.m.o.Stale/keepShare
	wake := k.data
	k.mu.Unlock()
	if wake {
		select {
		case k.wake <- struct{}{}:
		default:
		}
	}
}

func (k *keep) run() {
	defer close(k.done)
	for {
		select {
		case <-k.stop:
			k.save()
			return
		case <-k.wake:
		}
		k.save()
		timer := time.NewTimer(keepEvery)
		select {
		case <-k.stop:
			timer.Stop()
			k.save()
			return
		case <-timer.C:
		}
	}
}

// save saves what was not saved.
func (k *keep) save() {
	k.mu.Lock()
	data := k.data
	k.data = false
	k.mu.Unlock()
	if !data {
		return
	}
	m := k.m
	m.mu.Lock()
	current := m.currentAt()
	m.mu.Unlock()
	err := k.guarded(func() error { return k.keeper.Save(m.Table.Walk(context.Background(), ""), current) })
	k.mu.Lock()
	k.saved = current
	k.data = k.data || err != nil
	k.mu.Unlock()
	told := k.failed
	if k.failed = err != nil; k.failed && !told {
		m.telling.Lock()
		m.tell(backend.Event{Kind: backend.Finding, Rule: "snapshot", Text: fmt.Sprintf("the last good data cannot be saved: %v", err), Count: 1})
		m.telling.Unlock()
	}
}

// close saves what was not saved, and ends. It does not wait for long for a Keeper that hangs.
func (k *keep) close() {
	close(k.stop)
	timer := time.NewTimer(keepPatience)
	defer timer.Stop()
	select {
	case <-k.done:
	case <-timer.C:
	}
}
