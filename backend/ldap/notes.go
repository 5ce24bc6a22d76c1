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
	ruleMany      = "many"
	ruleShared    = "shared"
)

// ruleTexts say what a rule counts; how often stands behind it.
var ruleTexts = map[string]string{
	ruleNoNumber:  "somebody has no value in any attribute of the option number",
	ruleNoURI:     "a number is of somebody without a usable URI: see the option uri",
	ruleURI:       "a value makes no URI: it is no address, or holds what must not stand there",
	ruleNumber:    "a value is no telephone number",
	ruleExtension: "a value is a number with an extension, which ENUM has no name for",
	ruleLocal:     "a value has no country code: see the options country and national",
	ruleTrunk:     `a value has a "(0)" in a country where it may have to be dialled from abroad`,
	ruleOutside:   "a number lies outside of the trees that are served",
	ruleMany:      "a value is one of more than 16 of an attribute, of which 16 are taken",
	ruleShared:    "a number is of several people, and is left out: see the option shared",
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
