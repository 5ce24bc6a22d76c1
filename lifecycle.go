package enumim

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coredns/caddy"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/backend"
)

// pool shares open backends between all server blocks, and between the old and the new instance
// while a Corefile is reloaded.
var pool backend.Pool

// openTime bounds how long opening a backend may keep CoreDNS from starting. Backends do not wait for
// their store; what can take time is the end of an old one that holds a lock.
const openTime = 30 * time.Second

// loadTime bounds how long a reload waits for the data of a zone that is served now. Caddy hears no other
// signal meanwhile, and Kubernetes kills what has not ended after 30 s.
const loadTime = 20 * time.Second

// generationKey is where the storage of a caddy.Instance holds its generation.
type generationKey struct{}

// generation is all enumim blocks of one reading of the Corefile.
//
// Three things about caddy decide its life. When a reload fails the new instance is thrown away
// without any call; so leases are pending until they are confirmed, and the old instance releases
// the pending ones. OnShutdown runs before the time that the health plugin keeps serving
// ("lameduck"), except in a reload, when the servers have stopped by then; so without a reload the
// leases are released only at OnFinalShutdown. And a reload can be reported as failed although the
// new instance serves, when a callback of the old one returned an error; so all instances that live
// are confirmed before anything pending is released.
type generation struct {
	blocks []*block
	// opened is set when all backends are open. The ready plugin listens, and asks, before that.
	opened atomic.Bool
	// restarting is set while a reload is under way. Caddy calls the hooks of an instance one after
	// the other.
	restarting bool
	// stop ends watching: what was handed over is let go of.
	stop     context.CancelFunc
	watching sync.WaitGroup
	pages    []*page
	// heir opened its pages in a reload of this one.
	heir *generation
}

// generationOf returns the generation that c belongs to; the first call for an instance makes it and
// attaches it to the instance's life.
func generationOf(c *caddy.Controller) *generation {
	if g, ok := c.Get(generationKey{}).(*generation); ok {
		return g
	}
	g := &generation{}
	c.Set(generationKey{}, g)
	c.OnStartup(g.open)
	c.OnRestart(g.restart)
	c.OnRestartFailed(g.restartFailed)
	c.OnShutdown(g.shutdown)
	c.OnFinalShutdown(g.finalShutdown)
	return g
}

// generations yields those of all instances that run.
func generations(yield func(*generation) bool) {
	for _, instance := range caddy.Instances() {
		instance.StorageMu.RLock()
		g, ok := instance.Storage[generationKey{}].(*generation)
		instance.StorageMu.RUnlock()
		if ok && !yield(g) {
			return
		}
	}
}

// open acquires the backends, before the first query and without waiting for any store.
func (g *generation) open() error {
	trails := g.trails()
	for _, b := range g.blocks {
		if b.Options.Additional != nil {
			b.finder = additional.New(*b.Options.Additional)
		}
		if !b.answers() {
			continue
		}
		if err := b.open(); err != nil {
			g.release()
			return err
		}
	}
	if err := g.keepsServing(trails); err != nil {
		g.release()
		return err
	}
	if err := g.openPages(); err != nil {
		g.release()
		return err
	}
	g.opened.Store(true)
	g.watch()
	g.warnOfLost()
	return nil
}

// keepsServing sees to it that no tree that another generation answers for now goes silent: a reload must not
// throw the last good data away because the new configuration has none yet. At the first start nothing is lost
// by starting without data.
//
// Where the data comes from a store, which may be down for long, what answers now in the same place goes on until
// there is new data: the Corefile holds more than this one backend, and a reload that fails is not tried again. Files are
// another matter: they are there, and to wait for them, or to refuse the reload, tells who edits them what is
// wrong. Caddy keeps the old instance then, and keepsServing returns an error.
func (g *generation) keepsServing(trails map[*tree]*backend.Trail) error {
	for other := range generations {
		if other == g || !other.opened.Load() {
			continue
		}
		for _, b := range g.blocks {
			for _, t := range b.trees {
				if was := other.predecessor(t); was != nil {
					t.succeed(was, other.restarting, trails[was])
				}
				if b.source.Ready() || b.stored() || !other.serves(t.zone) || b.await(loadTime) {
					continue
				}
				why := "mend the source, see above, and reload again"
				if !b.reporter.failed() {
					why = fmt.Sprintf("it did not load in %v", loadTime)
				}
				return b.Errorf("backend %s has no data for %s, which is served now: the old configuration stays; %s", b.Driver, t.zone, why)
			}
		}
	}
	return nil
}

// succeed has the tree go on where another one, of the instance before, leaves off.
func (t *tree) succeed(was *tree, leaving bool, trail *backend.Trail) {
	if was.zone == t.zone {
		t.frame.follow(&was.frame, same(was.source, t.source))
	}
	if t.stored() {
		t.handOver(was, leaving, trail)
	}
}

// serves reports whether a tree with this apex is answered for.
func (g *generation) serves(zone string) bool {
	for _, b := range g.blocks {
		for _, t := range b.trees {
			if s, _ := t.serving(); s != nil && t.zone == zone {
				return true
			}
		}
	}
	return false
}

// await waits until the backend can answer, and reports whether it can: large files take longer than the start of a
// server should. It does not wait for a backend that has told what is wrong.
func (b *block) await(most time.Duration) bool {
	for end := time.Now().Add(most); !b.source.Ready(); time.Sleep(20 * time.Millisecond) {
		if b.reporter.failed() || time.Now().After(end) {
			return false
		}
	}
	return true
}

func (b *block) open() error {
	if err := b.openAnonymizer(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	b.reporter = &reporter{driver: b.Driver}
	b.acquired = time.Now()
	b.traced = b.config != nil && b.config.Handler("trace") != nil
	lease, err := pool.Acquire(ctx, b.Driver, b.Opener, b.Limits, b.reporter.observe)
	if err != nil {
		return b.Errorf("backend %s: %w", b.Driver, err)
	}
	b.use(lease)
	if r := b.shared(); r != nil {
		b.reporter = r
	}
	return nil
}

// use answers from s from now on.
func (b *block) use(s source) {
	b.source = s
	_, b.local = backend.As[backend.Local](s.Backend())
	b.serialer, _ = backend.As[backend.Serialer](s.Backend())
	if !b.local {
		for _, t := range b.trees {
			t.duration = lookupDuration.WithLabelValues(t.zone)
		}
	}
}

func (g *generation) confirm() {
	for _, b := range g.blocks {
		if b.source != nil {
			b.source.Confirm()
		}
		for _, t := range b.trees {
			if before := t.before.Load(); before != nil {
				before.Confirm()
			}
		}
	}
}

func (g *generation) release() {
	g.closePages()
	g.unwatch()
	var closing sync.WaitGroup // each may take a moment
	for _, b := range g.blocks {
		if b.source != nil {
			b.source.Release()
		}
		for _, t := range b.trees {
			t.leaveBefore()
		}
		if b.finder != nil {
			closing.Go(b.finder.Close)
		}
	}
	closing.Wait()
}

func (g *generation) restart() error {
	g.restarting = true
	g.confirm()
	return nil
}

func (g *generation) restartFailed() error {
	stopped, heir := true, g.heir
	for other := range generations {
		other.confirm()
		stopped = stopped && other != g
		if other == heir {
			heir = nil // it serves
		}
	}
	if stopped {
		g.release()
	}
	if heir != nil {
		heir.closePages()
	}
	g.restarting, g.heir = false, nil
	pool.ReleasePending()
	return nil
}

func (g *generation) shutdown() error {
	if g.restarting {
		g.release()
		g.forget()
	}
	return nil
}

func (g *generation) finalShutdown() error {
	g.release()
	return pool.Flush()
}

// ready reports whether all backends can answer.
func (g *generation) ready() bool {
	if g == nil {
		return true
	}
	if !g.opened.Load() {
		return false
	}
	for _, b := range g.blocks {
		if b.answers() && !b.ready() {
			return false
		}
	}
	return true
}
