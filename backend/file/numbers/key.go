package numbers

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/enumim/enumim/e164"
)

// key is what an entry begins with: one number, a block, or a range of numbers.
type key struct {
	number   e164.Number   // of a single number; of others, the digits that all their numbers share
	pieces   []e164.Number // of a block, its prefix; of a range, the prefixes it is split into
	min, max int           // how many digits the numbers have in all
	block    bool          // a block or a range
	span     bool          // a range
}

// fault is an error at one octet of a word.
type fault struct {
	off  int
	want string
}

func (f *fault) Error() string { return f.want }

// at returns the octet of a word that err is about.
func at(err error) int {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.off
	}
	return 0
}

// What errors show of blocks and ranges.
const (
	blockForm = `expected a block such as +1202555xxxx, +4989123x{1,5} or +49x{3,}: first the digits that all numbers begin with, then an x for each further digit, after the last x perhaps the least and the most times it stands`
	rangeForm = "expected a range such as +12025550110..+12025550149"
)

// parseKey reads a key into k, whose pieces it reuses.
func parseKey(k *key, text []byte, dialPlan bool) error {
	k.pieces = k.pieces[:0]
	k.block, k.span = false, false
	if i := bytes.Index(text, []byte("..")); i >= 0 {
		return parseRange(k, text, i, dialPlan)
	}
	n, used, err := digits(text, dialPlan)
	if err != nil {
		return err
	}
	k.number = n
	if used < len(text) {
		return parseBlock(k, text, used)
	}
	if !n.IsValid() {
		return e164.ErrNoDigits
	}
	k.min, k.max = n.Len(), n.Len()
	return nil
}

// digits reads a number with visual separators and returns how much of text it is: up to the end or
// to an "x".
func digits(text []byte, dialPlan bool) (n e164.Number, used int, err error) {
	i := 0
	switch {
	case dialPlan && text[0] == '+':
		return 0, 0, errors.New(`this tree is a dial plan: write the digits that are dialled, without "+"`)
	case dialPlan && classes[text[0]]&host == 0, !dialPlan && text[0] != '+':
		return 0, 0, notNumber(text, dialPlan)
	case !dialPlan:
		i = 1
	}
	for ; i < len(text); i++ {
		c := text[i]
		if c >= '0' && c <= '9' {
			if n == 0 && c == '0' && !dialPlan {
				return 0, 0, &fault{i, e164.ErrLeadingZero.Error()}
			}
			child, ok := n.Child(c)
			if !ok {
				return 0, 0, &fault{i, e164.ErrTooLong.Error()}
			}
			n = child
			continue
		}
		switch {
		case c == 'x' || c == 'X':
			return n, i, nil
		case c == '(' && n.IsValid() && bytes.HasPrefix(text[i:], []byte("(0)")):
			return 0, 0, &fault{i, e164.ErrTrunkDigit.Error()}
		case c == '-' || c == '.' || c == '(' || c == ')':
		case i == 0:
			return 0, 0, notNumber(text, dialPlan)
		default:
			return 0, 0, &fault{i, `expected a digit, or one of "-", ".", "(", ")" between digits`}
		}
	}
	return n, i, nil
}

// notNumber tells what a line may begin with.
func notNumber(text []byte, dialPlan bool) error {
	hint := ""
	switch {
	case bytes.IndexByte(text, ':') >= 0:
		hint = "; a line that continues the entry above begins with a blank"
	case bytes.HasPrefix(text, []byte("00")) && !dialPlan:
		hint = `; "+" stands for the 00 that is dialled before a country code`
	case text[0] == ';':
		hint = `; a comment begins with "#"`
	}
	if dialPlan {
		return errors.New("expected the digits of a number of the dial plan, such as 4711" + hint)
	}
	return errors.New(`expected a number with "+" and its country code, such as +12025550100` + hint)
}

// parseBlock reads what follows the fixed digits of a block.
func parseBlock(k *key, text []byte, used int) error {
	fixed := k.number.Len()
	open, i := 0, used
	for ; i < len(text) && text[i] != '{'; i++ {
		switch c := text[i]; {
		case c == 'x' || c == 'X':
			open++
		case c == '-' || c == '.' || c == '(' || c == ')':
		default:
			return &fault{i, blockForm}
		}
	}
	least, most := open, open
	if i < len(text) {
		a, b, ok := times(text[i:])
		if !ok || text[i-1]|0x20 != 'x' {
			return &fault{i, blockForm}
		}
		if b < 0 {
			b = max(a, e164.MaxDigits-fixed-(open-1))
		}
		if a > b {
			return &fault{i, fmt.Sprintf("the least, %d, is more than the most, %d", a, b)}
		}
		least, most = open-1+a, open-1+b
	}
	k.min, k.max = fixed+least, fixed+most
	switch {
	case k.max > e164.MaxDigits:
		return &fault{used, fmt.Sprintf("numbers of the block have up to %d digits; E.164 allows %d", k.max, e164.MaxDigits)}
	case k.min == 0:
		return &fault{used, "a number has at least one digit: write x{1,} for every number there is"}
	case k.max == fixed:
		return &fault{used, "x{0} adds no digit: leave it out for a single number"}
	}
	k.block = true
	k.pieces = append(k.pieces, k.number)
	return nil
}

// times reads {m}, {m,} or {m,n}; most is -1 where it is open.
func times(text []byte) (least, most int, ok bool) {
	if len(text) < 3 || text[len(text)-1] != '}' {
		return 0, 0, false
	}
	first, second, two := bytes.Cut(text[1:len(text)-1], []byte(","))
	v, ok := decimal(first, 99)
	if !ok {
		return 0, 0, false
	}
	if !two {
		return int(v), int(v), true
	}
	if len(second) == 0 {
		return int(v), -1, true
	}
	w, ok := decimal(second, 99)
	return int(v), int(w), ok
}

// parseRange reads both ends of a range and splits it.
func parseRange(k *key, text []byte, dots int, dialPlan bool) error {
	if dots == 0 {
		return notNumber(text, dialPlan)
	}
	second := text[dots+2:]
	if len(second) == 0 {
		return &fault{dots, rangeForm}
	}
	lo, used, err := digits(text[:dots], dialPlan)
	if err != nil {
		return err
	}
	if used < dots || !lo.IsValid() {
		return &fault{0, rangeForm + "; the ends of a range are whole numbers"}
	}
	hi, used, err := digits(second, dialPlan)
	if err != nil {
		return &fault{dots + 2 + at(err), err.Error()}
	}
	if used < len(second) || !hi.IsValid() {
		return &fault{dots + 2, rangeForm + "; the ends of a range are whole numbers"}
	}
	if lo.Len() != hi.Len() {
		return &fault{dots + 2, fmt.Sprintf("both ends of a range have one length: the first has %d digits, the second %d", lo.Len(), hi.Len())}
	}
	if lo > hi {
		return &fault{dots + 2, "the range ends before it begins: write the lower number first"}
	}
	k.number = lo.CommonPrefix(hi)
	k.min, k.max = lo.Len(), lo.Len()
	k.block, k.span = true, true
	k.pieces = splitRange(k.pieces, lo, hi)
	return nil
}

// splitRange appends the fewest prefixes that cover the numbers from lo to hi and no other number of
// their length, ascending.
func splitRange(pieces []e164.Number, lo, hi e164.Number) []e164.Number {
	length := lo.Len()
	a, b := value(lo), value(hi)
	for a <= b {
		size, l := uint64(1), length
		for l > 0 && a%(size*10) == 0 && a+size*10-1 <= b {
			size *= 10
			l--
		}
		pieces = append(pieces, fromValue(a/size, l))
		a += size
	}
	return pieces
}

// value returns the digits of n as an integer.
func value(n e164.Number) (v uint64) {
	for i := range n.Len() {
		v = v*10 + uint64(n.Digit(i)-'0')
	}
	return v
}

// fromValue returns the Number of length digits with the value v.
func fromValue(v uint64, length int) (n e164.Number) {
	var buf [e164.MaxDigits]byte
	for i := length - 1; i >= 0; i-- {
		buf[i] = '0' + byte(v%10)
		v /= 10
	}
	for _, d := range buf[:length] {
		n, _ = n.Child(d)
	}
	return n
}

// inTree checks that the numbers of a key lie below one of the apexes; the apex itself is no number
// of its tree.
func inTree(k *key, apexes []e164.Apex) error {
	if len(apexes) == 0 {
		return nil
	}
	for _, a := range apexes {
		if k.number.HasPrefix(a.Prefix()) && k.min > a.Prefix().Len() {
			return nil
		}
	}
	for _, a := range apexes {
		if k.number == a.Prefix() {
			return fmt.Errorf("the apex %s itself stands for these digits: an entry needs at least one more", a)
		}
	}
	if a := apexes[0]; len(apexes) == 1 {
		if !k.block {
			return fmt.Errorf("outside the tree: the apex %s holds the numbers that begin with %s only", a, shown(a))
		}
		return fmt.Errorf("not all of the block lies in the tree: the apex %s holds the numbers that begin with %s only", a, shown(a))
	}
	var list []byte
	for i, a := range apexes {
		if i > 0 {
			list = append(list, ", "...)
		}
		list = fmt.Appendf(list, "%s (%s)", a, shown(a))
	}
	return fmt.Errorf("outside every tree that is served: %s", list)
}

// shown is the prefix of an apex as text.
func shown(a e164.Apex) string {
	p := a.Prefix()
	if !p.IsValid() {
		return "any digit"
	}
	return "+" + p.Digits()
}

// decimal reads an unsigned decimal number of at most limit.
func decimal(text []byte, limit uint32) (uint32, bool) {
	if len(text) == 0 || len(text) > 10 {
		return 0, false
	}
	v := uint64(0)
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	return uint32(min(v, uint64(limit))), v <= uint64(limit)
}
