package explain

import (
	"context"
	"fmt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Step is one entry that could decide about a name.
type Step struct {
	Entry backend.Entry
	Place string // where it was provisioned; "" where that is not known
	Wins  bool   // it decides
	Why   string // why it does, or does not
}

// steps returns what could decide about the name, in the order in which the index decides (docs/design.md
// section 3), the winner included. Who answered is the answer's word; why, the entries tell.
func steps(ctx context.Context, b backend.Backend, q backend.Query, a *backend.Answer) ([]Step, error) {
	tracer, ok := backend.As[backend.Tracer](b)
	if !ok {
		return nil, nil
	}
	entries, err := tracer.Trace(ctx, q)
	if err != nil {
		return nil, err
	}
	j := &judge{name: q.Name, answer: a, entries: entries}
	if j.encloser, err = encloser(ctx, b, q); err != nil {
		return nil, err
	}
	list := j.verdicts()
	locator, ok := backend.As[backend.Locator](b)
	if !ok {
		return list, nil
	}
	entries = entries[:0]
	for _, s := range list {
		entries = append(entries, s.Entry)
	}
	places, err := locator.Locate(ctx, q.Apex, entries)
	if err != nil {
		return nil, err
	}
	for i := range places {
		list[i].Place = places[i]
	}
	return list, nil
}

// encloser returns the longest name above q's that exists (RFC 4592 section 3.3.1).
func encloser(ctx context.Context, b backend.Backend, q backend.Query) (e164.Name, error) {
	for name := q.Name.Parent(); ; name = name.Parent() {
		a, err := b.Lookup(ctx, backend.Query{Apex: q.Apex, Name: name})
		made := a.Owner.IsWildcard() // by a wildcard, which does not make a name exist
		if err != nil || a.Kind != backend.Absent && !made || name == (e164.Name{}) {
			return name, err
		}
	}
}

// judge tells of entries whether they decide about a name.
type judge struct {
	name     e164.Name
	answer   *backend.Answer
	entries  []backend.Entry
	encloser e164.Name
}

// verdicts lists the entries in the order in which they are considered: what hides everything below it, the
// entry of the name, blocks and wildcards from the longest to the shortest, and names above, which decide
// nothing.
func (j *judge) verdicts() []Step {
	var hiding, own, around, above []Step
	for i := range j.entries {
		e := &j.entries[i]
		s := j.verdict(e)
		switch {
		case e.Kind == backend.Delegation, e.Kind == backend.Rename && e.Name != j.name:
			hiding = append(hiding, s)
		case e.Kind == backend.Block, e.Kind == backend.Wildcard:
			around = append([]Step{s}, around...)
		case e.Name == j.name:
			own = append(own, s)
		default:
			above = append([]Step{s}, above...)
		}
	}
	return append(append(append(hiding, own...), around...), above...)
}

// verdict judges one entry.
func (j *judge) verdict(e *backend.Entry) Step {
	s := Step{Entry: *e}
	if j.answer.Kind == backend.Delegated || j.answer.Kind == backend.Renamed {
		s.Wins = e.Name == j.answer.Owner && (e.Kind == backend.Delegation || e.Kind == backend.Rename)
		switch {
		case !s.Wins:
			s.Why = "hidden by the delegation or DNAME above"
		case e.Kind == backend.Delegation:
			s.Why = "the delegation nearest to the apex hides everything below it"
		default:
			s.Why = "a DNAME redirects all names below it (RFC 6672)"
		}
		return s
	}
	switch e.Kind {
	case backend.Rename:
		s.Wins, s.Why = e.Name == j.name, "the entry of the name itself"
	case backend.Number:
		s.Wins = e.Name == j.name
		s.Why = "the number has an entry of its own"
		switch {
		case e.Name != j.name:
			s.Why = "is another number, with which this one begins"
		case len(e.Records) == 0 && len(e.Sets) == 0:
			s.Why = "the number has an entry of its own, which says that it has no records"
		}
	case backend.Block:
		s.Wins, s.Why = j.block(e)
	case backend.Wildcard:
		s.Wins, s.Why = j.wildcard(e)
	}
	return s
}

// exact reports whether the name has an entry of its own.
func (j *judge) exact() bool {
	for i := range j.entries {
		if e := &j.entries[i]; e.Name == j.name && (e.Kind == backend.Number || e.Kind == backend.Rename) {
			return true
		}
	}
	return false
}

func (j *judge) block(e *backend.Entry) (wins bool, why string) {
	digits := j.name.Number.Len()
	switch {
	case j.name.Labels != "":
		return false, "blocks hold numbers, not other names"
	case digits < e.Min && e.Min == e.Max:
		return false, fmt.Sprintf("is for numbers of %d digits; this one has %d", e.Min, digits)
	case digits < e.Min, digits > e.Max:
		return false, fmt.Sprintf("is for numbers of %d to %d digits; this one has %d", e.Min, e.Max, digits)
	case j.exact():
		return false, "the number has an entry of its own"
	}
	for i := range j.entries {
		other := &j.entries[i]
		if other.Kind == backend.Block && other.Name.Number.Len() > e.Name.Number.Len() && other.Min <= digits && digits <= other.Max {
			return false, "a block with more digits in common counts before"
		}
	}
	return true, "the block with the most digits in common that the number belongs to"
}

func (j *judge) wildcard(e *backend.Entry) (wins bool, why string) {
	switch {
	case j.answer.Owner == e.Name.Wildcard():
		return true, "the wildcard below the longest name above the number that exists (RFC 4592)"
	case j.exact():
		return false, "the number has an entry of its own"
	case j.answer.Kind == backend.Descendants:
		return false, "the name exists, as there are longer numbers below it (RFC 4592 section 2.2.2)"
	case e.Name != j.encloser:
		return false, fmt.Sprintf("hidden, as %s exists: it or longer numbers have entries (RFC 4592 section 3.3.1)", j.encloser.Number.Digits())
	}
	return false, "a block that the number belongs to counts before"
}
