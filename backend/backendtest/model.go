package backendtest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/enumim/enumim/backend"
)

// RR types that the model and the rules know (RFC 1035, RFC 4034, RFC 6672).
const (
	typeNS    = 2
	typeTXT   = 16
	typeAAAA  = 28
	typeDNAME = 39
	typeDS    = 43
)

// Model is the reference that other backends are compared with: one tree as a list of entries, and
// for each question a walk through all of them, written to be obvious and not to be fast. It has the
// capabilities Local, Walker, Serialer and Watcher, and is safe for concurrent use. What it returns
// is never changed.
//
// Blocks and wildcards do not stand in one tree: numbers files have the former, zones the latter.
type Model struct {
	mu      sync.RWMutex
	entries []backend.Entry
	serial  uint32
	closed  bool
	watch   map[chan struct{}]bool
}

// NewModel returns a Model of the entries. Of two with the same kind, name and lengths the later
// counts.
func NewModel(entries []backend.Entry) *Model {
	m := &Model{watch: make(map[chan struct{}]bool)}
	for _, e := range entries {
		m.put(e)
	}
	return m
}

// Local marks the model as one that never waits.
func (m *Model) Local() {}

// Close makes all later look-ups return ErrClosed.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Apply makes the changes together, as one generation.
func (m *Model) Apply(changes []backend.Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if c.Delete {
			m.remove(normal(c.Entry))
		} else {
			m.put(c.Entry)
		}
	}
	m.serial++
	for wake := range m.watch {
		select {
		case wake <- struct{}{}:
		default: // one is waiting to be seen
		}
	}
}

// normal returns the entry with a number named "*" turned into the wildcard that it is.
func normal(e backend.Entry) backend.Entry {
	if e.Kind == backend.Number && e.Name.IsWildcard() {
		e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
	}
	return e
}

func (m *Model) put(e backend.Entry) {
	e = normal(e)
	m.remove(e)
	m.entries = append(m.entries, clone(e))
}

func (m *Model) remove(e backend.Entry) {
	m.entries = slices.DeleteFunc(m.entries, func(o backend.Entry) bool { return sameEntry(&o, &e) })
}

// sameEntry reports whether the one takes the place of the other (backend.Change).
func sameEntry(a, b *backend.Entry) bool {
	return a.Kind == b.Kind && a.Name == b.Name && (a.Kind != backend.Block || a.Min == b.Min && a.Max == b.Max)
}

// clone returns an entry that shares no slice with e.
func clone(e backend.Entry) backend.Entry {
	e.Records = slices.Clone(e.Records)
	e.Sets = cloneSets(e.Sets)
	e.Glue = slices.Clone(e.Glue)
	for i := range e.Glue {
		e.Glue[i].Sets = cloneSets(e.Glue[i].Sets)
	}
	return e
}

func cloneSets(sets []backend.RRset) []backend.RRset {
	sets = slices.Clone(sets)
	for i := range sets {
		sets[i].Data = slices.Clone(sets[i].Data)
	}
	return sets
}

// Walk lists the entries, ascending by name. The apex does not matter.
func (m *Model) Walk(ctx context.Context, _ string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		m.mu.RLock()
		closed, entries := m.closed, slices.Clone(m.entries)
		m.mu.RUnlock()
		if closed {
			yield(backend.Entry{}, backend.ErrClosed)
			return
		}
		slices.SortFunc(entries, compareEntries)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(backend.Entry{}, err)
				return
			}
			if !yield(clone(e), nil) {
				return
			}
		}
	}
}

// Trace lists the entries at a name and above it. The apex does not matter.
func (m *Model) Trace(ctx context.Context, q backend.Query) ([]backend.Entry, error) {
	var entries []backend.Entry
	for e, err := range m.Walk(ctx, q.Apex) {
		if err != nil {
			return nil, err
		}
		if q.Name.Under(e.Name) {
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b backend.Entry) int { return a.Name.Depth() - b.Name.Depth() })
	return entries, nil
}

// compareEntries orders entries by number, then by labels, and those of one name by kind and length.
func compareEntries(a, b backend.Entry) int {
	if c := a.Name.Number.Compare(b.Name.Number); c != 0 {
		return c
	}
	if c := a.Name.Depth() - b.Name.Depth(); c != 0 {
		return c
	}
	if c := strings.Compare(a.Name.Labels, b.Name.Labels); c != 0 {
		return c
	}
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	return (a.Min-b.Min)*100 + a.Max - b.Max
}

// Serial returns how often the model was changed.
func (m *Model) Serial(context.Context, string) (uint32, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return 0, backend.ErrClosed
	}
	return m.serial, nil
}

// Watch calls changed after changes until ctx ends, and returns its error.
func (m *Model) Watch(ctx context.Context, changed func()) error {
	wake := make(chan struct{}, 1)
	m.mu.Lock()
	m.watch[wake] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.watch, wake)
		m.mu.Unlock()
	}()
	for {
		select {
		case <-wake:
			changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
