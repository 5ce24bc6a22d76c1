package lint

import (
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// unnumbered judges the records of a wildcard, or of a name that is no number: they serve numbers that the
// name does not tell. Each expression is tried with numbers that it matches.
func (j *judge) unnumbered(c enumservice.Checker, e *backend.Entry) {
	j.found = c.AppendSet(j.found, 0, e.Records)
	known := make(map[enumservice.SetFinding]bool, len(j.found))
	for _, f := range j.found {
		known[f] = true
	}
	sampled := c
	sampled.Sample = true
	for i, r := range e.Records {
		if !r.Terminal() {
			continue
		}
		if _, literal := naptr.CutLiteral(r.Regexp); literal {
			continue // no number changes its URI
		}
		x, err := naptr.ParseExpression(r.Regexp)
		if err != nil {
			continue
		}
		for _, n := range samples(x, r.Regexp, e, c.DialPlan) {
			for _, f := range sampled.Append(j.one[:0], n, r) {
				// At a name, one mailbox may well be for one number.
				if s := (enumservice.SetFinding{Finding: f, Record: i}); !known[s] && (c.Sample || f.Code != "I03") {
					known[s] = true
					j.found = append(j.found, s)
				}
			}
		}
	}
}

// usualLengths are those of a number in full, likeliest first.
var usualLengths = [...]int{12, 11, 13, 10, 14, 9, 15, 8, 7, 6, 5, 4, 3, 2, 1}

// samples returns numbers that an expression matches, the first and the last of the likeliest length, among
// those that the entry serves; none where it matches none that was tried.
func samples(x *naptr.Expression, regexp string, e *backend.Entry, dialPlan bool) (list []e164.Number) {
	// Whoever a non-terminal or CNAME leads to a name with labels may call from anywhere.
	beyond := e.Kind == backend.Wildcard && e.Name.IsNumber()
	served := e.Name.Number
	bases := []e164.Number{served}
	if n, ok := beginning(regexp); ok && (!beyond || n.HasPrefix(served)) {
		bases = append(bases, n)
	}
	for _, digit := range []byte("09") {
		if n, ok := sampleOf(x, bases, served, digit, beyond, dialPlan); ok {
			list = append(list, n)
		}
	}
	return list
}

// sampleOf looks for a number that an expression matches and one of the bases begins, filled up with a digit.
// beyond says that it must be longer than what is served.
func sampleOf(x *naptr.Expression, bases []e164.Number, served e164.Number, digit byte, beyond, dialPlan bool) (e164.Number, bool) {
	for _, base := range bases {
		for _, length := range usualLengths {
			if length < base.Len() || beyond && length <= served.Len() {
				continue
			}
			n := base
			for n.Len() < length {
				n, _ = n.Child(digit)
			}
			aus := n.String()
			if dialPlan {
				aus = n.Digits()
			}
			if _, ok := x.Eval(aus); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// beginning returns the digits that a pattern such as ^\+44(20.*)$ begins with.
func beginning(regexp string) (n e164.Number, ok bool) {
	for _, ch := range []byte(strings.TrimLeft(regexp[1:], `^(\+`)) {
		if ch == '(' {
			continue
		}
		child, more := n.Child(ch)
		if !more {
			break
		}
		n = child
	}
	return n, n.IsValid()
}
