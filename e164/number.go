package e164

import (
	"cmp"
	"strings"
)

// MaxDigits is the most digits a Number holds: E.164 allows 15 without the international prefix.
const MaxDigits = 15

// Number is a telephone number, or the first digits of one: 0 to 15 decimal digits in one word.
//
// Numbers are comparable and their integer order is the order of their digits, a prefix first:
// 44 < 440 < 4400 < 441. All numbers that begin with n are therefore the closed interval
// [n, n.Last()], so "does anything lie below n?" is one search in a sorted list.
//
// The digits sit left-aligned as packed decimals in the upper 60 bits, their count in the lower 4.
// The zero value is the number without digits: not valid as a telephone number, and the prefix of
// every number (the apex of a tree).
type Number uint64

// shift is the position of digit i's nibble.
func shift(i int) int { return 60 - 4*i }

// IsValid reports whether n has at least one digit.
func (n Number) IsValid() bool { return n.Len() > 0 }

// Len returns how many digits n has, 0 to 15.
func (n Number) Len() int { return int(n & 0xf) }

// Digit returns digit i of n, counted from the country code, as '0' to '9'. It panics unless
// 0 <= i < n.Len(), as indexing a slice does.
func (n Number) Digit(i int) byte {
	if uint(i) >= uint(n.Len()) {
		panic("e164: digit index out of range")
	}
	return '0' + byte(n>>shift(i))&0xf
}

// Child returns n with the digit d ('0' to '9') appended. ok is false, and the result zero, when d
// is no digit or n has 15 digits already.
func (n Number) Child(d byte) (child Number, ok bool) {
	l := n.Len()
	if d < '0' || d > '9' || l >= MaxDigits {
		return 0, false
	}
	return (n | Number(d-'0')<<shift(l)) + 1, true
}

// Prefix returns the first l digits of n; the whole of n where it is not longer, and the number
// without digits where l is not positive.
func (n Number) Prefix(l int) Number {
	switch {
	case l <= 0:
		return 0
	case l >= n.Len():
		return n
	}
	return n&^(1<<(64-4*l)-1) | Number(l)
}

// HasPrefix reports whether n begins with the digits of p. Every number begins with the zero
// Number and with itself.
func (n Number) HasPrefix(p Number) bool {
	return n >= p && n <= p.Last()
}

// Last returns the greatest Number that begins with n: n filled up with nines to 15 digits.
func (n Number) Last() Number {
	const nines = 0x9999_9999_9999_9990
	l := n.Len()
	if l >= MaxDigits {
		return n
	}
	return n&^0xf | nines&(1<<(64-4*l)-1) | MaxDigits
}

// CommonPrefix returns the digits that n and m have in common at their beginning.
func (n Number) CommonPrefix(m Number) Number {
	most := min(n.Len(), m.Len())
	l := 0
	for l < most && (n^m)>>shift(l)&0xf == 0 {
		l++
	}
	return n.Prefix(l)
}

// Compare orders numbers by their digits, a prefix before what it begins: -1, 0 or +1.
func (n Number) Compare(m Number) int { return cmp.Compare(n, m) }

// AppendDigits appends the digits of n, without "+", to b and returns the extended slice.
func (n Number) AppendDigits(b []byte) []byte {
	for i, l := 0, n.Len(); i < l; i++ {
		b = append(b, '0'+byte(n>>shift(i))&0xf)
	}
	return b
}

// Digits returns the digits of n without "+".
func (n Number) Digits() string {
	var buf [MaxDigits]byte
	return string(n.AppendDigits(buf[:0]))
}

// String returns n as "+" and its digits, the Application Unique String of RFC 6116 section 3.1;
// "+" alone for the zero Number. It is personal data: for logs and errors use Masked.
func (n Number) String() string {
	var buf [MaxDigits + 1]byte
	return string(n.AppendDigits(append(buf[:0], '+')))
}

// Masked returns a form of n that names no subscriber: the country code and the count of digits,
// as in "+44... (12 digits)". A number that is no longer than its country code is shown whole.
func (n Number) Masked() string {
	cc := n.CountryCode()
	if cc == n {
		return n.String()
	}
	var b strings.Builder
	b.WriteString(cc.String())
	b.WriteString("... (")
	if l := n.Len(); l >= 10 {
		b.WriteByte('1')
		b.WriteByte('0' + byte(l-10))
	} else {
		b.WriteByte('0' + byte(l))
	}
	b.WriteString(" digits)")
	return b.String()
}
