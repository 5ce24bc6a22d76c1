package backend_test

import (
	"context"
	"sync"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/e164"
)

// memoryStore is a Store that walks through all entries for each number.
type memoryStore struct {
	model *backendtest.Model

	mu      sync.Mutex
	stall   chan struct{} // Find waits for its end; nil for not
	closed  bool
	entries []backend.Entry // of the model at serial
	serial  uint32
}

// list returns all entries.
func (s *memoryStore) list(ctx context.Context) []backend.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	serial, _ := s.model.Serial(ctx, "")
	if s.entries == nil || serial != s.serial {
		s.entries, s.serial = []backend.Entry{}, serial
		for e := range s.model.Walk(context.WithoutCancel(ctx), "") {
			s.entries = append(s.entries, e)
		}
	}
	return s.entries
}

func (s *memoryStore) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	s.mu.Lock()
	stall, closed := s.stall, s.closed
	s.mu.Unlock()
	if closed {
		return nil, backend.ErrClosed
	}
	if stall != nil {
		select {
		case <-stall:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	holdings := make([]backend.Holding, len(numbers))
	for _, e := range s.list(ctx) {
		for i, n := range numbers {
			h := &holdings[i]
			switch at := e.Name.Number; {
			case n.HasPrefix(at):
				h.Entries = append(h.Entries, e)
			case at.HasPrefix(n):
				h.Below = true
			}
		}
	}
	return holdings, ctx.Err()
}

func (s *memoryStore) Check(context.Context) (uint32, error) {
	return s.model.Serial(context.Background(), "")
}

func (s *memoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// gathered is what a Gather is made of, beside it.
type gathered struct {
	backend.Backend
	store *memoryStore
}

func (g gathered) Unwrap() backend.Backend { return g.Backend }

// TestGatherConforms: what is gathered, and what Decide makes of it, is a backend like all others; the model
// that it is compared with in random trees decides by walking through all entries.
func TestGatherConforms(t *testing.T) {
	backendtest.Run(t, backendtest.Harness{
		Broken:  true,
		Overlap: true,
		Open: func(_ testing.TB, entries []backend.Entry) backend.Backend {
			s := &memoryStore{model: backendtest.NewModel(entries)}
			return gathered{backend.Gather(s, backend.GatherOptions{Lanes: 2, Batch: 3}), s}
		},
		Update: func(_ testing.TB, b backend.Backend, changes []backend.Change) {
			b.(gathered).store.model.Apply(changes)
			if err := b.(gathered).Backend.(backend.Checker).Check(t.Context()); err != nil {
				t.Error(err)
			}
		},
		Stall: func(_ testing.TB, b backend.Backend) (resume func()) {
			s, gate := b.(gathered).store, make(chan struct{})
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stall = gate
			return func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.stall = nil
				close(gate)
			}
		},
		Skip: backendtest.NumbersOnly(),
	})
}
