package ldap

import (
	"errors"
	"maps"
	"slices"

	"github.com/enumim/enumim/backend"
)

// The rules of findings: why something in the directory is not served.
const (
	ruleNoNumber  = "no-number"
	ruleNoURI     = "no-uri"
	ruleURI       = "uri"
	ruleNumber    = "number"
	ruleExtension = "extension"
	ruleLocal     = "local"
	ruleTrunk     = "trunk"
	ruleOutside   = "outside"
	ruleShared    = "shared"
)

// ruleTexts say what a rule counts.
var ruleTexts = map[string]string{
	ruleNoNumber:  "people have no value in any attribute of the option number",
	ruleNoURI:     "numbers are of people without a usable URI: see the option uri",
	ruleURI:       "values make no URI: they are no address, or hold what must not stand there",
	ruleNumber:    "values are no telephone number",
	ruleExtension: "values are a number with an extension, which ENUM has no name for",
	ruleLocal:     "values have no country code: see the options country and national",
	ruleTrunk:     `values have a "(0)" in a country where it may have to be dialled from abroad`,
	ruleOutside:   "numbers lie outside of the trees that are served",
	ruleShared:    "numbers are of several people, and are left out: see the option shared",
}

// ruleOf returns the rule that counts a value that is no number.
func ruleOf(err error) string {
	switch {
	case errors.Is(err, errExtension):
		return ruleExtension
	case errors.Is(err, errLocal):
		return ruleLocal
	case errors.Is(err, errTrunk):
		return ruleTrunk
	}
	return ruleNumber
}

// notes counts what of a directory is not served.
type notes map[string]int

func (n notes) count(rule string) { n[rule]++ }

// tell tells all of them, if they are others than were told before.
func (n notes) tell(before notes, tell func(backend.Event)) {
	if maps.Equal(n, before) {
		return
	}
	for _, rule := range slices.Sorted(maps.Keys(n)) {
		tell(backend.Event{Kind: backend.Finding, Rule: rule, Text: ruleTexts[rule], Count: n[rule]})
	}
}
