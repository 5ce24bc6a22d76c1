package radix

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type element struct {
	key uint64
	seq int
}

func sorted(s []element) {
	Sort(s, func(e *element) uint64 { return e.key }, func(a, b *element) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
	})
}

// Whatever the keys are like, the result is that of a stable sort by key.
func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, key := range map[string]func(i int) uint64{
		"random":     func(int) uint64 { return r.Uint64() },
		"close":      func(int) uint64 { return 0x4912_0000_0000_0000 | r.Uint64N(1<<12)<<16 | 12 },
		"few":        func(int) uint64 { return r.Uint64N(3) << 40 },
		"one":        func(int) uint64 { return 7 },
		"ascending":  func(i int) uint64 { return uint64(i) << 4 },
		"descending": func(i int) uint64 { return ^uint64(i) },
		"lengths":    func(int) uint64 { return 0x4912_0000_0000_0000 | r.Uint64N(16) },
	} {
		for _, n := range []int{0, 1, 2, few, few + 1, 300, 5000} {
			got := make([]element, n)
			for i := range got {
				got[i] = element{key(i), i}
			}
			want := slices.Clone(got)
			slices.SortStableFunc(want, func(a, b element) int { return cmp.Compare(a.key, b.key) })
			sorted(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d elements are out of order", name, n)
			}
		}
	}
}
