package naptr

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
)

// Record is the RDATA of a NAPTR resource record (RFC 3403 section 4.1) as wire octets: no field is
// escaped, a back-reference is one backslash and one digit. Records are comparable.
type Record struct {
	Order      uint16 // lower first, mandatory
	Preference uint16 // lower first within one order
	Flags      string // at most 255 octets; "u" for a terminal ENUM rule
	Services   string // at most 255 octets, such as "E2U+im"
	Regexp     string // at most 255 octets: a substitution expression, or empty
	// Replacement is a domain name in uncompressed wire form, at most 255 octets and ending in the
	// root's zero octet. The empty string stands for the root.
	Replacement string
}

// Terminal reports whether the record yields a URI: its flags are "u" in either case, the only flag
// of ENUM (RFC 6116 section 3.4.2).
func (r Record) Terminal() bool { return isTerminal(r.Flags) }

func isTerminal(flags string) bool { return flags == "u" || flags == "U" }

// NonTerminal reports whether the record refers to another name: its flags are empty
// (RFC 6116 section 3.4.2). Records with any other flag are neither.
func (r Record) NonTerminal() bool { return r.Flags == "" }

// Check reports whether the record can be put on the wire: ErrTooLong or ErrReplacement, wrapped
// with the name of the field, or nil. It does not look into the fields.
func (r Record) Check() error {
	for _, f := range [...]struct{ name, octets string }{
		{"flags", r.Flags}, {"services", r.Services}, {"regexp", r.Regexp},
	} {
		if len(f.octets) > 255 {
			return fmt.Errorf("%s has %d octets: %w", f.name, len(f.octets), ErrTooLong)
		}
	}
	if r.Replacement != "" && nameLen(r.Replacement) != len(r.Replacement) {
		return ErrReplacement
	}
	return nil
}

// nameLen returns the length of the uncompressed domain name that s begins with, or -1.
func nameLen[T string | []byte](s T) int {
	for i := 0; i < len(s) && i < 255; i += 1 + int(s[i]) {
		if s[i] == 0 {
			return i + 1
		}
		if s[i] > 63 {
			return -1
		}
	}
	return -1
}

// AppendWire appends the RDATA of r to dst and returns the extended slice. For a record that Check
// refuses it returns dst as it was and Check's error.
func (r Record) AppendWire(dst []byte) ([]byte, error) {
	if err := r.Check(); err != nil {
		return dst, err
	}
	dst = binary.BigEndian.AppendUint16(dst, r.Order)
	dst = binary.BigEndian.AppendUint16(dst, r.Preference)
	for _, s := range [...]string{r.Flags, r.Services, r.Regexp} {
		dst = append(dst, byte(len(s)))
		dst = append(dst, s...)
	}
	if r.Replacement == "" {
		return append(dst, 0), nil
	}
	return append(dst, r.Replacement...), nil
}

// ParseRecord reads RDATA as AppendWire writes it; the replacement must not be compressed, and the
// root is returned as the empty string. It returns ErrWire or ErrReplacement.
func ParseRecord(wire []byte) (Record, error) {
	if len(wire) < 4 {
		return Record{}, ErrWire
	}
	r := Record{
		Order:      binary.BigEndian.Uint16(wire),
		Preference: binary.BigEndian.Uint16(wire[2:]),
	}
	wire = wire[4:]
	for _, field := range [...]*string{&r.Flags, &r.Services, &r.Regexp} {
		if len(wire) == 0 || len(wire) < 1+int(wire[0]) {
			return Record{}, ErrWire
		}
		end := 1 + int(wire[0])
		*field, wire = string(wire[1:end]), wire[end:]
	}
	if len(wire) == 0 {
		return Record{}, ErrWire
	}
	switch nameLen(wire) {
	case len(wire):
		r.Replacement = canonicalName(string(wire))
		return r, nil
	case -1:
		return Record{}, ErrReplacement
	}
	return Record{}, ErrWire
}

// canonicalName gives the root its one spelling.
func canonicalName(wire string) string {
	if wire == "\x00" {
		return ""
	}
	return wire
}

// Compare orders records as a client considers them, by order and then preference (RFC 3403
// section 4.1), and equal ranks by their octets, so that the sequence never depends on the input.
func Compare(a, b Record) int {
	if c := cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference)); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(a.Flags, b.Flags),
		strings.Compare(a.Services, b.Services),
		strings.Compare(a.Regexp, b.Regexp),
		strings.Compare(canonicalName(a.Replacement), canonicalName(b.Replacement)),
	)
}
