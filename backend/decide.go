package backend

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Decide returns the answer for the number n from what a store holds about it, in the order of every
// index: a delegation at n or above it, the nearest to the apex; the number itself; of the blocks that
// contain it the one with the longest prefix; something below; nothing. Entries of other kinds, with
// labels, and at other names decide nothing. The answer is in the form Plain, shares the RRsets of h, and
// has the records in the order in which clients are to try them.
//
// ErrInvalidData is for a Broken entry that decides, for two that would, so that nothing says which is
// meant, and for one that makes no answer, such as a delegation without name servers.
func Decide(n e164.Number, h *Holding) (Answer, error) {
	d := decision{n: n, below: h.Below}
	for i := range h.Entries {
		d.weigh(&h.Entries[i])
	}
	e, twice := d.decider()
	switch {
	case twice:
		return Answer{}, fmt.Errorf("%w: two entries for one name: delete one of them", ErrInvalidData)
	case e == nil && d.below:
		return Answer{Kind: Descendants}, nil
	case e == nil:
		return Answer{Kind: Absent}, nil
	case e.Broken:
		return Answer{}, fmt.Errorf("%w: the entry cannot be read", ErrInvalidData)
	}
	a := answerOf(e)
	if fault := wellFormed(Query{Name: e164.Name{Number: n}}, &a); fault != "" {
		return Answer{}, illFormed(fault)
	}
	return a, nil
}

// decision is what of a holding may decide about a number.
type decision struct {
	n                 e164.Number
	cut, exact, block candidate
	below             bool
}

// candidate is the entry of its sort that comes first, and whether there are two of that.
type candidate struct {
	entry *Entry
	twice bool
}

// take makes e the candidate where it is better by order than what was; equals are remembered.
func (c *candidate) take(e *Entry, order int) {
	switch {
	case c.entry == nil || order > 0:
		*c = candidate{entry: e}
	case order == 0:
		c.twice = true
	}
}

func (c *candidate) length() int {
	if c.entry == nil {
		return 0
	}
	return c.entry.Name.Number.Len()
}

func (d *decision) weigh(e *Entry) {
	if !e.Name.IsNumber() {
		return
	}
	at, l := e.Name.Number, d.n.Len()
	above := d.n.HasPrefix(at)
	switch {
	case e.Kind == Delegation && above:
		d.cut.take(e, cmp.Compare(d.cut.length(), at.Len()))
	case e.Kind == Number && at == d.n:
		d.exact.take(e, 0)
	case e.Kind == Block && above && e.Min <= l && l <= e.Max:
		d.block.take(e, cmp.Compare(at.Len(), d.block.length()))
	case e.Kind == Block && above && l < e.Min:
		d.below = true // the numbers of the block are longer
	case e.Kind <= Delegation && e.Kind != Wildcard && at != d.n && at.HasPrefix(d.n):
		d.below = true
	}
}

func (d *decision) decider() (e *Entry, twice bool) {
	for _, c := range [...]candidate{d.cut, d.exact, d.block} {
		if c.entry != nil {
			return c.entry, c.twice
		}
	}
	return nil, false
}

// answerOf returns what an entry says of the numbers that it stands for.
func answerOf(e *Entry) Answer {
	if e.Kind == Delegation {
		return Answer{Kind: Delegated, Owner: e.Name, Sets: e.Sets, Glue: e.Glue}
	}
	if len(e.Records) == 0 && len(e.Sets) == 0 {
		return Answer{Kind: Empty}
	}
	a := Answer{Kind: Found, TTL: e.TTL, Sets: e.Sets}
	if len(e.Records) == 0 {
		return a
	}
	records := e.Records
	if !slices.IsSortedFunc(records, byRank) {
		records = slices.SortedStableFunc(slices.Values(records), byRank)
	}
	a.Rules = make([]naptr.Rule, len(records))
	for i, r := range records {
		a.Rules[i] = naptr.NewRule(r)
	}
	return a
}

// byRank orders records as clients are to try them (RFC 3403 section 4.1).
func byRank(a, b naptr.Record) int {
	return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
}
