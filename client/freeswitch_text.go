package client

import (
	"strconv"
	"strings"

	"github.com/enumim/enumim/naptr"
)

// ldnsText is the record as ldns writes it. Owner, time to live and class have no blanks and do not
// matter.
func ldnsText(r naptr.Record) string {
	var b strings.Builder
	b.WriteString("owner ttl class NAPTR " + strconv.Itoa(int(r.Order)) + " " + strconv.Itoa(int(r.Preference)) + " ")
	for _, s := range [...]string{r.Flags, r.Services, r.Regexp} {
		b.WriteByte('"')
		for i := range len(s) {
			switch c := s[i]; {
			case !isPrint(c) && c != '\t':
				b.Write([]byte{'\\', '0' + c/100, '0' + c/10%10, '0' + c%10})
			case c == '"' || c == '\\':
				b.Write([]byte{'\\', c})
			default:
				b.WriteByte(c)
			}
		}
		b.WriteString(`" `)
	}
	if rootName(r.Replacement) {
		b.WriteString(".\n")
	} else {
		b.WriteString("name.\n")
	}
	return b.String()
}

// separate is switch_separate_string of FreeSWITCH: it splits s at delim, where neither a backslash
// nor apostrophes protect it, into at most limit parts, and cleans them.
func separate(s string, delim byte, limit int) []string {
	if strings.HasPrefix(s, "^^") && len(s) > 3 {
		delim, s = s[2], s[3:] // the text may name another delimiter
	}
	var parts []string
	quoted := false
	for s != "" {
		if len(parts) == limit-1 {
			parts = append(parts, s)
			break
		}
		if delim == ' ' {
			if s = strings.TrimLeft(s, " "); s == "" {
				break
			}
		}
		i := 0
		for ; i < len(s) && (s[i] != delim || quoted); i++ {
			switch {
			case s[i] == '\\':
				i++
			case s[i] == '\'' && (quoted || delim == ' ' || strings.Contains(s[i+1:], "'")):
				quoted = !quoted
			}
		}
		parts = append(parts, s[:min(i, len(s))])
		s = s[min(i+1, len(s)):]
	}
	if delim == ' ' {
		delim = 0
	}
	for i := range parts {
		parts[i] = cleanSeparated(parts[i], delim)
	}
	return parts
}

// cleanSeparated is cleanup_separated_string of FreeSWITCH: it takes the blanks at both ends, the
// apostrophes and the backslashes of escapes away.
func cleanSeparated(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	var out []byte
	end, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if e := unescapeSeparated(s[i+1], delim); e != 0 {
				out = append(out, e)
				end = len(out)
				i++
				continue
			}
		}
		if c == '\'' && (quoted || strings.Contains(s[i+1:], "'")) {
			if quoted = !quoted; quoted {
				end = len(out)
			}
			continue
		}
		out = append(out, c)
		if c != ' ' || quoted {
			end = len(out)
		}
	}
	return string(out[:end])
}

// unescapeSeparated returns what a backslash and c stand for; 0 where they stand for themselves.
func unescapeSeparated(c, delim byte) byte {
	switch c {
	case '\'', '"', '\\':
		return c
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 's':
		return ' '
	case delim:
		return c
	}
	return 0
}

// substituteDollars is switch_perform_substitution of FreeSWITCH: $1, ${1} and $10 stand for groups,
// and what is longer than limit octets is cut off.
func substituteDollars(text string, limit int, group func(n int) string) string {
	at := func(i int) byte {
		if i < len(text) {
			return text[i]
		}
		return 0
	}
	var out []byte
	var index []byte // kept when a brace does not close, as the program does
	for x := 0; x < len(text) && len(out) < limit; {
		if text[x] != '$' {
			out = append(out, text[x])
			x++
			continue
		}
		x++
		brace := at(x) == '{'
		if brace {
			x++
		}
		if !isDigit(at(x)) {
			if brace {
				x--
			}
			out = append(out, text[x-1])
			continue
		}
		for isDigit(at(x)) && len(index) < 9 {
			index = append(index, at(x))
			x++
		}
		if brace {
			if at(x) != '}' {
				x -= len(index) - 1
				out = append(out, at(x-1))
				continue
			}
			x++
		}
		n, _ := strconv.Atoi(string(index))
		index = index[:0]
		s := group(n)
		out = append(out, s[:min(len(s), limit-len(out))]...)
	}
	return string(out)
}

// asteriskPattern is switch_ast2regex of FreeSWITCH: a pattern that begins with "_" is one of
// Asterisk's.
func asteriskPattern(s string) string {
	var b strings.Builder
	b.WriteByte('^')
	for i := range len(s) {
		switch s[i] {
		case 'N':
			b.WriteString("[2-9]")
		case 'X':
			b.WriteString("[0-9]")
		case 'Z':
			b.WriteString("[1-9]")
		case '.':
			b.WriteString(".*")
		default:
			b.WriteByte(s[i])
		}
	}
	b.WriteByte('$')
	return b.String()
}
