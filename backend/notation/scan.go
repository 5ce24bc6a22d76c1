package notation

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) from one line, guided by what is expected: nothing is read that has no
// place, so that no depth of nesting costs anything.
type scanner struct {
	text []byte // UTF-8
	at   int
}

func (s *scanner) fail(want string) error {
	end := min(len(s.text), s.at+60)
	return &Fault{Column: s.at + 1, Text: string(s.text[min(s.at, end):end]), Want: want}
}

func (s *scanner) blanks() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t') {
		s.at++
	}
}

// take reads c, if it is next.
func (s *scanner) take(c byte) bool {
	s.blanks()
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// object reads an object and calls member for each name, which reads the value; at is where the name
// stands. A name may stand once.
func (s *scanner) object(member func(name string) error) error {
	if !s.take('{') {
		return s.fail("expected an object in braces, a whole one on each line: jq -c writes them so")
	}
	if s.take('}') {
		return nil
	}
	var seen [16]string
	for n := 0; ; n++ {
		s.blanks()
		start := s.at
		name, err := s.string()
		if err != nil {
			return err
		}
		if slices.Contains(seen[:min(n, len(seen))], name) {
			s.at = start
			return s.fail("this name stands twice in the object")
		}
		if n < len(seen) {
			seen[n] = name
		}
		if !s.take(':') {
			return s.fail(`expected ":"`)
		}
		s.blanks()
		at := s.at
		s.at = start
		if err := s.known(name, at, member); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.fail(`expected "," or "}"`)
		}
	}
}

// known lets member read the value at an offset; a name that it does not know is told at the name.
func (s *scanner) known(name string, at int, member func(string) error) error {
	start := s.at
	s.at = at
	err := member(name)
	if err == errUnknown { //nolint:errorlint // made in this package
		s.at = start
		return s.fail("unknown name")
	}
	if f, ok := err.(*Fault); ok && f.Member == "" { //nolint:errorlint // the same
		f.Member = name
	}
	return err
}

var errUnknown = errors.New("unknown name")

// array reads an array and calls element for each element.
func (s *scanner) array(element func() error) error {
	if !s.take('[') {
		return s.fail("expected an array in brackets")
	}
	if s.take(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.fail(`expected "," or "]"`)
		}
	}
}

// uint reads a whole number up to most.
func (s *scanner) uint(most uint64) (uint64, error) {
	s.blanks()
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	text := string(s.text[start:s.at])
	more := s.at < len(s.text) && (s.text[s.at] == '.' || s.text[s.at]|0x20 == 'e')
	v, err := uint64(0), error(nil)
	if text != "" {
		v, err = decimal(text, most)
	}
	if text == "" || err != nil || more || len(text) > 1 && text[0] == '0' {
		s.at = start
		return 0, s.fail(fmt.Sprintf("expected a whole number from 0 to %d", most))
	}
	return v, nil
}

// true reads the word.
func (s *scanner) true() error {
	s.blanks()
	if len(s.text)-s.at < 4 || string(s.text[s.at:s.at+4]) != "true" {
		return s.fail("expected true")
	}
	s.at += 4
	return nil
}

// string reads a string.
func (s *scanner) string() (string, error) {
	if !s.take('"') {
		return "", s.fail("expected a string in quotes")
	}
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return string(s.text[start : s.at-1]), nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", s.fail(`a control character in a string: write \u00XX`)
		}
		s.at++
	}
	s.at = start - 1
	return "", s.fail("the string has no end")
}

// escaped reads the rest of a string in which the first escape stands here.
func (s *scanner) escaped(start int) (string, error) {
	b := append([]byte(nil), s.text[start:s.at]...)
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '"':
			s.at++
			return string(b), nil
		case c < ' ':
			return "", s.fail(`a control character in a string: write \u00XX`)
		case c != '\\':
			b = append(b, c)
			s.at++
			continue
		}
		var err error
		if b, err = s.escape(b); err != nil {
			return "", err
		}
	}
	s.at = start - 1
	return "", s.fail("the string has no end")
}

const (
	escapeNames  = `"\/bfnrt`
	escapeValues = "\"\\/\b\f\n\r\t"
)

// escape reads one escape.
func (s *scanner) escape(b []byte) ([]byte, error) {
	if s.at+1 < len(s.text) {
		c := s.text[s.at+1]
		for i := range len(escapeNames) {
			if c == escapeNames[i] {
				s.at += 2
				return append(b, escapeValues[i]), nil
			}
		}
		if r, ok := s.hex(s.at); ok {
			if utf16.IsSurrogate(r) {
				second, _ := s.hex(s.at + 6)
				if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
					return b, s.fail("half of a surrogate pair stands for no character")
				}
				s.at += 6
			}
			s.at += 6
			return utf8.AppendRune(b, r), nil
		}
	}
	return b, s.fail(`expected one of the escapes of JSON, such as \\ for a backslash or \u00E9`)
}

// hex reads \uXXXX at an offset.
func (s *scanner) hex(at int) (r rune, ok bool) {
	if at+6 > len(s.text) || s.text[at] != '\\' || s.text[at+1] != 'u' {
		return 0, false
	}
	for _, c := range s.text[at+2 : at+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// end expects that nothing follows.
func (s *scanner) end() error {
	if s.blanks(); s.at < len(s.text) {
		return s.fail("expected the end of the line: one object a line")
	}
	return nil
}
