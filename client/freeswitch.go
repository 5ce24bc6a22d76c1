package client

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var freeSWITCH = &Profile{
	ID:       enumservice.FreeSWITCH,
	Title:    "FreeSWITCH 1.11, module mod_enum with the vanilla routes",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"The application enum and the list in enum_auto_route are meant; the dialplan enum, which the vanilla configuration uses, tries the same URIs one after another.",
		"It does not look at the flags, nor at the replacement.",
		"Other services than sip need a route of their own in enum.conf.xml; one that takes every URI is assumed.",
		"It expands ${...} in a URI, variables and API calls alike: keep $ and { out of the data.",
		"The vanilla configuration waits 200 ms for an answer, twice.",
	},
	dial: dialFreeSWITCH,
}

// freeSWITCHList is the room for the list of routes, enum_auto_route, with its final NUL.
const freeSWITCHList = 1024

func dialFreeSWITCH(q Query, o *Outcome) {
	number, size := q.Number.String(), 0
	var last *naptr.Record
	for _, i := range canonicalOrder(q.Records) {
		r := &q.Records[i]
		uri, why := freeSWITCHURI(*r, number, q.Service)
		if why != "" {
			o.reject(i, why)
			continue
		}
		if o.Failed != "" {
			o.reject(i, "the list of routes is full")
			continue
		}
		if size += freeSWITCHRoute(uri, q.Service) + 1; size >= freeSWITCHList {
			o.reject(i, "the list of routes is full: its address is cut off")
			o.Failed = "the routes do not fit into 1023 octets; with one more it writes past their end"
			continue
		}
		o.use(i, uri)
		if last != nil && last.Order == r.Order && last.Preference == r.Preference {
			o.Targets[len(o.Targets)-1].Parallel = true
		}
		last = r
	}
}

// canonicalOrder sorts records as ldns_rr_list_sort does: by their RDATA in canonical form.
func canonicalOrder(records []naptr.Record) []int {
	keys := make([]string, len(records))
	order := make([]int, len(records))
	for i, r := range records {
		b := binary.BigEndian.AppendUint16(nil, r.Order)
		b = binary.BigEndian.AppendUint16(b, r.Preference)
		for _, s := range [...]string{r.Flags, r.Services, r.Regexp} {
			b = append(append(b, byte(len(s))), s...)
		}
		keys[i] = string(b) + strings.ToLower(r.Replacement)
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	return order
}

// freeSWITCHURI is parse_naptr: what the record yields, or why it yields nothing.
func freeSWITCHURI(r naptr.Record, number, service string) (uri, why string) {
	text, _, _ := strings.Cut(strings.ReplaceAll(ldnsText(r), "\t", " "), " .")
	words := separate(text, ' ', 11)
	if len(words) < 9 || stripQuotes(words[7]) == "" || stripQuotes(words[8]) == "" {
		return "", "no services or no regexp, or a blank before them"
	}
	parts := separate(stripQuotes(words[8]), '!', 4)
	if len(parts) < 3 {
		return "", `its expression is not delimited by "!"`
	}
	e, err := compilePCRE(parts[1])
	if err != nil {
		return "", pcreFault(err)
	}
	groups := e.FindStringSubmatchIndex(number)
	if groups == nil {
		return "", "its expression does not match the number"
	}
	uri = strings.ReplaceAll(parts[2], `\`, "$")
	if strings.Contains(parts[1], "(") {
		uri = substituteDollars(uri, (len(number)+len(uri)+10)*highest(groups)-1, func(n int) string {
			if 2*n >= len(groups) || groups[2*n] < 0 {
				return ""
			}
			return number[groups[2*n]:groups[2*n+1]]
		})
	}
	return freeSWITCHMatch(stripQuotes(words[7]), uri, service)
}

// highest is what pcre2_match returns: one more than the number of the highest group that took part.
func highest(groups []int) int {
	for n := len(groups)/2 - 1; n > 0; n-- {
		if groups[2*n] >= 0 {
			return n + 1
		}
	}
	return 1
}

// freeSWITCHMatch sends the URI of a record through the route for its services. The vanilla routes
// take what stands behind "sip:", up to the end of a line.
func freeSWITCHMatch(services, uri, service string) (target, why string) {
	switch {
	case !strings.EqualFold(services, "E2U+"+service) &&
		!(service == "sip" && (strings.EqualFold(services, "E2T+SIP") || strings.EqualFold(services, "E2T+SIPS"))):
		return "", "there is no route for its services"
	case service == "sip":
		_, address, ok := strings.Cut(uri, "sip:")
		if !ok {
			return "", `its URI does not hold "sip:"`
		}
		address, _, _ = strings.Cut(address, "\n")
		uri = "sip:" + address
	}
	if strings.Contains(uri, "${") {
		return "", "cannot be told: it expands ${...}"
	}
	return strings.ReplaceAll(uri, "$$", "$"), ""
}

// freeSWITCHRoute is the length of the route that the URI becomes.
func freeSWITCHRoute(uri, service string) int {
	if service != "sip" {
		return len(uri)
	}
	const vanilla = "sofia/external-ipv6/" + ";transport=udp|" + "sofia/external/" + ";transport=udp"
	return len(vanilla) + 2*(len(uri)-len("sip:"))
}

// stripQuotes takes one quote away at each end.
func stripQuotes(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`)
}
