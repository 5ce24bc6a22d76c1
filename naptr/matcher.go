package naptr

import "unicode/utf8"

// matcher walks a program depth first, preferred branches first, and never twice through the same
// instruction at the same position: what failed once fails again, whatever groups were set on the
// way, since patterns have no back-references. So its steps are bounded by the length of the program
// times the length of the subject, for every pattern.
type matcher struct {
	*program
	subject []byte
	visited []uint64
	steps   int
	now     spans
	best    spans
	end     int // of the longest match, or -1
}

// branch is work put off: going on at instruction pc and position pos; or, where pc is negative,
// setting group limit ^pc back to pos.
type branch struct{ pc, pos int32 }

// match finds the leftmost match and among those the longest; among equally long ones the one that
// prefers earlier alternatives and longer repetitions, as glibc and Go do. It sets the groups and
// returns how many steps it took.
func (p *program) match(subject []byte, groups *spans) (steps int, ok bool) {
	// Room enough for every program on a telephone number, so that nothing is allocated.
	var visited [(maxProgram*17 + 63) / 64]uint64
	var stack [256]branch
	m := matcher{program: p, subject: subject, end: -1}
	later := stack[:0]
	if words := (len(p.code)*(len(subject)+1) + 63) / 64; words <= len(visited) {
		m.visited = visited[:words]
	} else {
		m.visited = make([]uint64, words)
	}
	for i := range m.now {
		m.now[i] = -1
	}
	for start := 0; ; {
		later = m.walk(later, int32(start))
		if m.end >= 0 {
			*groups = m.best
			return m.steps, true
		}
		if p.pinned || start == len(subject) {
			return m.steps, false
		}
		_, size := utf8.DecodeRune(subject[start:])
		start += size
	}
}

// walk follows all paths from the entry at position start until one reaches the end of the subject;
// no match can be longer, and none that comes later is preferred. The stack later is handed in and
// back, not kept in m, so that it need not live on the heap.
func (m *matcher) walk(later []branch, start int32) []branch {
	later = append(later[:0], branch{int32(m.entry), start})
	for len(later) > 0 {
		b := later[len(later)-1]
		later = later[:len(later)-1]
		if b.pc < 0 {
			m.now[^b.pc] = int(b.pos)
			continue
		}
		later = m.follow(later, int(b.pc), int(b.pos))
		if m.end == len(m.subject) {
			break
		}
	}
	return later
}

// follow goes on from instruction pc at position pos to where the path ends, and puts the other
// branches off onto later.
func (m *matcher) follow(later []branch, pc, pos int) []branch {
	for {
		bit := pos*len(m.code) + pc
		if m.visited[bit>>6]>>(bit&63)&1 != 0 {
			return later
		}
		m.visited[bit>>6] |= 1 << (bit & 63)
		m.steps++
		i := &m.code[pc]
		switch i.code {
		case matched:
			if pos > m.end {
				m.end, m.best = pos, m.now
			}
			return later
		case consume:
			if pos == len(m.subject) {
				return later
			}
			if c := m.subject[pos]; c < utf8.RuneSelf {
				if !m.sets[i.arg].hasASCII(c) {
					return later
				}
				pos++
				break
			}
			r, size := utf8.DecodeRune(m.subject[pos:])
			if !m.sets[i.arg].hasWide(r) {
				return later
			}
			pos += size
		case atBegin:
			if pos != 0 {
				return later
			}
		case atEnd:
			if pos != len(m.subject) {
				return later
			}
		case save:
			later = append(later, branch{^int32(i.arg), int32(m.now[i.arg])})
			m.now[i.arg] = pos
		case split:
			later = append(later, branch{int32(i.y), int32(pos)})
		}
		pc = int(i.x)
	}
}
