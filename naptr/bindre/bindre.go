// Package bindre is BIND's idea of a substitution expression (RFC 3402 section 3.2), which is neither that of
// the RFC nor of a regular expression library. BIND checks expressions and never matches them.
package bindre

// Refuses says why BIND takes the regexp of a NAPTR record for malformed; "" where it does not, which holds
// for an empty one. It is txt_valid_regex of naptr_35.c, which BIND applies whatever the record is for, and
// refuses the response or the zone for.
func Refuses(regexp string) (why string) {
	if regexp == "" {
		return ""
	}
	delimiter, rest := regexp[0], regexp[1:]
	if isDigit(delimiter) || delimiter == '\\' || delimiter == 'i' || delimiter == 0 {
		return "its delimiter is a digit, a backslash, i or NUL"
	}
	var buf [255]byte // the longest regexp
	ere := buf[:0]
	part, highest := 0, 0 // the pattern, the replacement, the flags
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == 0:
			return "it has a NUL"
		case c == delimiter && part == 2:
			return "it has more than three delimiters"
		case c == delimiter:
			part++
			continue
		case part == 2 && c != 'i':
			return "it has a flag other than i"
		case part == 2:
			continue
		}
		if part == 0 {
			ere = append(ere, c)
		}
		if c != '\\' {
			continue
		}
		if i++; i == len(rest) || rest[i] == 0 {
			return "it ends in a backslash"
		}
		switch c := rest[i]; {
		case part == 0:
			ere = append(ere, c)
		case c == '0':
			return `its replacement has \0`
		case isDigit(c):
			highest = max(highest, int(c-'0'))
		}
	}
	if part < 2 {
		return "it has fewer than three delimiters"
	}
	v := pattern{src: ere}
	if why := v.validate(); why != "" {
		return "in its pattern there is " + why
	}
	if highest > v.groups {
		return "its replacement refers to a group that its pattern does not have"
	}
	return ""
}
