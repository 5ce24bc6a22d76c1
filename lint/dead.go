package lint

import (
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// dead finds records of blocks and wildcards whose expression matches none of the numbers that they are
// for (RFC 3402 section 3.3). For a single number, the checks of its records tell that.
func (t *tree) dead() {
	known := make(map[setRef][]*naptr.Expression)
	serves := func(set setRef, prefix e164.Number, least, most int) bool {
		list, ok := known[set]
		if !ok {
			records, _ := t.sets.get(set)
			for _, r := range records {
				if !r.Terminal() || r.template {
					continue
				}
				if x, err := naptr.ParseExpression(r.Regexp); err == nil {
					if _, literal := x.Literal(); !literal {
						list = append(list, x)
					}
				}
			}
			known[set] = list
		}
		for _, x := range list {
			if !x.Serves(prefix, least, most, t.checker.DialPlan) {
				return false
			}
		}
		return true
	}
	t.blocksWith(allPieces, func(i int) bool {
		b := &t.blocks[i]
		return !serves(b.set, b.number, int(b.min), int(b.max))
	}, func(i int) { t.find("D04", t.blocks[i].place, t.blocks[i].subject(), nil) })
	for i := range t.wilds {
		w := &t.wilds[i]
		least := w.parent.Number.Len() + 1
		if w.parent.IsNumber() && least <= e164.MaxDigits && !serves(w.set, w.parent.Number, least, e164.MaxDigits) {
			t.find("D04", w.place, subject{kind: backend.Wildcard, name: w.parent}, nil)
		}
	}
}
