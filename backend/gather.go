package backend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/enumim/enumim/e164"
)

// GatherOptions are the settings of Gather. The zero value serves.
type GatherOptions struct {
	Source string // names the store in State, without secrets
	Lanes  int    // round trips that may be under way; 0 means 4
	Batch  int    // the most numbers of one round trip; 0 means 256
}

// Gather makes a Backend of a Store. A look-up that comes while a lane is free goes out at once, alone;
// those that come while all lanes are busy wait for the next that ends, and go together, with the time that
// the last of them has left. The Backend is a Checker, a Serialer (the serial of the last Check, 0 before)
// and a Stater. Names beside numbers are answered as Numbers does.
//
// What Find returns is not believed: too few or too many holdings, and a panic, are errors for all that were
// asked for; an error of one Holding concerns that one alone. Where Find returns ErrInvalidData for several
// numbers together, parts of them are asked for again, so that a bad row, which the data base itself cannot
// return, does not take its neighbours along: until 16 bad numbers are parted from the others, or a quarter is
// left of the time that there was. A number that failed alone goes out with no others for a second: while all
// lanes are busy, who asks for it gets the same error again.
func Gather(s Store, o GatherOptions) Backend {
	if o.Lanes <= 0 {
		o.Lanes = 4
	}
	if o.Batch <= 0 {
		o.Batch = 256
	}
	g := &gather{store: s, options: o, grudges: grudges{}, health: health{born: time.Now()}}
	g.ctx, g.stop = context.WithCancelCause(context.Background())
	g.Backend = Numbers(g.lookup, g.shut)
	return g
}

// gather is the Backend of a Store. A lane is the right to have one round trip under way.
type gather struct {
	Backend
	store   Store
	options GatherOptions
	ctx     context.Context // of round trips for several
	stop    context.CancelCauseFunc
	lanes   sync.WaitGroup // goroutines
	health  health

	mu      sync.Mutex
	busy    int
	free    []*lane // memory of lanes that are not busy
	waiting []*wait // in the order they came
	grudges grudges
	closed  bool
}

// wait is a look-up that waits for a lane.
type wait struct {
	number  e164.Number
	ctx     context.Context
	done    chan struct{} // closed when holding and err are set
	batch   *batch        // what it went out with; nil before. Under the lock of the gather.
	holding Holding
	err     error
}

// batch is one round trip for several. When all who wait for it have left, it ends.
type batch struct {
	cancel context.CancelFunc
	left   int // how many wait. Under the lock of the gather.
}

// Lookup implements Backend. Of what a store holds only delegations concern a name with labels left of its
// digits.
func (g *gather) Lookup(ctx context.Context, q Query) (Answer, error) {
	if q.Name.IsNumber() || !q.Name.Number.IsValid() {
		return g.Backend.Lookup(ctx, q)
	}
	h, err := g.hold(ctx, q.Name.Number)
	if err != nil {
		return Answer{}, err
	}
	h = Holding{Entries: slices.DeleteFunc(slices.Clone(h.Entries), func(e Entry) bool { return e.Kind != Delegation })}
	return Decide(q.Name.Number, &h)
}

// lookup asks about one number.
func (g *gather) lookup(ctx context.Context, n e164.Number) (Answer, error) {
	h, err := g.hold(ctx, n)
	if err != nil {
		return Answer{}, err
	}
	return Decide(n, &h)
}

// hold asks for one number: at once where a lane is free, else with others.
func (g *gather) hold(ctx context.Context, n e164.Number) (Holding, error) {
	g.mu.Lock()
	switch {
	case g.closed:
		g.mu.Unlock()
		return Holding{}, ErrClosed
	case g.busy < g.options.Lanes:
		l := g.enter()
		delete(g.grudges, n) // it is asked for itself
		g.mu.Unlock()
		return g.alone(ctx, l, n)
	}
	if err := g.grudges.of(n); err != nil {
		g.mu.Unlock()
		return Holding{}, err
	}
	w := &wait{number: n, ctx: ctx, done: make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
		g.leave(w)
		return Holding{}, unavailable(ctx)
	}
	return w.holding, w.err
}

// enter takes a lane that is free. g.mu is held.
func (g *gather) enter() *lane {
	g.busy++
	if last := len(g.free) - 1; last >= 0 {
		l := g.free[last]
		g.free = g.free[:last]
		return l
	}
	return &lane{g: g}
}

// alone makes a round trip for one number, on the goroutine and with the context of who asks.
func (g *gather) alone(ctx context.Context, l *lane, n e164.Number) (Holding, error) {
	defer g.exit(l) // also when Find ends the goroutine
	l.numbers = append(l.numbers[:0], n)
	holdings, err := g.find(ctx, l.numbers)
	if err != nil {
		g.bear(n, err)
		return Holding{}, err
	}
	return holdings[0], holdings[0].Err
}

// exit gives a lane to those who wait, or back.
func (g *gather) exit(l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) > 0 {
		g.lanes.Go(l.run)
		return
	}
	g.busy--
	g.free = append(g.free, l)
}

// leave takes a look-up back whose context ended.
func (g *gather) leave(w *wait) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.batch == nil {
		if i := slices.Index(g.waiting, w); i >= 0 {
			g.waiting = slices.Delete(g.waiting, i, i+1)
		}
		return
	}
	if w.batch.left--; w.batch.left == 0 {
		w.batch.cancel()
	}
}

// find is one guarded round trip.
func (g *gather) find(ctx context.Context, numbers []e164.Number) (holdings []Holding, err error) {
	defer func() {
		if v := recover(); v != nil {
			holdings, err = nil, panicked(v)
		}
		g.health.found(err)
	}()
	holdings, err = g.store.Find(ctx, numbers)
	switch {
	case err != nil:
		return nil, err
	case len(holdings) != len(numbers):
		return nil, fmt.Errorf("%w: %w: %d for %d numbers", ErrInvalidData, errCount, len(holdings), len(numbers))
	}
	return holdings, nil
}

// errCount is not to be asked again for.
var errCount = errors.New("wrong number of holdings")

// closeTime bounds how long Close waits for round trips of a store that ignores its context.
const closeTime = time.Second

func (g *gather) shut() error {
	g.mu.Lock()
	g.closed = true
	for _, w := range g.waiting {
		w.err = ErrClosed
		close(w.done)
	}
	g.waiting = nil
	g.mu.Unlock()
	g.stop(ErrClosed)
	err := g.store.Close()
	done := make(chan struct{})
	go func() {
		g.lanes.Wait()
		close(done)
	}()
	late := time.NewTimer(closeTime)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
	return err
}
