package bolt

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// store is the backend. A look-up reads the file itself: gathering several into one would make each wait and save
// nothing, since there is no way to a server that they could share.
type store struct {
	backend.Backend
	server   *server
	dialPlan bool // as it is configured
}

func newStore(path string, dialPlan bool, observe func(backend.Event)) *store {
	if observe == nil {
		observe = func(backend.Event) {}
	}
	s := &store{dialPlan: dialPlan}
	s.server = shared.open(path, s, observe)
	s.Backend = backend.Numbers(s.lookup, func() error { return shared.close(s.server, s) })
	return s
}

// acquire returns the snapshot that is current, which stands until drop.
func (s *store) acquire() (*snapshot, error) {
	now := s.server.acquire()
	if now == nil {
		return nil, s.server.absent()
	}
	if err := now.head.fits(s.dialPlan); err != nil {
		now.drop()
		return nil, err
	}
	return now, nil
}

// loaded returns the event that tells of a snapshot: that it is refused, where its numbers are others.
func (s *store) loaded(now *snapshot, path string, took time.Duration) backend.Event {
	if err := now.head.fits(s.dialPlan); err != nil {
		return backend.Event{Kind: backend.Refused, Source: path, Err: err}
	}
	return backend.Event{Kind: backend.Loaded, Source: path, Entries: now.head.entries(), Serial: now.head.serial, Took: took}
}

func (s *store) lookup(ctx context.Context, n e164.Number) (backend.Answer, error) {
	if err := ctx.Err(); err != nil {
		return backend.Answer{}, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	now, err := s.acquire()
	if err != nil {
		return backend.Answer{}, err
	}
	defer now.drop()
	var h backend.Holding
	err = guarded(func() (err error) {
		h, err = now.find(n)
		return err
	})
	if err != nil {
		return backend.Answer{}, err
	}
	return backend.Decide(n, &h)
}

// Check implements backend.Checker.
func (s *store) Check(ctx context.Context) error {
	_, err := s.Serial(ctx, "")
	return err
}

// Serial implements backend.Serialer.
func (s *store) Serial(context.Context, string) (uint32, error) {
	now, err := s.acquire()
	if err != nil {
		return 0, err
	}
	defer now.drop()
	return now.head.serial, nil
}

// State implements backend.Stater. The file is this process's alone: what is served is what it holds.
func (s *store) State() backend.State {
	state := backend.State{Source: s.server.path, Entries: -1, Broken: -1}
	if now, err := s.acquire(); err == nil {
		defer now.drop()
		state.Entries, state.Serial, state.Current, state.Up = now.head.entries(), now.head.serial, time.Now(), true
	}
	return state
}

// Walk implements backend.Walker. It holds on to the data as it was when it began, for half an hour at most.
func (s *store) Walk(ctx context.Context, apex string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		a, err := e164.ParseApex(apex)
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		now, err := s.acquire()
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		defer now.drop()
		now.walk(ctx, a.Prefix())(yield)
	}
}
