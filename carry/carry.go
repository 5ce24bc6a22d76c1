package carry

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/enumim/enumim/backend"
)

// Options are the settings of Carry. The zero value makes the store hold exactly what is wanted.
type Options struct {
	// Add leaves in the store what is not wanted, instead of deleting it.
	Add bool
	// Keep, where it is not nil, names entries of the store that are left as they are when they are not wanted.
	Keep func(Key) bool
	// Shrink allows what would otherwise be refused with a *ShrinkError.
	Shrink bool
	// DryRun compares, refuses what would be refused, and writes nothing.
	DryRun bool

	// Each, where it is not nil, is called with every entry of both trees, before anything is refused or
	// written. Of what is kept it is not told.
	Each func(d *Difference)
	// Writing, where it is not nil, is told once how many changes there are to write, and returns what is called
	// with the number of those just written.
	Writing func(changes int) func(n int)
}

// How much may be deleted without Options.Shrink.
const (
	shrinkShare = 20  // percent of what the store holds
	shrinkLeast = 100 // entries; fewer are no accident that anybody has to be kept from
)

// ErrConflict says that what is wanted and what stays in the store cannot stand together.
var ErrConflict = errors.New("entries contradict what stays in the store")

// ShrinkError says that too much would be deleted. It wraps backend.ErrShrunk.
type ShrinkError struct {
	Deleted, Have int // entries that would go, and all that are there
}

// Error tells the counts.
func (e *ShrinkError) Error() string {
	return fmt.Sprintf("%d of the %d entries in the store would be deleted", e.Deleted, e.Have)
}

// Unwrap returns backend.ErrShrunk.
func (e *ShrinkError) Unwrap() error { return backend.ErrShrunk }

// WriteError says that not all changes were written.
type WriteError struct {
	Done, All int  // changes that were written, as far as is known, and all
	Atomic    bool // none were
	Err       error
}

// Error tells what to do.
func (e *WriteError) Error() string {
	if e.Atomic {
		return fmt.Sprintf("nothing was changed: %v", e.Err)
	}
	return fmt.Sprintf("%d of %d changes were written; the same command again goes on from there: %v", e.Done, e.All, e.Err)
}

// Unwrap returns why.
func (e *WriteError) Unwrap() error { return e.Err }

// Carry makes the store behind w hold what is wanted, which is in the order of backend.Writer.Walk, comes
// the same each time it is walked, and contradicts itself nowhere. It writes what differs: carried again,
// there is nothing to write. What another program writes at the same time may be overwritten.
//
// Before anything is written it refuses changes that would delete more than a fifth of the store and more
// than 100 entries, or all of it (*ShrinkError), and with Options.Add or Options.Keep what would
// contradict entries that stay (ErrConflict). An error while writing is a *WriteError.
func Carry(ctx context.Context, want iter.Seq2[backend.Entry, error], w backend.Writer, o Options) (Summary, error) {
	p := &plan{want: want}
	s, err := p.compare(ctx, w, &o)
	if err != nil {
		return s, err
	}
	t := s.Total()
	// A store without anything is written to all the same: it is told from one that was never filled. So is one
	// whose first import ended before it was said to be whole.
	if o.DryRun || t.Changes() == 0 && t.Have() > 0 && !absent(w) {
		return s, nil
	}
	progress := func(int) {}
	if o.Writing != nil {
		progress = o.Writing(p.todo)
	}
	done := 0
	err = w.Write(ctx, p.changes(), func(n int) {
		done += n
		progress(n)
	})
	if err != nil {
		return s, &WriteError{Done: done, All: p.todo, Atomic: w.Atomic(), Err: err}
	}
	return s, nil
}

// absent reports whether the store behind w has entries, perhaps, and is no tree yet.
func absent(w backend.Writer) bool {
	a, ok := w.(backend.Absenter)
	return ok && a.Absent() != nil
}

// compare makes the plan.
func (p *plan) compare(ctx context.Context, w backend.Writer, o *Options) (s Summary, err error) {
	var check structure
	var bad *Key // of the number that was found last, where it cannot be read
	conflicts := 0
	for d, err := range Diff(p.want, w.Walk(ctx)) {
		if err != nil {
			return s, err
		}
		if d.Key.Name.Labels != "" || d.Key.Kind > backend.Rename {
			return s, fmt.Errorf("an entry that no store holds: %w", backend.ErrInvalidData)
		}
		stays := d.Verdict == Deleted && (o.Add || o.Keep != nil && o.Keep(d.Key))
		if d.Verdict != Deleted || stays {
			if !check.add(&d.Key) {
				conflicts++
			}
		}
		p.add(&d, !stays)
		if d.Key.Kind == backend.Number {
			if bad = nil; d.Broken {
				bad = &d.Key
			}
		}
		if same, may := d.Key.SameValue(); may && d.Broken && d.Verdict == Deleted && bad != nil && *bad == same {
			continue // which was counted
		}
		if stays {
			s.Kinds[d.Key.Kind].Same++
			continue
		}
		s.count(&d)
		if o.Each != nil {
			o.Each(&d)
		}
	}
	if conflicts > 0 {
		return s, fmt.Errorf("%w, %d of them: a block with a length in common with another of the same digits, or an entry at or below a delegation", ErrConflict, conflicts)
	}
	if t := s.Total(); t.Shrinks() && !o.Shrink {
		return s, &ShrinkError{t.Deleted, t.Have()}
	}
	return s, nil
}

// structure checks keys in ascending order for what cannot stand together: the index of a server would refuse
// all of it (package table).
type structure struct {
	begun bool
	last  Key
	cut   *Key
}

// add reports whether the next key stands with those before it.
func (s *structure) add(k *Key) bool {
	ok := true
	if s.cut != nil && k.Name.Number.HasPrefix(s.cut.Name.Number) {
		return false
	}
	if s.begun && s.last.Name == k.Name {
		ok = k.Kind != backend.Delegation && (k.Kind != backend.Block || s.last.Kind != backend.Block || k.Min > s.last.Max)
	}
	if k.Kind == backend.Delegation {
		cut := *k
		s.cut = &cut
	}
	s.begun, s.last = true, *k
	return ok
}
