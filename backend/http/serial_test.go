package http

import "testing"

// A serial grows with each change, however long nothing changed before and whatever the generation counts, and is the
// generation's again, as servers that were started later tell it.
func TestSerial(t *testing.T) {
	const now = 1_795_445_162_000_000 // in microseconds
	for _, pause := range []uint64{1, 2_000_000, 2_400_000_000, 4_000_000_000, 1 << 32, 40_000_000_000_000} {
		for _, first := range []uint64{1, 1<<32 - 1, now, now + 1<<31, mostGeneration / 2} {
			var s serial
			last := s.of(first)
			for g := first + pause; g < first+pause+40*60*1_000_000; g += 1_000_000 * 10 {
				n := s.of(g)
				if n == 0 || int32(n-last) <= 0 || s.of(g) != n {
					t.Fatalf("of %d, %d later, %d makes %d after %d", first, pause, g, n, last)
				}
				last = n
			}
			g := first + pause + 40*60*1_000_000
			if n := s.of(g); n != uint32(g) {
				t.Errorf("of %d, %d later, after forty minutes %d is %d", first, pause, g, n)
			}
		}
	}
	var s serial
	if a, b, c := s.of(7), s.of(5), s.of(9); a != 7 || b != 8 || c != 9 {
		t.Errorf("data that was restored: %d %d %d", a, b, c)
	}
}
