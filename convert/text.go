package convert

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// rdataText returns RDATA as a master file has it, in the form of RFC 3597 section 5 where the other
// would not read back.
func rdataText(typ uint16, data string) string {
	if one, err := rr.Unpack(".", 0, typ, data); err == nil {
		text := strings.TrimPrefix(one.String(), one.Header().String())
		if !strings.ContainsAny(text, "\n\r\x00") && isText(text) {
			if _, back, err := rr.ParseRData(rr.TypeText(typ), text, ""); err == nil && string(back) == data {
				return text
			}
		}
	}
	return generic(data)
}

// generic returns RDATA in the form that every type has (RFC 3597 section 5).
func generic(data string) string {
	if data == "" {
		return `\# 0`
	}
	return fmt.Sprintf(`\# %d %s`, len(data), hex.EncodeToString([]byte(data)))
}

// isText reports whether s is graphic ASCII and blanks.
func isText(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// wireName reads a fully qualified name; the final dot may be left out.
func wireName(text string) (string, error) {
	if text == "." {
		return "\x00", nil
	}
	wire, err := rr.NameToWire(strings.TrimSuffix(text, ".") + ".")
	if err != nil {
		return "", fmt.Errorf("expected a domain name such as ns1.example.net.: %w", err)
	}
	return wire, nil
}

// nameText returns the presentation form of a name in wire form.
func nameText(wire string) string {
	text, err := rr.NameFromWire(wire)
	if err != nil {
		return "." // a reader or the table has refused it before
	}
	return text
}

// labelsText returns labels, left of a number's digits, in presentation form, without final dot. The
// first octet is written so that it is no directive, and no formula in a spreadsheet.
func labelsText(labels string) string {
	if labels == "" {
		return ""
	}
	text := strings.TrimSuffix(nameText(labels+"\x00"), ".")
	if strings.IndexByte("$=+-", text[0]) >= 0 {
		return fmt.Sprintf(`\%03d%s`, text[0], text[1:])
	}
	return text
}

// parseLabels is the inverse of labelsText.
func parseLabels(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	wire, err := wireName(text)
	if err != nil {
		return "", err
	}
	return lower(wire[:len(wire)-1]), nil // as e164.Name wants it
}

// appendNumber appends a number as the formats write it: "+" and its digits, in a dial plan the digits.
func appendNumber(b []byte, n e164.Number, dialPlan bool) []byte {
	if !dialPlan {
		b = append(b, '+')
	}
	return n.AppendDigits(b)
}

// parseNumber is the inverse of appendNumber. A number without digits is that of the apex of a whole
// tree. In an E.164 tree the "+" may be missing with bare, since spreadsheets take it away.
func parseNumber(text string, dialPlan, bare bool) (n e164.Number, err error) {
	digits, plus := strings.CutPrefix(text, "+")
	switch {
	case strings.ContainsAny(text, "eE"):
		return 0, &fault{want: "expected digits: a spreadsheet has rounded the number; import the column as text"}
	case dialPlan && plus:
		return 0, &fault{want: `this is a dial plan: expected the digits that are dialled, without "+"`}
	case !dialPlan && !plus && !bare:
		return 0, &fault{want: `expected "+" and a number; the digits of a private dial plan are read with --dialplan`}
	}
	for i := range len(digits) {
		child, ok := n.Child(digits[i])
		switch {
		case digits[i] < '0' || digits[i] > '9':
			return 0, &fault{want: "expected digits alone, without blanks or separators"}
		case !ok:
			return 0, &fault{want: e164.ErrTooLong.Error()}
		case i == 0 && digits[i] == '0' && !dialPlan:
			return 0, &fault{want: e164.ErrLeadingZero.Error()}
		}
		n = child
	}
	return n, nil
}
