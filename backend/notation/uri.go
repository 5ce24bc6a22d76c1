package notation

import (
	"encoding/hex"
	"strings"
)

// SchemeOf returns the scheme of a URI that a numbers file can have as it stands (RFC 3986).
func SchemeOf[T string | []byte](uri T) (scheme string, ok bool) {
	colon := -1
	for i := range len(uri) {
		c := uri[i]
		letter, digit := c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9'
		switch {
		case c == ':' && colon < 0:
			colon = i
		case colon < 0:
			if !letter && (i == 0 || !digit && c != '+' && c != '-' && c != '.') {
				return "", false
			}
		case letter || digit || strings.IndexByte("-._~:/?#[]@$&'()*+,;=", c) >= 0:
			if c == '@' && uri[i-1] == ':' {
				return "", false // a numbers file wants a user
			}
		case c == '{' || c == '}': // of placeholders: CutLiteral's are looked for by the caller
		case c == '%':
			if i+2 >= len(uri) || !isHex(uri[i+1]) || !isHex(uri[i+2]) {
				return "", false
			}
			if v, _ := hex.DecodeString(string(uri[i+1 : i+3])); v[0] < ' ' || v[0] == 0x7f {
				return "", false
			}
		default:
			return "", false
		}
	}
	if colon <= 0 || colon == len(uri)-1 || strings.EqualFold(string(uri[:colon]), "e2u") {
		return "", false
	}
	return string(uri[:colon]), true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
