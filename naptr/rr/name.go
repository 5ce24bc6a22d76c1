package rr

import (
	"github.com/miekg/dns"
)

const (
	maxName  = 255 // octets of a name in wire form, the root's zero included
	maxLabel = 63
)

// AppendName reads a domain name in presentation form and appends its uncompressed wire form to
// dst. A name without a final dot is completed with origin, a name in wire form; so is "@", which
// stands for the origin (RFC 1035 section 5.1). With an empty origin either gives ErrRelative.
// Letter case is kept. On an error dst returns as it was.
func AppendName[T ~string | ~[]byte](dst []byte, text T, origin string) ([]byte, error) {
	start := len(dst)
	switch {
	case len(text) == 0:
		return dst, ErrEmptyLabel
	case len(text) == 1 && text[0] == '.':
		return append(dst, 0), nil
	case len(text) == 1 && text[0] == '@':
		if origin == "" {
			return dst, ErrRelative
		}
		return append(dst, origin...), nil
	}
	label := len(dst) // where the length octet of the label under way stands
	dst = append(dst, 0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '.':
			n := len(dst) - label - 1
			switch {
			case n == 0:
				return dst[:start], ErrEmptyLabel
			case n > maxLabel:
				return dst[:start], ErrLongLabel
			}
			dst[label] = byte(n)
			label = len(dst)
			dst = append(dst, 0)
			continue
		case '\\':
			octet, size, ok := unescape(text[i+1:])
			if !ok {
				return dst[:start], ErrEscape
			}
			c, i = octet, i+size
		}
		dst = append(dst, c)
		// A name of any length must not make dst grow before it is refused.
		if len(dst)-start > maxName+1 {
			if len(dst)-label-1 > maxLabel {
				return dst[:start], ErrLongLabel
			}
			return dst[:start], ErrLongName
		}
	}
	switch n := len(dst) - label - 1; {
	case n > maxLabel:
		return dst[:start], ErrLongLabel
	case n > 0 && origin == "":
		return dst[:start], ErrRelative
	case n > 0:
		dst[label] = byte(n)
		dst = append(dst, origin...)
	}
	if len(dst)-start > maxName {
		return dst[:start], ErrLongName
	}
	return dst, nil
}

// NameToWire returns the uncompressed wire form of a fully qualified name in presentation form, with
// the root's zero octet and with its letter case.
func NameToWire(name string) (string, error) {
	var buf [maxName]byte
	wire, err := AppendName(buf[:0], name, "")
	return string(wire), err
}

// NameFromWire returns the presentation form, fully qualified and escaped as miekg/dns does it, of an
// uncompressed name in wire form; the empty string counts as the root. It returns ErrWireName for
// what is no such name.
func NameFromWire(wire string) (string, error) {
	if wire == "" || wire == "\x00" {
		return ".", nil
	}
	if n, ok := wireNameLen(wire); !ok || n != len(wire) {
		return "", ErrWireName
	}
	name, _, err := dns.UnpackDomainName([]byte(wire), 0)
	if err != nil {
		return "", ErrWireName
	}
	return name, nil
}

// wireNameLen returns how many octets the uncompressed name at the beginning of wire has.
func wireNameLen(wire string) (int, bool) {
	for i := 0; i < len(wire) && i < maxName; i += 1 + int(wire[i]) {
		switch {
		case wire[i] == 0:
			return i + 1, true
		case wire[i] > maxLabel:
			return 0, false
		}
	}
	return 0, false
}
