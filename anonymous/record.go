package anonymous

import (
	"strings"

	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// Fate is what becomes of a record where mailboxes are hidden.
type Fate uint8

const (
	// Withheld: the record is not answered. It says nothing about the number, or there is a mailbox in it that no alias can
	// stand for.
	Withheld Fate = iota
	// Kept: the record has no im: URI.
	Kept
	// Hidden: local stands in the place of the mailbox's local part.
	Hidden
)

// literalIM is how the expression begins that yields one im: URI for every number (RFC 5483 section 3.1).
const literalIM = "!^.*$!im:"

// maxRegexp is the most octets of a regexp, a character-string (RFC 1035 section 3.3). The alias may be longer than the local
// part was, and the other records of the number are not to fail for that.
const maxRegexp = 255

// Append appends the regexp of a rule to dst with local in place of the local part of its im: URI, and returns the extended
// slice. The domain stays; headers and a display name, which may tell as much as the mailbox, go. With an empty local, where
// there is no number that an alias could stand for, the record is withheld.
//
// A record with an im: URI is written in the plain form, since what it says depends on the number; others are written
// as stored says. asked, own and text are those of naptr.Rule. A record that is not understood and may hold a mailbox is
// withheld, too: a client may read what stands in it all the same.
func Append(dst []byte, rule *naptr.Rule, local []byte, stored bool, asked, own []byte, text string) (out []byte, rest string, fate Fate) {
	from := len(dst)
	out, rest, matches := rule.AppendAliased(dst, asked, own, text)
	regexp := string(out[from:])
	uri, literal := naptr.CutLiteral(regexp)
	if matches && literal && hasIM(uri) {
		u, err := im.Parse(uri)
		if err != nil || len(local) == 0 || len(literalIM)+len(local)+len("@!")+len(u.Domain) > maxRegexp {
			return dst, rest, Withheld
		}
		out = append(append(out[:from], literalIM...), local...)
		out = append(append(append(out, '@'), u.Domain...), '!')
		return out, rest, Hidden
	}
	if matches && literal && isNone(uri) && (strings.Contains(uri, "@") || mayHoldIM(regexp, asked)) {
		return dst, rest, Withheld
	}
	if stored {
		if out, rest = rule.AppendStored(dst, own, text); !literal {
			regexp = string(out[from:])
		}
	}
	if !matches && !stored || !literal && mayHoldIM(regexp, asked) {
		return dst, rest, Withheld
	}
	return out, rest, Kept
}

// hasIM reports whether the URI has the scheme im.
func hasIM(uri string) bool { return len(uri) >= 3 && strings.EqualFold(uri[:3], "im:") }

// isNone reports whether a text begins with no scheme, so that it is no URI (RFC 3986 section 3.1).
func isNone(uri string) bool {
	for i := range len(uri) {
		switch c := uri[i] | 0x20; {
		case uri[i] == ':':
			return i == 0
		case 'a' <= c && c <= 'z':
		case i == 0 || !strings.ContainsRune("0123456789+-.", rune(uri[i])):
			return true
		}
	}
	return true
}

// mayHoldIM reports whether an expression that was not expanded has an im: URI in it, or yields one that is too long for the
// plain form. A colon that is the delimiter, too, has a backslash before it (RFC 3402 section 3.2).
func mayHoldIM(regexp string, asked []byte) bool {
	for i := range regexp {
		if hasIM(regexp[i:]) || len(regexp) >= i+4 && strings.EqualFold(regexp[i:i+4], `im\:`) {
			return true
		}
	}
	yields := false
	_ = naptr.UseExpression(regexp, func(x *naptr.Expression) { // what cannot be parsed yields nothing
		uri, ok := x.Append(nil, asked)
		yields = ok && hasIM(string(uri))
	})
	return yields
}
