package im

import (
	"errors"
	"strings"
	"testing"
)

// The verdicts on URIs of standards.md section 5.2: err where nobody can use the record, caution
// where some cannot.
func TestParseVectors(t *testing.T) {
	for _, c := range []struct {
		id, uri string
		err     error
		caution Caution
	}{
		{"B01", "im:alice@example.com", nil, 0},
		{"B25", "sip:alice@example.com", ErrScheme, 0},
		{"B26", "xmpp:alice@example.com", ErrScheme, 0},
		{"B27 mailto", "mailto:alice@example.com", ErrScheme, 0},
		{"B27 tel", "tel:+441632960083", ErrScheme, 0},
		{"B27 https", "https://example.com/", ErrScheme, 0},
		{"B27 pres is a scheme of its own", "pres:alice@example.com", nil, 0},
		{"B28", "IM:alice@example.com", nil, CapitalScheme},
		{"B29", "im:", ErrNoMailbox, 0},
		{"B29 headers only", "im:?subject=hi", ErrNoMailbox, 0},
		{"B30", "im:alice", ErrNoDomain, 0},
		{"B30 nothing behind @", "im:alice@", ErrNoDomain, 0},
		{"B30 @ in the headers only", "im:alice?x=@example.com", ErrNoDomain, 0},
		{"B31", "im:@example.com", ErrNoUser, 0},
		{"B32", "im:alice@example.com?subject=hi", nil, HasHeaders},
		{"B32 two", "im:alice@example.com?subject=hi&body=a%20b", nil, HasHeaders},
		{"B32 none behind ?", "im:alice@example.com?", ErrHeader, 0},
		{"B32 no value", "im:alice@example.com?subject", ErrHeader, 0},
		{"B33", "im:alice@example.com#x", ErrFragment, 0},
		{"B34", "im://alice@example.com", ErrAuthority, 0},
		{"B35", "im:al ice@example.com", ErrCharacter, 0},
		{"B36", "im:alice@example.com,bob@example.com", ErrSeveral, 0},
		{"B36 bare second", "im:alice@example.com,bob", ErrSeveral, 0},
		{"B37", "im:Alice%20%3Calice@example.com%3E", nil, DisplayName},
		{"B37 lower-case hex", "im:Alice%20%3calice@example.com%3e", nil, DisplayName},
		{"B37 unopened", "im:alice@example.com%3E", ErrDomain, EncodedDomain},
		{"B38", "im:alice@localhost", nil, NotFQDN},
		{"B39", "im:alice@[192.0.2.1]", nil, Address},
		{"B39 IPv6", "im:alice@[IPv6:2001:db8::1]", nil, Address},
		{"B39 IPv6 without tag", "im:alice@[2001:db8::1]", nil, Address},
		{"B39 without brackets", "im:alice@192.0.2.1", nil, Address},
		{"B39 no address", "im:alice@[example.com]", ErrDomain, 0},
		{"B39 zone", "im:alice@[fe80::1%25eth0]", ErrDomain, 0},
		{"B39 open", "im:alice@[192.0.2.1", ErrDomain, 0},
		{"B39 brackets in the user", "im:[alice]@example.com", ErrCharacter, 0},
		{"B39 brackets in a header", "im:alice@example.com?a=[b]", ErrCharacter, 0},
		{"B40", "im:alice@example.com.", ErrTrailingDot, 0},
		{"B41", "im:alice%zz@example.com", ErrEncoding, 0},
		{"B41 second digit", "im:alice%2z@example.com", ErrEncoding, 0},
		{"B41 cut short", "im:alice@example.com%4", ErrEncoding, 0},
		{"B42 underscore", "im:alice@exa_mple.com", nil, BadHostname},
		{"B42 hyphen", "im:alice@-a.example", nil, BadHostname},
		{"B42 hyphen at the end", "im:alice@a-.example", nil, BadHostname},
		{"B42 label of 63", "im:alice@" + strings.Repeat("a", 63) + ".example", nil, 0},
		{"B42 empty label", "im:alice@a..example", ErrDomain, 0},
		{"B42 port", "im:alice@example.com:5060", ErrDomain, 0},
		{"B42 path", "im:alice@example.com/x", ErrDomain, 0},
		{"B42 parameter", "im:alice@example.com;x=y", ErrDomain, 0},
		{"B42 label of 64", "im:alice@" + strings.Repeat("a", 64) + ".example", ErrDomain, 0},
		{"B42 name of 254", "im:a@" + strings.Repeat("abcdefg.", 31) + "abcdef", ErrDomain, 0},
		{"B43", "im:\xc3\xa9ric@example.com", ErrNonASCII, 0},
		{"B44", "im:eric@b\xc3\xbccher.example", ErrNonASCII, 0},
		{"B45", "im:eric@xn--bcher-kva.example", nil, 0},
		{"B46", "im:eric@b%C3%BCcher.example", nil, EncodedDomain},
		{"B46 no UTF-8", "im:eric@b%C3.example", ErrDomain, 0},
		{"B46 encoded control", "im:eric@exa%0Ample.com", ErrDomain, 0},
		{"B46 encoded slash", "im:eric@example.com%2F.example.net", ErrDomain, 0},
		{"B46 sign without width", "im:eric@exa%E2%80%8Bmple.com", ErrDomain, 0},
		{"B46 sign of direction", "im:eric@exa%E2%80%AEmple.com", ErrDomain, 0},
		{"B46 encoded dot at the end", "im:eric@example.com%2E", ErrTrailingDot, 0},
		{"B47", "im:%C3%A9ric@example.com", nil, EncodedLocal},
		{"B47 no UTF-8", "im:%85@example.com", nil, EncodedLocal},
		{"B48", "im:al\aice@example.com", ErrCharacter, 0},
		{"B48 encoded", "im:al%07ice@example.com", ErrControl, 0},
		{"B48 DEL", "im:al%7Fice@example.com", ErrControl, 0},
		{"B48 line end", "im:alice%0D%0Ax@example.com", ErrControl, 0},
		{"B48 NUL", "im:alice%00@example.com", ErrControl, 0},
		{"B53", "im:a!b@example.com", nil, 0},
		{"B70", `im:ali\ce@example.com`, ErrCharacter, 0},

		{"E13", "im:alice@Example.COM", nil, 0},
		{"E14", "im:eric@b%C3%BCcher.example", nil, EncodedDomain},
		{"E15", "im:a%40b@example.com", nil, NotAtom},
		{"E16", "im:pepp=example.com/fred@relay-domain", nil, Slash | NotFQDN},
		{"E17", "im:fred@example.com?subject=hi", nil, HasHeaders},
		{"E18", "im:fred@[192.0.2.1]", nil, Address},
		{"E19", "im:fred", ErrNoDomain, 0},
		{"E20", "pres:fred@example.com", nil, 0},
		{"E23", "im:a@" + strings.Repeat("abcdefg.", 30) + "abcd", nil, LongDomain},

		{"no colon", "im", ErrScheme, 0},
		{"empty", "", ErrScheme, 0},
		{"two @", "im:good@bad.example@example.com", ErrAt, 0},
		{"number as user", "im:+441632960083@example.com", nil, 0},
		{"quoted user", "im:%22a%20b%22@example.com", nil, 0},
		{"one quotation mark", "im:%22@example.com", nil, NotAtom},
		{"dots", "im:a..b@example.com", nil, NotAtom},
		{"dot first", "im:.a@example.com", nil, NotAtom},
		{"dot last", "im:a.@example.com", nil, NotAtom},
		{"colon in the user", "im:a:b@example.com", nil, NotAtom},
		{"encoded slash in the user", "im:a%2Fb@example.com", nil, 0},
		{"PRES", "PRES:alice@example.com", nil, CapitalScheme},
	} {
		t.Run(c.id, func(t *testing.T) {
			u, err := Parse(c.uri)
			if !errors.Is(err, c.err) {
				t.Fatalf("Parse(%q): error %v, want %v", c.uri, err, c.err)
			}
			if err != nil {
				if u != (URI{}) {
					t.Errorf("Parse(%q) returned %+v beside an error", c.uri, u)
				}
				return
			}
			if u.Caution != c.caution {
				t.Errorf("Parse(%q): caution %011b, want %011b", c.uri, u.Caution, c.caution)
			}
		})
	}
}

// What stands where: standards.md section 5.5, and what String makes of it.
func TestParseParts(t *testing.T) {
	for _, c := range []struct{ id, uri, scheme, local, domain, headers, written string }{
		{"E13", "IM:Alice@Example.COM", "im", "Alice", "Example.COM", "", "im:Alice@example.com"},
		{"E14", "im:eric@b%c3%bccher.Example", "im", "eric", "b%c3%bccher.Example", "", "im:eric@b%C3%BCcher.example"},
		{"E15", "im:a%40b@example.com", "im", "a%40b", "example.com", "", "im:a%40b@example.com"},
		{"E16", "im:pepp=example.com/fred@relay-domain", "im", "pepp=example.com/fred", "relay-domain", "", "im:pepp=example.com/fred@relay-domain"},
		{"E17", "im:fred@example.com?subject=a@b", "im", "fred", "example.com", "subject=a@b", "im:fred@example.com?subject=a@b"},
		{"E18", "im:fred@[192.0.2.1]", "im", "fred", "[192.0.2.1]", "", "im:fred@[192.0.2.1]"},
		{"E20", "pres:fred@example.com", "pres", "fred", "example.com", "", "pres:fred@example.com"},
		{"B37", "im:Alice%20%3Calice@example.com%3E", "im", "alice", "example.com", "", "im:alice@example.com"},
	} {
		t.Run(c.id, func(t *testing.T) {
			u, err := Parse(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			if got := [4]string{u.Scheme, u.Local, u.Domain, u.Headers}; got != [4]string{c.scheme, c.local, c.domain, c.headers} {
				t.Errorf("parts %q", got)
			}
			if got := u.String(); got != c.written {
				t.Errorf("String() = %q, want %q", got, c.written)
			}
		})
	}
	if got := (URI{}).String(); got != "" {
		t.Errorf("String of the zero URI = %q", got)
	}
}

func TestCautionHas(t *testing.T) {
	c := Slash | NotFQDN
	if !c.Has(Slash) || !c.Has(Slash|NotFQDN) || c.Has(Slash|Address) {
		t.Errorf("Has of %b is wrong", c)
	}
}

// Loading a million records parses a million URIs.
func TestParseDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Parse("im:u-k3v9q2m7xw4t@im.example.com"); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"im:alice@example.com", "pres:a%40b@Example.com?x=y&z=%20", "im:Al%20%3Ca@b.c%3E", "im:a@[IPv6:2001:db8::1]",
		"im:eric@b%C3%BCcher.example", "IM:%22a b%22@x", "im:a,b@c@d", "im:@", "im:a@%5B192.0.2.1%5D",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			return
		}
		if u.Local == "" || u.Domain == "" || strings.ContainsAny(u.Local, "@?# \\<>\"") || strings.ContainsAny(u.Domain, "@?# ,:/\\<>\"") != (u.Domain[0] == '[' && strings.Contains(u.Domain, ":")) {
			t.Fatalf("%q: parts %+v", s, u)
		}
		for i := range len(s) {
			if s[i] <= ' ' || s[i] >= 0x7f {
				t.Fatalf("%q was taken for a URI", s)
			}
		}
		// What String writes means the same and is stable.
		again, err := Parse(u.String())
		if err != nil {
			t.Fatalf("%q: String wrote %q: %v", s, u.String(), err)
		}
		if again.Local != u.Local || !strings.EqualFold(again.Domain, u.Domain) || again.Headers != u.Headers || again.Scheme != u.Scheme ||
			again.Caution != u.Caution&^(DisplayName|CapitalScheme) || again.String() != u.String() {
			t.Fatalf("%q became %q: %+v, %+v", s, u.String(), u, again)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("im:u-k3v9q2m7xw4t@im.example.com"); err != nil {
			b.Fatal(err)
		}
	}
}
