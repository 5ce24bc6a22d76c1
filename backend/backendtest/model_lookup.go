package backendtest

import (
	"context"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

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
