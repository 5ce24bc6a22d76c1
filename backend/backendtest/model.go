package backendtest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
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

// Lookup answers by design.md section 3, with ErrInvalidData where a broken entry decides, and, for wildcards and DNAME, by RFC 4592 and RFC 6672.
// The apex of q does not matter.
func (m *Model) Lookup(_ context.Context, q backend.Query) (backend.Answer, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return backend.Answer{}, backend.ErrClosed
	}
	if e := m.decider(q.Name); e != nil && (e.Broken || m.contradicted(q.Name, e)) {
		return backend.Answer{}, backend.ErrInvalidData
	}
	if e := m.cut(q.Name); e != nil {
		if e.Kind == backend.Delegation {
			a := answer(backend.Delegated, e)
			a.Owner = e.Name
			return a, nil
		}
		a := answer(backend.Renamed, e)
		a.Owner, a.Rules = e.Name, nil
		a.Sets = slices.DeleteFunc(a.Sets, func(s backend.RRset) bool { return s.Type != typeDNAME })
		return a, nil
	}
	if e := m.exact(q.Name); e != nil {
		return existing(e), nil
	}
	if e := m.block(q.Name); e != nil {
		return existing(e), nil
	}
	if q.Name == (e164.Name{}) || m.anythingBelow(q.Name) {
		return backend.Answer{Kind: backend.Descendants}, nil
	}
	encloser := q.Name.Parent()
	for encloser != encloser.Parent() && m.exact(encloser) == nil && !m.anythingBelow(encloser) {
		encloser = encloser.Parent()
	}
	source := encloser.Wildcard()
	if e := m.exact(source); e != nil {
		a := existing(e)
		if a.Kind == backend.Found {
			a.Owner = source
		}
		return a, nil
	}
	if m.anythingBelow(source) { // an empty non-terminal: RFC 4592 section 4.9
		return backend.Answer{Kind: backend.Empty}, nil
	}
	return backend.Answer{Kind: backend.Absent}, nil
}

// decider returns the entry that decides about the name: nil where none does, or a wildcard.
func (m *Model) decider(name e164.Name) *backend.Entry {
	for _, decides := range []func(e164.Name) *backend.Entry{m.cut, m.exact, m.block} {
		if e := decides(name); e != nil {
			return e
		}
	}
	return nil
}

// cut returns the delegation at or above the name, or the DNAME above it, that is nearest to the
// apex.
func (m *Model) cut(name e164.Name) *backend.Entry {
	var nearest *backend.Entry
	for i := range m.entries {
		e := &m.entries[i]
		covers := e.Kind == backend.Delegation && name.Under(e.Name) ||
			e.Kind == backend.Rename && name.Under(e.Name) && name != e.Name
		if covers && (nearest == nil || e.Name.Depth() < nearest.Name.Depth()) {
			nearest = e
		}
	}
	return nearest
}

// exact returns the entry that stands at the name.
func (m *Model) exact(name e164.Name) *backend.Entry {
	for i := range m.entries {
		e := &m.entries[i]
		if e.Kind != backend.Block && owner(e) == name {
			return e
		}
	}
	return nil
}

// owner returns the name in the tree that an entry other than a block stands at.
func owner(e *backend.Entry) e164.Name {
	if e.Kind == backend.Wildcard {
		return e.Name.Wildcard()
	}
	return e.Name
}

// block returns the block with the longest prefix that contains the number.
func (m *Model) block(name e164.Name) *backend.Entry {
	var longest *backend.Entry
	for i := range m.entries {
		e := &m.entries[i]
		l := name.Number.Len()
		contains := e.Kind == backend.Block && name.IsNumber() && name.Number.HasPrefix(e.Name.Number) && e.Min <= l && l <= e.Max
		if contains && (longest == nil || e.Name.Number.Len() > longest.Name.Number.Len()) {
			longest = e
		}
	}
	return longest
}

// contradicted reports whether e is a block that decides about the number, and another one of the same digits would,
// too: nothing tells which is meant. That concerns the lengths that they have in common, and no others.
func (m *Model) contradicted(name e164.Name, e *backend.Entry) bool {
	l := name.Number.Len()
	return e.Kind == backend.Block && slices.ContainsFunc(m.entries, func(o backend.Entry) bool {
		return o.Kind == backend.Block && o.Name == e.Name && o.Min <= l && l <= o.Max && !sameEntry(&o, e)
	})
}

// anythingBelow reports whether anything stands below the name, itself not counted.
func (m *Model) anythingBelow(name e164.Name) bool {
	for i := range m.entries {
		e := &m.entries[i]
		if e.Kind != backend.Block {
			if o := owner(e); o != name && o.Under(name) {
				return true
			}
			continue
		}
		related := e.Name.Number.HasPrefix(name.Number) || name.Number.HasPrefix(e.Name.Number)
		if name.IsNumber() && related && name.Number.Len() < e.Max {
			return true
		}
	}
	return false
}

// existing is the answer for a name that the entry stands for.
func existing(e *backend.Entry) backend.Answer {
	if len(e.Records) == 0 && len(e.Sets) == 0 {
		return backend.Answer{Kind: backend.Empty}
	}
	return answer(backend.Found, e)
}

func answer(kind backend.Kind, e *backend.Entry) backend.Answer {
	c := clone(*e)
	a := backend.Answer{Kind: kind, Form: backend.Stored, TTL: c.TTL, Sets: c.Sets}
	if kind == backend.Delegated {
		a.Glue = c.Glue
	}
	for _, r := range c.Records {
		a.Rules = append(a.Rules, naptr.NewRule(r))
	}
	return a
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
