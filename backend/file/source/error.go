// Package source says where in a data file a fault stands, without repeating personal data.
package source

import (
	"fmt"
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
		fmt.Fprintf(&b, "%q: ", e.Text)
	}
	b.WriteString(e.Want)
	return b.String()
}

// Errors are the faults of one file: the first MaxErrors of them, and how many more there were.
// The zero value is ready for use.
type Errors struct {
	List []*Error
	More int
}

// Add keeps e, or counts it once MaxErrors are kept.
func (l *Errors) Add(e *Error) {
	if len(l.List) < MaxErrors {
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

// Mask returns text shortened to 60 octets, with what may be personal taken out: of four digits or
// more in a row, also where single dots or hyphens stand between them, only the first two stay, and the part of a URI before its last "@" is
// replaced.
func Mask(text string) string {
	var b strings.Builder
	for i := 0; i < len(text) && b.Len() < 60; {
		j, digits, keep := i, 0, i
		for j < len(text) {
			c := text[j]
			switch {
			case c >= '0' && c <= '9':
				digits++
				if digits == 2 {
					keep = j + 1
				}
			case digits > 0 && (c == '.' || c == '-') && j+1 < len(text) && text[j+1] >= '0' && text[j+1] <= '9':
			default:
				goto done
			}
			j++
		}
	done:
		switch {
		case digits >= 4:
			b.WriteString(text[i:keep])
			b.WriteString("...")
			i = j
		case j > i:
			b.WriteString(text[i:j])
			i = j
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return maskUser(b.String())
}

// maskUser replaces what stands between a URI's scheme and its last "@".
func maskUser(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	colon := strings.IndexByte(s[:at], ':')
	return s[:colon+1] + "..." + s[at:]
}
