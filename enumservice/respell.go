package enumservice

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/enumim/enumim/naptr"
)

// respell writes an expression, which naptr.ParseExpression took, in the spelling that most clients
// know: "!" as delimiter and nowhere else, no flag, no character in the pattern that some stumble
// over. It matches the same Application Unique Strings and yields the same URIs, up to the encoding
// of "!" and "'". Where that would be too long, the expression stays.
func respell(regexp string, delimiter byte) string {
	if usual(regexp) {
		return regexp
	}
	ere, repl, _ := cutExpression(regexp, delimiter)
	var b strings.Builder
	b.Grow(len(regexp))
	b.WriteByte('!')
	if ere == ".*" {
		ere = "^.*$"
	}
	respellPattern(&b, ere, delimiter)
	b.WriteByte('!')
	respellReplacement(&b, repl, delimiter)
	b.WriteByte('!')
	if err := naptr.UseExpression(b.String(), func(*naptr.Expression) {}); err != nil {
		return regexp
	}
	return b.String()
}

// usual reports whether the expression is in the spelling that most clients know, without parsing it.
func usual(regexp string) bool {
	uri, ok := naptr.CutLiteral(regexp)
	if !ok || strings.IndexByte(uri, '\'') >= 0 {
		return false
	}
	scheme, _, _ := cutScheme(uri)
	return !hasCapital(scheme)
}

// respellPattern writes for characters that no Application Unique String has, and some clients
// stumble over, another that it has not either.
func respellPattern(b *strings.Builder, ere string, delimiter byte) {
	p := patternReader{src: ere, delimiter: delimiter}
	for p.pos < len(ere) {
		start := p.pos
		switch c := ere[p.pos]; {
		case c == '[':
			set := p.bracket()
			if text := ere[start:p.pos]; awkward(text) || strings.IndexByte(text, delimiter) >= 0 {
				b.WriteString(set.text())
			} else {
				b.WriteString(text)
			}
			continue
		case c == '\\':
			p.pos++
			if ere[p.pos] == delimiter || awkward(ere[p.pos:p.pos+1]) {
				b.WriteString(nothing)
			} else {
				b.WriteString(ere[start : p.pos+1])
			}
			p.pos++
			continue
		}
		_, size := utf8.DecodeRuneInString(ere[p.pos:])
		p.pos += size
		if text := ere[start:p.pos]; awkward(text) {
			b.WriteString(nothing)
		} else {
			b.WriteString(text)
		}
	}
}

// awkward reports whether some clients stumble over an octet of the text.
func awkward(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 || strings.IndexByte("!/ \t\"'", text[i]) >= 0 {
			return true
		}
	}
	return false
}

// decoded are the schemes whose URIs are compared after decoding.
var decoded = [...]string{"sip", "sips", "tel", "im", "pres", "mailto", "xmpp"}

// encodable reports whether readers of a URI take "!" and "'" for the same as %21 and %27: they are plain
// characters to RFC 3261 section 19.1.4 and RFC 3966 section 3, and users and mailboxes are compared after
// decoding (RFC 3860 appendix A, RFC 6068 section 2, RFC 5122 section 2). To RFC 3986 section 2.2 they are
// reserved, and a URI with the one is not one with the other.
func encodable(uri string) bool {
	scheme, _, ok := cutScheme(uri)
	return ok && slices.ContainsFunc(decoded[:], func(s string) bool { return strings.EqualFold(s, scheme) })
}

// settled reports whether an expression must stay as it is: with "!" in its URI, that can be written
// behind another delimiter or escaped, and either suits clients that the other does not.
func settled(regexp string) bool {
	if regexp == "" || strings.IndexByte(regexp[1:], '!') < 0 {
		return false
	}
	_, repl, _ := cutExpression(regexp, regexp[0])
	return strings.IndexByte(repl, '!') >= 0 && !encodable(repl)
}

// respellReplacement keeps back-references, and encodes what some clients stumble over where that is the
// same.
func respellReplacement(b *strings.Builder, repl string, delimiter byte) {
	repl = lowerScheme(repl)
	same := encodable(repl)
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		if c == '\\' {
			i++
			if c = repl[i]; c != delimiter {
				b.WriteByte('\\')
			}
		}
		switch {
		case c == '!' && same:
			b.WriteString("%21")
		case c == '\'' && same:
			b.WriteString("%27")
		default:
			b.WriteByte(c)
		}
	}
}

// lowerScheme writes the scheme of a URI in lower case.
func lowerScheme(uri string) string {
	scheme, rest, ok := cutScheme(uri)
	if !ok {
		return uri
	}
	if lower := strings.ToLower(scheme); lower != scheme {
		return lower + ":" + rest
	}
	return uri
}
