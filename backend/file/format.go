package file

import (
	"bufio"
	"bytes"
)

// Format is what a data file is written in.
type Format uint8

const (
	UnknownFormat Format = iota
	NumbersFile          // docs/numbers-file.md
	ZoneFile             // RFC 1035 section 5
)

// String names the format for users.
func (f Format) String() string {
	switch f {
	case NumbersFile:
		return "numbers file"
	case ZoneFile:
		return "zone file"
	}
	return "unknown file"
}

// hintSOA follows the faults of what was read as a numbers file and may be none.
const hintSOA = "(read as a numbers file: the first record of a zone file is its SOA)"

// headSize is how much of the beginning of a file misread looks at.
const headSize = 64 << 10

// misread reports whether a numbers file that begins with head looks like a zone file after all.
func misread(head []byte) bool {
	head = bytes.ToUpper(head)
	for _, sign := range []string{" SOA ", "\tSOA", " IN ", "\tIN"} {
		if bytes.Contains(head, []byte(sign)) {
			return true
		}
	}
	return false
}

// FormatOf tells the format by content, and reads as much of text as that takes: the first line of a
// zone file that is neither blank, a comment nor a directive holds the SOA record, which parentheses may
// spread over several lines. What has no end within mostHead, or a NUL octet, as files have after a crash,
// is no zone file.
func FormatOf(text *bufio.Reader) Format {
	if mark, _ := text.Peek(len(bom)); string(mark) == bom {
		_, _ = text.Discard(len(bom)) // they are there
	}
	depth, started, quoted, comment := 0, false, false, false
	var word []byte // the beginning of the current one
	for n := 0; ; n++ {
		c, err := text.ReadByte()
		if err != nil {
			c = '\n'
		}
		if c == 0 || n == mostHead {
			return NumbersFile
		}
		if c == '\n' && !started {
			n = 0
		}
		switch {
		case comment && c != '\n':
			continue
		case !started && bytes.IndexByte([]byte("#;$"), c) >= 0:
			comment = true
			continue
		case !started && err == nil && bytes.IndexByte([]byte(" \t\r\n\v\f"), c) >= 0:
			comment = false
			continue
		case quoted && c != '"' && c != '\n':
			continue
		case bytes.IndexByte([]byte(" \t\r\n()\";"), c) < 0:
			started = true
			if len(word) <= len("SOA") {
				word = append(word, c)
			}
			continue
		}
		if bytes.EqualFold(word, []byte("SOA")) {
			return ZoneFile
		}
		started, word, comment = true, word[:0], c == ';'
		switch c {
		case '"':
			quoted = !quoted
		case '(':
			depth++
		case ')':
			depth--
		case '\n':
			if depth <= 0 || err != nil {
				return NumbersFile
			}
			quoted = false
		}
	}
}

// mostHead is how many octets a line before the first record, and that record, may have. A longer record
// is none that a zone file may have.
const mostHead = 1 << 20

// bom is the byte order mark that some editors begin a text in UTF-8 with.
const bom = "\xef\xbb\xbf"
