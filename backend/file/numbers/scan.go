package numbers

import (
	"bytes"
	"fmt"
)

// class tells the scanner what an octet may be part of.
type class uint8

const (
	user   class = 1 << iota // of a URI: may stand in the user part of a plain URI
	host                     // letter, digit, "-" or "."
	scheme                   // letter, digit, "+", "-" or "."
	uri                      // may stand in a URI (RFC 3986 section 2), or in a placeholder
	blank                    // blank or tabulator
	other                    // neither graphic ASCII nor blank
)

var classes = func() (t [256]class) {
	for i := range t {
		c := byte(i)
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		switch {
		case letter || digit:
			t[i] = user | host | scheme | uri
		case c == '.' || c == '-':
			t[i] = user | host | scheme | uri
		case c == '+':
			t[i] = user | scheme | uri
		case c == '_':
			t[i] = user | uri
		case bytes.IndexByte([]byte("~:/?#[]@!$&'()*,;=%{}"), c) >= 0:
			t[i] = uri
		case c == ' ' || c == '\t':
			t[i] = blank
		case c < ' ' || c > '~':
			t[i] = other
		}
	}
	return t
}()

// word is a piece of a line between blanks.
type word struct {
	text []byte
	col  int // of its first octet, from 1
	odd  int // where in text an octet stands that is not graphic ASCII; -1 where there is none
}

// line is a cursor over one line.
type line struct {
	text []byte
	at   int
}

// skip moves to the next octet that is not blank, and to the end of the line where a comment begins.
func (l *line) skip() {
	for l.at < len(l.text) && classes[l.text[l.at]] == blank {
		l.at++
	}
	if l.at < len(l.text) && l.text[l.at] == '#' && (l.at == 0 || classes[l.text[l.at-1]] == blank) {
		l.at = len(l.text)
	}
}

// word returns the next word. Its text is empty at the end of the line.
func (l *line) word() word {
	l.skip()
	start, odd := l.at, -1
	for ; l.at < len(l.text); l.at++ {
		if c := classes[l.text[l.at]]; c&(blank|other) != 0 {
			if c == blank {
				break
			}
			if odd < 0 {
				odd = l.at - start
			}
		}
	}
	return word{text: l.text[start:l.at], col: start + 1, odd: odd}
}

// quoted returns what stands between the next two quotes. Nothing in it is an escape.
func (l *line) quoted() (w word, ok bool) {
	l.skip()
	if l.at == len(l.text) || l.text[l.at] != '"' {
		return l.word(), false
	}
	start := l.at + 1
	end := bytes.IndexByte(l.text[start:], '"')
	if end < 0 {
		return word{text: l.text[l.at:], col: start}, false
	}
	l.at = start + end + 1
	w = word{text: l.text[start : start+end], col: start, odd: -1}
	for i, c := range w.text {
		if classes[c] == other || c == '\t' {
			w.odd = i
			break
		}
	}
	return w, l.at == len(l.text) || classes[l.text[l.at]] == blank
}

// oddText says what is wrong with an octet that is not graphic ASCII.
func oddText(c byte) string {
	if c >= 0x80 {
		return `only ASCII may stand here (RFC 6116 section 5.1): write other characters of a URI as percent-encoded UTF-8 ("%C3%A9") and other letters of a domain name as Punycode ("xn--...")`
	}
	return fmt.Sprintf("control character 0x%02X: remove it", c)
}
