package enumservice

// alphabet is what an Application Unique String consists of (RFC 6116 section 3.1). What else a
// pattern mentions can match nothing.
const alphabet = "0123456789+"

// chars is a set of characters of the alphabet, by index.
type chars uint16

const (
	anyChar chars = 1<<len(alphabet) - 1
	noChar  chars = 0
)

// piece is a part of a pattern in the order of writing: something that matches, or the border of a
// group.
type piece struct {
	set         chars // what it can match, or begin with
	choice      bool  // what it matches is not settled by its first character alone
	border      uint8 // of this group, 15 for all from there on; 0 for something that matches
	least, most int32 // length of what it matches; most may be endless
}

const endless = 1 << 20

// traits are what clients differ over in a pattern that is well-formed.
type traits struct {
	ambiguous bool // where one part ends and the next begins, in a way that a used group shows
	optional  bool // a used group may be without a match
	nested    bool // endless repetition of what holds endless repetition
}

// examine looks a pattern over that naptr.ParseExpression took. used tells the groups that the
// replacement refers to, a bit each.
func examine(ere string, delimiter byte, used uint16) traits {
	if plain(ere) {
		return traits{}
	}
	e := examiner{patternReader: patternReader{src: ere, delimiter: delimiter}, used: used}
	e.alternatives()
	e.ambiguous = splits(e.pieces[:e.pieceCount], used)
	return e.traits
}

// plain reports whether the pattern has at most one repetition, none of a group, and no alternatives:
// nothing that examine could find.
func plain(ere string) bool {
	seen := false
	for i := range len(ere) {
		switch ere[i] {
		case '|', '{':
			return false
		case '*', '+', '?':
			if i > 0 && ere[i-1] == '\\' {
				continue
			}
			if seen || i > 0 && ere[i-1] == ')' {
				return false
			}
			seen = true
		}
	}
	return true
}

// splits reports whether a used group begins or ends between a piece of variable length and one that
// can match the same characters.
func splits(pieces []piece, used uint16) bool {
	// What pieces of variable length can match, with nothing behind them that must match something: since
	// the last border of a used group, and before it.
	var since, before chars
	for _, b := range pieces {
		switch {
		case b.border != 0:
			if used>>b.border&1 != 0 {
				since, before = noChar, before|since
			}
			continue
		case before&b.set != 0:
			return true
		case b.least > 0:
			since, before = noChar, noChar
		}
		if b.choice {
			since |= b.set
		}
	}
	return false
}

// join makes one piece of several that follow each other.
func join(pieces []piece) piece {
	var whole piece
	for _, b := range pieces {
		if b.border != 0 {
			continue
		}
		whole.set |= b.set
		whole.least += b.least
		whole.most = min(whole.most+b.most, endless)
		whole.choice = whole.choice || b.choice
	}
	return whole
}

// step is what a branch matches in so many places in a row.
type step struct {
	set   chars
	count int8
}

// mostSteps is up to which place branches are compared.
const mostSteps = 64

// putSteps puts into steps what a branch matches, up to where that depends, and returns how many steps
// that are.
func putSteps(steps []step, pieces []piece) (n int) {
	left := int32(mostSteps)
	for _, b := range pieces {
		if b.choice {
			break
		}
		if count := min(b.least, left); count > 0 {
			steps[n] = step{b.set, int8(count)}
			left -= count
			n++
		}
	}
	return n
}

// prefixed reports whether two branches differ in length and can begin alike, so that either may be
// taken.
func prefixed(a, b []step) bool {
	var x, y step
	for {
		if x.count == 0 && len(a) > 0 {
			x, a = a[0], a[1:]
		}
		if y.count == 0 && len(b) > 0 {
			y, b = b[0], b[1:]
		}
		switch {
		case x.count == 0 || y.count == 0:
			return x.count != y.count
		case x.set&y.set == 0:
			return false
		}
		both := min(x.count, y.count)
		x.count -= both
		y.count -= both
	}
}

func between(from, to rune) (set chars) {
	for i, c := range alphabet {
		if from <= c && c <= to {
			set |= 1 << i
		}
	}
	return set
}

func classChars(name string) chars {
	const digits = anyChar >> 1
	switch name {
	case "digit", "alnum", "xdigit":
		return digits
	case "punct":
		return anyChar &^ digits
	case "graph", "print":
		return anyChar
	}
	return noChar
}

// text writes the set as a pattern.
func (set chars) text() string {
	switch set {
	case anyChar:
		return "."
	case noChar:
		return nothing
	}
	b := make([]byte, 0, 2*len(alphabet))
	b = append(b, '[')
	for i := range len(alphabet) {
		if set>>i&1 == 0 {
			continue
		}
		b = append(b, alphabet[i])
		if i+2 < len(alphabet)-1 && set>>(i+1)&1 != 0 && set>>(i+2)&1 != 0 {
			last := i + 2
			for last+1 < len(alphabet)-1 && set>>(last+1)&1 != 0 {
				last++
			}
			b = append(b, '-', alphabet[last])
			set &^= 1<<(last+1) - 1<<i
		}
	}
	return string(append(b, ']'))
}

// nothing is a pattern that no Application Unique String matches.
const nothing = "x"
