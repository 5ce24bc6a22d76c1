package resolve

import (
	"errors"
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// services returns the Enumservices of a terminal record that are wanted, or why it is not used.
func (w *walk) services(record naptr.Record) (wanted []enumservice.Service, why string) {
	all, err := enumservice.ParseServices(nil, record.Services)
	switch {
	case errors.Is(err, enumservice.ErrObsoleteOrder): // to be read all the same (RFC 6116 section 5.2)
	case errors.Is(err, enumservice.ErrNoE2U) && record.Services != "":
		return nil, "it belongs to another application"
	case err != nil:
		return nil, err.Error()
	}
	for _, s := range all {
		named := w.named(s)
		// Who looks for such a type is inside the network that it belongs to (RFC 6116 section 3.4.3.1).
		if s.Private() && w.public && !named {
			return nil, "private Enumservice in a public tree"
		}
		if named || len(w.s.c.Services) == 0 {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 {
		return nil, "its service is not the one that is wanted"
	}
	return wanted, ""
}

// named reports whether the Enumservice is one of those that are wanted by name.
func (w *walk) named(s enumservice.Service) bool {
	return slices.ContainsFunc(w.s.c.Services, func(l enumservice.Service) bool {
		return strings.EqualFold(l.Type, s.Type) && (l.Subtype == "" || strings.EqualFold(l.Subtype, s.Subtype))
	})
}

// substitute returns the URI that a terminal record gives, or why there is none.
func (w *walk) substitute(record naptr.Record) (uri, why string) {
	if len(record.Replacement) > len("\x00") { // the root is none
		if record.Regexp == "" {
			return "", "it has a replacement and no regexp, which alone gives a URI"
		}
		// One of the two is to be empty; which is meant cannot be told (RFC 3403 section 4.1).
		return "", "regexp and replacement are both set"
	}
	expression, err := naptr.ParseExpression(record.Regexp)
	if err != nil {
		return "", err.Error()
	}
	uri, ok := expression.Eval(w.aus)
	switch {
	case !ok:
		return "", "its expression does not match the number"
	case !isURI(uri):
		return "", "what it gives is not a URI"
	}
	return uri, ""
}

// isURI reports whether s has a scheme and neither blanks nor control characters, which no reader
// could tell from what surrounds a URI (RFC 6116 section 3.3). Other octets that RFC 3986 does not
// admit are for the reader to judge (RFC 6116 section 5.2).
func isURI(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || scheme == "" {
		return false
	}
	for i := range len(scheme) {
		c := scheme[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '+' && c != '-' && c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0
}
