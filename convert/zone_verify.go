package convert

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// take takes an entry of the zone that stands below the mark of what was made; false where nothing is made
// so.
func (s *said) take(e *backend.Entry, line int, c *canonical) bool {
	host, none := isHost(e), isNone(e)
	if !host && !e.Name.IsNumber() && (!none || e.Kind != backend.Number) {
		return false
	}
	if none {
		e.Sets = e.Sets[:0]
	}
	ref := madeRef{e.Name.Number, e.Kind == backend.Wildcard, uint32(line), c.hash(e)}
	to := s.names
	switch {
	case host:
		to = s.hosts
	case e.Name.IsNumber():
		s.made = append(s.made, ref)
		return true
	}
	to[e164.Name{Number: e.Name.Number, Labels: strings.Clone(e.Name.Labels)}] = ref
	return true
}

// define notes what a comment on a line says. An error says why no comment of enumim's says that.
func (s *said) define(it *notation.Item, line int) error {
	e := &it.Entry
	at := lineRef{e.Name.Number, line}
	switch {
	case it.End || it.Zone != nil:
		return errors.New("expected an entry")
	case e.Kind == backend.Block:
	case e.Kind == backend.Delegation && e.Name.IsNumber():
		s.cuts = append(s.cuts, at)
	case isBare(e) && e.Name.IsNumber():
		s.bare = append(s.bare, at)
	case isBare(e):
		s.none[e.Name] = line
	default:
		return errors.New("expected a block, a delegation or a name without records: all else stands in the zone itself")
	}
	if s.first == 0 {
		s.first, s.ends = line, [2]lineRef{at, at}
	}
	if at.number < s.ends[0].number {
		s.ends[0] = at
	}
	if at.number > s.ends[1].number {
		s.ends[1] = at
	}
	return nil
}

// sort prepares for verify, which walks the tree in the order of numbers.
func (s *said) sort() {
	slices.SortStableFunc(s.made, madeRef.compare)
	byNumber := func(a, b lineRef) int { return cmp.Compare(a.number, b.number) }
	slices.SortStableFunc(s.cuts, byNumber)
	slices.SortStableFunc(s.bare, byNumber)
}

const (
	again   = "the records that enumim made of blocks were changed: change the block in the comment too, or make the zone anew from its source, or take out all comments that begin with \"; enumim:\""
	missing = "a record that a block needs is missing in the zone, perhaps because another name was added in the block: " + again
	without = "the zone does not have the records that this comment stands for: " + again
)

// found takes the comments about a number out of a sorted list, and reports whether there is one. The
// numbers asked for ascend: comments about those passed over stand for nothing in the zone.
func (l *loading) found(list *[]lineRef, n e164.Number) bool {
	for len(*list) > 0 && (*list)[0].number < n {
		l.faults.add((*list)[0].line, 0, "", without)
		*list = (*list)[1:]
	}
	found := false
	for len(*list) > 0 && (*list)[0].number == n {
		found = true
		*list = (*list)[1:]
	}
	return found
}

// verify compares what the comments of the input say and make with what the input has of it: the two fold
// only where they agree.
func (l *loading) verify() error {
	s := &l.said
	if l.from != Zone || len(s.made)+len(s.names)+len(s.hosts) == 0 && s.first == 0 {
		return nil
	}
	rest := s.made
	next := func(e *backend.Entry) {
		want := madeRef{number: e.Name.Number, wild: e.Kind == backend.Wildcard, hash: l.canon.hash(e)}
		for len(rest) > 0 && rest[0].compare(want) < 0 {
			l.faults.add(int(rest[0].line), 0, "", again)
			rest = rest[1:]
		}
		switch {
		case len(rest) > 0 && rest[0].compare(want) == 0 && rest[0].hash == want.hash:
			rest = rest[1:]
		case len(rest) > 0 && rest[0].compare(want) == 0:
			l.faults.add(int(rest[0].line), 0, "", again)
			rest = rest[1:]
		default:
			l.faults.add(max(s.first, 1), 0, "", missing)
		}
	}
	t := l.tree()
	t.skipped = nil // what is left out of the output is in the zone
	if err := t.findServers(l.ctx); err != nil {
		return err
	}
	l.verifyHosts(t)
	x := &expander{
		apex: t.apex.Prefix(), dialPlan: t.dialPlan,
		own: func(e *backend.Entry) error {
			switch {
			case isBare(e):
				l.found(&s.bare, e.Name.Number)
				if t.bare(e) {
					next(e)
				}
			case e.Kind == backend.Delegation:
				said := l.found(&s.cuts, e.Name.Number)
				if read, same := t.asRead(e, &l.canon); said || !same {
					next(read)
				}
			}
			return nil
		},
		begins: func(*backend.Entry) error { return nil },
		made: func(e *backend.Entry) error {
			next(e)
			return nil
		},
	}
	err := t.stops(l.ctx, x.add, func(e *backend.Entry) error {
		if _, made := s.names[e.Name]; made && isBare(e) {
			delete(s.none, e.Name)
			delete(s.names, e.Name)
		}
		return nil
	})
	if m, ok := errors.AsType[*meeting](err); ok {
		l.faults.add(max(s.first, 1), 0, "", m.Error()+"; "+again)
		return nil
	}
	for _, r := range slices.Concat(rest, slices.Collect(maps.Values(s.names))) {
		l.faults.add(int(r.line), 0, "", again)
	}
	for _, at := range slices.Concat(s.cuts, s.bare) {
		l.faults.add(at.line, 0, "", without)
	}
	for _, line := range s.none {
		l.faults.add(line, 0, "", without)
	}
	return err
}

// verifyHosts compares the name servers that delegations in comments need with those in the zone.
func (l *loading) verifyHosts(t *tree) {
	rest := l.said.hosts
	for _, h := range t.servers.records {
		r, found := rest[h.at]
		delete(rest, h.at)
		if !found {
			l.faults.add(max(l.said.first, 1), 0, "", missing)
		} else if r.hash != l.canon.hash(&backend.Entry{Name: h.at, Sets: h.sets}) {
			l.faults.add(int(r.line), 0, "", again)
		}
	}
	for _, r := range rest {
		l.faults.add(int(r.line), 0, "", again)
	}
}
