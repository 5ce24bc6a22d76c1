package file

import "bytes"

// format is what a data file is written in.
type format uint8

const (
	unknownFormat format = iota
	numbersFile
	zoneFile
)

// String names the format for users.
func (f format) String() string {
	switch f {
	case numbersFile:
		return "numbers file"
	case zoneFile:
		return "zone file"
	}
	return "unknown file"
}

// hintSOA follows the faults of what was read as a numbers file and may be none.
const hintSOA = "(read as a numbers file: the first record of a zone file is its SOA)"

// misread reports whether a numbers file looks like a zone file after all.
func misread(data []byte) bool {
	head := bytes.ToUpper(data[:min(len(data), 64<<10)])
	for _, sign := range []string{" SOA ", "\tSOA", " IN ", "\tIN"} {
		if bytes.Contains(head, []byte(sign)) {
			return true
		}
	}
	return false
}

// formatOf tells the format by content: the first line of a zone file that is neither blank, a
// comment nor a directive holds the SOA record, which parentheses may spread over several lines.
func formatOf(data []byte) format {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	depth, started, quoted := 0, false, false
	for len(data) > 0 {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		if !started {
			text := bytes.TrimSpace(line)
			if len(text) == 0 || bytes.IndexByte([]byte("#;$"), text[0]) >= 0 {
				continue
			}
			started = true
		}
		word := 0 // where the current word begins
		for i := 0; i <= len(line); i++ {
			var c byte = '\n'
			if i < len(line) {
				c = line[i]
			}
			if quoted && c != '"' && c != '\n' {
				continue
			}
			if bytes.IndexByte([]byte(" \t\r\n()\";"), c) < 0 {
				continue
			}
			if bytes.EqualFold(line[word:i], []byte("SOA")) {
				return zoneFile
			}
			word = i + 1
			switch c {
			case '"':
				quoted = !quoted
			case '(':
				depth++
			case ')':
				depth--
			case ';':
				i = len(line)
			}
		}
		if depth <= 0 {
			break
		}
		quoted = false
	}
	return numbersFile
}
