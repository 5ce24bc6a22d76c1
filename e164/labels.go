package e164

import "strings"

// parseLabels turns a presentation-form name that ends in a dot into lower-case wire labels without
// the final zero octet. The root gives "".
func parseLabels(s string) (string, error) {
	if s == "." {
		return "", nil
	}
	var b strings.Builder
	b.Grow(len(s))
	var label [63]byte
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.':
			if n == 0 {
				return "", ErrBadName
			}
			b.WriteByte(byte(n))
			b.Write(label[:n])
			n = 0
			continue
		case c == '\\':
			octet, skip, ok := unescape(s[i+1:])
			if !ok {
				return "", ErrBadName
			}
			c, i = octet, i+skip
		}
		if n == len(label) {
			return "", ErrBadName
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		label[n] = c
		n++
	}
	if n != 0 || b.Len() == 0 || b.Len() > 254 {
		return "", ErrBadName
	}
	return b.String(), nil
}

// unescape reads what follows a backslash (RFC 1035 section 5.1): three decimal digits, or one
// character that stands for itself.
func unescape(s string) (octet byte, size int, ok bool) {
	if s == "" {
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

// appendLabels appends wire labels in presentation form, a dot after each.
func appendLabels(b []byte, wire string) []byte {
	for wire != "" {
		label := wire[1 : 1+wire[0]]
		wire = wire[1+wire[0]:]
		for i := range len(label) {
			switch c := label[i]; {
			case strings.IndexByte(".\\\"();@$", c) >= 0:
				b = append(b, '\\', c)
			case c <= ' ' || c > '~':
				b = append(b, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
			default:
				b = append(b, c)
			}
		}
		b = append(b, '.')
	}
	return b
}
