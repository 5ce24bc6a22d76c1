package client

import (
	"errors"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

var strict = &Profile{
	ID:       enumservice.Strict,
	Title:    "a client that follows RFC 6116 to the letter",
	Evidence: Documented,
	Service:  "sip",
	Notes: []string{
		"It reads the obsolete services, such as sip+E2U, as RFC 6116 section 5.2 asks clients to do.",
		"It stops at the first order that yields a URI (RFC 3403 section 4.1, RFC 6116 section 5.2).",
		"It asks for the name that a non-terminal record gives, which is not done here.",
	},
	dial: dialStrict,
}

// dialStrict is the sequence of RFC 5483 section 4, which RFC 6116 takes over: sort, flags,
// services, expression, URI.
func dialStrict(q Query, o *Outcome) {
	aus := q.Number.String()
	accepted := -1 // the order of the first record that yields a URI
	for _, i := range byOrder(q.Records) {
		r := q.Records[i]
		if accepted >= 0 && int(r.Order) > accepted {
			o.reject(i, "a lower order has yielded a URI")
			continue
		}
		uri, why := strictURI(r, q.Service, aus)
		if why != "" {
			o.reject(i, why)
			continue
		}
		accepted = int(r.Order)
		o.use(i, uri)
	}
}

// strictURI returns what the record yields, or why it yields nothing.
func strictURI(r naptr.Record, service, aus string) (uri, why string) {
	switch {
	case r.NonTerminal():
		return "", strictNonTerminal(r)
	case !r.Terminal():
		return "", "its flags are unknown" // RFC 6116 section 3.4.2
	case !rootName(r.Replacement):
		return "", "both regexp and replacement are set" // RFC 3403 section 4.1
	case r.Regexp == "":
		return "", "it has no regexp, and a replacement yields no URI"
	}
	services, err := enumservice.ParseServices(nil, r.Services)
	if err != nil && !errors.Is(err, enumservice.ErrObsoleteOrder) {
		return "", "its services are not those of ENUM"
	}
	if why := offers(services, service); why != "" {
		return "", why
	}
	e, err := naptr.ParseExpression(r.Regexp)
	if err != nil {
		return "", "its expression is malformed"
	}
	uri, ok := e.Eval(aus)
	switch {
	case !ok:
		return "", "its expression does not match the number"
	case !absoluteURI(uri):
		return "", "what it yields is not an absolute URI" // RFC 6116 section 3.3
	}
	return uri, ""
}

// strictNonTerminal tells where a non-terminal record leads: its services and its regexp are ignored
// (RFC 6116 section 5.2.1).
func strictNonTerminal(r naptr.Record) string {
	if rootName(r.Replacement) || r.Check() != nil {
		return "a non-terminal without a name to go to"
	}
	return "leads to another name"
}

// offers says why none of the services is the one looked for; "" where one is. A record with a P-
// type must not be used outside its network (RFC 6116 section 3.4.3.1); who looks for such a type
// is inside.
func offers(services []enumservice.Service, service string) string {
	found, private := false, false
	for _, s := range services {
		found = found || strings.EqualFold(s.String(), service)
		private = private || s.Private()
	}
	switch {
	case private && !strings.HasPrefix(strings.ToLower(service), "p-"):
		return "it has a service of a private network"
	case !found:
		return "it is for another service"
	}
	return ""
}

// absoluteURI reports whether s has the octets and the scheme of an absolute-URI (RFC 3986 section
// 4.3), which has no fragment.
func absoluteURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || !isAlpha(scheme[0]) {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	for i := range len(rest) {
		if c := rest[i]; !isAlpha(c) && !isDigit(c) && strings.IndexByte("-._~:/?[]@!$&'()*+,;=%", c) < 0 {
			return false
		}
	}
	return true
}

// rootName reports whether a replacement is the root, which stands for none.
func rootName(name string) bool { return name == "" || name == "\x00" }
