// Package data makes the numbers that servers are measured with: the same for the same Spec on every
// machine, as numbers file, as zone file and as queries.
package data

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Spec says what a set of numbers is like. All are +49 and ten digits, which are invented.
type Spec struct {
	N int
	// Sparse numbers are spread at random; others fill half of each of their ranges of a thousand.
	Sparse bool
	// Distinct URIs have a user part of twelve characters that has nothing to do with the number;
	// others are made of the number.
	Distinct bool
	// Single gives each number one record; otherwise half of the numbers have one, three of ten two,
	// and two of ten three: 1.7 on average.
	Single bool
	// Sorted writes the numbers in ascending order, otherwise in none.
	Sorted bool
}

// queries is how many are made: enough that none repeats while a processor cache remembers it.
const queries = 1_000_000

const first = 49_000_000_0000 // the least number that can be in a set

// name tells sets apart in file names.
func (s Spec) name() string {
	pick := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	return fmt.Sprintf("%d-%s-%s-%s-%s", s.N, pick(s.Sparse, "sparse", "dense"), pick(s.Distinct, "distinct", "derived"),
		pick(s.Single, "single", "mixed"), pick(s.Sorted, "sorted", "unsorted"))
}

// numbers returns the numbers of the set and some that are not in it.
func (s Spec) numbers() (in, out []uint64) {
	r := rand.New(rand.NewPCG(6116, 5028))
	in = make([]uint64, 0, s.N)
	seen := make(map[uint64]bool)
	if s.Sparse {
		for len(in) < s.N {
			if n := first + r.Uint64N(1e10); !seen[n] {
				seen[n] = true
				in = append(in, n)
			}
		}
		for len(out) < 200_000 {
			if n := first + r.Uint64N(1e10); !seen[n] {
				out = append(out, n)
			}
		}
	} else {
		for len(in) < s.N {
			thousand := r.Uint64N(1e7)
			if seen[thousand] {
				continue
			}
			seen[thousand] = true
			for i, p := range r.Perm(1000) {
				n := first + thousand*1000 + uint64(p)
				if i < 500 && len(in) < s.N {
					in = append(in, n)
				} else {
					out = append(out, n)
				}
			}
		}
	}
	if s.Sorted {
		slices.SortFunc(in, cmp.Compare)
	}
	return in, out
}

// mix spreads n over 64 bits (the finalizer of MurmurHash3).
func mix(n uint64) uint64 {
	n ^= n >> 33
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	n *= 0xc4ceb9fe1a85ec53
	return n ^ n>>33
}

// record is one NAPTR record of a number: its service and URI around the user part.
type record struct{ service, scheme, host string }

var records = []record{
	{"E2U+im", "im:", "@example.com"},
	{"E2U+sip", "sip:", "@sip.example.net"},
	{"E2U+pres", "pres:", "@example.com"},
}

// recordsOf returns the records of a number, the preferred one first.
func (s Spec) recordsOf(n uint64) []record {
	switch m := mix(n) % 10; {
	case s.Single || m < 5:
		return records[:1]
	case m < 8:
		return records[:2]
	}
	return records
}

// appendUser appends the user part of the URIs of a number.
func (s Spec) appendUser(b []byte, n uint64) []byte {
	if !s.Distinct {
		return fmt.Appendf(b, "+%d", n)
	}
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	for h, i := mix(n^0x5028), 0; i < 12; h, i = h>>5, i+1 {
		b = append(b, letters[h&31])
	}
	return b
}
