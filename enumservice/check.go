package enumservice

import (
	"errors"
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/bindre"
)

// Checker tells what is wrong with records, one at a time or the set of a number. The zero Checker judges records of a
// public tree; it is safe for concurrent use.
type Checker struct {
	// Private says that only one network sees the records: P- and X- types and domains without a
	// dot are in order there.
	Private bool
	// DialPlan says that numbers are digits of a private plan, matched without "+" (RFC 6116
	// section 3.7).
	DialPlan bool
	// Sample says that the number is one of many that the record is for: a block or a wildcard.
	Sample bool
	// Apex is the length of the tree's apex in characters as it is written without the final dot;
	// 0 stands for that of e164.arpa.
	Apex int
}

// CheckerFor returns the Checker for the records of numbers below apex, of a private dial plan or of E.164: a tree that
// is not below e164.arpa is taken for private.
func CheckerFor(apex e164.Apex, dialPlan bool) Checker {
	return Checker{
		Private:  !apex.Public(),
		DialPlan: dialPlan,
		Apex:     max(0, len(apex.String())-len(".")-2*apex.Prefix().Len()), // without the digits that numbers begin with
	}
}

// Append appends the findings on record r, owned by the ENUM domain of n, to dst and returns the
// extended slice, in the order the record is read: wire, flags, services, expression, URI. The
// zero Number is a name that is no number; expressions are then checked and not evaluated. It does
// not allocate for a record in order whose expression has the form "!^.*$!URI!".
func (c Checker) Append(dst []Finding, n e164.Number, r naptr.Record) []Finding {
	if f := checkWire(r); f != ruleNone {
		return report(dst, f)
	}
	switch {
	case r.Terminal():
		return c.terminal(dst, n, r)
	case otherApplication(r.Services):
		return report(dst, ruleOtherApplication)
	case r.NonTerminal():
		return nonTerminal(dst, r)
	}
	return report(dst, ruleUnknownFlag)
}

func report(dst []Finding, f rule) []Finding { return append(dst, findings[f]) }

func checkWire(r naptr.Record) rule {
	if len(r.Flags) > 255 || len(r.Services) > 255 || len(r.Regexp) > 255 {
		return ruleFieldLength
	}
	if !rootReplacement(r) && r.Check() != nil {
		return ruleReplacementName
	}
	return ruleNone
}

func rootReplacement(r naptr.Record) bool { return r.Replacement == "" || r.Replacement == "\x00" }

// otherApplication reports whether the services name another DDDS application, such as SIP+D2U:
// what shares the name with ENUM records is no fault of theirs (RFC 3403 section 3).
func otherApplication(services string) bool {
	if services == "" {
		return false
	}
	var buf [4]Service
	_, err := ParseServices(buf[:0], services)
	return errors.Is(err, ErrNoE2U)
}

// nonTerminal applies RFC 6116 sections 5.1 and 5.2.1.
func nonTerminal(dst []Finding, r naptr.Record) []Finding {
	if r.Regexp != "" && rootReplacement(r) {
		return report(dst, ruleFlagMissing)
	}
	if r.Services != "" {
		dst = report(dst, ruleNonTerminalServices)
	}
	switch {
	case r.Regexp != "":
		return report(dst, ruleNonTerminalRegexp)
	case rootReplacement(r):
		return report(dst, ruleNoTarget)
	}
	return report(dst, ruleNonTerminal)
}

// fewServices is how many Enumservices a record has without an allocation. More than two are not seen.
const fewServices = 8

func (c Checker) terminal(dst []Finding, n e164.Number, r naptr.Record) []Finding {
	if r.Flags == "U" {
		dst = report(dst, ruleCapitalFlag)
	}
	var buf [fewServices]Service
	services, err := ParseServices(buf[:0], r.Services)
	if err != nil {
		dst = report(dst, ruleFor(err, servicesCauses, ruleServiceOctet))
	}
	var known [fewServices]claim
	claims := known[:0]
	for _, s := range services {
		claims = append(claims, claim{s, lookup(s)})
	}
	dst = c.services(dst, r.Services, claims)
	if r.Regexp == "" {
		if rootReplacement(r) {
			return report(dst, ruleNeitherSet)
		}
		return report(dst, ruleTerminalReplacement)
	}
	if !rootReplacement(r) {
		dst = report(dst, ruleBothSet)
	}
	from := len(dst)
	dst, uri, fixed := c.expression(dst, n, r.Regexp)
	acquit(dst[from:], r.Regexp)
	if uri != "" {
		dst = c.uri(dst, uri, claims, fixed)
	}
	if from < len(dst) && settled(r.Regexp) {
		for i := range dst[from:] {
			if f := &dst[from+i]; f.Repair.Automatic() {
				f.Repair = ByPolicy
			}
		}
	}
	return dst
}

// acquit takes BIND from the findings on an expression that it does not refuse: it has its own idea of
// what is malformed.
func acquit(found []Finding, regexp string) {
	for i := range found {
		if found[i].Clients.Has(BIND) && !bindRefuses(regexp) {
			found[i].Clients &^= bind
		}
	}
}

// bindRefuses reports whether BIND refuses an answer for this expression, whatever the record is for.
func bindRefuses(regexp string) bool {
	if uri, ok := naptr.CutLiteral(regexp); ok && strings.IndexByte(uri, 0) < 0 {
		return false
	}
	return bindre.Refuses(regexp) != ""
}

// cause says which finding an error stands for.
type cause struct {
	err  error
	rule rule
}

// ruleFor returns the finding of the first cause that err is, or else other.
func ruleFor(err error, causes []cause, other rule) rule {
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return c.rule
		}
	}
	return other
}

// servicesCauses are the errors of ParseServices.
var servicesCauses = []cause{
	{ErrNoE2U, ruleNoE2U},
	{ErrNoService, ruleNoService},
	{ErrObsoleteOrder, ruleObsoleteOrder},
	{ErrSecondE2U, ruleSecondE2U},
	{ErrEmptyElement, ruleEmptyElement},
	{ErrBlank, ruleServiceBlank},
	{ErrLongToken, ruleLongToken},
}

// claim is a service that a record names, with its row of the registry, if any.
type claim struct {
	Service
	row *Registration
}

// services judges what the grammar lets through.
func (c Checker) services(dst []Finding, field string, claims []claim) []Finding {
	if len(claims) == 0 {
		return dst
	}
	dst = letterCase(dst, field)
	var seen [rules]bool
	once := func(f rule) {
		if !seen[f] {
			seen[f] = true
			dst = report(dst, f)
		}
	}
	if len(claims) > 1 {
		once(ruleCompound)
		if disjoint(claims) {
			once(ruleDisjoint)
		}
	}
	for i, s := range claims {
		for _, before := range claims[:i] {
			if s.Is(before.Type, before.Subtype) {
				once(ruleDuplicateService)
			}
		}
		switch {
		case s.Private():
			if !c.Private {
				once(rulePrivate)
			}
		case s.Trial():
			if !c.Private {
				once(ruleTrial)
			}
		case s.row != nil:
		case strings.EqualFold(s.Type, "im"):
			once(ruleIMSubtype)
		default:
			once(ruleUnregistered)
		}
	}
	return dst
}

// letterCase reports what clients that compare octets trip over.
func letterCase(dst []Finding, field string) []Finding {
	const e2u = len("E2U")
	head, tail := field[:e2u], field[e2u:]
	if !strings.EqualFold(head, "E2U") {
		head, tail = field[len(field)-e2u:], field[:len(field)-e2u]
	}
	if head != "E2U" && head != "e2u" {
		return report(dst, ruleMixedE2U)
	}
	if head != "E2U" || hasCapital(tail) {
		return report(dst, ruleServiceCase)
	}
	return dst
}

// hasCapital reports whether s has an ASCII letter in upper case.
func hasCapital(s string) bool {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

// disjoint reports whether no URI scheme is registered for all services that are registered. One
// record has one URI, whatever the number of its services (RFC 6116 section 3.4.3.2); pres takes
// any scheme (RFC 3953 section 4).
func disjoint(claims []claim) bool {
	binds := func(s claim) bool { return s.row != nil && s.row.Type != "pres" }
	first := slices.IndexFunc(claims, binds)
	return first >= 0 && !slices.ContainsFunc(claims[first].row.Schemes, func(scheme string) bool {
		return !slices.ContainsFunc(claims, func(s claim) bool { return binds(s) && !s.row.HasScheme(scheme) })
	})
}
