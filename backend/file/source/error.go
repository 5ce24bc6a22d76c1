// Package source says where in a data file a fault stands, without repeating personal data.
package source

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// MaxErrors is how many errors of one load are kept; the rest are counted.
const MaxErrors = 20

// Error is a fault in a data file.
type Error struct {
	File   string
	Line   int    // from 1
	Column int    // in octets, from 1; 0 where the whole line is meant
	Text   string // the faulty text, as Mask returns it; may be empty
	Want   string // what was expected, or what is wrong and how to mend it
}

// Error returns file:line:column, the masked text and what was expected.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d", e.File, e.Line)
	if e.Column > 0 {
		fmt.Fprintf(&b, ":%d", e.Column)
	}
	b.WriteString(": ")
	if e.Text != "" {
		b.WriteString(quote(e.Text) + ": ")
	}
	b.WriteString(e.Want)
	return b.String()
}

// quote returns text between quotation marks, with what does not print escaped. A backslash stays
// single: the text is to be found in the file as it is shown.
func quote(text string) string { return strings.ReplaceAll(strconv.Quote(text), `\\`, `\`) }

// Errors are the faults of one file: the first of them, and how many more there were.
// The zero value is ready for use.
type Errors struct {
	List []*Error
	More int
	Most int // how many are kept; 0 stands for MaxErrors
}

// Add keeps e, or counts it once enough are kept.
func (l *Errors) Add(e *Error) {
	if len(l.List) < cmp.Or(l.Most, MaxErrors) {
		l.List = append(l.List, e)
	} else {
		l.More++
	}
}

// Err returns l as an error, or nil when there is no fault.
func (l *Errors) Err() error {
	if len(l.List) == 0 {
		return nil
	}
	return l
}

// Error returns one fault a line.
func (l *Errors) Error() string {
	var b strings.Builder
	for i, e := range l.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	if l.More > 0 {
		fmt.Fprintf(&b, "\nand %d more", l.More)
	}
	return b.String()
}

// Unwrap returns the faults that are kept.
func (l *Errors) Unwrap() []error {
	errs := make([]error, len(l.List))
	for i, e := range l.List {
		errs[i] = e
	}
	return errs
}

// maxText is how much of the faulty text an Error shows, in octets.
const maxText = 60

// Mask returns text without what may be personal, cut to 60 octets. Of four digits or more, also where
// a character that is no letter stands between them, only the first two stay; so of seven or more with
// blanks between them. What stands between a
// URI's scheme and its last "@" is replaced, as is all of a URI that should have an "@" and has none.
func Mask(text string) string {
	text = maskUser(text)
	var b strings.Builder
	for i := 0; i < len(text) && b.Len() < maxText; {
		end, digits, second := digitRun(text, i, true)
		if digits < phoneDigits { // an order and a preference, say
			end, digits, second = digitRun(text, i, false)
		}
		switch {
		case digits >= 4:
			b.WriteString(text[i:second])
			b.WriteString("...")
			i = end
		case digits > 0:
			b.WriteString(text[i:end])
			i = end
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	if b.Len() > maxText {
		return b.String()[:maxText]
	}
	return b.String()
}

// maxGap is how many octets may stand between two digits of one number: people write "-", "/", "_" and
// whatever their word processor makes of a hyphen, such as the three octets of an en dash. A plus and
// braces end a number.
const maxGap = 3

// phoneDigits is from how many digits on blanks are taken for a part of a number.
const phoneDigits = 7

// digitRun returns where the run of digits and separators ends that begins with the digit text[from],
// how many digits are in it, and where the second ends. With blanks, they count as separators. digits is
// 0 when text[from] is none.
func digitRun(text string, from int, blanks bool) (end, digits, second int) {
	ends := " \t+{}"
	if blanks {
		ends = "+{}"
	}
	end = from
	for i := from; i < len(text); i++ {
		c := text[i]
		if c >= '0' && c <= '9' {
			digits++
			end = i + 1
			if digits == 2 {
				second = end
			}
		} else if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; letter || strings.IndexByte(ends, c) >= 0 || digits == 0 || i-end >= maxGap {
			break
		}
	}
	return end, digits, second
}

// personal are the schemes whose URIs name a person or a line.
var personal = []string{"im:", "sip:", "sips:", "xmpp:", "pres:", "acct:", "h323:", "mailto:", "iax:"}

// maskUser replaces what stands between a URI's scheme and its last "@".
func maskUser(s string) string {
	at := max(strings.LastIndexByte(s, '@'), strings.LastIndex(s, "%40"))
	if at < 0 {
		for _, scheme := range personal {
			if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
				return s[:len(scheme)] + "..."
			}
		}
		return s
	}
	colon := strings.IndexByte(s[:at], ':')
	return s[:colon+1] + "..." + s[at:]
}
