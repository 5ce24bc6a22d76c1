package lint

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// covers finds the delegation or DNAME that hides a name.
type covers struct {
	digits []cut             // at names of digits alone, none below another
	names  map[e164.Name]cut // at other names
}

// newCovers takes cuts that are sorted by name.
func newCovers(cuts []cut) covers {
	c := covers{names: make(map[e164.Name]cut)}
	for _, x := range cuts {
		switch {
		case !x.name.IsNumber():
			c.names[x.name] = x
		case len(c.digits) == 0 || !x.name.Number.HasPrefix(c.digits[len(c.digits)-1].name.Number):
			c.digits = append(c.digits, x)
		}
	}
	return c
}

// of returns what hides a name, if anything does. A delegation hides what stands beside it, too.
func (c *covers) of(n e164.Name) (by *cut, hidden bool) {
	i, found := slices.BinarySearchFunc(c.digits, n.Number, func(x cut, n e164.Number) int {
		return cmp.Compare(x.name.Number, n)
	})
	if found {
		i++
	}
	if i > 0 {
		if by = &c.digits[i-1]; n.Number.HasPrefix(by.name.Number) && (n != by.name || !by.rename) {
			return by, true
		}
	}
	if len(c.names) > 0 {
		for up := n; up.Labels != ""; up = up.Parent() {
			if x, ok := c.names[up]; ok && (up != n || !x.rename) {
				return &x, true
			}
		}
	}
	return nil, false
}

// occluded finds entries that a delegation or DNAME hides (RFC 2181 section 6.1, RFC 6672 section 2.4).
func (t *tree) occluded() {
	if len(t.cuts) == 0 {
		return
	}
	check := func(s subject, p place) {
		if by, hidden := t.covers.of(s.name); hidden && by.place != p {
			t.find("D02", p, s, func() string { return t.hiddenBy(by, p) })
		}
	}
	for i := range t.marks {
		check(subject{kind: backend.Number, name: name(t.marks[i].number)}, t.marks[i].place)
	}
	for i := range t.names {
		check(subject{kind: backend.Number, name: t.names[i].name}, t.names[i].place)
	}
	t.blocksWith(anyPiece, func(i int) bool {
		by, hidden := t.covers.of(name(t.blocks[i].number))
		return hidden && by.place != t.blocks[i].place
	}, func(i int) { check(t.blocks[i].subject(), t.blocks[i].place) })
	for i := range t.cuts {
		if c := &t.cuts[i]; i == 0 || c.name != t.cuts[i-1].name { // else a duplicate
			check(subject{kind: backend.Delegation, name: c.name}, c.place)
		}
	}
}

func (t *tree) hiddenBy(by *cut, p place) string {
	what := "delegated"
	if by.rename {
		what = "below the DNAME"
	}
	if t.live {
		return what + " at " + t.text(subject{kind: backend.Delegation, name: by.name})
	}
	return what + " in " + t.files.text(by.place, p)
}

func name(n e164.Number) e164.Name { return e164.Name{Number: n} }
