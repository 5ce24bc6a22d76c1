package client

import (
	"errors"
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
)

var sprout = &Profile{
	ID:       enumservice.Sprout,
	Title:    "Clearwater sprout, the last version, of 2020",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It replaces every match of the pattern and keeps the rest of the number: a pattern that does not begin with ^ and end with $ gives wrong URIs, and .* the URI twice.",
		"It takes E2U+sip, E2U+pstn:sip and E2U+pstn:tel alike, and nothing else can be asked for.",
		"It dials one record only: the first whose pattern matches.",
		"It follows a non-terminal record by its expression, never by its replacement.",
		"In the replacement it knows Perl's syntax: $1, $&, \\n.",
		"More than sixteen usable records with equal order and preference it may sort otherwise than shown here.",
	},
	dial: dialSprout,
}

// dialSprout is DNSEnumService::lookup_uri_from_user.
func dialSprout(q Query, o *Outcome) {
	aus := q.Number.String()
	rules := make([]*boost, len(q.Records))
	formats := make([]string, len(q.Records))
	for i, r := range q.Records {
		flags, regexp := cString(r.Flags), cString(r.Regexp)
		if s := strings.ToLower(cString(r.Services)); !slices.Contains(sproutServices, s) {
			o.reject(i, "it is for another service")
			continue
		}
		parts := splitAtOctet(regexp)
		if len(parts) != 2 {
			o.reject(i, "its expression has not two parts between delimiters")
			continue
		}
		rule, err := compileBoost(parts[0])
		switch {
		case errors.Is(err, errUnsure):
			o.reject(i, "cannot be told: its pattern has what only Boost knows")
		case err != nil:
			o.reject(i, "Boost refuses its pattern")
		case flags != "" && !strings.EqualFold(flags, "u"):
			o.reject(i, "its flags are unknown")
		default:
			rules[i], formats[i] = rule, parts[1]
		}
	}
	for _, i := range byOrder(q.Records) {
		if rules[i] == nil {
			continue
		}
		if len(o.Targets) > 0 || o.Failed != "" {
			o.reject(i, "another record comes first")
			continue
		}
		sproutTry(o, i, rules[i], aus, formats[i], cString(q.Records[i].Flags) == "")
	}
	if len(o.Targets) == 0 && o.Failed == "" {
		o.Failed = "no record to use"
	}
}

var sproutServices = []string{"e2u+sip", "e2u+pstn:sip", "e2u+pstn:tel"}

// sproutTry looks whether record i matches, and if so ends the search with it.
func sproutTry(o *Outcome, i int, rule *boost, aus, format string, nonTerminal bool) {
	subs, err := rule.search(aus, 0, false)
	if err == nil && subs == nil {
		o.reject(i, "its expression does not match the number")
		return
	}
	var uri string
	if err == nil {
		uri, err = rule.replace(aus, format)
	}
	switch {
	case err != nil:
		o.reject(i, "cannot be told: its pattern takes too long")
		o.Failed = "a pattern takes too long"
	case nonTerminal:
		o.reject(i, "leads to another name")
		o.Failed = "a non-terminal record comes first"
	default:
		o.use(i, uri)
	}
}

// splitAtOctet is split_string of Clearwater: the parts between the first octet and its like, without
// empty ones.
func splitAtOctet(s string) []string {
	if s == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(s, s[:1]), func(part string) bool { return part == "" })
}
