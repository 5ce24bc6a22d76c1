package enumservice

import (
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Case is a ruleCase for tests that look across packages.
type Case struct {
	Code       string
	Line       int
	Options    Checker
	Number     e164.Number
	Bad, Good  []naptr.Record
	More, Less []string // codes that only the bad one has, or only the good one
}

// Cases returns those that are about records.
func Cases(t *testing.T) (list []Case) {
	for _, c := range ruleCases(t) {
		if c.bad.digits != "" || c.bad.words != c.good.words {
			continue
		}
		bad, good := setCodes(c.bad.found()), setCodes(c.good.found())
		list = append(list, Case{c.code, c.line, c.bad.Checker, c.bad.number, c.bad.set, c.good.set, without(bad, good), without(good, bad)})
	}
	return list
}

func without(list, other []string) (rest []string) {
	have := map[string]bool{}
	for _, code := range other {
		have[code] = true
	}
	for _, code := range list {
		if !have[code] {
			have[code] = true
			rest = append(rest, code)
		}
	}
	return rest
}
