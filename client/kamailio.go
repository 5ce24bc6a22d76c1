package client

import (
	"cmp"
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// Kamailio and OpenSIPS both come from SER, and their modules enum differ in few places.

var kamailio = &Profile{
	ID:       enumservice.Kamailio,
	Title:    "Kamailio 5.6 to 6.1, module enum",
	Evidence: Proved,
	Service:  "sip",
	Notes:    kamailioNotes,
	dial:     kamailioDialect{least: 1}.dial,
}

var openSIPS = &Profile{
	ID:       enumservice.OpenSIPS,
	Title:    "OpenSIPS 4.1, module enum",
	Evidence: Proved,
	Service:  "sip",
	Notes: append(slices.Clip(kamailioNotes),
		"A URI that is empty ends the look-up where it is not the first.",
	),
	dial: kamailioDialect{least: 2, openSIPS: true}.dial,
}

var kamailioNotes = []string{
	`Without a parameter enum_query takes E2U+sip and sip+E2U only, never a compound; for another service ` +
		`it is to be called with "+im", and then it looks at no flags.`,
	"It sorts orders from 32768 on before all others.",
	"Records of all orders become branches, twelve at most, each with a lower q than the one before unless " +
		"order and preference are equal; behind an order from 32768 on all have the same q.",
	"It knows no escaped delimiter, does not read what is behind the third !, and refuses patterns with more " +
		"than six groups.",
	`\6 to \9 make it read the memory behind its list of matches, which can end the program.`,
	"An empty URI leaves the request as it was.",
}

// kamailioDialect is what the two programs have of their own.
type kamailioDialect struct {
	least    int // digits of a number; no e164.Number is too long for either
	openSIPS bool
}

const (
	kamailioAnswer   = 8192 // octets of a response
	kamailioRecords  = 100  // in a response
	kamailioMatches  = 6    // the array of matches: \0 to \5
	kamailioURI      = 1023 // octets of a URI
	kamailioBranches = 12
)

// dial is do_query of enum.c.
func (k kamailioDialect) dial(q Query, o *Outcome) {
	switch {
	case q.Number.Len() < k.least:
		o.Failed = "the number is too short"
	case q.Size > kamailioAnswer:
		o.Failed = "the response is larger than 8192 octets"
	case !k.openSIPS && len(q.Records) > kamailioRecords:
		o.Failed = "the response has more than 100 records"
	}
	if o.Failed != "" {
		o.rejectAll(o.Failed)
		return
	}
	service := kamailioService(q.Service)
	aus := q.Number.String()
	var highest uint32
	for _, i := range kamailioOrder(q.Records) {
		r := q.Records[i]
		uri, why := kamailioTarget(r, service, aus)
		switch {
		case why != "":
			o.reject(i, why)
			continue
		case len(o.Targets) == kamailioBranches:
			o.reject(i, "there are twelve branches already")
			continue
		case uri == "" && len(o.Targets) > 0 && k.openSIPS:
			o.Failed = "an empty URI ends the look-up" // append_msg_branch refuses it
			o.reject(i, "its URI is empty")
			o.rejectRest("the look-up has ended")
			return
		case uri == "" && len(o.Targets) > 0:
			uri = o.Targets[0].URI // append_branch takes that of the request
		}
		o.use(i, uri)
		// q falls where the rank rises, and here the rank has no sign, as it has when they are sorted.
		rank, n := uint32(r.Order)<<16+uint32(r.Preference), len(o.Targets)
		o.Targets[n-1].Parallel = n > 1 && rank <= highest
		if n == 1 || rank > highest {
			highest = rank
		}
	}
}

// kamailioOrder sorts by order*65536+preference as a signed number of 32 bits.
func kamailioOrder(records []naptr.Record) []int {
	list := make([]int, len(records))
	for i := range list {
		list[i] = i
	}
	rank := func(i int) int32 { return int32(records[i].Order)<<16 + int32(records[i].Preference) }
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return list
}

// kamailioService is the parameter of enum_query for a service: nothing for sip, "voice" for
// voice:sip, "+im" for any other.
func kamailioService(service string) string {
	if strings.EqualFold(service, "sip") {
		return ""
	}
	if kind, sub, ok := strings.Cut(service, ":"); ok && strings.EqualFold(sub, "sip") {
		return kind
	}
	return "+" + strings.TrimPrefix(service, "+")
}

// kamailioTakes is sip_match: why a record is passed over.
func kamailioTakes(r naptr.Record, service string) (why string) {
	const other = "it is for another service"
	list, isENUM := cutPrefixFold(r.Services, "e2u+")
	switch {
	case strings.HasPrefix(service, "+"):
		if !isENUM || !shareMember(list, service[1:]) {
			return other
		}
	case !r.Terminal():
		return `its flags are not "u"`
	case service == "":
		if !equalFold(r.Services, "e2u+sip") && !equalFold(r.Services, "sip+e2u") {
			return other
		}
	case !isENUM || !equalFold(list, service+":sip"):
		return other
	}
	return ""
}

// shareMember reports whether two lists of services joined by "+" have one in common.
func shareMember(a, b string) bool {
	for x := range plusMembers(a) {
		for y := range plusMembers(b) {
			if equalFold(x, y) {
				return true
			}
		}
	}
	return false
}

// plusMembers splits at "+"; what is empty behind the last one does not count.
func plusMembers(list string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for {
			member, rest, _ := strings.Cut(list, "+")
			if !yield(member) || rest == "" {
				return
			}
			list = rest
		}
	}
}

// equalFold compares as strcasecmp does in the POSIX locale.
func equalFold(a, b string) bool {
	_, ok := cutPrefixFold(a, b)
	return ok && len(a) == len(b)
}

// cutPrefixFold is strings.CutPrefix without regard to the case of ASCII letters.
func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) {
		return s, false
	}
	for i := range len(prefix) {
		if a, b := s[i], prefix[i]; a != b && (!isAlpha(a) || a|0x20 != b|0x20) {
			return s, false
		}
	}
	return s[len(prefix):], true
}

// kamailioTarget is what a record gives, or why it gives nothing.
func kamailioTarget(r naptr.Record, service, aus string) (uri, why string) {
	if why := kamailioTakes(r, service); why != "" {
		return "", why
	}
	pattern, replacement, ok := kamailioExpression(r.Regexp)
	if !ok {
		return "", `its expression has not three "!", the first in front`
	}
	e, err := compileERE(pattern, false, posixLocale)
	if err == nil && e.groups > kamailioMatches {
		return "", "its pattern has more than six groups"
	}
	spans, why := matchERE(e, err, aus, kamailioMatches)
	if why != "" {
		return "", why
	}
	return kamailioReplace(cString(replacement), aus, spans)
}

// kamailioExpression is parse_naptr_regexp: no delimiter is escaped.
func kamailioExpression(regexp string) (pattern, replacement string, ok bool) {
	rest, ok := strings.CutPrefix(regexp, "!")
	if !ok {
		return "", "", false
	}
	if pattern, rest, ok = strings.Cut(rest, "!"); !ok {
		return "", "", false
	}
	replacement, _, ok = strings.Cut(rest, "!")
	return pattern, replacement, ok
}

// kamailioReplace expands back-references.
func kamailioReplace(template, aus string, spans []span) (uri, why string) {
	var b []byte
	for i := 0; i < len(template); i++ {
		if template[i] == '\\' {
			if i++; i == len(template) {
				return "", "its replacement ends in a backslash"
			}
			if c := template[i]; isDigit(c) {
				n := int(c - '0')
				switch {
				case n >= len(spans): // Kamailio refuses it since July 2026
					return "", `cannot be told: its replacement has \6 or above`
				case spans[n].from < 0:
					return "", "its replacement refers to a group that took no part"
				}
				if b = append(b, aus[spans[n].from:spans[n].to]...); len(b) > kamailioURI {
					return "", "its URI has more than 1023 octets"
				}
				continue
			}
		}
		if b = append(b, template[i]); len(b) > kamailioURI {
			return "", "its URI has more than 1023 octets"
		}
	}
	return string(b), ""
}
