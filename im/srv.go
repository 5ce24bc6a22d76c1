package im

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// SRV is the RDATA of an SRV record (RFC 2782).
type SRV struct {
	Priority, Weight, Port uint16
	Target                 string // fully qualified; "." says that the service is decidedly not there
}

// order returns the records in the order in which to try them: by priority, within one by chance, in
// proportion to the weight (RFC 2782, "Usage rules"). random(n) gives a number from 0 to n-1.
func order(set []SRV, random func(int) int) []SRV {
	if random == nil {
		random = rand.IntN
	}
	// Those of weight 0 come first, so that they too have a small chance; else the order of arrival.
	rest := slices.Clone(set)
	slices.SortStableFunc(rest, func(a, b SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(min(a.Weight, 1), min(b.Weight, 1)))
	})
	out := make([]SRV, 0, len(set))
	for len(rest) > 0 {
		n, sum := 0, 0
		for n < len(rest) && rest[n].Priority == rest[0].Priority {
			sum += int(rest[n].Weight)
			n++
		}
		i, pick := 0, random(sum+1)
		for pick -= int(rest[0].Weight); pick > 0 && i < n-1; pick -= int(rest[i].Weight) {
			i++
		}
		out = append(out, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return out
}
