package proxy

import (
	"math/rand/v2"
	"time"
)

// Way is which of the octets that pass a fault befalls.
type Way uint8

// The ways that octets go.
const (
	Both     Way = iota
	Requests     // what the server under test says
	Replies      // what the store says
)

// Fault is what happens to connections. The zero Fault lets all pass.
type Fault struct {
	// Way is what Silence, Delay, Jitter, Rate, CutAfter, Garbage, Split and Alter befall.
	Way Way

	// Refuse lets no connection come to be. Those that stand are left alone.
	Refuse bool
	// Reset resets the connections that stand, and each that comes.
	Reset bool
	// Silence holds back what is said, the end of a connection too. It arrives when the fault is over, as TCP sends
	// again what was lost.
	Silence bool
	// Gone takes away the store's side of the connections that stand or come to be, without a word: they stay silent
	// when the fault is over, too.
	Gone bool
	// Delay and up to Jitter is how much later all arrives, in order.
	Delay, Jitter time.Duration
	// Rate is how many octets pass in a second; 0 for as many as may.
	Rate int
	// CutAfter is how many octets of each connection pass before it is reset; 0 for all.
	CutAfter int
	// Garbage is the share of octets that are replaced by others.
	Garbage float64
	// Split sends each octet by itself.
	Split bool
	// Swap has two replies of different connections, that come one after the other, change places. One waits for the
	// next.
	Swap bool
	// Alter, if set, is given what was read at once, which it owns, and returns what is sent in its place. It is called
	// from many goroutines.
	Alter func(piece []byte) []byte
}

// on reports whether the fault befalls what goes that way.
func (f *Fault) on(w Way) bool { return f.Way == Both || f.Way == w }

// change returns what is sent in place of a piece.
func (f *Fault) change(piece []byte) []byte {
	if f.Garbage > 0 {
		for i := range piece {
			if rand.Float64() < f.Garbage {
				piece[i] ^= byte(1 + rand.IntN(255))
			}
		}
	}
	if f.Alter != nil {
		piece = f.Alter(piece)
	}
	return piece
}

// later returns how long a piece is on its way.
func (f *Fault) later() time.Duration {
	d := f.Delay
	if f.Jitter > 0 {
		d += rand.N(f.Jitter)
	}
	return d
}
