package bindre

import "slices"

// pattern is isc_regex_validate: BIND's own idea of a POSIX extended regular expression, which it
// checks and does not match. It is neither glibc's nor the standard's.
type pattern struct {
	src    []byte
	pos    int
	groups int
}

// peek returns the octet that is n behind the position; 0 at the end.
func (v *pattern) peek(n int) byte {
	if v.pos+n >= len(v.src) {
		return 0
	}
	return v.src[v.pos+n]
}

const incomplete = "an open bracket or interval"

// validate says what is wrong with the pattern; "" for nothing.
func (v *pattern) validate() (why string) {
	var (
		depth     int
		atom      bool // there is something to repeat
		repeated  bool // and it is repeated already, or an anchor
		mayBeVoid bool // directly behind "("
	)
	if len(v.src) == 0 {
		return "nothing"
	}
	for v.pos < len(v.src) {
		c := v.peek(0)
		v.pos++
		switch {
		case c == '\\':
			n := v.peek(0)
			switch {
			case n == 0:
				return "a backslash at its end"
			case n >= '1' && n <= '9' && int(n-'0') > v.groups:
				return "a back-reference to no group"
			}
			v.pos++
			atom, repeated = true, false
		case c == '[':
			if why := v.bracket(); why != "" {
				return why
			}
			atom, repeated = true, false
		case c == '{' && isDigit(v.peek(0)):
			switch {
			case !atom:
				return "nothing before a repetition"
			case repeated:
				return "a repetition of a repetition or of an anchor"
			}
			if why := v.interval(); why != "" {
				return why
			}
			repeated = true
		case c == '(':
			atom, repeated, mayBeVoid = false, false, true
			depth++
			v.groups++
		case c == ')':
			if depth > 0 && !atom && !mayBeVoid {
				return "an empty alternative"
			}
			atom, repeated = true, false
			depth = max(depth-1, 0)
		case c == '|':
			if !atom {
				return "an empty alternative"
			}
			atom, repeated, mayBeVoid = false, false, false
		case c == '^' || c == '$':
			atom, repeated = true, true
		case c == '+' || c == '*' || c == '?':
			switch {
			case repeated:
				return "a repetition of a repetition or of an anchor"
			case !atom:
				return "nothing before a repetition"
			}
			repeated = true
		default:
			atom, repeated = true, false
		}
	}
	switch {
	case depth > 0:
		return "an open parenthesis"
	case !atom:
		return "an empty alternative"
	}
	return ""
}

// interval reads what follows "{".
func (v *pattern) interval() (why string) {
	low, high := 0, 0
	comma, bounded := false, false
	for v.pos < len(v.src) {
		c := v.peek(0)
		v.pos++
		switch {
		case isDigit(c) && !comma:
			low = low*10 + int(c-'0')
		case isDigit(c):
			bounded = true
			high = high*10 + int(c-'0')
		case c == ',' && !comma:
			comma = true
		case c == '}' && (!bounded || low <= high):
			return ""
		default:
			return "a bad interval"
		}
		if max(low, high) > 255 {
			return "an interval above 255"
		}
	}
	return incomplete
}

var classes = []string{
	"alnum", "digit", "punct", "alpha", "graph", "space", "blank", "lower", "upper", "cntrl", "print", "xdigit",
}

// bracket reads what follows "[".
func (v *pattern) bracket() (why string) {
	var (
		negated, some bool // "^" was read, any member was
		// steps is 2 behind the hyphen of a range and falls with each member to 0.
		steps int
		from  int // the member before, which may begin a range
	)
	member := func(c byte) string {
		some = true
		if steps == 2 && int(c) < from {
			return "a range that ends before it begins"
		}
		steps = max(steps-1, 0)
		from = int(c)
		v.pos++
		return ""
	}
	for v.pos < len(v.src) {
		c := v.peek(0)
		switch {
		case c == '^' && !some && !negated:
			negated = true
			v.pos++
		case c == '-' && some && steps < 2:
			if steps == 1 {
				return "a range of ranges"
			}
			steps = 2
			v.pos++
		case c == '[':
			v.pos++
			some = true
			mark := v.peek(0)
			switch mark {
			case '.':
				steps = max(steps-1, 0)
			case '=', ':':
				if steps == 2 {
					return "a class at the end of a range"
				}
			default:
				continue
			}
			v.pos++
			if why := v.named(mark, &from); why != "" {
				return why
			}
		case c == ']' && some:
			v.pos++
			return ""
		default:
			if why := member(c); why != "" {
				return why
			}
		}
	}
	return incomplete
}

// named reads what follows "[.", "[=" or "[:" up to the closing mark.
func (v *pattern) named(mark byte, from *int) (why string) {
	start := v.pos
	some := false
	for v.pos < len(v.src) {
		c := v.peek(0)
		v.pos++
		if c == mark {
			if v.peek(0) == ']' {
				switch {
				case mark == ':' && !slices.Contains(classes, string(v.src[start:v.pos-1])):
					return "an unknown character class"
				case mark != ':' && !some:
					return "an empty collating element"
				}
				v.pos++
				return ""
			}
		}
		if mark == '.' {
			*from = int(c)
			if some {
				*from = 256
			}
		}
		some = true
	}
	return incomplete
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
