package client

import (
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var bind = &Profile{
	ID:       enumservice.BIND,
	Title:    "BIND 9.18, as resolver, dig and host",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It dials nothing itself: a record that is used here is one that those behind it get to see.",
		"One expression that it takes for malformed makes it refuse the whole response; " +
			"who asked it gets SERVFAIL.",
		`It refuses \0, back-references above the number of groups, empty patterns and alternatives, ` +
			"and any flag but i, whatever the record is for.",
	},
	dial: dialBIND,
}

func dialBIND(q Query, o *Outcome) {
	for i, r := range q.Records {
		why := bindRefuses(r)
		if why != "" && o.Failed == "" {
			o.Failed = "a malformed record makes it refuse the whole response"
		}
		o.Verdicts[i] = Verdict{Used: why == "", Why: why}
	}
	if o.Failed == "" {
		return
	}
	for i, v := range o.Verdicts {
		if v.Used {
			o.reject(i, "another record is malformed")
		}
	}
}

// bindRefuses says why BIND takes a record for malformed; "" where it does not. It is txt_valid_regex
// of naptr_35.c.
func bindRefuses(r naptr.Record) (why string) {
	if r.Regexp == "" {
		return ""
	}
	delimiter, rest := r.Regexp[0], r.Regexp[1:]
	if isDigit(delimiter) || delimiter == '\\' || delimiter == 'i' || delimiter == 0 {
		return "its delimiter is a digit, a backslash, i or NUL"
	}
	var pattern []byte
	part, highest := 0, 0 // the pattern, the replacement, the flags
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == 0:
			return "it has a NUL"
		case c == delimiter && part == 2:
			return "it has more than three delimiters"
		case c == delimiter:
			part++
			continue
		case part == 2 && c != 'i':
			return "it has a flag other than i"
		case part == 2:
			continue
		}
		if part == 0 {
			pattern = append(pattern, c)
		}
		if c != '\\' {
			continue
		}
		if i++; i == len(rest) || rest[i] == 0 {
			return "it ends in a backslash"
		}
		switch c := rest[i]; {
		case part == 0:
			pattern = append(pattern, c)
		case c == '0':
			return `its replacement has \0`
		case isDigit(c):
			highest = max(highest, int(c-'0'))
		}
	}
	if part < 2 {
		return "it has fewer than three delimiters"
	}
	v := bindPattern{src: string(pattern)}
	if why := v.validate(); why != "" {
		return "in its pattern there is " + why
	}
	if highest > v.groups {
		return "its replacement refers to a group that its pattern does not have"
	}
	return ""
}
