package im

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDomain is the longest domain name in presentation form without the final dot
// (RFC 1035 section 2.3.4).
const maxDomain = 253

// checkDomain wants a host name or an address in brackets (RFC 2822 section 3.4.1).
func (u *URI) checkDomain() error {
	d := u.Domain
	if strings.IndexByte(d, '%') >= 0 {
		u.Caution |= EncodedDomain
		plain, ok := decode(d)
		if !ok {
			return ErrDomain
		}
		d = plain
	}
	if d[0] == '[' {
		u.Caution |= Address
		return checkLiteral(d)
	}
	if d[len(d)-1] == '.' {
		return ErrTrailingDot
	}
	if len(d) > maxDomain {
		return ErrDomain
	}
	if len(u.Scheme)+len("_._xmpp.")+len(d) > maxDomain {
		u.Caution |= LongDomain
	}
	start, labels := 0, 0
	for i := 0; i <= len(d); i++ {
		if i < len(d) && class[d[i]]&ldh != 0 {
			continue
		}
		switch {
		case i == len(d) || d[i] == '.':
			if i == start || i-start > 63 {
				return ErrDomain
			}
			if d[start] == '-' || d[i-1] == '-' {
				u.Caution |= BadHostname
			}
			labels++
			start = i + 1
		case d[i] == '_' || d[i] == '~':
			u.Caution |= BadHostname
		case d[i] >= 0x80: // decode let only letters, digits and marks through
		default:
			return ErrDomain
		}
	}
	if labels == 1 {
		u.Caution |= NotFQDN
	}
	if c := d[len(d)-1]; c >= '0' && c <= '9' {
		if _, err := netip.ParseAddr(d); err == nil {
			u.Caution |= Address
		}
	}
	return nil
}

// checkLiteral wants "[" address "]", the address perhaps tagged "IPv6:" (RFC 5321 section 4.1.3).
func checkLiteral(d string) error {
	if d[len(d)-1] != ']' {
		return ErrDomain
	}
	addr := d[1 : len(d)-1]
	if len(addr) > 5 && strings.EqualFold(addr[:5], "IPv6:") {
		addr = addr[5:]
	}
	if a, err := netip.ParseAddr(addr); err != nil || a.Zone() != "" {
		return ErrDomain
	}
	return nil
}

// decode undoes the percent-encoding of a domain (RFC 3986 section 3.2.2: octets of UTF-8). ok is
// false where the result is no UTF-8 or holds what is neither ASCII, letter, digit nor mark: signs
// without width or of writing direction make one domain look like another.
func decode(d string) (plain string, ok bool) {
	b := make([]byte, 0, len(d))
	for i := 0; i < len(d); i++ {
		c := d[i]
		if c == '%' {
			c = unhex(d[i+1])<<4 | unhex(d[i+2])
			i += 2
		}
		b = append(b, c)
	}
	if len(b) == 0 || !utf8.Valid(b) {
		return "", false
	}
	for _, r := range string(b) {
		if r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			return "", false
		}
	}
	return string(b), true
}
