package numbers

import (
	"bytes"
	"errors"
	"fmt"
)

// maxPlain is the longest plain URI. Some clients cut off URIs of little more (RFC 6116 section 5.1),
// which the checks tell.
const maxPlain = 200

// placeholders is the list that errors show.
const placeholders = "{number}, {digits}, {rest} and {last1} to {last15}"

// plainURI returns where the scheme of the word that text begins with ends, 0 where it has none, and
// the size of the word if it is a plain URI, else 0. That is scheme:user@domain in lower-case
// letters, digits and few other characters, a dot-atom before the "@" and a fully qualified host name
// behind it. Nearly every URI of a large file is, and of these no check can find fault with more than
// the scheme. known is a plain host name; where it is the host, that need not be looked at.
func plainURI(text []byte, known string) (colon, size int) {
	i := 0
	upper := false
	for i < len(text) && classes[text[i]]&scheme != 0 {
		upper = upper || text[i] >= 'A' && text[i] <= 'Z'
		i++
	}
	if i == 0 || i == len(text) || text[i] != ':' || text[0]|0x20 < 'a' || text[0]|0x20 > 'z' {
		return 0, 0
	}
	colon = i
	i++
	dot := true // as after a dot, at the beginning
	for ; i < len(text) && classes[text[i]]&user != 0; i++ {
		if text[i] == '.' && dot {
			return colon, 0
		}
		dot = text[i] == '.'
	}
	if dot || upper || i == len(text) || text[i] != '@' {
		return colon, 0
	}
	i++
	n := len(known)
	if n == 0 || len(text)-i < n || string(text[i:i+n]) != known || !wordEnds(text, i+n) {
		n = plainHost(text[i:])
	}
	if n == 0 || i+n > maxPlain {
		return colon, 0
	}
	return colon, i + n
}

// wordEnds reports whether no word goes on at text[i].
func wordEnds(text []byte, i int) bool { return i == len(text) || classes[text[i]] == blank }

// plainHost returns the length of the word that text begins with if it is a host name of two labels
// or more in lower case, else 0.
func plainHost(text []byte) int {
	i, start, dots := 0, 0, 0
	for ; !wordEnds(text, i); i++ {
		switch c := text[i]; {
		case classes[c]&host == 0 || c >= 'A' && c <= 'Z':
			return 0
		case c == '.':
			if i == start || i-start > 63 || text[i-1] == '-' {
				return 0
			}
			start = i + 1
			dots++
		case c == '-' && i == start:
			return 0
		}
	}
	last := text[start:i]
	if dots > 0 && len(last) > 0 && len(last) <= 63 && last[0] >= 'a' && last[len(last)-1] != '-' {
		return i
	}
	return 0
}

// checkURI checks the characters of a URI (RFC 3986 section 2) and reports whether there are
// placeholders in it.
func checkURI(text []byte) (template bool, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			return false, &fault{i, `a backslash is no character of a URI (RFC 3986); for the digits of the number write a placeholder: ` + placeholders}
		case classes[c]&uri == 0:
			return false, &fault{i, fmt.Sprintf("%q is no character of a URI (RFC 3986): write it as %%%02X", c, c)}
		case c == '%':
			if i+2 >= len(text) || hexValue(text[i+1]) < 0 || hexValue(text[i+2]) < 0 {
				return false, &fault{i, `"%" begins an octet in two hexadecimal digits; the character itself is written %25`}
			}
			if v := hexValue(text[i+1])<<4 | hexValue(text[i+2]); v < ' ' || v == 0x7f {
				return false, &fault{i, "an encoded control character: remove it"}
			}
		case c == '{':
			end := i + 1
			for end < len(text) && text[end] != '}' && text[end] != '{' {
				end++
			}
			if end == len(text) || text[end] != '}' {
				return false, &fault{i, `a brace begins a placeholder, but "}" is missing; there are ` + placeholders}
			}
			if _, ok := placeholder(text[i+1 : end]); !ok {
				return false, &fault{i, "unknown placeholder; there are " + placeholders}
			}
			template = true
			i = end
		case c == '}':
			return false, &fault{i, `"}" ends no placeholder: write %7D for the character itself`}
		}
	}
	if i := bytes.Index(text, []byte(":@")); i >= 0 {
		return template, &fault{i + 1, `nothing stands before the "@"`}
	}
	if text[len(text)-1] == ':' && bytes.IndexByte(text, ':') == len(text)-1 {
		return template, errors.New("nothing stands behind the scheme")
	}
	return template, nil
}

// hexValue returns the value of a hexadecimal digit, or -1.
func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
