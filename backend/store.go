package backend

import (
	"context"
	"iter"
	"time"

	"github.com/enumim/enumim/e164"
)

// Store is a data base that is asked for numbers as queries come: one that is too large, or changes too
// fast, to be mirrored. Gather makes a Backend of it. Implementations are safe for concurrent use, honour ctx
// promptly, and neither log, count, retry nor wait for a free connection longer than ctx allows.
type Store interface {
	// Find returns for each number, in their order, what may decide about it, in one round trip. An
	// error concerns all of them: the store cannot be reached, or is not what it should be. That a store
	// is empty of what enumim keeps in it (it was wiped) is an error too, never an answer. The numbers are
	// valid, distinct and ascending; the slice is not kept.
	Find(ctx context.Context, numbers []e164.Number) ([]Holding, error)
	// Check tells whether the store can answer now, and the generation of its data (Serialer), 0 where
	// it counts none.
	Check(ctx context.Context) (serial uint32, err error)
	// Close releases everything. It is idempotent and may run beside the others, which afterwards
	// return ErrClosed.
	Close() error
}

// Holding is what a store holds about one number; Decide makes an Answer of it. The zero Holding says that
// there is nothing.
type Holding struct {
	// Entries are those at the number and at its prefixes, in any order: numbers, blocks, delegations,
	// Broken ones among them. Others may be there and decide nothing.
	Entries []Entry
	// Below says that an entry lies below the number: its name begins with the number and has more
	// digits. It may be left false where Entries decide without it.
	Below bool
	// Err says that this number cannot be told about; it does not concern the others.
	Err error
}

// Writer changes the data of a store from outside of a server: import, export and sync. It is for one
// goroutine.
type Writer interface {
	// Walk lists all entries ascending by name, at one name by kind and lengths, from one consistent
	// snapshot where the store has such. What cannot be read comes as a Broken entry.
	Walk(ctx context.Context) iter.Seq2[Entry, error]
	// Write makes the changes, which come in the order of Walk, each name and kind once. done is called
	// with the number of changes just written. Where Atomic is true they become visible together, and an
	// error means that none did; else they are written in batches, each whole, and writing the same again
	// completes what was interrupted. When Write returns nil the data survives a crash of the store as far as
	// the store promises that for any data.
	Write(ctx context.Context, changes iter.Seq2[Change, error], done func(n int)) error
	// Atomic tells how Write writes.
	Atomic() bool
	// Close releases everything.
	Close() error
}

// Absenter is a Writer that can tell a store which is empty from one that was never filled, or was wiped.
type Absenter interface {
	// Absent returns why there is no tree yet, nil where there is one. A Write makes one, also without changes.
	Absent() error
}

// WriterOpener is what an Opener is that can also open its store for writing.
type WriterOpener interface {
	// OpenWriter connects, and prepares the store where that is harmless. Unlike Open it returns an
	// error when the store cannot be reached.
	OpenWriter(ctx context.Context) (Writer, error)
}

// State is what a backend tells of itself, for metrics.
type State struct {
	Source  string // as in its events
	Entries int    // served; -1 where it is not known
	Broken  int    // of them those that cannot be read; -1 where it is not known
	Serial  uint32 // generation; 0 where it is not known
	// Current is when the data was last known to be what the store holds; zero for never.
	Current time.Time
	// Stale is the age from which on data is not served any more; 0 where it never is too old.
	Stale time.Duration
	// Up tells whether the store could be reached the last time.
	Up bool
}

// Stater is the capability of a Backend that tells its State. It does not block.
type Stater interface{ State() State }

// Guarded is the capability of a Backend whose data must not shrink unseen, not even by another configuration of
// the same store. It does not block.
type Guarded interface {
	// Stands returns ErrShrunk when the data must not take the place of that of a backend that tells before: it
	// looks like an accident. What is not known of before is not held against it.
	Stands(before State) error
}
