package backendtest

import (
	"testing"

	"github.com/enumim/enumim/backend"
)

// synthesised is the answer that a wildcard gives for a name below it.
func synthesised(e backend.Entry) backend.Answer {
	a := existing(&e)
	a.Owner = e.Name.Wildcard()
	return a
}

var zoneRules = []rule{{
	"labelled-names",
	"zones hold names with labels that are no digits; their parents exist as all others do",
	func(t testing.TB, s *suite) {
		e := s.zone(t, "_im.0.0.1.0", "ns1", "a.b.7.1", "1.x.7.1")
		b := s.open(t, e...)
		for i := range e {
			s.want(t, b, e[i].Name, foundOf(e[i]))
		}
		s.wantKind(t, b, backend.Descendants, s.name(t, "0.0.1.0"), s.name(t, "0"), s.name(t, "b.7.1"), s.name(t, "7.1"), s.name(t, "x.7.1"))
		s.wantKind(t, b, backend.Absent, s.name(t, "_im"), s.name(t, "a.7.1"), s.name(t, "b"), s.name(t, "ns2"),
			s.name(t, "im.0.0.1.0"), s.name(t, "c.b.7.1"), s.name(t, "2.x.7.1"))
	},
}, {
	"wildcard",
	"a wildcard answers every name below its parent that does not exist, at any depth and with any labels (RFC 4592), and tells its owner",
	func(t testing.TB, s *suite) {
		e := s.zone(t, "*.4.4", "1.2")
		b := s.open(t, e...)
		for _, name := range []string{"1.4.4", "9.8.7.6.4.4", "foo.4.4", "foo.1.4.4", "1.foo.4.4"} {
			s.want(t, b, s.name(t, name), synthesised(e[0]))
		}
		s.wantKind(t, b, backend.Descendants, s.name(t, "4.4"), s.name(t, "4"), s.name(t, "2"))
		s.wantKind(t, b, backend.Absent, s.name(t, "5.4"), s.name(t, "2.2"), s.name(t, "1.5"))
	},
}, {
	"wildcard-closest-encloser",
	"only the wildcard below the closest existing ancestor answers: any existing name on the way hides it, empty non-terminals included (RFC 4592 section 3.3.1)",
	func(t testing.TB, s *suite) {
		e := s.zone(t, "*.4.4", "5.1.4.4", "*.9.4.4")
		b := s.open(t, e...)
		s.want(t, b, s.name(t, "5.1.4.4"), foundOf(e[1]))
		s.wantKind(t, b, backend.Descendants, s.name(t, "1.4.4"), s.name(t, "9.4.4"))
		s.wantKind(t, b, backend.Absent, s.name(t, "6.1.4.4"), s.name(t, "7.6.1.4.4"), s.name(t, "1.5.1.4.4"), s.name(t, "foo.5.1.4.4"))
		s.want(t, b, s.name(t, "2.4.4"), synthesised(e[0]))
		s.want(t, b, s.name(t, "2.9.4.4"), synthesised(e[2]))
		s.want(t, b, s.name(t, "3.2.9.4.4"), synthesised(e[2]))
	},
}, {
	"wildcard-itself",
	"asked for by its own name a wildcard is a name like others, and nothing below it is synthesised from it (RFC 4592 section 2.2.1)",
	func(t testing.TB, s *suite) {
		e := s.zone(t, "*.4.4", "foo.*.5.5")
		b := s.open(t, e...)
		s.want(t, b, s.name(t, "*.4.4"), foundOf(e[0]))
		s.wantKind(t, b, backend.Absent, s.name(t, "1.*.4.4"), s.name(t, "*.*.4.4"))
		s.want(t, b, s.name(t, "foo.*.5.5"), foundOf(e[1]))
		s.wantKind(t, b, backend.Descendants, s.name(t, "*.5.5"), s.name(t, "5.5"))
	},
}, {
	"wildcard-without-records",
	"where \"*\" exists only because of names below it, names that it would answer exist without records: Empty (RFC 4592 section 4.9)",
	func(t testing.TB, s *suite) {
		b := s.open(t, s.zone(t, "foo.*.5.5")...)
		s.wantKind(t, b, backend.Empty, s.name(t, "1.5.5"), s.name(t, "2.1.5.5"), s.name(t, "foo.5.5"))
	},
}, {
	"dname",
	"below a DNAME everything is Renamed, with the DNAME and its owner; at its own name it is an RRset like others (RFC 6672)",
	func(t testing.TB, s *suite) {
		e := backend.Entry{
			Kind: backend.Rename, Name: s.name(t, "4.4"), TTL: 3600, Records: im("apex"),
			Sets: []backend.RRset{{Type: typeDNAME, TTL: 60, Data: []string{wire("4", "4", "example", "com")}}, txt("beside")},
		}
		b := s.open(t, e)
		s.want(t, b, e.Name, foundOf(e))
		renamed := backend.Answer{Kind: backend.Renamed, Owner: e.Name, Sets: e.Sets[:1]}
		for _, name := range []string{"1.4.4", "2.1.4.4", "foo.4.4", "*.4.4"} {
			s.want(t, b, s.name(t, name), renamed)
		}
		s.wantKind(t, b, backend.Descendants, s.name(t, "4"))
		s.wantKind(t, b, backend.Absent, s.name(t, "5.4"))
	},
}}
