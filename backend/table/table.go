package table

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Options are the settings of a Table. The zero value serves.
type Options struct {
	// Form is the form that suits where the data comes from.
	Form backend.Form
	// Apexes are the trees of the table: their names always exist. Without any, only the number
	// without digits is an apex.
	Apexes []e164.Apex
	// ShrinkShare is the share of the entries that a guarded Publish may lose, 0 to 1; 0 stands
	// for 0.20. One that cannot be read any more is lost. Tables of up to 100 entries may lose any share.
	ShrinkShare float64
	// Lenient is for data that nobody has checked as a whole. Two entries for one name, and blocks with a length
	// in common, are broken, all of them; what a delegation or DNAME hides is left out. Without it Replace
	// refuses all of a tree for them.
	Lenient bool
	// Now is the clock that serials come from; nil for time.Now.
	Now func() time.Time
}

const (
	defaultShrinkShare = 0.20
	shrinkFrom         = 100 // entries
)

// Table is the index: a backend.Backend that answers from memory, a backend.Sink for feeds, and a
// backend.Walker, Serialer, Watcher and Checker. Look-ups run beside changes without waiting.
// Make it with New.
type Table struct {
	opts    Options
	apexes  []apex
	current atomic.Pointer[snapshot]

	mu      sync.Mutex // of changes
	shapes  shapes     // of Apply
	window  window     // of a mirror
	changed chan struct{}
}

// apex is the name of a tree and the number it stands for.
type apex struct {
	name   string
	prefix e164.Number
}

var (
	_ backend.Backend  = (*Table)(nil)
	_ backend.Filler   = (*Table)(nil)
	_ backend.Walker   = (*Table)(nil)
	_ backend.Serialer = (*Table)(nil)
	_ backend.Watcher  = (*Table)(nil)
	_ backend.Checker  = (*Table)(nil)
	_ backend.Tracer   = (*Table)(nil)
	_ backend.ZoneSink = (*Table)(nil)
)

// New returns a table without data: until the first Publish or Replace, look-ups return
// backend.ErrNotReady.
func New(opts Options) *Table {
	if opts.ShrinkShare == 0 {
		opts.ShrinkShare = defaultShrinkShare
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	t := &Table{opts: opts, changed: make(chan struct{})}
	for _, a := range opts.Apexes {
		t.apexes = append(t.apexes, apex{a.String(), a.Prefix()})
	}
	t.current.Store(&snapshot{err: backend.ErrNotReady})
	return t
}

// Local marks the table as a backend that never waits.
func (t *Table) Local() {}

// Builder returns an empty Builder for a complete tree of t.
func (t *Table) Builder() *Builder {
	b := &Builder{table: t}
	b.sorted.builder = b
	return b
}

// Lookup implements backend.Backend, from one snapshot, without waiting, and without allocation for
// names that consist of digits. What a broken entry decides is backend.ErrInvalidData.
func (t *Table) Lookup(ctx context.Context, q backend.Query) (a backend.Answer, err error) {
	err = t.Fill(ctx, q, &a)
	return a, err
}

// Fill implements backend.Filler.
func (t *Table) Fill(_ context.Context, q backend.Query, a *backend.Answer) error {
	s := t.current.Load()
	if s.err != nil {
		return s.err
	}
	a.Form, a.Zone = t.opts.Form, s.zone
	switch {
	case t.isApex(q):
		s.apex(a, q.Name.Number)
	case s.dname != nil:
		a.Kind, a.Sets, a.Owner = backend.Renamed, s.dname, e164.Name{Number: t.prefix(q.Apex)}
	case s.broken != nil:
		return s.broken.lookup(s, a, q.Name)
	default:
		s.lookup(a, q.Name)
	}
	if a.Kind == unreadable {
		return errBroken
	}
	return nil
}

func (t *Table) isApex(q backend.Query) bool {
	if q.Name.Labels != "" {
		return false
	}
	for i := range t.apexes {
		if t.apexes[i].prefix == q.Name.Number {
			return t.prefix(q.Apex) == q.Name.Number
		}
	}
	return !q.Name.Number.IsValid()
}

// prefix returns the number of an apex.
func (t *Table) prefix(apex string) e164.Number {
	for i := range t.apexes {
		if t.apexes[i].name == apex {
			return t.apexes[i].prefix
		}
	}
	return 0
}

// apex answers for the apex: it always exists, with what the zone brings and what was added there.
func (s *snapshot) apex(a *backend.Answer, prefix e164.Number) {
	a.Kind = backend.Empty
	if nd, text := s.numbers.get(prefix); nd != nil && nd.exact != nil {
		nd.answer(a, nd.exact, text)
	}
	if s.zone == nil || len(s.zone.Sets) == 0 || a.Kind == unreadable {
		return
	}
	a.Kind = backend.Found
	if len(a.Sets) == 0 {
		a.Sets = s.zone.Sets
	} else {
		a.Sets = slices.Concat(s.zone.Sets, a.Sets)
	}
}

// Close implements backend.Backend.
func (t *Table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !errors.Is(t.current.Load().err, backend.ErrClosed) {
		t.swap(&snapshot{err: backend.ErrClosed})
	}
	return nil
}

// swap makes s the current snapshot and wakes who watches. t.mu is held.
func (t *Table) swap(s *snapshot) {
	t.current.Store(s)
	close(t.changed)
	t.changed = make(chan struct{})
}

// Publish makes the entries added the data of the table, and is the last use of the Builder. It
// returns the conflicts between entries (*DuplicateError, *OccludedError; up to 20, joined), with
// guard backend.ErrShrunk when too large a share of the entries is gone, and backend.ErrClosed.
// After an error the table serves what it served before.
func (b *Builder) Publish(guard bool) error {
	s, err := b.finish()
	if err != nil {
		return err
	}
	if s.zone != nil {
		s.dname = onlyDNAME(s.zone.Sets)
	}
	t := b.table
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.current.Load()
	if errors.Is(old.err, backend.ErrClosed) {
		return old.err
	}
	if guard {
		if err := t.hold(old, s); err != nil {
			return err
		}
	}
	s.serial = t.nextSerial(old, s.zone)
	t.shapes = b.shapes
	t.swap(s)
	return nil
}

// nextSerial returns the serial after old's: the zone's own, else the time in seconds, but always
// later than the last one (RFC 1982).
func (t *Table) nextSerial(old *snapshot, zone *backend.Zone) uint32 {
	if zone != nil {
		return zone.Serial
	}
	now := uint32(t.opts.Now().Unix())
	if old.err == nil && int32(now-old.serial) <= 0 {
		return old.serial + 1
	}
	return now
}

// Serial implements backend.Serialer.
func (t *Table) Serial(context.Context, string) (uint32, error) {
	s := t.current.Load()
	return s.serial, s.err
}

// Check implements backend.Checker: backend.ErrNotReady before the first data, backend.ErrClosed
// after Close.
func (t *Table) Check(context.Context) error { return t.current.Load().err }

// Watch implements backend.Watcher. It returns ctx.Err(), or backend.ErrClosed after Close.
func (t *Table) Watch(ctx context.Context, changed func()) error {
	next, err := t.next()
	for !errors.Is(err, backend.ErrClosed) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
		// Taken before the call, so that a change during the call is not lost.
		if next, err = t.next(); err == nil {
			changed()
		}
	}
	return err
}

// next returns what the next change closes, and why there is no data now.
func (t *Table) next() (<-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed, t.current.Load().err
}
