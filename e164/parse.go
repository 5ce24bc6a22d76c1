package e164

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that Parse and ParseDigits return, wrapped with the position of what is wrong; they never
// contain the number.
var (
	// ErrNoPlus: a global number starts with "+"; what does not is a dialled string (RFC 6116
	// section 3.7).
	ErrNoPlus = errors.New(`not a global number: write it with "+" and the country code`)
	// ErrNoDigits: there is nothing but punctuation.
	ErrNoDigits = errors.New("no digits")
	// ErrTooLong: more than 15 digits.
	ErrTooLong = errors.New("more than 15 digits")
	// ErrNotDigit: a character that is neither an ASCII digit nor a visual separator.
	ErrNotDigit = errors.New("not a digit")
	// ErrTrunkDigit: "(0)" after a country code, which is not dialled from abroad.
	ErrTrunkDigit = errors.New(`trunk digit "(0)": leave it out`)
	// ErrLeadingZero: no country code begins with 0.
	ErrLeadingZero = errors.New("no country code begins with 0")
)

// Parse reads a global telephone number: "+", then 1 to 15 digits, between them the visual
// separators of RFC 3966 ("-", ".", "(", ")") or blanks. The scheme "tel:" before it and URI
// parameters (";ext=5") behind it are taken off. Nothing is stripped by guess: letters, a trunk
// digit in brackets, a leading zero and non-ASCII digits are errors.
func Parse(s string) (Number, error) {
	rest, off := s, 0
	if len(rest) >= 4 && strings.EqualFold(rest[:4], "tel:") {
		rest, _, _ = strings.Cut(rest[4:], ";")
		off = 4
	}
	if rest == "" {
		return 0, ErrNoDigits
	}
	if rest[0] != '+' {
		return 0, ErrNoPlus
	}
	var n Number
	for i := 1; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c >= '0' && c <= '9':
			if n == 0 && c == '0' {
				return 0, ErrLeadingZero
			}
			child, ok := n.Child(c)
			if !ok {
				return 0, ErrTooLong
			}
			n = child
		case c == '(' && n.IsValid() && strings.HasPrefix(rest[i:], "(0)"):
			return 0, ErrTrunkDigit
		case c == '-' || c == '.' || c == '(' || c == ')' || c == ' ':
		default:
			return 0, fmt.Errorf("character %d: %w", off+i+1, ErrNotDigit)
		}
	}
	if !n.IsValid() {
		return 0, ErrNoDigits
	}
	return n, nil
}

// ParseDigits reads 1 to 15 ASCII digits and nothing else: the form of private dial plans, of
// prefixes and of keys in databases.
func ParseDigits(s string) (Number, error) {
	if s == "" {
		return 0, ErrNoDigits
	}
	if len(s) > MaxDigits {
		return 0, ErrTooLong
	}
	var n Number
	for i := range len(s) {
		child, ok := n.Child(s[i])
		if !ok {
			return 0, fmt.Errorf("character %d: %w", i+1, ErrNotDigit)
		}
		n = child
	}
	return n, nil
}

// MustParse is Parse for numbers in source code; it panics where Parse returns an error.
func MustParse(s string) Number {
	n, err := Parse(s)
	if err != nil {
		panic("e164: " + err.Error())
	}
	return n
}

// MarshalText implements encoding.TextMarshaler: "+" and the digits, nothing for the zero Number.
func (n Number) MarshalText() ([]byte, error) {
	if !n.IsValid() {
		return nil, nil
	}
	return []byte(n.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler as the inverse of MarshalText, also for numbers
// of private plans that begin with 0, and reads what Parse reads.
func (n *Number) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = 0
		return nil
	}
	m, err := Parse(string(text))
	if errors.Is(err, ErrLeadingZero) {
		m, err = ParseDigits(string(text[1:]))
	}
	if err == nil {
		*n = m
	}
	return err
}
