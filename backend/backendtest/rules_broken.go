package backendtest

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// broken returns the entry as it is when it cannot be read.
func broken(e backend.Entry) backend.Entry {
	return backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max, Broken: true}
}

// openBroken is open for rules about entries that cannot be read.
func (s *suite) openBroken(t testing.TB, entries ...backend.Entry) backend.Backend {
	t.Helper()
	if !s.Broken {
		t.Skip("nothing in the store of this backend cannot be read (Harness.Broken)")
	}
	return s.open(t, entries...)
}

// wantInvalid asks b for names that broken entries decide about.
func (s *suite) wantInvalid(t testing.TB, b backend.Backend, names ...e164.Name) {
	t.Helper()
	for _, name := range names {
		a, err := b.Lookup(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
		if !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%s is answered %s with error %v, want ErrInvalidData", showName(name), show(name, a), err)
		}
	}
}

var brokenRules = []rule{{
	"broken-number",
	"a number whose entry cannot be read is ErrInvalidData, which becomes SERVFAIL: nobody knows what it has, and a denial would be a lie; others are answered",
	func(t testing.TB, s *suite) {
		alice, bob := number("12025550100", "alice"), number("12025550101", "bob")
		b := s.openBroken(t, broken(alice), bob, broken(number("2")))
		s.wantInvalid(t, b, alice.Name, num("2"))
		s.want(t, b, bob.Name, foundOf(bob))
		s.wantKind(t, b, backend.Descendants, num("1"), num("1202555010"))
		s.wantKind(t, b, backend.Absent, num("12025550102"), num("120255501000"), num("21"))
	},
}, {
	"broken-alone",
	"on the way to an entry that cannot be read names exist, as on the way to any other",
	func(t testing.TB, s *suite) {
		b := s.openBroken(t, broken(number("12025550100")), broken(block("4930", 8, 9)), broken(delegation("3312", "one")))
		s.wantKind(t, b, backend.Descendants, num("1"), num("1202555010"), num("49"), num("4930"), num("4930123"), num("33"), num("331"))
		s.wantKind(t, b, backend.Absent, num("4930123456"), num("34"), num("48"))
	},
}, {
	"broken-block",
	"the numbers of a block that cannot be read are ErrInvalidData, but for those that an entry with more digits decides about; a block around it does not answer for it",
	func(t testing.TB, s *suite) {
		around, inner, exact := block("49", 8, 8, "around"), block("493012", 8, 8, "inner"), number("49301350", "exact")
		b := s.openBroken(t, around, broken(block("4930", 8, 9)), inner, exact)
		s.wantInvalid(t, b, num("49301111"), num("493011111"), num("49301300"))
		s.want(t, b, num("49311111"), foundOf(around))
		s.want(t, b, num("49301211"), foundOf(inner))
		s.want(t, b, exact.Name, foundOf(exact))
	},
}, {
	"broken-block-inside",
	"a block decides by its prefix, whether blocks around it can be read or not",
	func(t testing.TB, s *suite) {
		inner := block("4930", 8, 8, "inner")
		b := s.openBroken(t, broken(block("49", 8, 8)), inner)
		s.wantInvalid(t, b, num("49311111"))
		s.want(t, b, num("49301111"), foundOf(inner))
	},
}, {
	"blocks-overlap",
	"of blocks of the same digits the lengths that they have in common are ErrInvalidData, since nothing tells which is meant; their other numbers are answered",
	func(t testing.TB, s *suite) {
		if !s.Overlap {
			t.Skip("the store of this backend holds no blocks that overlap (Harness.Overlap)")
		}
		short, long, inner, exact := block("4930", 6, 8, "short"), block("4930", 8, 10, "long"), block("493012", 8, 8, "inner"), number("49301350", "exact")
		b := s.open(t, short, long, inner, exact, block("4931", 6, 9, "wide"), block("4931", 7, 7, "narrow"), block("4931", 7, 8, "more"))
		s.wantInvalid(t, b, num("49301111"), num("4931111"), num("49311111"))
		s.want(t, b, num("493011"), foundOf(short))
		s.want(t, b, num("4930111"), foundOf(short))
		s.want(t, b, num("493011111"), foundOf(long))
		s.want(t, b, num("4930111111"), foundOf(long))
		s.want(t, b, num("49301211"), foundOf(inner))
		s.want(t, b, exact.Name, foundOf(exact))
		s.want(t, b, num("493111"), foundOf(block("4931", 6, 9, "wide")))
		s.want(t, b, num("493111111"), foundOf(block("4931", 6, 9, "wide")))
		s.wantKind(t, b, backend.Absent, num("49301111111"))
	},
}, {
	"broken-delegation",
	"at and below a delegation that cannot be read everything is ErrInvalidData; one nearer to the apex that can be read still delegates",
	func(t testing.TB, s *suite) {
		b := s.openBroken(t, broken(delegation("4420", "one")), number("4421", "beside"))
		s.wantInvalid(t, b, num("4420"), num("44201"), num("442012345678"))
		s.want(t, b, num("4421"), foundOf(number("4421", "beside")))
		s.wantKind(t, b, backend.Absent, num("4422"))
	},
}, {
	"broken-changes",
	"what cannot be read any more is not answered any more, and what can be read again, or is gone, is told as it is",
	func(t testing.TB, s *suite) {
		alice, bob, desk := number("12025550100", "alice"), number("12025550101", "bob"), block("1303", 7, 7, "desk")
		b := s.openBroken(t, alice, bob, desk)
		s.update(t, b, set(broken(alice)), set(broken(desk)))
		s.wantInvalid(t, b, alice.Name, num("1303555"))
		s.want(t, b, bob.Name, foundOf(bob))
		s.update(t, b, set(alice), set(broken(bob)))
		s.want(t, b, alice.Name, foundOf(alice))
		s.wantInvalid(t, b, bob.Name, num("1303555"))
		s.update(t, b, drop(broken(bob)), drop(broken(desk)))
		s.wantKind(t, b, backend.Absent, bob.Name, num("1303555"))
		s.want(t, b, alice.Name, foundOf(alice))
	},
}, {
	"broken-walk",
	"Walk yields what cannot be read as Broken, and nothing in its place: a transfer must not leave it out unseen",
	func(t testing.TB, s *suite) {
		entries := []backend.Entry{
			number("12025550100", "alice"), broken(number("12025550101")), broken(block("1303", 7, 9)), broken(delegation("4420", "one")), number("4421", "beside"),
		}
		s.wantWalk(t, s.openBroken(t, entries...), entries)
	},
}, {
	"model-of-broken",
	"in random trees of which parts cannot be read the backend answers as the model does",
	func(t testing.TB, s *suite) {
		if !s.Broken {
			t.Skip("nothing in the store of this backend cannot be read (Harness.Broken)")
		}
		var some []gen
		for _, g := range []gen{genNumber, genBlock, genDelegation} {
			some = append(some, g, g, func(s *suite, t testing.TB, r *rand.Rand) backend.Entry { return broken(g(s, t, r)) })
		}
		s.modelled(t, 6, some...)
	},
}}
