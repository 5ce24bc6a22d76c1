package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// The pause before a feed that failed is started again doubles up to the longest; a complete tree
// makes it the least again. Half of it is random, so that many servers do not ask a store that comes
// back all at once.
const (
	leastPause = time.Second
	mostPause  = time.Minute
)

// Mirror keeps what feed delivers in a Table and returns that as a backend, with all the
// capabilities of a Table. The feed runs in one goroutine until Close, which waits for it; ctx gives
// its values, not its end. A feed that returns or panics is started again after a pause.
//
// source names the store in events, without secrets. observe, which may be nil, is told when a tree
// was loaded or refused, and when the feed cannot go on and delivers again; it is called from the
// feed's goroutine and must not block for long.
func Mirror(ctx context.Context, feed backend.Feed, opts Options, source string, observe func(backend.Event)) backend.Backend {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &mirror{Table: New(opts), source: source, observe: observe, cancel: cancel, done: make(chan struct{})}
	go m.run(ctx, feed)
	return m
}

type mirror struct {
	*Table
	source  string
	observe func(backend.Event)
	cancel  context.CancelFunc
	done    chan struct{}
	once    sync.Once

	// Of the feed's goroutine:
	down  bool // the feed failed and did not deliver since
	fresh bool // it delivered since it was started
}

// Close stops the feed, waits for it and closes the table.
func (m *mirror) Close() error {
	m.once.Do(func() {
		m.cancel()
		<-m.done
		_ = m.Table.Close() // never fails
	})
	return nil
}

func (m *mirror) run(ctx context.Context, feed backend.Feed) {
	defer close(m.done)
	pause := leastPause
	for ctx.Err() == nil {
		m.fresh = false
		err := m.runOnce(ctx, feed)
		if ctx.Err() != nil {
			return
		}
		if m.fresh {
			pause = leastPause
		}
		if !m.down {
			m.down = true
			m.tell(backend.Event{Kind: backend.Unavailable, Err: err})
		}
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, mostPause)
	}
}

// runOnce runs the feed until it ends and turns a panic into an error: no handle stands above it.
func (m *mirror) runOnce(ctx context.Context, feed backend.Feed) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: feed: %T", backend.ErrPanic, r)
		}
	}()
	if err = feed.Run(ctx, (*mirrorSink)(m)); err == nil {
		err = fmt.Errorf("%w: the feed ended", backend.ErrUnavailable)
	}
	return err
}

func (m *mirror) tell(e backend.Event) {
	if m.observe == nil {
		return
	}
	e.Source = m.source
	m.observe(e)
}

// mirrorSink is the table as the feed sees it.
type mirrorSink mirror

func (s *mirrorSink) Replace(entries iter.Seq2[backend.Entry, error]) error {
	m := (*mirror)(s)
	start := m.opts.Now()
	var broken error // of the feed, not of what it delivered
	err := m.Table.Replace(func(yield func(backend.Entry, error) bool) {
		for e, err := range entries {
			if err != nil {
				broken = err
			}
			if !yield(e, err) {
				return
			}
		}
	})
	switch {
	case err == nil:
		m.delivered()
		serial, _ := m.Serial(context.Background(), "")
		m.tell(backend.Event{Kind: backend.Loaded, Entries: m.Len(), Serial: serial, Took: m.opts.Now().Sub(start)})
	case broken == nil || !errors.Is(err, broken):
		m.tell(backend.Event{Kind: backend.Refused, Err: err})
	}
	return err
}

func (s *mirrorSink) Apply(changes []backend.Change) error {
	m := (*mirror)(s)
	err := m.Table.Apply(changes)
	if err != nil {
		m.tell(backend.Event{Kind: backend.Refused, Err: err})
		return err
	}
	m.delivered()
	return nil
}

// delivered notes that the feed works.
func (m *mirror) delivered() {
	m.fresh = true
	if m.down {
		m.down = false
		m.tell(backend.Event{Kind: backend.Recovered})
	}
}
