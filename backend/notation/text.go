package notation

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// RDataText returns RDATA as a master file has it, in the form of RFC 3597 section 5 where the other
// would not read back.
func RDataText(typ uint16, data string) string {
	if one, err := rr.Unpack(".", 0, typ, data); err == nil {
		text := strings.TrimPrefix(one.String(), one.Header().String())
		if !strings.ContainsAny(text, "\n\r\x00") && IsText(text) {
			if _, back, err := rr.ParseRData(rr.TypeText(typ), text, ""); err == nil && string(back) == data {
				return text
			}
		}
	}
	return GenericRData(data)
}

// GenericRData returns RDATA in the form that every type has (RFC 3597 section 5).
func GenericRData(data string) string {
	if data == "" {
		return `\# 0`
	}
	return fmt.Sprintf(`\# %d %s`, len(data), hex.EncodeToString([]byte(data)))
}

// IsText reports whether s is graphic ASCII and blanks.
func IsText(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// WireName reads a fully qualified name; the final dot may be left out.
func WireName(text string) (string, error) {
	if text == "." {
		return "\x00", nil
	}
	wire, err := rr.NameToWire(strings.TrimSuffix(text, ".") + ".")
	if err != nil {
		return "", fmt.Errorf("expected a domain name such as ns1.example.net.: %w", err)
	}
	return wire, nil
}

// NameText returns the presentation form of a name in wire form.
func NameText(wire string) string {
	text, err := rr.NameFromWire(wire)
	if err != nil {
		return "." // a reader or the table has refused it before
	}
	return text
}

// LabelsText returns labels, left of a number's digits, in presentation form, without final dot. The
// first octet is written so that it is no directive, and no formula in a spreadsheet.
func LabelsText(labels string) string {
	if labels == "" {
		return ""
	}
	text := strings.TrimSuffix(NameText(labels+"\x00"), ".")
	if strings.IndexByte("$=+-", text[0]) >= 0 {
		return fmt.Sprintf(`\%03d%s`, text[0], text[1:])
	}
	return text
}

// parseLabels is the inverse of LabelsText.
func parseLabels(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	wire, err := WireName(text)
	if err != nil {
		return "", err
	}
	return Lower(wire[:len(wire)-1]), nil // as e164.Name wants it
}

// AppendNumber appends a number as the formats write it: "+" and its digits, in a dial plan the digits.
func AppendNumber(b []byte, n e164.Number, dialPlan bool) []byte {
	if !dialPlan {
		b = append(b, '+')
	}
	return n.AppendDigits(b)
}

// parseNumber is the inverse of AppendNumber. A number without digits is that of the apex of a whole
// tree. In an E.164 tree the "+" may be missing with bare, since spreadsheets take it away.
func parseNumber(text string, dialPlan, bare bool) (n e164.Number, err error) {
	digits, plus := strings.CutPrefix(text, "+")
	switch {
	case strings.ContainsAny(text, "eE"):
		return 0, &Fault{Want: "expected digits: a spreadsheet has rounded the number; import the column as text"}
	case dialPlan && plus:
		return 0, &Fault{Want: `this is a dial plan: expected the digits that are dialled, without "+"`}
	case !dialPlan && !plus && !bare:
		return 0, &Fault{Want: `expected "+" and a number; the digits of a private dial plan are read with the option dialplan`}
	}
	for i := range len(digits) {
		child, ok := n.Child(digits[i])
		switch {
		case digits[i] < '0' || digits[i] > '9':
			return 0, &Fault{Want: "expected digits alone, without blanks or separators"}
		case !ok:
			return 0, &Fault{Want: e164.ErrTooLong.Error()}
		case i == 0 && digits[i] == '0' && !dialPlan:
			return 0, &Fault{Want: e164.ErrLeadingZero.Error() + `: in place of the 0 or 00 that is dialled write "+" and the country code, as in +12025550100`}
		}
		n = child
	}
	return n, nil
}

// IsRoot reports whether a name in wire form, or none, is the root.
func IsRoot(wire string) bool { return wire == "" || wire == "\x00" }

// Lower folds the letter case of a name in wire form: of ASCII alone (RFC 4343 section 3). Length octets
// are below 'A' and stay.
func Lower(wire string) string {
	for i := range len(wire) {
		if wire[i] >= 'A' && wire[i] <= 'Z' {
			b := []byte(wire)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] |= 0x20
				}
			}
			return string(b)
		}
	}
	return wire
}
