package convert

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// Format is a form that ENUM data is written in. The zero Format is to be told by name and content.
type Format uint8

const (
	Unknown   Format = iota
	Numbers          // a numbers file, docs/numbers-file.md
	Zone             // a master file, RFC 1035 section 5
	CSV              // RFC 4180 with a header line, one record a line
	JSONLines        // one object a line, one entry an object
)

var formatNames = [...]string{Unknown: "", Numbers: "numbers", Zone: "zone", CSV: "csv", JSONLines: "jsonl"}

// String returns the name that ParseFormat reads; "" for Unknown.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return ""
}

// ParseFormat returns the format that is called name: numbers, zone, csv or jsonl.
func ParseFormat(name string) (Format, bool) {
	i := slices.Index(formatNames[:], strings.ToLower(name))
	return Format(max(i, 0)), i > 0
}

// FormatOf returns the format that the extension of a file's name stands for, or Unknown.
func FormatOf(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".numbers":
		return Numbers
	case ".zone", ".db":
		return Zone
	case ".csv", ".tsv":
		return CSV
	case ".jsonl", ".ndjson", ".json":
		return JSONLines
	}
	return Unknown
}

// Sniff tells the format by the beginning of a text, some kilobytes of it: JSON lines begin with a
// brace, CSV with a header line that names the column number, and the first record of a zone file is
// its SOA. Anything else is a numbers file.
func Sniff(head []byte) Format {
	format, _ := sniff(head)
	return format
}

// sniff is Sniff, and returns where the first record of a zone file ends.
func sniff(head []byte) (Format, int) {
	begun, depth := false, 0
	for rest := bytes.TrimPrefix(head, []byte(bom)); len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte{'\n'})
		rest = after
		text := bytes.TrimSpace(line)
		if !begun {
			if len(text) == 0 || bytes.IndexByte([]byte("#;$"), text[0]) >= 0 {
				continue
			}
			if text[0] == '{' {
				return JSONLines, 0
			}
			if _, ok := headerOf(text); ok {
				return CSV, 0
			}
		}
		begun = true
		if comment := bytes.IndexByte(text, ';'); comment >= 0 {
			text = text[:comment]
		}
		depth += bytes.Count(text, []byte("(")) - bytes.Count(text, []byte(")"))
		words := bytes.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t()", c) })
		if slices.ContainsFunc(words, func(w []byte) bool { return bytes.EqualFold(w, []byte("SOA")) }) {
			for depth > 0 && len(rest) > 0 {
				line, rest, _ = bytes.Cut(rest, []byte{'\n'})
				line, _, _ = bytes.Cut(line, []byte{';'})
				depth += bytes.Count(line, []byte("(")) - bytes.Count(line, []byte(")"))
			}
			return Zone, len(head) - len(rest)
		}
		if depth <= 0 {
			break
		}
	}
	return Numbers, 0
}

// bom is the byte order mark that some editors begin a text in UTF-8 with.
const bom = "\xef\xbb\xbf"
