package enumim

import (
	"errors"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// handOver has s, which answers for the tree now, do so until the tree's own source has data. ok is false for
// sources that are not stores.
func (t *tree) handOver(s source) (ok bool) {
	if _, tells := backend.As[backend.Stater](t.source.Backend()); !tells && t.local {
		return false
	}
	lease, ok := s.(*backend.Lease)
	if !ok {
		return false
	}
	before, ok := lease.Share()
	if !ok {
		return false
	}
	t.before.Store(before)
	log.Infof("%s: backend %s has no data for %s yet: what was served before is served until it has", t.Pos, t.Driver, t.zone)
	return true
}

// serving returns what answers for the tree with this apex now, nil for nothing.
func (g *generation) serving(zone string) source {
	for _, b := range g.blocks {
		for _, t := range b.trees {
			if t.zone == zone {
				return t.serving()
			}
		}
	}
	return nil
}

// serving returns what answers for the tree now, nil for nothing.
func (t *tree) serving() source {
	if t.source.Ready() {
		return t.source
	}
	if before := t.before.Load(); before != nil && before.Ready() {
		return before
	}
	return nil
}

// leaveBefore gives back what answered before.
func (t *tree) leaveBefore() {
	if before := t.before.Swap(nil); before != nil {
		before.Release()
	}
}

// handedOver is lookup in a tree that was answered from elsewhere before.
func (q *query) handedOver(name e164.Name) error {
	t := q.t
	before := t.before.Load()
	if t.source.Ready() {
		t.leaveBefore()
		before = nil
	}
	if before != nil {
		err := before.Lookup(q.ctx, backend.Query{Apex: t.zone, Name: name}, &q.data)
		if !errors.Is(err, backend.ErrClosed) {
			return err
		}
	}
	return t.source.Lookup(q.ctx, backend.Query{Apex: t.zone, Name: name}, &q.data)
}

// ready reports whether all trees of the block can be answered for.
func (b *block) ready() bool {
	ready := b.source.Ready()
	for _, t := range b.trees {
		if ready {
			t.leaveBefore()
		} else if t.serving() == nil {
			return false
		}
	}
	return ready || len(b.trees) > 0
}
