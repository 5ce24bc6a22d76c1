package enumim

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// former is what answered for a tree before a reload of the Corefile, and does so until the tree's own source takes
// over (tree.takesOver). The generation lets go of it (generation.watch), nobody else.
type former struct {
	*backend.Lease
	zone  string         // the apex that it knows the names by
	since time.Time      // when the tree's own source was acquired, or before
	was   *backend.Lease // of the tree before, where its instance is about to leave; else nil
	trail *backend.Trail // what changed in it since then; nil where it does not tell
	held  bool           // of generation.watch: that the source is held back was told
	agree time.Time      // of generation.watch: since when the source would take over if it had what changed
}

const (
	// watchEvery is how often is looked whether a source takes over.
	watchEvery = 50 * time.Millisecond
	// mostBehind is how long a source may lack what changed meanwhile. Longer than the way of a change takes: it reads its
	// store in another way, and never says the same.
	mostBehind = 10 * time.Second
)

// trails begins a trail of what answers for each tree of the other generations: before this one opens anything, so that
// what changes is on it or is read.
func (g *generation) trails() map[*tree]*backend.Trail {
	trails := make(map[*tree]*backend.Trail)
	for other := range generations {
		if other == g || !other.opened.Load() {
			continue
		}
		for _, b := range other.blocks {
			for _, t := range b.trees {
				if now, _ := t.answering(); now != nil {
					if teller, ok := backend.As[backend.Trailer](now.Backend()); ok {
						trails[t] = teller.Trail()
					}
				}
			}
		}
	}
	return trails
}

// handOver has what answers for another tree now answer for t, until the source of t takes over. leaving says that the
// instance of the other tree is about to leave.
func (t *tree) handOver(other *tree, leaving bool, trail *backend.Trail) {
	now, zone := other.answering()
	lease, ok := now.(*backend.Lease)
	if !ok || t.before.Load() != nil || same(now, t.source) {
		return
	}
	shared, ok := lease.Share()
	if !ok {
		return
	}
	f := &former{Lease: shared, zone: zone, since: t.acquired, trail: trail}
	if leaving {
		f.was, _ = other.source.(*backend.Lease)
	}
	if t.takesOver(f) && f.gone() {
		shared.Release()
		return
	}
	t.before.Store(f)
	if !t.source.Ready() {
		log.Infof("%s: backend %s has no data for %s yet: what was served before is served until it has", t.Pos, t.Driver, t.zone)
	}
}

// gone reports whether the instance before a reload has left. While both answer they answer from the same data: a client
// that asks twice would see what changed come and go.
func (f *former) gone() bool { return f.was == nil || f.was.Released() }

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

// agrees reports whether the source has what changed in f since it was acquired. What did not change it read with the rest;
// but it may have read that before a change that f has answered already. count is that of the trail.
func (t *tree) agrees(f *former) (yes bool, count uint64) {
	if _, mirrors := backend.As[backend.Trailer](t.source.Backend()); f.trail == nil || !mirrors {
		return true, 0 // it asks the store itself, or nobody knows
	}
	names, count, ok := f.trail.Names()
	if !ok {
		return true, count
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, name := range names {
		var was, is backend.Answer
		err := f.Lookup(ctx, backend.Query{Apex: f.zone, Name: name}, &was)
		if again := t.source.Lookup(ctx, backend.Query{Apex: t.zone, Name: name}, &is); err != nil || again != nil {
			if (err == nil) != (again == nil) {
				return false, count
			}
			continue
		}
		if was.Kind != is.Kind || was.Text != is.Text || !reflect.DeepEqual(was.Rules, is.Rules) || !reflect.DeepEqual(was.Sets, is.Sets) {
			return false, count
		}
	}
	return true, count
}

// leaves reports whether f has nothing to do any more: the source takes over, has what changed, and the instance before has
// left. A source that is ready and never agrees reads its store in another way.
func (t *tree) leaves(f *former) bool {
	if !t.takesOver(f) {
		f.agree = time.Time{}
		return false
	}
	if !f.Ready() {
		return true
	}
	if f.agree.IsZero() {
		f.agree = time.Now()
	}
	yes := f.gone()
	if yes {
		var count uint64
		if yes, count = t.agrees(f); yes && f.trail != nil {
			_, now, _ := f.trail.Names()
			yes = now == count // else it changed while the two were compared
		}
	}
	return yes || time.Since(f.agree) > mostBehind
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
			case f.Released() || t.leaves(f):
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

// handedOver is a look-up in a tree that was answered from elsewhere before.
func (t *tree) handedOver(ctx context.Context, f *former, name e164.Name, a *backend.Answer) error {
	err := f.Lookup(ctx, backend.Query{Apex: f.zone, Name: name}, a)
	if errors.Is(err, backend.ErrClosed) {
		return t.source.Lookup(ctx, backend.Query{Apex: t.zone, Name: name}, a)
	}
	if f.zone != t.zone {
		a.Zone = nil // that of another apex
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
