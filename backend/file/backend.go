package file

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/table"
)

// firstWait is for how long opening waits for the first load.
const firstWait = 10 * time.Second

// served is what look-ups see: the table of each apex.
type served map[string]*table.Table

// store is the backend. Look-ups read one atomic pointer; everything that changes belongs to the
// goroutine that loads.
type store struct {
	options *options
	apexes  []string
	tables  atomic.Pointer[served]
	closed  atomic.Bool
	stop    context.CancelFunc
	done    chan struct{} // closed when the loading goroutine has ended

	mu       sync.Mutex
	watchers map[*func()]struct{}
}

// open starts a backend whose files rest for the time rest before they are read.
func open(ctx context.Context, o *options, rest time.Duration, observe func(backend.Event)) *store {
	if observe == nil {
		observe = func(backend.Event) {}
	}
	s := &store{options: o, apexes: o.apexNames(), done: make(chan struct{}), watchers: map[*func()]struct{}{}}
	s.tables.Store(&served{})
	// What ctx says of the start must not end what the backend does afterwards.
	var own context.Context
	own, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	l := newLoader(o, rest, observe, s.publish)
	first := make(chan struct{})
	go func() {
		defer close(s.done)
		l.run(own, first)
	}()
	wait := time.NewTimer(firstWait)
	defer wait.Stop()
	select {
	case <-first:
	case <-wait.C:
	case <-ctx.Done():
	}
	return s
}

// publish makes look-ups see tables, and tells the watchers.
func (s *store) publish(tables served) {
	s.tables.Store(&tables)
	s.mu.Lock()
	watchers := slices.Collect(maps.Keys(s.watchers))
	s.mu.Unlock()
	for _, changed := range watchers {
		(*changed)()
	}
}

// table returns the table that serves the apex.
func (s *store) table(apex string) (*table.Table, error) {
	if s.closed.Load() {
		return nil, backend.ErrClosed
	}
	t := (*s.tables.Load())[apex]
	if t == nil {
		return nil, backend.ErrNotReady
	}
	return t, nil
}

// Lookup implements backend.Backend.
func (s *store) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	t, err := s.table(q.Apex)
	if err != nil {
		return backend.Answer{}, err
	}
	return t.Lookup(ctx, q)
}

// Fill implements backend.Filler.
func (s *store) Fill(ctx context.Context, q backend.Query, a *backend.Answer) error {
	t, err := s.table(q.Apex)
	if err != nil {
		return err
	}
	return t.Fill(ctx, q, a)
}

// Close implements backend.Backend. It returns when nothing of the backend runs any more.
func (s *store) Close() error {
	s.closed.Store(true)
	s.stop()
	<-s.done
	return nil
}

// Local implements backend.Local.
func (s *store) Local() {}

// Walk implements backend.Walker.
func (s *store) Walk(ctx context.Context, apex string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		t, err := s.table(apex)
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		t.Walk(ctx, apex)(yield)
	}
}

// Trace implements backend.Tracer.
func (s *store) Trace(ctx context.Context, q backend.Query) ([]backend.Entry, error) {
	t, err := s.table(q.Apex)
	if err != nil {
		return nil, err
	}
	return t.Trace(ctx, q)
}

// Serial implements backend.Serialer.
func (s *store) Serial(ctx context.Context, apex string) (uint32, error) {
	t, err := s.table(apex)
	if err != nil {
		return 0, err
	}
	return t.Serial(ctx, apex)
}

// Watch implements backend.Watcher. It returns ctx.Err(), or backend.ErrClosed.
func (s *store) Watch(ctx context.Context, changed func()) error {
	s.mu.Lock()
	s.watchers[&changed] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.watchers, &changed)
		s.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return backend.ErrClosed
	}
}

// Check implements backend.Checker: every apex has data.
func (s *store) Check(context.Context) error {
	for _, apex := range s.apexes {
		if _, err := s.table(apex); err != nil {
			return fmt.Errorf("%s: %w", apex, err)
		}
	}
	return nil
}
