package client

import (
	"slices"
	"strconv"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/bindre"
)

var linphone = &Profile{
	ID:       enumservice.Linphone,
	Title:    "liblinphone 5.5 with the program host of BIND",
	Evidence: Proved,
	Service:  "sip",
	Notes: []string{
		"It runs the program host and dials what stands between the first \"sip:\" and the next \"!\" of what that prints, be it in a regexp or elsewhere.",
		"It looks at no field: neither order nor flags nor services; the first record of the message counts.",
		"It asks below e164.arpa only, for numbers typed without \"+\".",
		"It reads 4095 octets of what host prints; a URI that is cut off there fails the look-up.",
		"Where host is BIND's, an expression that BIND refuses fails the look-up.",
		"No other service than sip can be asked for.",
	},
	dial: dialLinphone,
}

// linphoneOutput is how much of what host prints is read.
const linphoneOutput = 4095

// dialLinphone is enum_lookup, of whose results only the first is used.
func dialLinphone(q Query, o *Outcome) {
	for i := range q.Records {
		o.reject(i, "another text comes first")
	}
	if hostRefuses(q.Records) {
		o.Failed = "the program host refuses the answer"
		return
	}
	text, ends := hostOutput(q)
	uris, ok := linphoneAddresses(text)
	switch {
	case !ok:
		o.Failed = `a "sip:" without a "!" behind it`
	case len(uris) == 0:
		o.Failed = `no "sip:" in the answer`
	default:
		at, i := strings.Index(text, "sip:"), 0
		for ends[i] <= at {
			i++
		}
		o.use(i, uris[0])
	}
}

// linphoneAddresses collects up to ten texts between "sip:" and "!".
func linphoneAddresses(text string) (uris []string, ok bool) {
	for range 10 {
		at := strings.Index(text, "sip:")
		if at < 0 {
			break
		}
		uri, rest, ok := strings.Cut(text[at:], "!")
		if !ok {
			return nil, false
		}
		uris = append(uris, uri)
		text = rest
	}
	return uris, true
}

// hostOutput is what "host -t naptr" prints, as far as it is read, and where the line of each record
// ends.
func hostOutput(q Query) (text string, ends []int) {
	digits := q.Number.Digits()
	var domain, b strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		domain.WriteString(digits[i:i+1] + ".")
	}
	for _, r := range q.Records {
		b.WriteString(domain.String() + "e164.arpa has NAPTR record " +
			strconv.Itoa(int(r.Order)) + " " + strconv.Itoa(int(r.Preference)) + " ")
		for _, s := range [...]string{r.Flags, r.Services, r.Regexp} {
			b.WriteString(hostString(s) + " ")
		}
		b.WriteString(hostName(r) + "\n")
		ends = append(ends, b.Len())
	}
	return b.String()[:min(b.Len(), linphoneOutput)], ends
}

// hostString is a character-string as BIND prints it.
func hostString(s string) string {
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case !isPrint(c):
			b = append(b, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// hostName is the replacement as BIND prints it. What it holds matters only where it holds "sip:" or
// "!", which no name of a host does.
func hostName(r naptr.Record) string {
	if rootName(r.Replacement) {
		return "."
	}
	var b strings.Builder
	for name := r.Replacement; len(name) > 1; {
		n := min(int(name[0]), len(name)-1)
		b.WriteString(name[1:1+n] + ".")
		name = name[1+n:]
	}
	return b.String()
}

// hostRefuses reports whether BIND's host takes the answer for malformed.
func hostRefuses(records []naptr.Record) bool {
	return slices.ContainsFunc(records, func(r naptr.Record) bool { return bindre.Refuses(r.Regexp) != "" })
}
