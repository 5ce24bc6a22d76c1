package backend

import (
	"context"
	"slices"
	"time"

	"github.com/enumim/enumim/e164"
)

// mostBad is how many bad numbers are parted from the others of one batch, each with about 2 * log2(batch) round
// trips. Where all are bad it is the statement that is wrong, and more would not help.
const mostBad = 16

// lane makes one round trip after the other. Its memory is used again.
type lane struct {
	g       *gather
	numbers []e164.Number
	waits   []*wait   // ascending by number
	bad     int       // numbers of the batch that failed by themselves
	until   time.Time // when to leave off asking for parts of the batch; zero for never
}

// run makes round trips until nobody waits.
func (l *lane) run() {
	defer l.g.exit(l) // also when Find ends the goroutine
	for l.once() {
	}
}

// once makes one round trip for those who wait; false is that nobody does.
func (l *lane) once() bool {
	ctx, b := l.gather()
	if b == nil {
		return false
	}
	defer b.cancel()
	defer l.settle(errGoexit)
	l.bad, l.until = 0, time.Time{}
	if deadline, ok := ctx.Deadline(); ok {
		l.until = deadline.Add(-time.Until(deadline) / 4)
	}
	_ = l.ask(ctx, l.waits)
	return true
}

// gather takes those who have waited longest as the next batch.
func (l *lane) gather() (context.Context, *batch) {
	g := l.g
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		return nil, nil
	}
	n := min(len(g.waiting), g.options.Batch)
	l.waits = append(l.waits[:0], g.waiting[:n]...)
	g.waiting = slices.Delete(g.waiting, 0, n)
	slices.SortFunc(l.waits, func(a, b *wait) int { return a.number.Compare(b.number) })
	ctx, cancel := l.context()
	b := &batch{cancel: cancel, left: n}
	for _, w := range l.waits {
		w.batch = b
	}
	return ctx, b
}

// context returns the context of a round trip for l.waits: it ends when the last of them has no time left.
func (l *lane) context() (context.Context, context.CancelFunc) {
	var last time.Time
	for _, w := range l.waits {
		deadline, ok := w.ctx.Deadline()
		if !ok {
			return context.WithCancel(l.g.ctx)
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(l.g.ctx, last)
}

// ask makes a round trip for some of the batch, each number once, tells them, and returns what it came to.
func (l *lane) ask(ctx context.Context, waits []*wait) error {
	l.numbers = l.numbers[:0]
	for i, w := range waits {
		if i == 0 || w.number != waits[i-1].number {
			l.numbers = append(l.numbers, w.number)
		}
	}
	holdings, err := l.g.find(ctx, l.numbers)
	if err == nil {
		at := -1
		for i, w := range waits {
			if i == 0 || w.number != waits[i-1].number {
				at++
			}
			w.tell(holdings[at], holdings[at].Err)
		}
		return nil
	}
	switch {
	case !ofData(err):
	case len(l.numbers) == 1:
		l.bad++
		l.g.bear(l.numbers[0], err)
	case l.bad < mostBad && !l.late(ctx):
		l.part(ctx, waits, err)
		return err
	}
	if ctx.Err() != nil {
		err = unavailable(ctx)
	}
	tell(waits, err)
	return err
}

// part asks for the halves of some that failed together with err. When the first does not fail, the second would.
func (l *lane) part(ctx context.Context, waits []*wait, err error) {
	half := middle(waits)
	fine := l.ask(ctx, waits[:half]) == nil
	switch rest := waits[half:]; {
	case l.late(ctx):
		tell(rest, err)
	case fine && rest[0].number != rest[len(rest)-1].number:
		l.part(ctx, rest, err)
	default:
		_ = l.ask(ctx, rest)
	}
}

// late reports whether there is no time left to ask for parts of the batch.
func (l *lane) late(ctx context.Context) bool {
	return ctx.Err() != nil || !l.until.IsZero() && !time.Now().Before(l.until)
}

// middle returns where to cut waits, of more than one number, so that no number is on both sides.
func middle(waits []*wait) int {
	half := len(waits) / 2
	for half > 0 && waits[half-1].number == waits[half].number {
		half--
	}
	if half > 0 {
		return half
	}
	return slices.IndexFunc(waits, func(w *wait) bool { return w.number != waits[0].number })
}

// settle tells those who were not told why, and forgets all.
func (l *lane) settle(err error) {
	for _, w := range l.waits {
		select {
		case <-w.done:
		default:
			w.tell(Holding{}, err)
		}
	}
	clear(l.waits)
	l.waits = l.waits[:0]
}

// tell tells all that they failed.
func tell(waits []*wait, err error) {
	for _, w := range waits {
		w.tell(Holding{}, err)
	}
}

func (w *wait) tell(h Holding, err error) {
	w.holding, w.err = h, err
	close(w.done)
}
