package backendtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// denied answers what cannot be read as of a kind.
func denied(kind backend.Kind) mutant {
	return mutant{lookup: func(m *Model, ctx context.Context, q backend.Query) (backend.Answer, error) {
		a, err := m.Lookup(ctx, q)
		if errors.Is(err, backend.ErrInvalidData) {
			return backend.Answer{Kind: kind}, nil
		}
		return a, err
	}}
}

// forgotten loses the broken entries of a kind.
func forgotten(kinds ...backend.EntryKind) func([]backend.Entry) []backend.Entry {
	return func(entries []backend.Entry) []backend.Entry {
		return slices.DeleteFunc(entries, func(e backend.Entry) bool { return e.Broken && slices.Contains(kinds, e.Kind) })
	}
}

// remembering answers what cannot be read as it was answered before.
func remembering() mutant {
	var mu sync.Mutex
	before := map[e164.Name]backend.Answer{}
	return mutant{lookup: func(m *Model, ctx context.Context, q backend.Query) (backend.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		a, err := m.Lookup(ctx, q)
		if last, ok := before[q.Name]; ok && err != nil {
			return last, nil
		}
		if err == nil {
			before[q.Name] = a
		}
		return a, err
	}}
}

// brokenMutants have defects with entries that cannot be read.
func brokenMutants() []mutantCase {
	type Q = backend.Query
	type A = backend.Answer
	return []mutantCase{
		{"a number that cannot be read is denied", "broken-number", denied(backend.Absent), nil},
		{"a number that cannot be read has no records", "broken-number", denied(backend.Empty), nil},
		{"a number that cannot be read is left out", "broken-number", mutant{}, forgotten(backend.Number)},
		{"one that cannot be read is an outage of all", "broken-number", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if slices.ContainsFunc(m.entries, func(e backend.Entry) bool { return e.Broken }) {
				return A{}, backend.ErrInvalidData
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"nothing is above what cannot be read", "broken-alone", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			readable := NewModel(slices.DeleteFunc(slices.Clone(m.entries), func(e backend.Entry) bool { return e.Broken }))
			if a, err := m.Lookup(ctx, q); err != nil {
				return a, err
			}
			return readable.Lookup(ctx, q)
		}}, nil},
		{"a block around one that cannot be read answers", "broken-block", mutant{}, forgotten(backend.Block)},
		{"a block that cannot be read hides what is in it", "broken-block", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			for i := range m.entries {
				if e := &m.entries[i]; e.Broken && contains(e, q.Name, 0, 0) {
					return A{}, backend.ErrInvalidData
				}
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"of blocks that overlap the first counts", "blocks-overlap", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.block(q.Name); e != nil && !e.Broken && m.exact(q.Name) == nil && m.cut(q.Name) == nil {
				return existing(e), nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"blocks that overlap are lost as a whole", "blocks-overlap", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.block(q.Name); e != nil && m.exact(q.Name) == nil && m.cut(q.Name) == nil && slices.ContainsFunc(m.entries, func(o backend.Entry) bool {
				return o.Kind == backend.Block && o.Name == e.Name && o.Min <= e.Max && e.Min <= o.Max && !sameEntry(&o, e)
			}) {
				return A{}, backend.ErrInvalidData
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a block that cannot be read counts by its first digits", "broken-block-inside", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			for i := range m.entries {
				if e := &m.entries[i]; e.Broken && contains(e, q.Name, 0, 0) && m.exact(q.Name) == nil {
					return A{}, backend.ErrInvalidData
				}
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a delegation that cannot be read is left out", "broken-delegation", mutant{}, forgotten(backend.Delegation)},
		{"below a delegation that cannot be read nothing exists", "broken-delegation", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			if e := m.cut(q.Name); e != nil && e.Broken && e.Name != q.Name {
				return A{Kind: backend.Absent}, nil
			}
			return a, err
		}}, nil},
		{"the last good data of an entry stays", "broken-changes", remembering(), nil},
		{"what cannot be read is not listed", "broken-walk", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for e, err := range m.Walk(ctx, "") {
					if !e.Broken && !yield(e, err) {
						return
					}
				}
			}
		}}, nil},
		{"what cannot be read is listed as without records", "broken-walk", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for e, err := range m.Walk(ctx, "") {
					e.Broken = false
					if !yield(e, err) {
						return
					}
				}
			}
		}}, nil},
		{"a number that cannot be read in a block that can is of the block", "model-of-broken", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.exact(q.Name); e != nil && e.Broken && m.cut(q.Name) == nil {
				if b := m.block(q.Name); b != nil && !b.Broken {
					return existing(b), nil
				}
			}
			return m.Lookup(ctx, q)
		}}, nil},
	}
}
