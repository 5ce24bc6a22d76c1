package enumim

import (
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// former is what answered for a tree before a reload of the Corefile, and does so until the tree's own source takes
// over (tree.takesOver). The generation lets go of it (generation.watch), nobody else.
type former struct {
	*backend.Lease
	zone  string    // the apex that it knows the names by
	since time.Time // when the tree's own source was acquired, or before
	held  bool      // of generation.watch: that the source is held back was told
}

// watchEvery is how often is looked whether a source takes over.
const watchEvery = 200 * time.Millisecond

// handOver has what answers for another tree now answer for t, until the source of t takes over.
func (t *tree) handOver(other *tree) {
	now, zone := other.answering()
	lease, ok := now.(*backend.Lease)
	if !ok || t.before.Load() != nil || same(now, t.source) {
		return
	}
	shared, ok := lease.Share()
	if !ok {
		return
	}
	f := &former{Lease: shared, zone: zone, since: t.acquired}
	if t.takesOver(f) {
		shared.Release()
		return
	}
	t.before.Store(f)
	log.Infof("%s: backend %s has no data for %s yet: what was served before is served until it has", t.Pos, t.Driver, t.zone)
}

// same reports whether two sources are the same open backend.
func same(a, b source) bool {
	one, ok := a.(*backend.Lease)
	two, also := b.(*backend.Lease)
	return ok && also && one.Shares(two)
}

// stored reports whether the block's data is that of a store, which may be away for long, and not of files.
func (b *block) stored() bool {
	_, tells := backend.As[backend.Stater](b.source.Backend())
	return tells || !b.local
}

// takesOver reports whether the source of the tree is to answer instead of f: it has data; that is not so much less
// than what f has that it looks like an accident; and it is not older. Old data is what a snapshot brings: it has
// not been heard of since the reload, and what f has is of later. Where f cannot answer any more, old data will do.
func (t *tree) takesOver(f *former) (yes bool) {
	defer func() {
		if recover() != nil { // no handle guards what a backend tells of itself
			panics.Inc()
			yes = false
		}
	}()
	return t.source.Ready() && t.stands(f) == nil && (!f.Ready() || t.current(f))
}

// stands returns why the data of the source must not take the place of that of f.
func (t *tree) stands(f *former) error {
	guarded, ok := backend.As[backend.Guarded](t.source.Backend())
	before, tells := backend.As[backend.Stater](f.Backend())
	if !ok || !tells {
		return nil
	}
	return guarded.Stands(before.State())
}

// current reports whether the data of the source is not older than that of f, which may follow what the source
// failed to follow since it loaded.
func (t *tree) current(f *former) bool {
	teller, ok := backend.As[backend.Stater](t.source.Backend())
	if !ok {
		return true
	}
	state := teller.State()
	at := state.Current
	if at.IsZero() || state.Up && !at.Before(f.since) {
		return true
	}
	before, tells := backend.As[backend.Stater](f.Backend())
	if !tells {
		return !at.Before(f.since)
	}
	return !at.Before(before.State().Current)
}

// serving returns what answers for the tree now, and by which apex that knows the names; nil for nothing.
func (t *tree) serving() (s source, zone string) {
	if f := t.before.Load(); f != nil && !t.takesOver(f) {
		if f.Ready() {
			return f.Lease, f.zone
		}
		return nil, ""
	}
	if t.source.Ready() {
		return t.source, t.zone
	}
	return nil, ""
}

// answering returns what answers for the tree at this moment: what answered before does until it is let go of.
func (t *tree) answering() (s source, zone string) {
	if f := t.before.Load(); f != nil && f.Ready() {
		return f.Lease, f.zone
	}
	return t.serving()
}

// leaveBefore gives back what answered before.
func (t *tree) leaveBefore() {
	if f := t.before.Swap(nil); f != nil {
		f.Release()
	}
}

// watch lets go of what answered before, tree by tree, until there is none left or the generation is released. It
// ends as well when caddy throws the generation away after a reload that failed, since the pool releases its leases
// then.
func (g *generation) watch() {
	if !g.look() {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.watching.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for g.look() {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// unwatch ends watch.
func (g *generation) unwatch() {
	if g.stop != nil {
		g.stop()
	}
	g.watching.Wait()
}

// look lets go of what need not answer any more, and reports whether there is something left.
func (g *generation) look() (left bool) {
	for _, b := range g.blocks {
		for _, t := range b.trees {
			f := t.before.Load()
			switch {
			case f == nil:
			case f.Released() || t.takesOver(f):
				t.leaveBefore()
			default:
				left = true
				t.tellHeld(f)
			}
		}
	}
	return left
}

// tellHeld tells, once, that the source has data which is held back.
func (t *tree) tellHeld(f *former) {
	if f.held || !t.source.Ready() {
		return
	}
	if err := t.stands(f); err != nil {
		f.held = true
		log.Errorf("%s: backend %s is held back for %s: %v; what was served before the reload still is", t.Pos, t.Driver, t.zone, err)
	}
}

// handedOver is lookup in a tree that was answered from elsewhere before.
func (q *query) handedOver(f *former, name e164.Name) error {
	err := f.Lookup(q.ctx, backend.Query{Apex: f.zone, Name: name}, &q.data)
	if errors.Is(err, backend.ErrClosed) {
		return q.t.source.Lookup(q.ctx, backend.Query{Apex: q.t.zone, Name: name}, &q.data)
	}
	if f.zone != q.t.zone {
		q.data.Zone = nil // that of another apex
	}
	return err
}

// ready reports whether all trees of the block can be answered for.
func (b *block) ready() bool {
	for _, t := range b.trees {
		if s, _ := t.serving(); s == nil {
			return false
		}
	}
	return len(b.trees) > 0 || b.source.Ready()
}
