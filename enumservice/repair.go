package enumservice

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Repair is a way to mend what a finding tells of.
type Repair uint8

const (
	// NoRepair: what is meant cannot be told from the record.
	NoRepair Repair = iota
	// ByPolicy: it can be mended, but those who own the data must say how: it changes what clients
	// that follow RFC 6116 dial.
	ByPolicy
	// Rewrite: the same in another spelling, for a number and for a block, where it fits the field.
	Rewrite
	// Expand: for a number, the URI that the expression yields takes its place. In a block it stays,
	// and so does one that does not match or whose URI is too long for the field.
	Expand
	// Split: one record for each of its services.
	Split
	// Renumber: other orders and preferences, the same sequence.
	Renumber
	// Drop: the record goes, unless it is the only one; no client loses anything.
	Drop
	repairs
)

var repairNames = [repairs]string{"none", "policy", "rewrite", "expand", "split", "renumber", "drop"}

// String returns "none", "policy", "rewrite", "expand", "split", "renumber" or "drop"; "" for what is
// no Repair.
func (r Repair) String() string {
	if r >= repairs {
		return ""
	}
	return repairNames[r]
}

// Automatic reports whether Checker.Repair does it.
func (r Repair) Automatic() bool { return r >= Rewrite && r < repairs }

// Repair returns the set of records that says the same as set, owned by the ENUM domain of n, to
// clients that follow RFC 6116, in a form that as many others as possible can use: what has one of
// the repairs Rewrite, Expand, Split, Renumber and Drop is mended, the rest stays. In URIs of
// schemes for which it is the same, "!" and "'" become %21 and %27. set itself is left alone. With Checker.Sample no expression is expanded,
// since the records serve other numbers, too.
func (c Checker) Repair(n e164.Number, set []naptr.Record) []naptr.Record {
	mended := make([]naptr.Record, 0, len(set)+2)
	for _, r := range set {
		mended = c.mend(mended, n, r)
	}
	mended = dropEmpty(mended)
	mended = withoutDuplicates(mended)
	renumber(mended)
	return mended
}

func withoutDuplicates(set []naptr.Record) []naptr.Record {
	again := duplicates(set)
	if len(again) == 0 {
		return set
	}
	kept := set[:0]
	for i, r := range set {
		if len(again) > 0 && again[0] == i {
			again = again[1:]
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// dropEmpty takes records away that say nothing. One stays where there would be none: without any,
// the block or wildcard around would answer.
func dropEmpty(set []naptr.Record) []naptr.Record {
	empty := func(r naptr.Record) bool {
		return considered(r) && r.Regexp == "" && rootReplacement(r)
	}
	if len(set) > 0 && !slices.ContainsFunc(set, func(r naptr.Record) bool { return !empty(r) }) {
		return set[:1]
	}
	return slices.DeleteFunc(set, empty)
}

// mend appends r, mended, to dst: one record for each of its services, which may be duplicates.
func (c Checker) mend(dst []naptr.Record, n e164.Number, r naptr.Record) []naptr.Record {
	if checkWire(r) != ruleNone || !considered(r) {
		return append(dst, r)
	}
	if r.NonTerminal() {
		// Clients ignore both (RFC 6116 section 5.2.1); without a target, the record was to be another.
		if r.Regexp == "" || !rootReplacement(r) {
			r.Services, r.Regexp = "", ""
		}
		return append(dst, r)
	}
	r.Flags = "u"
	r.Regexp = c.mendExpression(n, r.Regexp)
	var buf [fewServices]Service
	services, _ := ParseServices(buf[:0], r.Services)
	if tail, ok := strings.CutPrefix(r.Services, "E2U+"); len(services) == 0 || len(services) == 1 && ok && !hasCapital(tail) {
		return append(dst, r)
	}
	for _, s := range services {
		r.Services = "E2U+" + s.String()
		dst = append(dst, r)
	}
	return dst
}

// mendExpression returns the expression in the spelling that most clients know; for a number, where
// it can, with its URI written out.
func (c Checker) mendExpression(n e164.Number, regexp string) string {
	if usual(regexp) {
		return regexp
	}
	if settled(regexp) {
		return regexp
	}
	mended := regexp
	_ = naptr.UseExpression(regexp, func(x *naptr.Expression) { // a malformed one stays
		if _, fixed := x.Literal(); !fixed && !c.Sample && n.IsValid() {
			if expanded, ok := c.expand(n, x); ok {
				mended = expanded
				return
			}
		}
		mended = respell(regexp, x.Delimiter())
	})
	return mended
}

// expand returns the expression that yields for any number what x yields for n.
func (c Checker) expand(n e164.Number, x *naptr.Expression) (regexp string, ok bool) {
	var aus [1 + e164.MaxDigits]byte
	var buf [512]byte
	uri, ok := x.Append(buf[:0], c.aus(aus[:0], n))
	if !ok {
		return "", false
	}
	text := lowerScheme(string(uri))
	if encodable(text) {
		text = strings.ReplaceAll(text, "'", "%27")
	}
	regexp, err := naptr.Literal(text)
	return regexp, err == nil
}

// renumber gives new ranks where a finding asks for them.
func renumber(set []naptr.Record) {
	s := inspect(set)
	if !slices.ContainsFunc(s.rank(nil), func(f SetFinding) bool { return f.Repair == Renumber }) {
		return
	}
	// A client keeps to the lowest order that serves it (RFC 3403 section 4.1), and may want several
	// services: two orders never become one.
	order := uint16(usualOrder)
	for from := 0; from < len(s.enum); {
		to := from + 1
		for to < len(s.enum) && s.enum[to].Order == s.enum[from].Order {
			to++
		}
		prefer(set, s.enum[from:to], order)
		from = to
		order++
	}
}

// prefer gives the members one order, and preferences in their sequence: their own where those do.
func prefer(set []naptr.Record, members []member, order uint16) {
	rising := true
	for i := range members[1:] {
		rising = rising && members[i].Preference < members[i+1].Preference
	}
	step := min(10, 0xffff/len(members))
	for i, m := range members {
		r := &set[m.index]
		r.Order = order
		if !rising {
			r.Preference = uint16((i + 1) * step)
		}
	}
}
