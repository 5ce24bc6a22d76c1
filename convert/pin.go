package convert

import (
	"errors"
	"fmt"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
)

var (
	errPin  = errors.New("blocks of different lengths meet at one name, where a zone has one wildcard for all lengths, and a record cannot be made to match the lengths of its block alone: write its URI with placeholders, or give the blocks lengths that do not meet")
	errLong = errors.New("blocks of different lengths meet at one name, and the expression that matches the lengths of one alone has more than 255 octets: shorten its URI")
)

// join fills in the records of a wildcard: those of its only block as they are, or those of several,
// each so that it matches the lengths alone that are answered from its block.
func join(e *backend.Entry, shares []share, dialPlan bool) error {
	if len(shares) == 1 {
		e.TTL, e.Records = shares[0].block.TTL, shares[0].block.Records
		return nil
	}
	for i := range shares {
		s := &shares[i]
		if len(s.block.Records) == 0 {
			continue
		}
		if e.Records == nil || s.block.TTL < e.TTL {
			e.TTL = s.block.TTL
		}
		for first := 0; first < len(s.lengths); {
			last := first
			for last+1 < len(s.lengths) && s.lengths[last+1] == s.lengths[last]+1 {
				last++
			}
			for j := range s.block.Records {
				r, err := pin(s.block, s.block.Records[j], s.lengths[first], s.lengths[last], dialPlan)
				if err != nil {
					return err
				}
				e.Records = append(e.Records, r)
			}
			first = last + 1
		}
	}
	return nil
}

// pin returns a record of a block that yields the same URI for numbers of the lengths given, and none
// for others.
func pin(b *backend.Entry, r naptr.Record, least, most int, dialPlan bool) (naptr.Record, error) {
	s, ok := shapeOf(r.Regexp, b.Name.Number, b.Min, b.Max, dialPlan)
	if !ok || !r.Terminal() {
		return r, errPin
	}
	switch {
	case s.literal:
		head := "!^"
		if !dialPlan {
			head += `\+`
		}
		r.Regexp = head + b.Name.Number.Digits() + dots(least-b.Name.Number.Len(), most-b.Name.Number.Len()) + "$!" + s.repl + "!"
	case b.Min < b.Max:
		fixed := b.Name.Number.Len() + s.tail
		if least < fixed {
			return r, errPin
		}
		r.Regexp = r.Regexp[:s.open[0]] + dots(least-fixed, most-fixed) + r.Regexp[s.open[1]:]
	}
	if len(r.Regexp) > 255 {
		return r, errLong
	}
	return r, nil
}

// dots returns the pattern of least to most characters.
func dots(least, most int) string {
	if least == most {
		return strings.Repeat(".", least)
	}
	return fmt.Sprintf(".{%d,%d}", least, most)
}
