package convert

import (
	"io"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

// Options say what is converted, and how.
type Options struct {
	// From is the format of the input; Unknown has it told by content (Sniff).
	From Format
	// To is the format of the output.
	To Format
	// Tabs has tabs between the cells of CSV that is written, as spreadsheets call TSV.
	Tabs bool
	// File is the name that errors show of the input.
	File string
	// Apex is the name of the zone: that relative names of a zone file are completed with, and that a
	// numbers file becomes a zone of. The zero Apex stands for what the input says, and else for
	// e164.arpa. With it, numbers outside of the tree are faults.
	Apex e164.Apex
	// DialPlan says that numbers are the bare digits of a private dial plan.
	DialPlan bool
	// TTL, in seconds, is for records whose input gives none; 0 stands for an hour.
	TTL uint32
	// RequireEnd refuses input that does not say that it is complete.
	RequireEnd bool
	// Skip leaves out what the output cannot hold, and counts it, instead of refusing all of it.
	Skip bool
	// Holds, where it is not nil, says why what the data is for cannot hold an entry, which it may mend as that
	// would be done there.
	Holds func(e *backend.Entry) error
	// Open opens a file that $INCLUDE names, as numbers.Options and master.Options have it; nil refuses
	// $INCLUDE.
	Open func(name string) (io.ReadCloser, error)

	// NameServers, fully qualified, are the NS of a zone whose input has none; the first is the primary.
	// Without any, the zone gets one that does not exist (RFC 2606), and a note.
	NameServers []string
	// Hostmaster is the mailbox of the SOA as a domain name; empty stands for "hostmaster" at the apex.
	Hostmaster string
	// Serial is that of the SOA where the input has none; 0 stands for 1.
	Serial uint32

	// Writing is told once how many entries there are to write, and returns what is called with
	// the number of those just written. nil tells nobody.
	Writing func(entries int) func(n int)
}

// Report is what there is to know about a conversion.
type Report struct {
	From    Format
	Entries int // read, without those left out
	Skipped int // left out with Options.Skip
	// Left are the first of those left out, with their places and why, as they would be told without Skip.
	Left  source.Errors
	Made  int      // RRsets in a zone that stand for blocks and for numbers without records
	Notes []string // what the user should know, a sentence each, without number or URI
}
