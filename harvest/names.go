package harvest

// names remembers the latest names by their hashes: 256 at least, 512 at most. Of those that are new it takes about
// one in twenty for one that it knows. The zero value is ready for use.
type names struct {
	bits  [2][words]uint64 // of two generations
	young uint8            // the one that new names are in
	count uint16           // how many they are
}

const (
	words      = 32
	generation = 256
)

// again reports whether a name is among those, and remembers it.
func (m *names) again(hash uint64) bool {
	a, b := hash%(words*64), hash>>32%(words*64)
	has := func(bits *[words]uint64) bool { return bits[a/64]>>(a%64)&1 != 0 && bits[b/64]>>(b%64)&1 != 0 }
	young, old := &m.bits[m.young], &m.bits[1-m.young]
	if has(young) {
		return true
	}
	found := has(old)
	young[a/64] |= 1 << (a % 64)
	young[b/64] |= 1 << (b % 64)
	if m.count++; m.count == generation {
		m.young, m.count = 1-m.young, 0
		*old = [words]uint64{}
	}
	return found
}
