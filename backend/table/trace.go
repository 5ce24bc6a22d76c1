package table

import (
	"context"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Trace implements backend.Tracer.
func (t *Table) Trace(_ context.Context, q backend.Query) ([]backend.Entry, error) {
	s := t.current.Load()
	if s.err != nil {
		return nil, s.err
	}
	var entries []backend.Entry
	add := func(name e164.Name, key string) {
		if s.broken != nil && key == "" {
			for _, k := range s.broken.at(name.Number) {
				entries = append(entries, k.entry())
			}
		}
		nd, text := s.at(name.Number, key)
		if nd == nil {
			return
		}
		for i := range nd.parts {
			p := &nd.parts[i]
			entries = append(entries, p.entry(name, nd.textOf(p, text)))
		}
	}
	n := q.Name.Number
	for l := t.prefix(q.Apex).Len(); l <= n.Len(); l++ {
		add(e164.Name{Number: n.Prefix(l)}, "")
	}
	for _, key := range ancestors(labelKey(q.Name.Labels)) {
		add(e164.Name{Number: n, Labels: keyLabels(key)}, key)
	}
	return entries, nil
}
