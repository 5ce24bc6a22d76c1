package guard

import (
	"net/url"
	"slices"
	"strings"

	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// planted reports whether the domains of the policy speak against a record, by the URI that it yields
// for the number asked, whatever its flags and services are: some clients look at neither. Where it
// cannot be told which domain a client would take, it is none that is allowed.
func (j *judgement) planted(r naptr.Record) bool {
	p := &j.policy
	if !p.domains() {
		return false
	}
	if len(p.AllowDomains) > 0 && j.leadsOut(r) {
		return true
	}
	if !mentions(r.Regexp) {
		return false
	}
	r.Flags = "u"
	var buf [512]byte
	octets, ok := j.checker.URI(buf[:0], j.number, r)
	uri := string(octets)
	switch scheme, _, found := strings.Cut(uri, ":"); {
	case !ok || !found || !isScheme(scheme):
		return true
	case !concerned(scheme):
		return concerned(strings.Map(letter, scheme)) // which a reader that matches otherwise finds
	}
	u, err := im.Parse(uri)
	return err != nil || !p.allows(u)
}

// domains reports whether the policy has any for or against.
func (p *Policy) domains() bool { return len(p.AllowDomains)+len(p.DenyDomains) > 0 }

// allows reports whether the policy lets the domain of u be.
func (p *Policy) allows(u im.URI) bool {
	// Readers that decode first, or take the last "@" of all, find another domain.
	if strings.Contains(u.Local, "%40") || strings.IndexByte(u.Headers, '@') >= 0 || strings.Contains(u.Headers, "%40") {
		return false
	}
	if u.Caution.Has(im.Address) {
		return len(p.AllowDomains) == 0
	}
	domain := u.Domain
	if u.Caution.Has(im.EncodedDomain) {
		var err error
		if domain, err = url.PathUnescape(domain); err != nil {
			return false
		}
	}
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			return false // mapping may make any domain of it, also one in ASCII (UTS 46 section 4)
		}
	}
	within := func(d string) bool {
		cut := len(domain) - len(d)
		return cut >= 0 && strings.EqualFold(domain[cut:], d) && (cut == 0 || domain[cut-1] == '.')
	}
	return !slices.ContainsFunc(p.DenyDomains, within) &&
		(len(p.AllowDomains) == 0 || slices.ContainsFunc(p.AllowDomains, within))
}

// isScheme applies RFC 3986 section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// concerned reports whether the domains of the policy are for URIs of a scheme.
func concerned(scheme string) bool {
	return strings.EqualFold(scheme, "im") || strings.EqualFold(scheme, "pres")
}

// letter takes away what the number may put into a scheme.
func letter(c rune) rune {
	if c >= '0' && c <= '9' || c == '+' {
		return -1
	}
	return c
}

// mentions reports whether an expression may yield an im: or pres: URI to anybody. No more than "+" and digits of
// the number are put into it, so the letters of the scheme stand there, perhaps with a reference between them to a
// group that is empty.
func mentions(regexp string) bool {
	for i := range len(regexp) {
		if regexp[i] == ':' && (endsWith(regexp[:i], "im") || endsWith(regexp[:i], "pres")) {
			return true
		}
	}
	return false
}

// endsWith reports whether text ends with a word in lower case, letter case aside, and what clients may see nothing
// of: references to groups (RFC 3402 section 3.2), backslashes, blanks and control characters.
func endsWith(text, word string) bool {
	i := len(text) - 1
	for k := len(word) - 1; k >= 0; i-- {
		switch {
		case i < 0:
			return false
		case text[i] == '\\' || text[i] >= '0' && text[i] <= '9' || text[i] <= ' ':
		case text[i]|0x20 == word[k]:
			k--
		default:
			return false
		}
	}
	return true
}

// leadsOut reports whether a record leads clients to a name that is not below the apex (RFC 6116 section
// 5.2.1): what they find there nobody judges.
func (j *judgement) leadsOut(r naptr.Record) bool {
	if !r.NonTerminal() || r.Replacement == "" {
		return false
	}
	for at := 0; at < len(r.Replacement); at += 1 + int(r.Replacement[at]) {
		if sameOctets(r.Replacement[at:], j.apexWire) {
			return false
		}
	}
	return true
}

// sameOctets compares names in wire form: letter case does not count in ASCII alone (RFC 4343 section 3).
func sameOctets(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && (a[i]|0x20 != b[i]|0x20 || a[i]|0x20 < 'a' || a[i]|0x20 > 'z') {
			return false
		}
	}
	return true
}
