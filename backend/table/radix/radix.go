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
		x := &sorter[T]{key: key, compare: compare}
		x.distribute(s, 56)
	}
}

type sorter[T any] struct {
	key     func(*T) uint64
	compare func(a, b *T) int
	moving  T // here, since what a function value gets the address of is on the heap
}

// distribute sorts elements whose keys are the same above the octet at shift.
func (x *sorter[T]) distribute(s []T, shift int) {
	for ; shift >= 0; shift -= 8 {
		if len(s) <= few {
			x.insert(s)
			return
		}
		var next, end [256]int
		for i := range s {
			end[byte(x.key(&s[i])>>shift)]++
		}
		if end[byte(x.key(&s[0])>>shift)] == len(s) {
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
				x.moving = s[next[octet]]
				at := byte(x.key(&x.moving) >> shift)
				for int(at) != octet {
					x.moving, s[next[at]] = s[next[at]], x.moving
					next[at]++
					at = byte(x.key(&x.moving) >> shift)
				}
				s[next[octet]] = x.moving
				next[octet]++
			}
		}
		from := 0
		for _, to := range end {
			if to-from > 1 {
				x.distribute(s[from:to], shift-8)
			}
			from = to
		}
		return
	}
	slices.SortFunc(s, func(a, b T) int { return x.compare(&a, &b) })
}

func (x *sorter[T]) insert(s []T) {
	for i := 1; i < len(s); i++ {
		if x.compare(&s[i-1], &s[i]) <= 0 {
			continue
		}
		x.moving = s[i]
		j := i
		for ; j > 0 && x.compare(&s[j-1], &x.moving) > 0; j-- {
			s[j] = s[j-1]
		}
		s[j] = x.moving
	}
}
