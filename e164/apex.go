package e164

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors of names.
var (
	// ErrOutside: the name is neither the apex nor below it.
	ErrOutside = errors.New("name is not below the apex")
	// ErrBadName: the name is malformed: an empty label, a label over 63 octets, a name over 255
	// octets, a bad escape, or no final dot.
	ErrBadName = errors.New("malformed domain name")
	// ErrShort: RFC 5527 section 5 puts the branch label behind more digits than the number has.
	ErrShort = errors.New("number is too short for an infrastructure branch")
)

// Apex is the domain name that a tree of numbers hangs from, such as e164.arpa. or a private one.
//
// An apex that begins with one-digit labels lies inside a larger tree, and its digits belong to the
// numbers below it: under 4.4.e164.arpa. the name 1.4.4.e164.arpa. is +441. Digits on both sides of
// an infrastructure branch label "i" count alike (RFC 5527 section 4). The zero Apex holds no name.
type Apex struct {
	name   string // canonical: lower case, fully qualified
	prefix Number
}

// ParseApex reads a domain name in presentation form; case and a missing final dot do not matter.
// It returns ErrBadName, wrapped, for what is no domain name and for the root.
func ParseApex(s string) (Apex, error) {
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	wire, err := parseLabels(s)
	if err != nil {
		return Apex{}, fmt.Errorf("apex %q: %w", s, err)
	}
	if wire == "" {
		return Apex{}, fmt.Errorf("apex %q: %w: the root cannot be an apex", s, ErrBadName)
	}
	a := Apex{name: string(appendLabels(nil, wire))}
	if a.prefix, err = ownDigits(wire); err != nil {
		return Apex{}, fmt.Errorf("apex %q: %w", s, err)
	}
	return a, nil
}

// ownDigits reads the number that the leading labels of an apex stand for.
func ownDigits(wire string) (Number, error) {
	isDigit := func(s string) bool { return len(s) >= 2 && s[0] == 1 && s[1] >= '0' && s[1] <= '9' }
	var digits []byte
	s := wire
	for isDigit(s) {
		digits = append(digits, s[1])
		s = s[2:]
	}
	if strings.HasPrefix(s, "\x01i") && isDigit(s[2:]) {
		for s = s[2:]; isDigit(s); s = s[2:] {
			digits = append(digits, s[1])
		}
	}
	var n Number
	for _, digit := range slices.Backward(digits) {
		child, ok := n.Child(digit)
		if !ok {
			return 0, ErrTooLong
		}
		n = child
	}
	return n, nil
}

// String returns the apex as a fully qualified lower-case name in presentation form; "" for the
// zero Apex.
func (a Apex) String() string { return a.name }

// Prefix returns the digits that the apex itself stands for: 44 for 4.4.e164.arpa., the number
// without digits for e164.arpa.
func (a Apex) Prefix() Number { return a.prefix }

// Public reports whether the apex is e164.arpa. or lies below it, where only E.164 numbers may be
// published (RFC 6116 section 2).
func (a Apex) Public() bool {
	return a.name == "e164.arpa." || strings.HasSuffix(a.name, ".e164.arpa.")
}

// Parse takes the fully qualified name qname, in presentation form and any letter case, apart. It
// returns ErrOutside for a name that is not at or below the apex, and ErrBadName for one that is
// malformed. It does not allocate for names that consist of digits.
func (a Apex) Parse(qname string) (Name, error) {
	cut := len(qname) - len(a.name)
	if cut < 0 || a.name == "" || !strings.EqualFold(qname[cut:], a.name) || strings.IndexByte(qname, '\\') >= 0 {
		return a.parseSlow(qname)
	}
	n := a.prefix
	i := cut
	for ; i >= 2; i -= 2 {
		if qname[i-1] != '.' || i > 2 && qname[i-3] != '.' {
			break
		}
		child, ok := n.Child(qname[i-2])
		if !ok {
			break
		}
		n = child
	}
	if i == 0 {
		return Name{Number: n}, nil
	}
	if qname[i-1] != '.' {
		return Name{}, ErrOutside
	}
	// Without escapes, a name has one octet more on the wire than in text (RFC 1035 section 3.1).
	if i == 1 || len(qname) > 254 {
		return Name{}, ErrBadName
	}
	labels, err := parseLabels(qname[:i])
	if err != nil {
		return Name{}, err
	}
	return Name{n, labels}, nil
}

// parseSlow handles names with escapes, in which a dot need not end a label and a digit may be
// written as \051.
func (a Apex) parseSlow(qname string) (Name, error) {
	wire, err := parseLabels(qname)
	if err != nil {
		return Name{}, err
	}
	own, err := parseLabels(a.name)
	if err != nil {
		return Name{}, ErrOutside
	}
	var starts []int
	i := 0
	for i < len(wire) && len(wire)-i > len(own) {
		starts = append(starts, i)
		i += 1 + int(wire[i])
	}
	if a.name == "" || wire[i:] != own {
		return Name{}, ErrOutside
	}
	n := a.prefix
	for len(starts) > 0 {
		at := starts[len(starts)-1]
		if wire[at] != 1 {
			break
		}
		child, ok := n.Child(wire[at+1])
		if !ok {
			break
		}
		n, i, starts = child, at, starts[:len(starts)-1]
	}
	return Name{n, wire[:i]}, nil
}

// AppendName appends the fully qualified presentation form of n to b and returns the extended
// slice. n must lie at or below the apex: its Number must begin with a.Prefix().
func (a Apex) AppendName(b []byte, n Name) []byte {
	b = appendLabels(b, n.Labels)
	for i := n.Number.Len() - 1; i >= a.prefix.Len(); i-- {
		b = append(b, n.Number.Digit(i), '.')
	}
	return append(b, a.name...)
}

// Domain returns the ENUM domain of n, RFC 6116 section 3.2. n must begin with a.Prefix().
func (a Apex) Domain(n Number) string { return string(a.AppendName(nil, Name{Number: n})) }

// BranchDomain returns the name of n on the infrastructure branch below the apex, where a label "i"
// follows the country code (RFC 5527 section 4). It returns ErrShort for a number with fewer digits
// than that, and ErrOutside where the label would stand within the apex.
func (a Apex) BranchDomain(n Number) (string, error) {
	p := position(n)
	if p == 0 || p > n.Len() {
		return "", ErrShort
	}
	if p < a.prefix.Len() {
		return "", ErrOutside
	}
	var b []byte
	for i := n.Len() - 1; i >= p; i-- {
		b = append(b, n.Digit(i), '.')
	}
	b = append(b, "i."...)
	return string(a.AppendName(b, Name{Number: n.Prefix(p)})), nil
}
