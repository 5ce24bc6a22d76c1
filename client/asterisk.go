package client

import (
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var asterisk = &Profile{
	ID:       enumservice.Asterisk,
	Title:    "Asterisk 22, function ENUMLOOKUP",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"From Asterisk 21 on a call that names no service looks for pjsip and finds no E2U+sip: write " +
			"ENUMLOOKUP(number,sip).",
		"One record that it cannot process ends the look-up for all, whatever its service: other flags than u, " +
			"fewer than 7 octets of expression, a pattern that does not match.",
		"The flag i makes the last delimiter a part of the URI.",
		"Four usable records or more it may put in a wrong order, unless the answer has them in order already.",
		"ENUMLOOKUP gives the first target, or that of the position asked for, and cuts off its scheme " +
			"unless told u; ENUMQUERY gives all, cut at 127 octets, and searches e164.zone unless told otherwise.",
	},
	dial: dialAsterisk,
}

const (
	asteriskAnswer  = 4096 // octets of a response
	asteriskMatches = 10   // \0 to \9, and groups in a pattern
	asteriskDest    = 510  // octets of an expanded replacement; the rest of its text is dropped
	asteriskResult  = 255  // octets of a URI; the rest is dropped
	asteriskTech    = 79   // octets of a service
)

// dialAsterisk is ast_get_enum and its callback.
func dialAsterisk(q Query, o *Outcome) {
	if q.Size > asteriskAnswer {
		o.Failed = "cannot be told: it reads a response beyond its 4096 octets"
		o.rejectAll(o.Failed)
		return
	}
	want := q.Service
	if _, sub, ok := strings.Cut(want, ":"); ok {
		want = sub // the part that it compares
	}
	aus := q.Number.String()
	var found []int
	uris := make([]string, len(q.Records))
	for i, r := range q.Records {
		uri, why := asteriskURI(r, aus)
		if why != "" {
			o.Failed = "a record ends the look-up"
			if strings.HasPrefix(why, "cannot be told") {
				o.Failed = why
			}
			o.rejectAll("another record ends the look-up")
			o.reject(i, why)
			return
		}
		switch {
		case !equalFold(asteriskService(r.Services), want):
			o.reject(i, "it is for another service")
		case uri == "":
			o.reject(i, "its URI is empty")
		default:
			uris[i] = uri
			found = append(found, i)
		}
	}
	for _, i := range asteriskOrder(q.Records, found) {
		o.use(i, uris[i])
	}
}

// asteriskOrder orders by exchanging positions, once for each pair, and not as a sort would.
func asteriskOrder(records []naptr.Record, found []int) []int {
	at := make([]int, len(found))
	for k := range at {
		at[k] = k
	}
	less := func(a, b int) bool {
		x, y := records[found[a]], records[found[b]]
		return x.Order < y.Order || x.Order == y.Order && x.Preference < y.Preference
	}
	for k := range found {
		for i := range found {
			if less(k, i) && at[k] > at[i] || less(i, k) && at[k] < at[i] {
				at[k], at[i] = at[i], at[k]
			}
		}
	}
	order := make([]int, len(found))
	for k, i := range found {
		order[at[k]] = i
	}
	return order
}

// asteriskService is the part of a services field that is compared: what follows "E2U+", behind the
// first ":" if there is one, or what stands before "+E2U" up to a ":".
func asteriskService(services string) string {
	services = cString(services)
	for _, mark := range [...]string{"e2u+", "E2U+"} {
		if _, after, ok := strings.Cut(services, mark); ok {
			if _, sub, ok := strings.Cut(after, ":"); ok {
				after = sub
			}
			return after[:min(len(after), asteriskTech)]
		}
	}
	for _, mark := range [...]string{"+e2u", "+E2U"} {
		if before, _, ok := strings.Cut(services, mark); ok {
			before, _, _ = strings.Cut(before, ":")
			return before[:min(len(before), asteriskTech)]
		}
	}
	return ""
}

// asteriskURI is parse_naptr; why tells why the record ends the look-up.
func asteriskURI(r naptr.Record, aus string) (uri, why string) {
	regexp := cString(r.Regexp)
	if f := cString(r.Flags); f == "" || f[0]|0x20 != 'u' {
		return "", `its flags do not begin with "u"`
	}
	if len(regexp) < 7 {
		return "", "its expression has fewer than 7 octets"
	}
	body, end := regexp[1:], len(regexp)-1
	pattern, template, ok := strings.Cut(body, regexp[:1])
	last := regexp[end] == regexp[0]
	flagged := regexp[end] == 'i' && regexp[end-1] == regexp[0]
	if !ok || !last && !flagged || !strings.Contains(template, regexp[:1]) {
		return "", "its expression has not three delimiters, the last at the end or before an i"
	}
	e, err := compileERE(pattern, regexp[end] == 'i', utf8Locale)
	if err == nil && e.groups > asteriskMatches {
		return "", "its pattern has more than ten groups"
	}
	spans, why := matchERE(e, err, aus, asteriskMatches)
	if why != "" {
		return "", why
	}
	// Its last octet is taken for the delimiter, even if it is the flag.
	return asteriskReplace(template[:len(template)-1], aus, spans)
}

// asteriskReplace expands back-references.
func asteriskReplace(template, aus string, spans []span) (uri, why string) {
	var b []byte
	for i := 0; i < len(template) && len(b) < asteriskDest; i++ {
		c := template[i]
		switch {
		case c == '\\' && i+1 < len(template) && isDigit(template[i+1]):
			i++
			s := spans[template[i]-'0']
			if s.from < 0 {
				return "", "its replacement refers to a group that took no part"
			}
			if len(b)+s.to-s.from > asteriskDest {
				return "", "its URI has more than 510 octets"
			}
			b = append(b, aus[s.from:s.to]...)
		case !isPrint(c):
			return "", "its replacement has an octet that is not printable"
		default:
			b = append(b, c)
		}
	}
	return string(b[:min(len(b), asteriskResult)]), ""
}
