package redis

import (
	"fmt"
	"strconv"

	"github.com/enumim/enumim/backend"
)

// format is the version of what keys and values look like.
const format = "1"

// marker says that there is a tree, and which.
type marker struct {
	history    string // names the life of the data; another one owes nothing to what was known before
	generation uint64 // counts writes
}

// fields of the marker, in the order in which they are asked for.
var fields = []string{"format", "generation", "history", "index"}

// wholeIndex is the member of the index that says that nothing is missing in it, and the field of the marker by which it
// is known to be there: the index itself may be what Redis threw away, and others then add to what is left. It is no
// number, and sorts before all.
const wholeIndex = "-"

// isWhole reports whether the index is whole, by its first member, "" for none. One that only others wrote has no such
// member, and is believed as long as there is one at all.
func isWhole(meta []any, first []string) bool {
	if len(first) == 0 {
		return false
	}
	return first[0] == wholeIndex || len(meta) != len(fields) || meta[len(fields)-1] == nil
}

// errNoIndex: numbers that are not there may have been thrown away together with the index.
func errNoIndex(k keys) error {
	return unavailable(k.index() + " is not there, or not as it was: did Redis evict it? Write all numbers anew with enumim import or sync; " +
		"for a tree without numbers, ZADD " + k.index() + " 0 " + wholeIndex)
}

// errNoTree: a prefix without marker was wiped, or never was a tree; either way its emptiness is no answer.
func errNoTree(k keys) error {
	return unavailable(k.meta() + " is not there, so that this has no enumim data: fill it with enumim import, or set the marker")
}

// readMarker reads the fields of a marker as HMGET returns them.
func readMarker(k keys, values []any) (m marker, err error) {
	text := make([]string, len(fields))
	for i := range text {
		if i < len(values) {
			text[i], _ = values[i].(string)
		}
	}
	switch {
	case text[0] == "":
		return m, errNoTree(k)
	case text[0] != format:
		return m, fmt.Errorf("%w: redis: %s has a format that this enumim does not know, which knows %s: use the enumim that wrote it",
			backend.ErrUnavailable, k.meta(), format)
	}
	if text[1] != "" {
		if m.generation, err = strconv.ParseUint(text[1], 10, 64); err != nil {
			return m, unavailable(k.meta() + " has a generation that is no number: set it with HINCRBY")
		}
	}
	m.history = text[2]
	return m, nil
}

// serial is the generation as Serialer wants it; 0 would be none.
func (m marker) serial() uint32 { return max(uint32(m.generation), 1) }
