package backendtest

import (
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

var numberRules = []rule{{
	"exact-number",
	"a number that is in the store is Found, with just its own records",
	func(t testing.TB, s *suite) {
		alice, bob := number("12025550100", "alice"), number("12025550101", "bob", "bob2")
		b := s.open(t, alice, bob)
		s.want(t, b, alice.Name, foundOf(alice))
		s.want(t, b, bob.Name, foundOf(bob))
	},
}, {
	"number-without-records",
	"a number that is in the store without records exists (it is reserved or out of service, RFC 5346) and is Empty; Absent would become NXDOMAIN",
	func(t testing.TB, s *suite) {
		reserved := number("12025550100")
		b := s.open(t, reserved, number("12025550101", "bob"))
		s.wantKind(t, b, backend.Empty, reserved.Name)
		s.wantKind(t, b, backend.Descendants, num("1202555010"))
	},
}, {
	"empty-non-terminals",
	"every proper prefix of what is in the store exists and has Descendants (RFC 8020); Absent would let caches deny all that is below",
	func(t testing.TB, s *suite) {
		b := s.open(t, number("12025550100", "alice"), number("441632960000"))
		for _, digits := range []string{"12025550100", "441632960000"} {
			n := num(digits).Number
			for l := 1; l < n.Len(); l++ {
				s.wantKind(t, b, backend.Descendants, e164.Name{Number: n.Prefix(l)})
			}
		}
	},
}, {
	"prefix-with-records",
	"a number that begins another one is answered from its own records, not as an empty non-terminal",
	func(t testing.TB, s *suite) {
		short, long := number("1202555", "desk"), number("12025550100", "alice")
		b := s.open(t, short, long)
		s.want(t, b, short.Name, foundOf(short))
		s.want(t, b, long.Name, foundOf(long))
		s.wantKind(t, b, backend.Descendants, num("12025550"))
	},
}, {
	"absent",
	"what is neither in the store nor begins anything there is Absent: beside a number, below it, and elsewhere; not an error",
	func(t testing.TB, s *suite) {
		b := s.open(t, number("12025550100", "alice"))
		s.wantKind(t, b, backend.Absent, num("12025550101"), num("12025550109"), num("120255501000"), num("120255502"),
			num("2"), num("9"), num("441632960000"))
	},
}, {
	"empty-store",
	"a store without entries knows that every number is Absent",
	func(t testing.TB, s *suite) {
		b := s.open(t)
		s.wantKind(t, b, backend.Absent, num("1"), num("12025550100"), num("999999999999999"))
	},
}, {
	"one-digit",
	"a number may have a single digit, and is then answered as any other",
	func(t testing.TB, s *suite) {
		one := number("1", "one")
		b := s.open(t, one, number("22", "two"))
		s.want(t, b, one.Name, foundOf(one))
		s.wantKind(t, b, backend.Descendants, num("2"))
		s.wantKind(t, b, backend.Absent, num("3"), num("11"))
	},
}, {
	"fifteen-digits",
	"E.164 allows 15 digits: the last one counts, and a sixteenth label is below the number",
	func(t testing.TB, s *suite) {
		nines, eight := number("999999999999999", "nines"), number("999999999999998", "eight")
		b := s.open(t, nines, eight)
		s.want(t, b, nines.Name, foundOf(nines))
		s.want(t, b, eight.Name, foundOf(eight))
		s.wantKind(t, b, backend.Descendants, num("99999999999999"))
		s.wantKind(t, b, backend.Absent, num("999999999999997"),
			e164.Name{Number: nines.Name.Number, Labels: "\x019"})
	},
}, {
	"sibling-prefixes",
	"digits are compared one by one, not as text or integers: 44, 441, 45 and 440 are four places",
	func(t testing.TB, s *suite) {
		entries := []backend.Entry{number("44", "a"), number("441", "b"), number("45", "c"), number("4400", "d")}
		b := s.open(t, entries...)
		for _, e := range entries {
			s.want(t, b, e.Name, foundOf(e))
		}
		s.wantKind(t, b, backend.Descendants, num("4"), num("440"))
		s.wantKind(t, b, backend.Absent, num("442"), num("451"), num("4410"), num("44000"), num("46"), num("41"))
	},
}, {
	"leading-zeros",
	"zeros count as digits, also in front (private dial plans) and at the end",
	func(t testing.TB, s *suite) {
		entries := []backend.Entry{number("10", "a"), number("100", "b"), number("1000", "c")}
		b := s.open(t, entries...)
		for _, e := range entries {
			s.want(t, b, e.Name, foundOf(e))
		}
		s.wantKind(t, b, backend.Descendants, num("1"))
		s.wantKind(t, b, backend.Absent, num("10000"), num("01"), num("0"), num("010"))
	},
}, {
	"labels-below-a-number",
	"a name with labels that are no digits is not the number right of them: below a number it is Absent",
	func(t testing.TB, s *suite) {
		b := s.open(t, number("12025550100", "alice"), block("44163296", 12, 12, "block"))
		for _, labels := range []string{"\x03_im", "\x01*", "\x01a\x01b", "\x011\x01a"} {
			s.wantKind(t, b, backend.Absent,
				e164.Name{Number: num("12025550100").Number, Labels: labels},
				e164.Name{Number: num("120255501").Number, Labels: labels},
				e164.Name{Number: num("441632960000").Number, Labels: labels},
				e164.Name{Labels: labels})
		}
	},
}}

var blockRules = []rule{{
	"block-fixed-length",
	"a block stands for every number of its length that begins with its prefix, and for no other",
	func(t testing.TB, s *suite) {
		e := block("1202555", 11, 11, "block")
		b := s.open(t, e)
		for _, digits := range []string{"12025550000", "12025550100", "12025559999"} {
			s.want(t, b, num(digits), foundOf(e))
		}
		s.wantKind(t, b, backend.Absent, num("12025540100"), num("12025560100"), num("1202556"))
	},
}, {
	"block-shorter",
	"what is shorter than the numbers of a block, and on the way to them, has Descendants: its prefix, what is above and below",
	func(t testing.TB, s *suite) {
		b := s.open(t, block("1202555", 11, 11, "block"))
		for _, digits := range []string{"1", "120255", "1202555", "12025550", "1202555010"} {
			s.wantKind(t, b, backend.Descendants, num(digits))
		}
	},
}, {
	"block-longer",
	"a number that is longer than those of a block is Absent, up to 15 digits and past them",
	func(t testing.TB, s *suite) {
		b := s.open(t, block("1202555", 11, 11, "block"), block("88", 15, 15, "long"))
		s.wantKind(t, b, backend.Absent, num("120255501000"), num("120255501000000"),
			e164.Name{Number: num("881234567890123").Number, Labels: "\x014"})
	},
}, {
	"block-open-length",
	"in an open numbering plan a block stands for numbers of its least to its most digits",
	func(t testing.TB, s *suite) {
		e, all := block("4366012", 9, 13, "open"), block("43720", 5, 15, "all")
		b := s.open(t, e, all)
		for _, digits := range []string{"436601234", "4366012345", "4366012345678"} {
			s.want(t, b, num(digits), foundOf(e))
		}
		for _, digits := range []string{"43720", "437201", "437201234567890"} {
			s.want(t, b, num(digits), foundOf(all))
		}
		s.wantKind(t, b, backend.Descendants, num("4366012"), num("43660123"), num("4372"))
		s.wantKind(t, b, backend.Absent, num("43660123456789"), num("436601"+"3"))
	},
}, {
	"block-of-one-number",
	"a block whose prefix has all its digits stands for that number",
	func(t testing.TB, s *suite) {
		e := block("12025550100", 11, 11, "one")
		b := s.open(t, e)
		s.want(t, b, e.Name, foundOf(e))
		s.wantKind(t, b, backend.Descendants, num("1202555010"))
		s.wantKind(t, b, backend.Absent, num("120255501000"), num("12025550101"))
	},
}, {
	"block-exception",
	"an exact number in a block is answered from its own records and hides the block from no neighbour (a DNS wildcard would be hidden: RFC 4592)",
	func(t testing.TB, s *suite) {
		e, exact, reserved := block("1202555", 11, 11, "block"), number("12025550100", "alice"), number("12025550150")
		b := s.open(t, e, exact, reserved)
		s.want(t, b, exact.Name, foundOf(exact))
		s.wantKind(t, b, backend.Empty, reserved.Name)
		for _, digits := range []string{"12025550101", "12025550109", "12025550110", "12025550151", "12025550200", "12025559999"} {
			s.want(t, b, num(digits), foundOf(e))
		}
		s.wantKind(t, b, backend.Descendants, num("1202555010"))
	},
}, {
	"block-longest-prefix",
	"of the blocks that contain a number the one with the longest prefix answers",
	func(t testing.TB, s *suite) {
		outer, inner, innermost := block("1202", 11, 11, "outer"), block("1202555", 11, 11, "inner"), block("120255501", 11, 11, "innermost")
		b := s.open(t, inner, innermost, outer)
		s.want(t, b, num("12025440100"), foundOf(outer))
		s.want(t, b, num("12025550200"), foundOf(inner))
		s.want(t, b, num("12025550100"), foundOf(innermost))
		s.want(t, b, num("12025560100"), foundOf(outer))
	},
}, {
	"block-of-other-length-inside",
	"a longer prefix whose lengths do not fit does not contain the number, and hides nothing",
	func(t testing.TB, s *suite) {
		outer, inner := block("4420", 12, 12, "outer"), block("442079", 13, 14, "inner")
		b := s.open(t, outer, inner)
		s.want(t, b, num("442079460000"), foundOf(outer))
		s.want(t, b, num("4420794600001"), foundOf(inner))
		s.wantKind(t, b, backend.Descendants, num("44207946000"))
		s.wantKind(t, b, backend.Absent, num("4420804600001"))
	},
}, {
	"blocks-with-one-prefix",
	"blocks may share a prefix when their lengths differ",
	func(t testing.TB, s *suite) {
		short, long := block("4420", 10, 10, "short"), block("4420", 12, 13, "long")
		b := s.open(t, short, long)
		s.want(t, b, num("4420123456"), foundOf(short))
		s.want(t, b, num("442012345678"), foundOf(long))
		s.want(t, b, num("4420123456789"), foundOf(long))
		s.wantKind(t, b, backend.Descendants, num("44201234567"), num("442012345"))
	},
}, {
	"block-without-records",
	"a block without records is reserved: its numbers are Empty, also inside a block that has some",
	func(t testing.TB, s *suite) {
		outer := block("1202", 11, 11, "outer")
		b := s.open(t, outer, block("1202555", 11, 11))
		s.wantKind(t, b, backend.Empty, num("12025550100"))
		s.want(t, b, num("12025540100"), foundOf(outer))
	},
}, {
	"number-below-a-block",
	"an exact number that is longer than those of the block above it is Found, and the way to it exists",
	func(t testing.TB, s *suite) {
		e, ext := block("1202555", 11, 11, "block"), number("1202555010042", "ext")
		b := s.open(t, e, ext)
		s.want(t, b, ext.Name, foundOf(ext))
		s.want(t, b, num("12025550100"), foundOf(e))
		s.wantKind(t, b, backend.Descendants, num("120255501004"))
		s.wantKind(t, b, backend.Absent, num("120255501005"))
	},
}}
