package client

import (
	"errors"
	"slices"
)

// longest returns the states of the longest match from start, by position; nil where there is none.
func (e *ere) longest(text string, start int) []*states {
	now := e.states()
	now.add(e.start)
	var all []*states
	end := -1
	for at := start; ; at++ {
		e.close(now)
		now.drop(func(i int) bool { return !e.nodes[i].anchor.behind(text, at) })
		all = append(all, now)
		if e.accepting(now, text, at) >= 0 {
			end = at
		}
		if at == len(text) {
			break
		}
		next := e.states()
		for _, i := range now.list {
			if e.takes(i, text, at) {
				next.add(e.nodes[i].to[0])
			}
		}
		if now = next; len(now.list) == 0 {
			break
		}
	}
	return all[:max(end+1-start, 0)]
}

// accepting returns the node of s that ends a match at the position; -1 for none.
func (e *ere) accepting(s *states, text string, at int) int {
	found := -1
	for _, i := range s.list {
		if n := &e.nodes[i]; n.op == opAccept && n.anchor.ahead(text, at) && (found < 0 || i < found) {
			found = i
		}
	}
	return found
}

// takes reports whether a node matches the character at the position.
func (e *ere) takes(i int, text string, at int) bool {
	n := &e.nodes[i]
	return n.op == opChar && n.set.has(text[at]) && n.anchor.ahead(text, at)
}

// sift keeps, by position, those of the states from which the match can go on to its end.
func (e *ere) sift(all []*states, last int, text string, start int) {
	back := make([][]int, len(e.nodes)) // ways without a character
	for i := range e.nodes {
		if n := &e.nodes[i]; n.op != opChar {
			for _, to := range n.ways() {
				back[to] = append(back[to], i)
			}
		}
	}
	for k := len(all) - 1; k >= 0; k-- {
		at := start + k
		s := e.states()
		if k == len(all)-1 {
			s.add(last)
		} else {
			for _, i := range all[k].list {
				if e.takes(i, text, at) && all[k+1].has[e.nodes[i].to[0]] {
					s.add(i)
				}
			}
		}
		s.grow(func(i int) []int { return back[i] })
		s.drop(func(i int) bool { return !all[k].has[i] })
		all[k] = s
	}
}

// span is where a group matched; from is -1 where it took no part.
type span struct{ from, to int }

// match finds the longest of the leftmost matches in text and the spans of it and of the groups, limit
// of them, as regexec does with an array of that length. The error is errNoMatch, or errUnsure where
// glibc comes to no end.
func (e *ere) match(text string, limit int) ([]span, error) {
	for start := 0; start <= len(text); start++ {
		all := e.longest(text, start)
		if len(all) == 0 {
			continue
		}
		end := len(all) - 1
		last := e.accepting(all[end], text, start+end)
		if limit > 1 && e.plural {
			e.sift(all, last, text, start)
			if len(all[0].list) == 0 {
				continue
			}
		}
		return e.spans(all, last, text, start, limit)
	}
	return nil, errNoMatch
}

// spans walks along the states once more, each time the first way that they leave open.
func (e *ere) spans(all []*states, last int, text string, start, limit int) ([]span, error) {
	found := slices.Repeat([]span{{-1, -1}}, max(limit, 1))
	found[0] = span{start, start + len(all) - 1}
	if limit <= 1 {
		return found[:limit], nil
	}
	kept := slices.Clone(found)
	passed := e.states() // since the last character
	for at, i, steps := start, e.start, 0; ; steps++ {
		if steps > 4*len(e.nodes) {
			return nil, errUnsure // glibc goes round for ever
		}
		n := &e.nodes[i]
		if n.group < limit {
			n.record(found, kept, at)
		}
		if i == last && at == found[0].to {
			break
		}
		if n.op == opChar {
			if at == len(text) || !e.takes(i, text, at) || at == found[0].to {
				return nil, errNoMatch
			}
			i = n.to[0]
			at++
			passed = e.states()
			steps = 0
			continue
		}
		passed.add(i)
		if i = all[at-start].choose(n.ways(), passed); i < 0 {
			return nil, errNoMatch
		}
	}
	for g, same := range e.alias {
		if g+1 < limit {
			found[g+1] = found[same]
		}
	}
	return found, nil
}

// choose returns the first of the nodes that s has or, to get out of loops without a character, the
// second where the first was passed already; -1 for neither.
func (s *states) choose(to []int, passed *states) int {
	found := -1
	for _, i := range to {
		switch {
		case !s.has[i]:
		case found < 0:
			found = i
		case passed.has[found]:
			return i
		}
	}
	return found
}

// record notes at a group's begin or end where it is. kept is what to go back to where an optional
// group went around once more without a character, as the inner one in "((a?))*".
func (n *node) record(found, kept []span, at int) {
	switch n.op {
	case opOpen:
		found[n.group] = span{at, -1}
	case opClose:
		switch {
		case found[n.group].from < at:
			found[n.group].to = at
			copy(kept, found)
		case n.optional && kept[n.group].from != -1:
			copy(found, kept)
		default:
			found[n.group].to = at
		}
	}
}

// behind reports whether what a asks of the text before the position is so.
func (a anchor) behind(text string, at int) bool {
	word := at > 0 && isWord(text[at-1])
	return (a&afterBegin == 0 || at == 0) && (a&afterWord == 0 || word) && (a&afterGap == 0 || !word)
}

// ahead is behind for the text from the position on.
func (a anchor) ahead(text string, at int) bool {
	word := at < len(text) && isWord(text[at])
	return (a&beforeEnd == 0 || at == len(text)) && (a&beforeWord == 0 || word) &&
		(a&beforeGap == 0 || !word)
}

// states is a set of nodes.
type states struct {
	has  []bool
	list []int
}

func (e *ere) states() *states { return &states{has: make([]bool, len(e.nodes))} }

func (s *states) add(i int) {
	if !s.has[i] {
		s.has[i] = true
		s.list = append(s.list, i)
	}
}

func (s *states) drop(which func(int) bool) {
	s.list = slices.DeleteFunc(s.list, func(i int) bool {
		if which(i) {
			s.has[i] = false
			return true
		}
		return false
	})
}

// grow adds what next gives for each node, those that it adds too.
func (s *states) grow(next func(i int) []int) {
	for done := 0; done < len(s.list); {
		i := s.list[done]
		done++
		for _, j := range next(i) {
			s.add(j)
		}
	}
}

// close adds every node that s reaches without a character; what anchors ask is left to the copies
// that repeatAnchors made.
func (e *ere) close(s *states) {
	s.grow(func(i int) []int {
		if n := &e.nodes[i]; n.op != opChar {
			return n.ways()
		}
		return nil
	})
}

// matchERE is match with the result of compileERE; why says what an error of either means for a
// record.
func matchERE(e *ere, err error, text string, limit int) (spans []span, why string) {
	if err == nil {
		spans, err = e.match(text, limit)
	}
	switch {
	case err == nil:
		return spans, ""
	case errors.Is(err, errNoMatch):
		return nil, "its pattern does not match the number"
	case errors.Is(err, errPattern):
		return nil, "its pattern does not compile"
	}
	return nil, err.Error()
}
