package ldap

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/enumim/enumim/e164"
)

// Why a value of a directory is no number that can be served. Findings tell them, so they hold nothing of the value.
var (
	errNoNumber  = errors.New("no telephone number")
	errExtension = errors.New("a number with an extension")
	errLocal     = errors.New("a number without country code: see the option country")
	errTrunk     = errors.New(`"(0)" in a country where it may have to be dialled`)
)

// dialling says how the numbers of a directory are written where they have no "+".
type dialling struct {
	plain         bool        // a private dial plan: digits are what they are
	country       e164.Number // the calling code; none for no country
	trunk         string      // what is dialled before a number of the country, "" for nothing
	international []string    // what is dialled before a country code
	least, most   int         // how many digits a number of the country has, without trunk; 0 for not known
}

// longestValue bounds a value: no number is as long, however it is written.
const longestValue = 80

// parse reads one value of an attribute: "+49 30 901820", "tel:+49-30-901820", "0049 30 901820", and with a country
// "030/901820".
func (d *dialling) parse(value string) (e164.Number, error) {
	if len(value) > longestValue || !utf8.ValidString(value) {
		return 0, errNoNumber
	}
	text := strings.TrimSpace(value)
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") { // RFC 3966
		text = text[4:]
	}
	if before, parameters, found := strings.Cut(text, ";"); found {
		if p := strings.ToLower(";" + parameters); strings.Contains(p, ";ext=") || strings.Contains(p, ";isub=") {
			return 0, errExtension
		}
		if !strings.HasPrefix(strings.TrimSpace(before), "+") {
			return 0, errLocal // phone-context says of what it is part
		}
		return 0, errNoNumber
	}
	digits, plus, err := strip(text)
	if err != nil {
		if hasExtension(text) {
			err = errExtension
		}
		return 0, err
	}
	switch {
	case d.plain && plus:
		return 0, errNoNumber
	case d.plain:
		return number(strings.Replace(digits, trunkMark, "0", 1))
	case plus:
		return withoutTrunk(digits)
	}
	return d.complete(digits)
}

// hasExtension reports whether what follows a number says that somebody is reached behind it.
func hasExtension(text string) bool {
	text = strings.ToLower(strings.TrimLeft(text, separators+"+"))
	if text == "" || text[0] < '0' || text[0] > '9' {
		return false
	}
	for _, mark := range [...]string{"ext", "x", "#", "dw", "durchwahl", "poste", "int."} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// trunkMark stands for "(0)" among digits.
const trunkMark = "t"

// separators are what people write between digits (E.123 section 7, RFC 3966 section 5.1.1), and what word
// processors make of that.
const separators = " -./()\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013"

// bracketedZero is "(0)" with blanks in it.
var bracketedZero = regexp.MustCompile("\\([ \u00a0\u2007\u2009\u202f]*0[ \u00a0\u2007\u2009\u202f]*\\)")

// strip takes the separators from a number, and the plus sign before it.
func strip(text string) (digits string, plus bool, err error) {
	if strings.Count(text, "(") > 1 || strings.Count(text, "(") != strings.Count(text, ")") || !oneNumber(text) {
		return "", false, errNoNumber
	}
	text = bracketedZero.ReplaceAllString(text, "(0)")
	trunk := strings.Index(text, "(0)")
	var b strings.Builder
	for i, r := range text {
		switch {
		case i == trunk+1 && trunk >= 0:
			b.WriteString(trunkMark)
		case '0' <= r && r <= '9':
			b.WriteRune(r)
		case r == '+' && !plus && b.Len() == 0:
			plus = true
		case !strings.ContainsRune(separators, r):
			return "", plus, errNoNumber
		}
	}
	return b.String(), plus, nil
}

// oneNumber reports whether a slash, if there is one, stands behind an area code: others part two numbers, or
// the ends of two.
func oneNumber(text string) bool {
	before, after, found := strings.Cut(text, "/")
	if !found {
		return true
	}
	count := func(s string) int {
		return len(s) - len(strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return -1
			}
			return r
		}, s))
	}
	first := strings.TrimLeft(before, separators)
	return (strings.HasPrefix(first, "+") || strings.HasPrefix(first, "0")) && count(before) <= 8 && count(after) >= 4 &&
		!strings.Contains(after, "/")
}

// keepsZero are the codes of countries whose numbers begin with a zero that is dialled from abroad, too: Italy and
// those in its plan, Ivory Coast, Benin, Gabon and the Congo. There "(0)" may mean either.
var keepsZero = []string{"39", "378", "379", "225", "229", "241", "242"}

// withoutTrunk reads the digits after a plus sign. The zero in "+49 (0)30" is dialled inland only (E.123 section 7.3).
func withoutTrunk(digits string) (e164.Number, error) {
	code, rest, found := strings.Cut(digits, trunkMark)
	if !found {
		return global(digits)
	}
	n, err := global(code + rest)
	switch {
	case err != nil:
		return 0, err
	case n.CountryCode().Digits() != code:
		return 0, errNoNumber
	case slices.Contains(keepsZero, code):
		return 0, errTrunk
	}
	return n, nil
}

// complete reads digits that are to be dialled from within the country.
func (d *dialling) complete(digits string) (e164.Number, error) {
	marked := digits
	digits = strings.Replace(digits, trunkMark, "0", 1)
	for _, prefix := range d.international {
		if rest, ok := strings.CutPrefix(marked, prefix); ok {
			return withoutTrunk(rest)
		}
		if strings.HasPrefix(digits, prefix) {
			return 0, errNoNumber // "(0)0": no prefix has brackets
		}
	}
	if !d.country.IsValid() {
		return 0, errLocal
	}
	if rest, ok := strings.CutPrefix(digits, d.trunk); ok && d.trunk != "" && d.fits(rest) {
		return global(d.country.Digits() + rest)
	}
	if rest, ok := strings.CutPrefix(digits, d.country.Digits()); ok && d.fits(rest) {
		return 0, errLocal // it may be one with its country code
	}
	if d.least > 0 && d.fits(digits) {
		return global(d.country.Digits() + digits)
	}
	return 0, errLocal
}

// leastNational is the fewest digits that are taken for a number of a country of which nothing else is known.
const leastNational = 5

func (d *dialling) fits(digits string) bool {
	if d.least == 0 {
		return len(digits) >= leastNational
	}
	return d.least <= len(digits) && len(digits) <= d.most
}

// leastGlobal is the fewest digits of a number with its country code: what is shorter is an extension, or a beginning.
const leastGlobal = 7

func global(digits string) (e164.Number, error) {
	if len(digits) < leastGlobal || digits[0] == '0' {
		return 0, errNoNumber
	}
	return number(digits)
}

func number(digits string) (e164.Number, error) {
	n, err := e164.ParseDigits(digits)
	if err != nil || !n.IsValid() {
		return 0, errNoNumber
	}
	return n, nil
}
