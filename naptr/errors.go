package naptr

import (
	"errors"
	"strconv"
)

// Errors of records.
var (
	// ErrTooLong: flags, services or regexp of more than 255 octets, which one character-string
	// cannot hold (RFC 1035 section 3.3); the regexp cannot be split over several.
	ErrTooLong = errors.New("more than 255 octets")
	// ErrReplacement: the replacement is no uncompressed domain name in wire form: a label over 63
	// octets, a name over 255 octets, a missing root or octets behind it.
	ErrReplacement = errors.New("replacement is not a domain name in wire form")
	// ErrWire: RDATA that ends too early or too late.
	ErrWire = errors.New("malformed NAPTR RDATA")
	// ErrKey: octets that AppendFactored did not write.
	ErrKey = errors.New("malformed rule key")
)

// Reasons for which ParseExpression refuses an expression, wrapped in a SyntaxError.
var (
	// ErrNoExpression: the regexp field is empty.
	ErrNoExpression = errors.New(`empty expression: write "!^.*$!uri!"`)
	// ErrDelimiter: the first octet cannot be a delimiter. A digit (0 too) and the flag letter "i"
	// are forbidden by RFC 3402 section 3.2; other letters, the backslash, space, control octets,
	// characters with a meaning in the pattern and octets above 0x7F are ambiguous.
	ErrDelimiter = errors.New(`bad delimiter: use "!"`)
	// ErrUnterminated: fewer than three delimiters that no backslash precedes.
	ErrUnterminated = errors.New("fewer than three delimiters: write delimiter, pattern, delimiter, replacement, delimiter")
	// ErrExtraDelimiter: more than three delimiters that no backslash precedes.
	ErrExtraDelimiter = errors.New(`more than three delimiters: write %21 for "!" within a URI`)
	// ErrFlag: something other than "i" stands behind the last delimiter.
	ErrFlag = errors.New(`unknown flag: only "i" may follow the last delimiter`)
	// ErrText: the pattern is not UTF-8 (RFC 3403 section 3) or contains NUL.
	ErrText = errors.New("pattern is not UTF-8 text")

	// ErrEmptyPattern: nothing between the first two delimiters.
	ErrEmptyPattern = errors.New(`empty pattern: write "^.*$"`)
	// ErrEmptyAlternative: nothing between "(", "|" and ")".
	ErrEmptyAlternative = errors.New(`empty group or alternative: make the group optional with "?" instead`)
	// ErrUnbalanced: a parenthesis without its partner.
	ErrUnbalanced = errors.New(`unbalanced parenthesis: a literal one is written "\(" or "\)"`)
	// ErrRepeat: a repetition operator with nothing to repeat: at the start, or after "(", "|",
	// "^" or "$". The usual slip is "^+44" for "^\+44" (RFC 6116 section 5.1).
	ErrRepeat = errors.New(`repetition operator with nothing before it to repeat: a literal plus is written "\+"`)
	// ErrRepeatTwice: two repetition operators in a row, which clients read in different ways.
	ErrRepeatTwice = errors.New("two repetition operators in a row: put the first into a group")
	// ErrInterval: braces that hold no count, or a count out of order or above 255.
	ErrInterval = errors.New(`bad repetition count: write {m}, {m,} or {m,n} with m <= n <= 255`)
	// ErrBracket: a bracket expression that is not closed or has a bad range, class or collating
	// symbol.
	ErrBracket = errors.New("bad bracket expression")
	// ErrPerl: syntax of Perl and its kin, such as "\d" or "(?:", that extended regular expressions
	// do not have.
	ErrPerl = errors.New(`not an extended regular expression: write [0-9] for "\d" and plain groups`)
	// ErrEscape: a backslash before a character that needs none and has no defined meaning with one.
	ErrEscape = errors.New("undefined escape in the pattern: leave the backslash out")
	// ErrPatternBackref: a back-reference in the pattern itself; they belong in the replacement.
	ErrPatternBackref = errors.New("back-reference in the pattern: only the replacement may have them")
	// ErrTooComplex: repetition counts that multiply to more than the matcher takes on.
	ErrTooComplex = errors.New("pattern too complex: use smaller repetition counts")

	// ErrEmptyReplacement: the expression could only ever yield nothing, which is no match
	// (RFC 3402 section 3.3).
	ErrEmptyReplacement = errors.New("empty replacement: an expression must yield a URI")
	// ErrBackref: a back-reference beyond the groups of the pattern.
	ErrBackref = errors.New("back-reference to a group that the pattern does not have")
	// ErrBackrefZero: "\0", which RFC 3402 does not have.
	ErrBackrefZero = errors.New(`"\0" is no back-reference: write ^(.*)$ and "\1"`)
	// ErrBackslash: a backslash in the replacement that neither escapes the delimiter nor starts a
	// back-reference. No URI contains one.
	ErrBackslash = errors.New("stray backslash in the replacement: percent-encode it as %5C")
)

// SyntaxError says where and why ParseExpression gave up. Its text never repeats the expression.
type SyntaxError struct {
	Offset int    // of the fault, in octets from the start of the expression, from 0
	Reason error  // one of the reasons above; errors.Is finds it
	Detail string // what exactly, where the reason has several faces; may be empty
}

// Error returns the place, counted from 1 as people do, the reason and the detail.
func (e *SyntaxError) Error() string {
	s := "character " + strconv.Itoa(e.Offset+1) + ": " + e.Reason.Error()
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s
}

// Unwrap returns the reason.
func (e *SyntaxError) Unwrap() error { return e.Reason }
