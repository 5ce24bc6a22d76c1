package client

// boostSub is what a group matched, as in match_results: a group that took no part stands at the end
// of the text.
type boostSub struct {
	first, second int
	matched       bool
}

// maxBoostSteps is how many steps a search may take. Boost gives up later, by throwing an exception.
const maxBoostSteps = 50000

// boostMatcher walks all ways through a pattern, as Boost does for POSIX, and keeps the best.
type boostMatcher struct {
	text     string
	start    int // of the search
	notEmpty bool
	subs     []boostSub
	best     []boostSub
	steps    int
}

// search finds the leftmost match at or behind start. notEmpty refuses an empty match at start. err
// is errUnsure where the search takes too long.
func (b *boost) search(text string, start int, notEmpty bool) (subs []boostSub, err error) {
	m := &boostMatcher{text: text, start: start, notEmpty: notEmpty}
	for at := start; at <= len(text) && m.best == nil; at++ {
		m.subs = make([]boostSub, b.groups+1)
		for i := range m.subs {
			m.subs[i] = boostSub{len(text), len(text), false}
		}
		m.walk(b.root, at, func(end int) {
			if m.notEmpty && end == m.start {
				return
			}
			m.subs[0] = boostSub{at, end, true}
			if m.best == nil || m.better() {
				m.best = append(m.best[:0], m.subs...)
			}
		})
	}
	if m.steps > maxBoostSteps {
		return nil, errUnsure
	}
	return m.best, nil
}

// better is match_results::maybe_assign: it reports whether subs is to be preferred to best, which
// begins at the same place.
func (m *boostMatcher) better() bool {
	for i, old := range m.best {
		now := m.subs[i]
		if old.first == len(m.text) {
			switch {
			case now.first != len(m.text):
				return true
			case old.matched != now.matched:
				return now.matched
			}
			continue
		}
		if now.first != old.first {
			return now.first < old.first
		}
		if a, b := old.second-old.first, now.second-now.first; a != b {
			return b > a || !old.matched && now.matched
		}
		if old.matched != now.matched {
			return now.matched
		}
	}
	return false
}

// walk matches n at the given place and goes on with next at every place where it can end.
func (m *boostMatcher) walk(n *boostNode, at int, next func(end int)) {
	if m.steps++; m.steps > maxBoostSteps {
		return
	}
	switch n.op {
	case boostSet:
		if at < len(m.text) && n.has(m.text[at]) {
			next(at + 1)
		}
	case boostConcat:
		m.sequence(n.subs, at, next)
	case boostAlternate:
		for _, sub := range n.subs {
			m.walk(sub, at, next)
		}
	case boostGroup:
		before := m.subs[n.group]
		m.walk(n.subs[0], at, func(end int) {
			m.subs[n.group] = boostSub{at, end, true}
			next(end)
		})
		m.subs[n.group] = before
	case boostRepeat:
		m.repeat(n, at, 0, -1, next)
	default:
		if m.holds(n.op, at) {
			next(at)
		}
	}
}

func (m *boostMatcher) sequence(nodes []*boostNode, at int, next func(end int)) {
	if len(nodes) == 0 {
		next(at)
		return
	}
	m.walk(nodes[0], at, func(end int) { m.sequence(nodes[1:], end, next) })
}

// repeat goes on with another round and then with what follows. A round that matched nothing is the
// last one.
func (m *boostMatcher) repeat(n *boostNode, at, count, last int, next func(end int)) {
	if m.steps++; m.steps > maxBoostSteps {
		return
	}
	stuck := count > 0 && at == last
	if (n.max < 0 || count < n.max) && !stuck {
		m.walk(n.subs[0], at, func(end int) { m.repeat(n, end, count+1, at, next) })
	}
	if count >= n.min || stuck {
		next(at)
	}
}

// holds reports whether a place has what the operator asks for.
func (m *boostMatcher) holds(op boostOp, at int) bool {
	before := at > 0 && isWord(m.text[at-1])
	behind := at < len(m.text) && isWord(m.text[at])
	switch op {
	case boostLineStart, boostBufferStart:
		return at == 0
	case boostLineEnd, boostBufferEnd:
		return at == len(m.text)
	case boostWordEdge:
		return before != behind
	case boostWithinWord:
		return before == behind && at > 0 && at < len(m.text) // never at an end
	case boostWordStart:
		return !before && behind
	}
	return before && !behind // boostWordEnd
}
