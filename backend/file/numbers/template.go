package numbers

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// A placeholder stands for the last digits of a number, from a position on. Positions count from the
// first digit; fromEnd+n is the n-th digit from the end of a number whose length is open.
const (
	numberAt  = -1 // "+" and all digits
	digitsAt  = 0
	restAt    = 500  // what follows the digits that all numbers of the block share
	lastAt    = 1000 // lastAt-n: the last n digits
	maxGroups = 9    // RFC 3402 section 3.2: back-references are one digit
)

// placeholder returns the position that the name in braces stands for.
func placeholder(name []byte) (pos int, ok bool) {
	switch string(name) {
	case "number":
		return numberAt, true
	case "digits":
		return digitsAt, true
	case "rest":
		return restAt, true
	}
	if n, ok := bytes.CutPrefix(name, []byte("last")); ok && len(n) > 0 && n[0] != '0' {
		v, ok := decimal(n, e164.MaxDigits)
		return lastAt - int(v), ok
	}
	return 0, false
}

// pieces calls text and hole for the parts of a template, in order.
func pieces(template []byte, text func([]byte), hole func(pos int)) {
	for {
		i := bytes.IndexByte(template, '{')
		if i < 0 {
			text(template)
			return
		}
		text(template[:i])
		end := i + bytes.IndexByte(template[i:], '}')
		pos, _ := placeholder(template[i+1 : end])
		hole(pos)
		template = template[end+1:]
	}
}

// appendURI appends a URI with "!" escaped, since it delimits the parts of the expression.
func appendURI(b, text []byte) []byte {
	for _, c := range text {
		if c == '!' {
			b = append(b, "%21"...)
		} else {
			b = append(b, c)
		}
	}
	return b
}

// appendExact appends the URI that a template gives for one number. shared is how many digits come
// before what {rest} stands for.
func appendExact(b, template []byte, n e164.Number, shared int, dialPlan bool) []byte {
	pieces(template, func(text []byte) { b = appendURI(b, text) }, func(pos int) {
		from := 0
		switch {
		case pos == numberAt:
			if !dialPlan {
				b = append(b, '+')
			}
		case pos == restAt:
			from = shared
		case pos > restAt:
			from = n.Len() - (lastAt - pos)
		}
		for i := from; i < n.Len(); i++ {
			b = append(b, n.Digit(i))
		}
	})
	return b
}

// checkTemplate says why a template has no meaning for a key.
func checkTemplate(template []byte, k *key) (err error) {
	pieces(template, func([]byte) {}, func(pos int) {
		switch n := lastAt - pos; {
		case err != nil:
		case pos == restAt && !k.block:
			err = errors.New("{rest} stands for the digits behind those that the numbers of a block share; this is a single number")
		case pos == restAt && k.min == k.max && k.number.Len() == k.max:
			err = errors.New("{rest} stands for the digits behind those that all numbers share; this range holds one number")
		case pos <= restAt:
		case k.min == k.max && n > k.max:
			err = fmt.Errorf("{last%d} needs %d digits, the number has %d", n, n, k.max)
		case k.min < k.max && n > k.min-k.number.Len():
			err = fmt.Errorf("{last%d} reaches into the fixed digits of a block of open length: its shortest numbers have %d more, and no substitution expression cuts the others at the same place; use {rest} or {digits}, or write blocks of one length", n, k.min-k.number.Len())
		}
	})
	return err
}

// appendExpression appends the substitution expression that gives the URI of a template for every
// number of a block with the prefix given: each placeholder is the end of the number from some digit
// on, so that its groups nest. err says why there is none.
func appendExpression(b, template []byte, k *key, prefix e164.Number, dialPlan bool) ([]byte, error) {
	var store [24]int
	starts := store[:0] // where groups begin, ascending
	at := func(pos int) int {
		switch {
		case pos == numberAt && dialPlan:
			return digitsAt
		case pos == restAt:
			return k.number.Len()
		case pos > restAt && k.min == k.max:
			return k.max - (lastAt - pos)
		}
		return pos
	}
	pieces(template, func([]byte) {}, func(pos int) {
		if i, found := slices.BinarySearch(starts, at(pos)); !found {
			starts = slices.Insert(starts, i, at(pos))
		}
	})
	if len(starts) > maxGroups {
		return b, fmt.Errorf("%d different placeholders stand in the URI, a substitution expression has at most %d (RFC 3402 section 3.2)", len(starts), maxGroups)
	}
	if len(starts) == 0 {
		b = append(b, "!^.*$!"...)
	} else {
		b = appendPattern(append(b, "!^"...), starts, k, prefix, dialPlan)
		b = append(b, "$!"...)
	}
	pieces(template, func(text []byte) { b = appendURI(b, text) }, func(pos int) {
		i, _ := slices.BinarySearch(starts, at(pos))
		b = append(b, '\\', '1'+byte(i))
	})
	return append(b, '!'), nil
}

// appendPattern appends the pattern that matches the numbers of a block, with groups that begin at
// the positions given and all end with the number.
func appendPattern(b []byte, starts []int, k *key, prefix e164.Number, dialPlan bool) []byte {
	group := func(pos int) {
		if slices.Contains(starts, pos) {
			b = append(b, '(')
		}
	}
	group(numberAt)
	if !dialPlan {
		b = append(b, `\+`...)
	}
	for i := range prefix.Len() {
		group(i)
		b = append(b, prefix.Digit(i))
	}
	if k.min == k.max {
		for i := prefix.Len(); i < k.max; i++ {
			group(i)
			b = append(b, '.')
		}
	} else {
		group(prefix.Len())
		b = append(b, ".*"...)
		if last := starts[len(starts)-1]; last > restAt {
			first := slices.IndexFunc(starts, func(pos int) bool { return pos > restAt })
			for pos := starts[first]; pos < lastAt; pos++ {
				group(pos)
				b = append(b, '.')
			}
		}
	}
	for range starts {
		b = append(b, ')')
	}
	return b
}

// ends returns the first and the last number of a block below a prefix.
func ends(k *key, prefix e164.Number) (first, last e164.Number) {
	first, last = prefix, prefix
	for first.Len() < k.min {
		first, _ = first.Child('0')
	}
	return first, last.Last().Prefix(max(k.max, prefix.Len()))
}

// proveExpression evaluates a substitution expression for a number and compares the URI with the one
// intended. It guards against an error in appendExpression, not against one of the user.
func proveExpression(regexp string, n e164.Number, want []byte, dialPlan bool) error {
	x, err := naptr.ParseExpression(regexp)
	if err != nil {
		return fmt.Errorf("the URI makes no substitution expression: %w", err)
	}
	aus := n.String()
	if dialPlan {
		aus = n.Digits()
	}
	got, ok := x.Eval(aus)
	if !ok || got != string(want) {
		return errors.New("the URI makes no substitution expression that gives it back: please report this")
	}
	return nil
}
