package bolt

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// The trees in the file, and the key of the head, which stands in a tree of its own.
var (
	headTree     = []byte("enumim")
	headKey      = []byte("head")
	numbersTree  = []byte("numbers")
	prefixesTree = []byte("prefixes")
)

// head is what a data base says of itself. A file without one has no data of enumim.
type head struct {
	serial   uint32 // grows with each change
	dialPlan bool   // numbers are the digits of a private dial plan
	numbers  uint64
	prefixes [e164.MaxDigits + 1]uint64 // blocks and delegations, by the length of their prefix
}

// entries returns how many entries there are.
func (h *head) entries() int {
	n := h.numbers
	for _, more := range h.prefixes {
		n += more
	}
	return int(n)
}

// fits returns an error where the numbers are not of the kind that is asked for. There are none of either in a file
// without entries.
func (h *head) fits(dialPlan bool) error {
	switch {
	case h.dialPlan == dialPlan || h.entries() == 0:
		return nil
	case h.dialPlan:
		return errPlan
	}
	return errNotPlan
}

// longest returns the longest length up to n, -1 for none, that prefixes have.
func (h *head) longest(n int) int {
	for n >= 0 && h.prefixes[n] == 0 {
		n--
	}
	return n
}

// next makes the serial that of the next change: the time in seconds, or one more than before.
func (h *head) next() {
	if now := uint32(time.Now().Unix()); int32(now-h.serial) > 0 || h.serial == 0 {
		h.serial = now
		return
	}
	h.serial++
}

// count adds n entries with a key.
func (h *head) count(key []byte, n int) {
	if len(key) == numberKey {
		h.numbers += uint64(n)
		return
	}
	h.prefixes[key[numberKey-1]&0xf] += uint64(n)
}

// append appends the value.
func (h *head) append(b []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(h.serial))
	if h.dialPlan {
		body = append(body, 1)
	} else {
		body = append(body, 0)
	}
	body = binary.AppendUvarint(body, h.numbers)
	for _, n := range h.prefixes {
		body = binary.AppendUvarint(body, n)
	}
	return seal(b, headKey, body)
}

// parseHead reads the value.
func parseHead(value []byte) (h head, err error) {
	body, err := unseal(headKey, value)
	if err != nil {
		return h, fmt.Errorf("%w: the head of the data base: %w", backend.ErrInvalidData, err)
	}
	r := reader{text: string(body)}
	h.serial, h.dialPlan, h.numbers = uint32(r.number(1<<32-1)), r.number(1) == 1, r.number(1<<40)
	for i := range h.prefixes {
		h.prefixes[i] = r.number(1 << 40)
	}
	if r.bad || r.text != "" {
		return h, fmt.Errorf("%w: the head of the data base: %w", backend.ErrInvalidData, errBody)
	}
	return h, nil
}
