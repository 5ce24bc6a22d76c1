package naptr

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxGroups is how many groups of a pattern a replacement can refer to: \1 to \9.
const maxGroups = 9

// spans are the begin and end of what groups 1 to 9 matched, group k at 2k-2 and 2k-1; -1 where a
// group took no part.
type spans [2 * maxGroups]int

// Expression is a parsed substitution expression of RFC 3402 section 3.2, such as
// "!^\+44(.*)$!im:0\1@example.com!". It is immutable: any number of goroutines may share it. The
// zero Expression matches nothing; use ParseExpression.
type Expression struct {
	source  string
	flags   string
	groups  int
	literal bool // the pattern is "^.*$" or ".*"
	repl    []segment
	shape   *shape   // the pattern without alternatives or nested repetition, or nil
	program *program // any other pattern, or nil
}

// segment is a part of the replacement: source[from:to], or, where group is not 0, a back-reference.
type segment struct{ from, to, group uint8 }

// ParseExpression reads the regexp field of a NAPTR record, as wire octets. It returns ErrTooLong,
// or a *SyntaxError that wraps the reason.
//
// The pattern is a POSIX extended regular expression over the code points of UTF-8 text, independent
// of locale: classes such as [:digit:] hold ASCII characters, and collating symbols are refused. What
// POSIX leaves undefined and clients read differently is refused too.
func ParseExpression(regexp string) (*Expression, error) {
	return parseExpression(regexp, true)
}

// UseExpression is ParseExpression for one use: it calls use with the Expression, which is good until that
// returns. Its memory then serves another.
func UseExpression(regexp string, use func(*Expression)) error {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	e, err := s.parse(regexp, true)
	if err == nil {
		use(e)
	}
	return err
}

// parseExpression compiles to a shape only where shapes is set; without, every pattern becomes a
// program.
func parseExpression(regexp string, shapes bool) (*Expression, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	e, err := s.parse(regexp, shapes)
	if err != nil {
		return nil, err
	}
	return e.clone(), nil
}

// clone returns a copy that shares no memory with e.
func (e *Expression) clone() *Expression {
	own := *e
	own.repl = slices.Clone(e.repl)
	if e.shape != nil {
		own.shape = e.shape.clone()
	}
	if e.program != nil {
		own.program = e.program.clone()
	}
	return &own
}

// splitExpression finds the second and the third delimiter and checks the first and the flags.
func splitExpression(s string) (second, third int, err error) {
	if s == "" {
		return 0, 0, &SyntaxError{Reason: ErrNoExpression}
	}
	d := s[0]
	if detail := badDelimiter(d); detail != "" {
		return 0, 0, &SyntaxError{Reason: ErrDelimiter, Detail: detail}
	}
	at := [4]int{}
	count := 1
	for i := 1; i < len(s) && count < len(at); i++ {
		switch s[i] {
		case '\\':
			i++
		case d:
			at[count] = i
			count++
		}
	}
	switch {
	case count < 3:
		return 0, 0, &SyntaxError{Offset: len(s), Reason: ErrUnterminated}
	case count > 3:
		return 0, 0, &SyntaxError{Offset: at[3], Reason: ErrExtraDelimiter}
	}
	for i := at[2] + 1; i < len(s); i++ {
		// RFC 3402 does not say that its grammar is ABNF, where "i" would include "I": be liberal.
		if s[i] != 'i' && s[i] != 'I' {
			return 0, 0, &SyntaxError{Offset: i, Reason: ErrFlag}
		}
	}
	return at[1], at[2], nil
}

// badDelimiter says why d cannot be a delimiter; "" when it can.
func badDelimiter(d byte) string {
	switch {
	case d >= '0' && d <= '9':
		return "a digit"
	case d == 'i' || d == 'I':
		return `the flag "i"`
	case d >= 'a' && d <= 'z' || d >= 'A' && d <= 'Z':
		return "a letter"
	case d == '\\':
		return "a backslash"
	case d == 0:
		return "NUL"
	case d == ' ':
		return "a space"
	case d < ' ' || d == 0x7f:
		return "a control octet"
	case d > 0x7f:
		return "an octet above 0x7F"
	case strings.IndexByte("^.[]$()|*+?{}", d) >= 0:
		return "a character with a meaning in the pattern"
	}
	return ""
}

// parseReplacement reads source[from:to] into segments and returns the highest group it refers to.
func (e *Expression) parseReplacement(from, to int) (used int, err error) {
	s := e.source[:to]
	if from == to {
		return 0, &SyntaxError{Offset: from, Reason: ErrEmptyReplacement}
	}
	fault := func(i int, reason error) (int, error) {
		return 0, &SyntaxError{Offset: i, Reason: reason}
	}
	start := from
	text := func(end int) {
		if start < end {
			e.repl = append(e.repl, segment{from: uint8(start), to: uint8(end)})
		}
	}
	for i := from; i < to; {
		if s[i] != '\\' {
			i++
			continue
		}
		text(i)
		// A backslash is never last: it would have escaped the delimiter.
		switch c := s[i+1]; {
		case c == s[0]:
			start = i + 1 // the delimiter itself begins the next text
		case c == '0':
			return fault(i, ErrBackrefZero)
		case c < '0' || c > '9':
			return fault(i, ErrBackslash)
		case int(c-'0') > e.groups:
			return fault(i, ErrBackref)
		default:
			group := int(c - '0')
			e.repl = append(e.repl, segment{group: uint8(group)})
			used = max(used, group)
			start = i + 2
		}
		i += 2
	}
	text(to)
	return used, nil
}

// Append matches aus, the Application Unique String such as "+441632960083", and appends the expanded
// replacement to dst; parts of aus outside the match are not kept (RFC 3404 section 5.3). A group
// that took no part is empty. ok is false, and out is dst, when the pattern does not match or the
// result would be empty, which RFC 3402 section 3.3 counts as no match. The pattern need not be
// anchored.
//
// The result has at most 127 times the length of aus plus 255 octets. It allocates nothing but what
// dst needs to grow, unless aus is longer than any telephone number.
func (e *Expression) Append(dst, aus []byte) (out []byte, ok bool) {
	var groups spans
	switch {
	case e.shape != nil && isASCII(aus):
		ok = e.shape.match(aus, &groups)
	case e.program != nil:
		_, ok = e.program.match(aus, &groups)
	case e.shape != nil:
		// No telephone number comes here: shapes work on octets, this text has longer characters. One
		// that needs more of them than a program can count does not match.
		slow, err := parseExpression(e.source, false)
		if err != nil {
			return dst, false
		}
		_, ok = slow.program.match(aus, &groups)
	}
	if !ok {
		return dst, false
	}
	out = dst
	for _, s := range e.repl {
		if s.group == 0 {
			out = append(out, e.source[s.from:s.to]...)
		} else if from, to := groups[2*s.group-2], groups[2*s.group-1]; from >= 0 {
			out = append(out, aus[from:to]...)
		}
	}
	return out, len(out) > len(dst)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Eval is Append for strings.
func (e *Expression) Eval(aus string) (output string, ok bool) {
	var in, out [256]byte
	b, ok := e.Append(out[:0], append(in[:0], aus...))
	return string(b), ok
}

// Groups returns how many groups the pattern has.
func (e *Expression) Groups() int { return e.groups }

// Delimiter returns the delimiter, "!" as a rule; 0 for the zero Expression.
func (e *Expression) Delimiter() byte {
	if e.source == "" {
		return 0
	}
	return e.source[0]
}

// Flags returns what stands behind the last delimiter: any number of "i", or "I", or nothing.
func (e *Expression) Flags() string { return e.flags }

// Literal returns the one URI that the expression yields for every number: its pattern is "^.*$" or
// ".*" and its replacement has no back-reference. Escaped delimiters are unescaped. ok is false for
// any other expression, even if it happens to yield one URI only.
func (e *Expression) Literal() (uri string, ok bool) {
	if !e.literal {
		return "", false
	}
	if len(e.repl) == 1 {
		return e.source[e.repl[0].from:e.repl[0].to], true
	}
	var b strings.Builder
	for _, s := range e.repl {
		b.WriteString(e.source[s.from:s.to])
	}
	return b.String(), true
}
