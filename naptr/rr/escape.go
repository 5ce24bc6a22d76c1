package rr

import (
	"strings"
)

// escaped marks the octets that Escape changes.
var escaped = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' || c > '~' || c == '"' || c == '\\'
	}
	return t
}()

// Plain reports whether Escape appends the octets as they are.
func Plain[T ~string | ~[]byte](octets T) bool {
	for i := range len(octets) {
		if escaped[octets[i]] {
			return false
		}
	}
	return true
}

// Escape appends the octets of a character-string to dst as the fields of miekg/dns hold them: a
// quote and a backslash behind a backslash, what is not printable ASCII as \DDD.
func Escape[T ~string | ~[]byte](dst []byte, octets T) []byte {
	for i := range len(octets) {
		switch c := octets[i]; {
		case !escaped[c]:
			dst = append(dst, c)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		}
	}
	return dst
}

// Text returns what Escape appends. It allocates only where something has to be escaped.
func Text(octets string) string {
	if Plain(octets) {
		return octets
	}
	return escapedText(octets)
}

func escapedText(octets string) string {
	return string(Escape(make([]byte, 0, len(octets)+16), octets))
}

// Unescape appends the octets that a field of miekg/dns or an unquoted or quoted character-string of a
// master file (without its quotes) stands for. Unlike miekg/dns, which drops or wraps them in silence,
// it refuses a backslash at the end and \DDD above 255 with ErrEscape. On an error dst returns as it
// was.
func Unescape[T ~string | ~[]byte](dst []byte, text T) ([]byte, error) {
	start := len(dst)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			octet, size, ok := unescape(text[i+1:])
			if !ok {
				return dst[:start], ErrEscape
			}
			c, i = octet, i+size
		}
		dst = append(dst, c)
	}
	return dst, nil
}

// unescape reads what follows a backslash: three digits, or one character that stands for itself. A
// digit that does not begin a number of three gives no octet.
func unescape[T ~string | ~[]byte](s T) (octet byte, size int, ok bool) {
	if len(s) == 0 {
		return 0, 0, false
	}
	if s[0] < '0' || s[0] > '9' {
		return s[0], 1, true
	}
	if len(s) < 3 {
		return 0, 0, false
	}
	v := 0
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return 0, 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return byte(v), 3, v <= 255
}

// octetsOf is the inverse of Text, with the limit of a character-string.
func octetsOf(text string) (string, error) {
	if strings.IndexByte(text, '\\') >= 0 {
		var buf [maxString]byte
		octets, err := Unescape(buf[:0], text)
		if err != nil {
			return "", err
		}
		text = string(octets)
	}
	if len(text) > maxString {
		return "", ErrLongString
	}
	return text, nil
}
