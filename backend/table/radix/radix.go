// Package radix sorts what a load brings, by number.
package radix

import "slices"

// few is up to how many elements insertion is quicker than distribution.
const few = 24

// Sort sorts s in place by key, and elements of one key by compare, which must order by key first.
// It distributes by the octets of the key, the highest first (American flag sort): of the numbers
// of a file few octets differ, where comparing would take a mispredicted branch for each halving.
func Sort[T any](s []T, key func(*T) uint64, compare func(a, b *T) int) {
	ascends := true
	for i := 1; i < len(s) && ascends; i++ {
		ascends = compare(&s[i-1], &s[i]) <= 0
	}
	if !ascends {
		distribute(s, key, compare, 56)
	}
}

// distribute sorts elements whose keys are the same above the octet at shift.
func distribute[T any](s []T, key func(*T) uint64, compare func(a, b *T) int, shift int) {
	for ; shift >= 0; shift -= 8 {
		if len(s) <= few {
			insert(s, compare)
			return
		}
		var next, end [256]int
		for i := range s {
			end[byte(key(&s[i])>>shift)]++
		}
		if end[byte(key(&s[0])>>shift)] == len(s) {
			continue
		}
		sum := 0
		for octet, n := range end {
			next[octet] = sum
			sum += n
			end[octet] = sum
		}
		for octet := range next {
			for next[octet] < end[octet] {
				// Follow the elements from one's place to the next one's until one belongs here.
				moving := s[next[octet]]
				at := byte(key(&moving) >> shift)
				for int(at) != octet {
					moving, s[next[at]] = s[next[at]], moving
					next[at]++
					at = byte(key(&moving) >> shift)
				}
				s[next[octet]] = moving
				next[octet]++
			}
		}
		from := 0
		for _, to := range end {
			if to-from > 1 {
				distribute(s[from:to], key, compare, shift-8)
			}
			from = to
		}
		return
	}
	slices.SortFunc(s, func(a, b T) int { return compare(&a, &b) })
}

func insert[T any](s []T, compare func(a, b *T) int) {
	for i := 1; i < len(s); i++ {
		if compare(&s[i-1], &s[i]) <= 0 {
			continue
		}
		moving := s[i]
		j := i
		for ; j > 0 && compare(&s[j-1], &moving) > 0; j-- {
			s[j] = s[j-1]
		}
		s[j] = moving
	}
}
