package bolt

import (
	"encoding/binary"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Sizes of keys. The key of a number is its word, big-endian, so that the order of keys is the order of
// digits; blocks and delegations have their kind, the least and the most digits behind it.
const (
	numberKey = 8
	prefixKey = 11
)

// appendKey appends the key of an entry, which tells the tree it stands in by its length.
func appendKey(b []byte, kind backend.EntryKind, n e164.Number, least, most int) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(n))
	if kind != backend.Number {
		b = append(b, byte(kind), byte(least), byte(most))
	}
	return b
}

// parseKey returns an entry with what its key tells. ok is false for what is no key.
func parseKey(key []byte) (e backend.Entry, ok bool) {
	if len(key) != numberKey && len(key) != prefixKey {
		return e, false
	}
	n := e164.Number(binary.BigEndian.Uint64(key))
	if !valid(n) {
		return e, false
	}
	e.Name.Number = n
	if len(key) == numberKey {
		return e, n.IsValid()
	}
	e.Kind, e.Min, e.Max = backend.EntryKind(key[8]), int(key[9]), int(key[10])
	switch e.Kind {
	case backend.Block:
		return e, n.Len() <= e.Min && e.Min <= e.Max && e.Max <= e164.MaxDigits
	case backend.Delegation:
		return e, e.Min == 0 && e.Max == 0
	}
	return e, false
}

// valid reports whether n is what a Number is: digits from 0 to 9, as many as it says, and nothing behind them.
func valid(n e164.Number) bool {
	const top = 0x8888_8888_8888_8880
	digits := uint64(n) &^ 0xf
	// A digit is more than nine where it has its top bit and one of the next two.
	return digits&top&(digits<<1|digits<<2) == 0 && digits<<(4*n.Len()) == 0
}
