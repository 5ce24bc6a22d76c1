package backend

import (
	"context"
	"iter"
	"math"
	"time"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Backend answers queries. Implementations are safe for concurrent use, honour ctx promptly, and
// neither log, count, retry nor panic: the Handle does what is the same for all.
type Backend interface {
	// Lookup returns what the backend holds for the name. That a name does not exist is an Answer,
	// never an error; an error means that the backend cannot tell, and becomes SERVFAIL.
	Lookup(ctx context.Context, q Query) (Answer, error)
	// Close releases everything. It is idempotent and may run beside Lookup, which afterwards
	// returns ErrClosed.
	Close() error
}

// Optional capabilities of a Backend. As finds them, also behind a wrapper.
type (
	// Local backends answer from memory without ever waiting: the handle calls them without
	// deadline, in-flight cap and single flight.
	Local interface{ Local() }

	// Filler is a Local backend that writes its answer where the caller wants it. An answer is
	// large: handed up through a few calls it makes the goroutine of each query outgrow the stack
	// it begins with, which costs more than the look-up. Fill does what Lookup does; a is zero
	// before, and means nothing after an error. The handle asks the backend itself for it, not
	// what it wraps.
	Filler interface {
		Local
		Fill(ctx context.Context, q Query, a *Answer) error
	}

	// Walker lists everything below an apex, ascending by name, from one consistent snapshot.
	Walker interface {
		Walk(ctx context.Context, apex string) iter.Seq2[Entry, error]
	}

	// Tracer lists, from one consistent snapshot, the entries at a name and at the names above it below
	// the apex: what may decide about the name. The shortest name comes first. It is for explaining an
	// answer, not for giving one.
	Tracer interface {
		Trace(ctx context.Context, q Query) ([]Entry, error)
	}

	// Locator tells where the entries of an apex were provisioned: "numbers.txt:12", the key of a row.
	// The places stand in the order of the entries, "" for one that is not known. It may read through
	// the whole store.
	Locator interface {
		Locate(ctx context.Context, apex string, entries []Entry) ([]string, error)
	}

	// Serialer tells the generation of the data below an apex: it grows with each change
	// (RFC 1982 arithmetic) and becomes the SOA serial where the backend brings no zone.
	Serialer interface {
		Serial(ctx context.Context, apex string) (uint32, error)
	}

	// Watcher calls changed after each change of the data until ctx ends. Changes may be
	// gathered, never lost.
	Watcher interface {
		Watch(ctx context.Context, changed func()) error
	}

	// Checker tells whether the backend can answer now; nil means yes. It never blocks longer
	// than ctx allows.
	Checker interface {
		Check(ctx context.Context) error
	}
)

// EntryKind is the sort of an Entry.
type EntryKind uint8

const (
	// Number is one name with its records; without records it exists and answers NODATA. The name
	// is usually the ENUM domain of a number, in zone files any name.
	Number EntryKind = iota
	// Block is every number of Min to Max digits that begins with Name.Number.
	Block
	// Wildcard is the RRs of "*" below Name, with the meaning of RFC 4592. Name is the parent.
	Wildcard
	// Delegation is a zone cut at Name: Sets holds NS and DS, Glue the addresses.
	Delegation
	// Rename is a DNAME at Name; Sets holds it and what else stands at the name.
	Rename
)

// Entry is one piece of a tree, as feeds deliver it and Walkers list it.
type Entry struct {
	Kind     EntryKind
	Name     e164.Name
	Min, Max int    // of a Block: total digits, Name.Number.Len() <= Min <= Max <= 15
	TTL      uint32 // of the Records, seconds
	Records  []naptr.Record
	Sets     []RRset
	Glue     []Host
	// Broken marks an entry that is there and cannot be read: look-ups that it decides return
	// ErrInvalidData. It has a Kind, a Name and lengths, and nothing else.
	Broken bool
}

// Change is an entry that takes the place of the one with the same kind, name and, for blocks,
// lengths; or, with Delete, takes that one away.
type Change struct {
	Entry
	Delete bool
}

// Feed delivers the whole of a tree and then its changes; table.Mirror keeps them in memory, so
// that answers never wait for the feed.
type Feed interface {
	// Run delivers to sink until ctx ends or the feed cannot go on; the caller starts it again
	// with a growing pause. It returns ctx.Err() when ctx ended it.
	Run(ctx context.Context, sink Sink) error
}

// Sink takes what a Feed delivers.
type Sink interface {
	// Replace takes a complete tree. Nothing is published when entries yields an error or the tree
	// does not stand the checks (ErrShrunk); then the last good data stays and the error returns.
	Replace(entries iter.Seq2[Entry, error]) error
	// Apply publishes the changes together. Without changes it says that the store was asked and that
	// the data is current; a feed that hears nothing says so every FreshEvery at least, or its data
	// becomes stale.
	Apply(changes []Change) error
	// ApplyLate is Apply for a store that lags, as replicas do: what it has, these changes too, is what there was so long
	// ago. So old the data is then, however often changes come; UnknownLag says nothing of how old it is.
	ApplyLate(changes []Change, late time.Duration) error
}

// UnknownLag is for Sink.ApplyLate.
const UnknownLag = time.Duration(math.MaxInt64)

// ZoneSink is a Sink that takes zones: trees that bring their own frame, and may have all kinds of entries.
type ZoneSink interface {
	Sink
	// ReplaceZone is Replace for a zone. frame is called when the entries have ended; nil is refused. Entries of one
	// name are joined as the RRs of a zone file are, what a delegation or DNAME hides is left out, and broken
	// entries may stand at any name.
	ReplaceZone(frame func() *Zone, entries iter.Seq2[Entry, error]) error
}

// FreshEvery is how often a Feed tells its Sink that the data is current (Sink.Apply).
const FreshEvery = 5 * time.Second
