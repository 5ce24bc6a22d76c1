package backend

import (
	"github.com/enumim/enumim/e164"
)

// Decide returns the answer for the number n from what a store holds about it, in the order of every
// index: a delegation at n or above it, the nearest to the apex; the number itself; of the blocks that
// contain it the one with the longest prefix; something below; nothing. A Broken entry that decides makes
// ErrInvalidData.
func Decide(n e164.Number, h *Holding) (Answer, error) {
	return Answer{}, ErrNotReady
}
