package backend

import (
	"cmp"
	"context"
	"slices"

	"github.com/enumim/enumim/e164"
)

// Trace implements Tracer: what the store holds about the number, in one round trip.
func (g *gather) Trace(ctx context.Context, q Query) ([]Entry, error) {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	holdings, err := g.find(ctx, []e164.Number{q.Name.Number})
	if err == nil {
		err = holdings[0].Err
	}
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(slices.Clone(holdings[0].Entries), func(e Entry) bool {
		return !e.Name.IsNumber() || !q.Name.Number.HasPrefix(e.Name.Number)
	})
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Name.Number, b.Name.Number), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Min, b.Min))
	})
	return entries, nil
}
