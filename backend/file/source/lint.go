package source

import "github.com/enumim/enumim/e164"

// Place is where something stands in a data file.
type Place struct {
	File   string // as errors show it
	Line   int    // from 1
	Column int    // in octets, from 1; 0 where the whole line is meant
	// Template says that a record was made of a URI with placeholders.
	Template bool
}

// Lint has a reader of data files look for all that is wrong instead of preparing a file to be served:
// it hands on the entries of a faulty file, those with records that no client can use and those that a
// delegation hides among them, and leaves it to others to judge records.
type Lint struct {
	// Faults is how many faults are kept; the rest are counted. 0 stands for MaxErrors.
	Faults int
	// Placed, if not nil, is told before each entry where its records stand: one Place for each of the
	// entry's Records, in their order; for an entry without records, where the entry begins. again are
	// the places of NAPTR records that repeat one of these, and are therefore not among the Records. The
	// slices are used again.
	Placed func(at, again []Place)
	// Apex, if not nil, is told the apex of a zone file when its SOA is read, before any entry.
	Apex func(apex e164.Apex)
	// Found, if not nil, is told each finding that the reader has, beside the first of its rule. Of
	// NAPTR records that stand there twice Placed tells.
	Found func(rule, text string, at Place)
}
