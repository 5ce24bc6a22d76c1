package backendtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

var delegationRules = []rule{{
	"delegation",
	"a delegated number is answered with its name servers, their glue and the DS records, all of them, and the owner of the cut",
	func(t testing.TB, s *suite) {
		one, two := delegation("441632", "one"), delegation("4420", "two")
		b := s.open(t, one, two)
		s.want(t, b, one.Name, delegatedOf(one))
		s.want(t, b, two.Name, delegatedOf(two))
	},
}, {
	"delegation-covers",
	"everything below a delegation is delegated, whatever its length and labels; nothing beside it is",
	func(t testing.TB, s *suite) {
		e := delegation("441632", "one")
		b := s.open(t, e)
		for _, name := range []e164.Name{
			num("4416320"), num("441632960000"), num("441632999999999"),
			{Number: num("441632").Number, Labels: "\x01*"},
			{Number: num("441632960000").Number, Labels: "\x03_im\x01a"},
			{Number: num("441632999999999").Number, Labels: "\x019"},
		} {
			s.want(t, b, name, delegatedOf(e))
		}
		s.wantKind(t, b, backend.Descendants, num("4"), num("44163"))
		s.wantKind(t, b, backend.Absent, num("441633"), num("441631"), num("44163300"))
	},
}, {
	"delegation-in-a-block",
	"a delegation inside a block (numbers that were ported) takes its numbers out of the block and no others",
	func(t testing.TB, s *suite) {
		outer, e := block("1202", 11, 11, "block"), delegation("120255501", "one")
		b := s.open(t, outer, e)
		s.want(t, b, num("12025550100"), delegatedOf(e))
		s.want(t, b, num("1202555010"), delegatedOf(e))
		s.want(t, b, num("120255501009"), delegatedOf(e))
		s.want(t, b, num("12025550200"), foundOf(outer))
		s.wantKind(t, b, backend.Descendants, num("12025550"))
	},
}, {
	"delegation-hides",
	"the delegation nearest to the apex wins over all that the store holds below it, deeper delegations included: those names are another server's to answer",
	func(t testing.TB, s *suite) {
		e := delegation("4416", "one")
		b := s.open(t, delegation("441632", "deeper"), number("441632960000", "hidden"), e, block("44163", 12, 12, "hidden"))
		s.want(t, b, num("441632960000"), delegatedOf(e))
		s.want(t, b, num("441632"), delegatedOf(e))
		s.want(t, b, num("441639999999"), delegatedOf(e))
	},
}}

var recordRules = []rule{{
	"octets",
	"fields are octets: backslashes, quotes, UTF-8, NUL, empty and full fields come back as they went in, neither escaped nor unescaped nor trimmed",
	func(t testing.TB, s *suite) {
		every := make([]byte, 255)
		for i := range every {
			every[i] = byte(i + 1)
		}
		var entries []backend.Entry
		for i, text := range []string{
			``, `\`, `\\`, `\1`, `\092`, `\.`, `"`, `'`, `a b`, ` a `, "\t", `;`, `(`, `$`, `@`, `%21`, `%s`, "\x00", "a\x00b",
			"\xff\xfe", "é", "日本", "\r\n", `!^\+1(.*)$!im:\1@example.com!`, strings.Repeat("x", 255), string(every),
		} {
			e := number("12025550100", "")
			e.Name.Number, _ = e164.ParseDigits("120255501" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
			e.Records = sortRecords([]naptr.Record{
				{Order: 1, Preference: 1, Flags: text, Services: "s", Regexp: "r"},
				{Order: 1, Preference: 2, Flags: "u", Services: text, Regexp: "r"},
				{Order: 1, Preference: 3, Flags: "u", Services: "E2U+im", Regexp: text},
			})
			entries = append(entries, e)
		}
		b := s.open(t, entries...)
		for _, e := range entries {
			s.want(t, b, e.Name, foundOf(e))
		}
	},
}, {
	"own-digits",
	"records that hold the digits of their number, or of another, come back as they went in",
	func(t testing.TB, s *suite) {
		e, other := number("12025550100", "12025550100", "+12025550100", "x12025550100y", "12025550101", "0100"), number("12025550101", "12025550100")
		b := s.open(t, e, other)
		s.want(t, b, e.Name, foundOf(e))
		s.want(t, b, other.Name, foundOf(other))
	},
}, {
	"replacement",
	"a record with a domain name for replacement keeps it",
	func(t testing.TB, s *suite) {
		e := number("12025550100", "")
		e.Records = []naptr.Record{
			{Order: 1, Preference: 1, Services: "E2U+sip", Replacement: wire("sip", "example", "com")},
			{Order: 1, Preference: 2, Flags: "s", Services: "SIP+D2U", Replacement: wire("_sip", "_udp", "example", "com")},
		}
		b := s.open(t, e)
		s.want(t, b, e.Name, foundOf(e))
	},
}, {
	"record-order",
	"records come back in order of their Order and Preference, the bounds of both included, and none is lost",
	func(t testing.TB, s *suite) {
		e := number("12025550100", "")
		e.Records = nil
		for _, order := range []uint16{0, 1, 10, 100, 256, 65535} {
			for _, preference := range []uint16{0, 9, 10, 255, 65535} {
				e.Records = append(e.Records, naptr.Record{
					Order: order, Preference: preference, Flags: "u", Services: "E2U+im",
					Regexp: fmt.Sprintf("!^.*$!im:u%d-%d@example.com!", order, preference),
				})
			}
		}
		b := s.open(t, e)
		s.want(t, b, e.Name, foundOf(e))
	},
}, {
	"many-records",
	"a number may have hundreds of records, and all come back",
	func(t testing.TB, s *suite) {
		e := number("12025550100", "")
		e.Records = nil
		for i := range 300 {
			e.Records = append(e.Records, naptr.Record{Order: 10, Preference: uint16(i), Flags: "u", Services: "E2U+sip",
				Regexp: fmt.Sprintf("!^.*$!sip:u%d@example.com!", i)})
		}
		b := s.open(t, e)
		s.want(t, b, e.Name, foundOf(e))
	},
}, {
	"ttl",
	"the TTL of an entry is that of its records, 0 and 2^31-1 (RFC 2181) included",
	func(t testing.TB, s *suite) {
		var entries []backend.Entry
		for i, ttl := range []uint32{0, 1, 3600, 1<<31 - 1} {
			e := number("1202555010"+string(rune('0'+i)), "user")
			e.TTL = ttl
			entries = append(entries, e)
		}
		b := s.open(t, entries...)
		for _, e := range entries {
			s.want(t, b, e.Name, foundOf(e))
		}
	},
}, {
	"other-types",
	"a name may have RRsets of other types, beside NAPTR or alone, and of types nobody knows; NAPTR is never among Sets",
	func(t testing.TB, s *suite) {
		both, alone := number("12025550100", "alice"), number("12025550101")
		both.Sets = []backend.RRset{txt("both"), {Type: 65280, TTL: 5, Data: []string{"\x00\xff", ""}}}
		alone.Sets = []backend.RRset{txt("alone")}
		b := s.open(t, both, alone)
		s.want(t, b, both.Name, foundOf(both))
		s.want(t, b, alone.Name, foundOf(alone))
		if i := slices.IndexFunc(s.lookup(t, b, both.Name).Sets, func(r backend.RRset) bool { return r.Type == 35 }); i >= 0 {
			t.Errorf("NAPTR in Sets")
		}
	},
}}
