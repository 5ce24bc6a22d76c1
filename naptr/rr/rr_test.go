package rr

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/naptr"
)

const domain = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."

func header() dns.RR_Header {
	return dns.RR_Header{Name: domain, Class: dns.ClassINET, Ttl: 300}
}

// overWire packs rr into a message and returns what a client unpacks.
func overWire(t *testing.T, rr dns.RR) dns.RR {
	t.Helper()
	m := new(dns.Msg)
	m.Answer = []dns.RR{rr}
	b, err := m.Pack()
	if err != nil {
		t.Fatalf("pack %v: %v", rr, err)
	}
	var got dns.Msg
	if err := got.Unpack(b); err != nil {
		t.Fatalf("unpack %v: %v", rr, err)
	}
	return got.Answer[0]
}

// roundTrip checks that r survives the way to a client and back, and that what the client reads is
// what we wrote.
func roundTrip(t *testing.T, r naptr.Record) {
	t.Helper()
	want := To(header(), r)
	rr := overWire(t, want)
	if rr.String() != want.String() {
		t.Fatalf("presentation: got %q, want %q", rr, want)
	}
	got, err := From(rr.(*dns.NAPTR))
	if err != nil {
		t.Fatalf("From: %v", err)
	}
	if got != r {
		t.Fatalf("got %+v, want %+v", got, r)
	}
	zone, err := dns.NewRR(want.String())
	if err != nil {
		t.Fatalf("%q as master text: %v", want, err)
	}
	if got, err = From(zone.(*dns.NAPTR)); err != nil || got != r {
		t.Fatalf("over master text: got %+v, %v, want %+v", got, err, r)
	}
}

func TestEveryOctetInEveryField(t *testing.T) {
	base := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: `!^.*$!im:user@example.com!`}
	for c := range 256 {
		for _, s := range []string{string([]byte{byte(c)}), string([]byte{'a', byte(c), '1', '2'}), string([]byte{'\\', byte(c)})} {
			r := base
			r.Replacement = ""
			r.Flags = s
			roundTrip(t, r)
			r = base
			r.Replacement = ""
			r.Services = s
			roundTrip(t, r)
			r = base
			r.Replacement = ""
			r.Regexp = s
			roundTrip(t, r)
			r = base
			r.Replacement = string([]byte{byte(len(s))}) + s + "\x07example\x03com\x00"
			roundTrip(t, r)
		}
	}
	for _, n := range []int{0, 1, 254, 255} {
		for _, c := range []string{"x", "\xff", `\`} {
			r := base
			r.Replacement = ""
			r.Flags, r.Services, r.Regexp = strings.Repeat(c, n), strings.Repeat(c, n), strings.Repeat(c, n)
			roundTrip(t, r)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint16(100), uint16(10), "u", "E2U+im", `!^\+(.*)$!im:\1@example.com!`, "")
	f.Add(uint16(0), uint16(65535), "", "", "", "\x03a.b\x07example\x00")
	f.Add(uint16(1), uint16(2), "\"\\", "\x00\xff", "\\", "\x01\\\x01\"\x00")
	f.Fuzz(func(t *testing.T, order, preference uint16, flags, services, regexp, replacement string) {
		r := naptr.Record{Order: order, Preference: preference, Flags: flags, Services: services, Regexp: regexp, Replacement: replacement}
		n, ok := wireNameLen(replacement)
		if len(flags) > 255 || len(services) > 255 || len(regexp) > 255 || replacement != "" && (!ok || n != len(replacement)) {
			return
		}
		if replacement == "\x00" {
			r.Replacement = "" // both stand for the root
		}
		roundTrip(t, r)
	})
}

func TestTextOfOctets(t *testing.T) {
	for _, tc := range []struct{ octets, text string }{
		{"", ""},
		{"E2U+im", "E2U+im"},
		{`!^(.*)$!im:\1@example.com!`, `!^(.*)$!im:\\1@example.com!`},
		{`a"b;c(d)`, `a\"b;c(d)`},
		{"\u00e9\n\x7f\x00", `\195\169\010\127\000`},
	} {
		if got := Text(tc.octets); got != tc.text {
			t.Errorf("Text(%q) = %q, want %q", tc.octets, got, tc.text)
		}
		if got := string(Escape([]byte("x"), []byte(tc.octets))); got != "x"+tc.text {
			t.Errorf("Escape(%q) = %q, want %q", tc.octets, got, tc.text)
		}
		if Plain(tc.octets) != (tc.octets == tc.text) {
			t.Errorf("Plain(%q) = %v", tc.octets, Plain(tc.octets))
		}
		if got, err := Unescape([]byte("x"), tc.text); err != nil || string(got) != "x"+tc.octets {
			t.Errorf("Unescape(%q) = %q, %v, want %q", tc.text, got, err, tc.octets)
		}
	}
	plain := strings.Repeat("sip:user@example.com", 3)
	if n := testing.AllocsPerRun(100, func() { _ = Text(plain) }); n != 0 {
		t.Errorf("Text allocates %v times for text without specials", n)
	}
	buf := make([]byte, 0, 255)
	if n := testing.AllocsPerRun(100, func() { buf = Escape(buf[:0], plain) }); n != 0 {
		t.Errorf("Escape allocates %v times into a buffer with room", n)
	}
}

// T1: what miekg/dns hands over in a field is text; a record must not carry its escapes.
func TestT1FromKeepsOctets(t *testing.T) {
	rr, err := dns.NewRR(domain + ` 300 IN NAPTR 100 10 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := From(rr.(*dns.NAPTR))
	if want := `!^(.*)$!im:\1@example.com!`; err != nil || r.Regexp != want {
		t.Errorf("got %q, %v, want %q", r.Regexp, err, want)
	}
	if r.Replacement != "" {
		t.Errorf("replacement %q, want the root", r.Replacement)
	}
}

// T2: dns.NAPTR with an empty replacement packs no octet for it.
func TestT2ReplacementIsNeverEmpty(t *testing.T) {
	rr := To(header(), naptr.Record{Flags: "u"})
	if rr.Replacement != "." {
		t.Errorf("replacement %q, want .", rr.Replacement)
	}
	if rr.Hdr.Rrtype != dns.TypeNAPTR {
		t.Errorf("type %d", rr.Hdr.Rrtype)
	}
	overWire(t, rr)
}

func TestToMalformedReplacementDoesNotPack(t *testing.T) {
	for _, name := range []string{"\x03ab", "\x40" + strings.Repeat("x", 64) + "\x00", "\xc0\x00", "\x01a\x00\x01b\x00",
		strings.Repeat("\x01a", 128) + "\x00"} {
		m := new(dns.Msg)
		m.Answer = []dns.RR{To(header(), naptr.Record{Replacement: name})}
		if _, err := m.Pack(); err == nil {
			t.Errorf("replacement %q was packed", name)
		}
	}
}

func TestFromRefuses(t *testing.T) {
	good := dns.NAPTR{Flags: "u", Service: "E2U+im", Regexp: "!^.*$!im:user@example.com!", Replacement: "."}
	for _, tc := range []struct {
		name string
		edit func(*dns.NAPTR)
		want error
		text string
	}{
		{"trailing backslash", func(rr *dns.NAPTR) { rr.Flags = `u\` }, ErrEscape, "flags: " + ErrEscape.Error()},
		{"number above 255", func(rr *dns.NAPTR) { rr.Service = `\999` }, ErrEscape, "services: " + ErrEscape.Error()},
		{"raw back-reference", func(rr *dns.NAPTR) { rr.Regexp = `im:\1@b` }, ErrEscape, "regexp: " + ErrEscape.Error()},
		{"256 octets", func(rr *dns.NAPTR) { rr.Regexp = strings.Repeat("x", 256) }, ErrLongString, "regexp: " + ErrLongString.Error()},
		{"256 escaped octets", func(rr *dns.NAPTR) { rr.Regexp = strings.Repeat(`\000`, 256) }, ErrLongString, "regexp: " + ErrLongString.Error()},
		{"no replacement", func(rr *dns.NAPTR) { rr.Replacement = "" }, ErrEmptyLabel, "replacement: " + ErrEmptyLabel.Error()},
		{"relative replacement", func(rr *dns.NAPTR) { rr.Replacement = "example" }, ErrRelative, "replacement: " + ErrRelative.Error()},
		{"label of 64 octets", func(rr *dns.NAPTR) { rr.Replacement = strings.Repeat("x", 64) + "." }, ErrLongLabel, "replacement: " + ErrLongLabel.Error()},
		{"name of 300 octets", func(rr *dns.NAPTR) { rr.Replacement = strings.Repeat(strings.Repeat("x", 59)+".", 5) }, ErrLongName, "replacement: " + ErrLongName.Error()},
	} {
		rr := good
		tc.edit(&rr)
		if _, err := From(&rr); !errors.Is(err, tc.want) || err.Error() != tc.text {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.text)
		}
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 61)+".", 4) // 248 octets and the root
	for _, tc := range []struct {
		text, origin, wire string
		err                error
	}{
		{text: ".", wire: "\x00"},
		{text: "Example.COM.", wire: "\x07Example\x03COM\x00"},
		{text: `a\.b\\\050.`, wire: "\x05a.b\\2\x00"},
		{text: "www", origin: "\x03com\x00", wire: "\x03www\x03com\x00"},
		{text: "@", origin: "\x03com\x00", wire: "\x03com\x00"},
		{text: `\@`, origin: "\x03com\x00", wire: "\x01@\x03com\x00"},
		{text: "@.", wire: "\x01@\x00"},
		{text: long + "xxxxx.", wire: strings.Repeat("\x3d"+strings.Repeat("x", 61), 4) + "\x05xxxxx\x00"},
		{text: long + "xxxxxx.", err: ErrLongName},
		{text: long + "xxxx", origin: "\x01y\x00", err: ErrLongName},
		{text: strings.Repeat("a.", 1000), err: ErrLongName},
		{text: strings.Repeat("x", 63) + ".", wire: "\x3f" + strings.Repeat("x", 63) + "\x00"},
		{text: strings.Repeat("x", 64) + ".", err: ErrLongLabel},
		{text: strings.Repeat("x", 64), origin: "\x00", err: ErrLongLabel},
		{text: strings.Repeat("x", 6400), origin: "\x00", err: ErrLongLabel},
		{text: "", err: ErrEmptyLabel},
		{text: "..", err: ErrEmptyLabel},
		{text: ".com.", err: ErrEmptyLabel},
		{text: "a..com.", err: ErrEmptyLabel},
		{text: "www", err: ErrRelative},
		{text: "@", err: ErrRelative},
		{text: `a\`, err: ErrEscape},
		{text: `a\1.`, err: ErrEscape},
		{text: `a\256.`, err: ErrEscape},
		{text: `a\1x2.`, err: ErrEscape},
	} {
		got, err := AppendName([]byte("<"), tc.text, tc.origin)
		if err != tc.err || string(got) != "<"+tc.wire {
			t.Errorf("AppendName(%.80q, %q) = %q, %v, want %q, %v", tc.text, tc.origin, got, err, tc.wire, tc.err)
		}
		if err != nil || tc.origin != "" {
			continue
		}
		back, err := NameFromWire(tc.wire)
		if err != nil {
			t.Errorf("NameFromWire(%q): %v", tc.wire, err)
		}
		if again, err := NameToWire(back); err != nil || again != tc.wire {
			t.Errorf("NameToWire(%q) = %q, %v, want %q", back, again, err, tc.wire)
		}
	}
	if name, err := NameFromWire(""); name != "." || err != nil {
		t.Errorf("the empty name: %q, %v, want the root", name, err)
	}
}

func TestTypes(t *testing.T) {
	for _, tc := range []struct {
		text string
		typ  uint16
	}{
		{"NAPTR", 35}, {"naptr", 35}, {"TYPE35", 35}, {"type65280", 65280}, {"URI", 256}, {"TYPE65534", 65534},
		{"OPT", 0}, {"ANY", 0}, {"AXFR", 0}, {"TYPE41", 0}, {"TYPE255", 0}, {"TYPE128", 0}, {"TYPE0", 0}, {"TYPE65536", 0},
		{"TYPE", 0}, {"TYPE+5", 0}, {"TYPE5x", 0}, {"IN", 0}, {"", 0}, {"im", 0},
	} {
		typ, ok := Type(tc.text)
		if ok != (tc.typ != 0) || ok && typ != tc.typ {
			t.Errorf("Type(%q) = %d, %v, want %d", tc.text, typ, ok, tc.typ)
		}
	}
	if got := TypeText(65280); got != "TYPE65280" {
		t.Errorf("TypeText(65280) = %q", got)
	}
}

func TestTypeNumbers(t *testing.T) {
	for typ, text := range map[uint16]string{
		TypeA: "A", TypeNS: "NS", TypeCNAME: "CNAME", TypeSOA: "SOA", TypePTR: "PTR", TypeMX: "MX", TypeTXT: "TXT", TypeKEY: "KEY",
		TypeAAAA: "AAAA", TypeSRV: "SRV", TypeNAPTR: "NAPTR", TypeDNAME: "DNAME", TypeDS: "DS", TypeRRSIG: "RRSIG", TypeNSEC: "NSEC",
		TypeURI: "URI",
	} {
		if got := TypeText(typ); got != text || !Known(typ) {
			t.Errorf("type %d is %s here, not %s", typ, got, text)
		}
	}
}

func TestRDataTextAndBack(t *testing.T) {
	for _, tc := range []struct{ typ, rest, want string }{
		{"A", "192.0.2.1", "192.0.2.1"},
		{"AAAA", "2001:db8::1", "2001:db8::1"},
		{"TXT", `"not in service" plain "a\"b"`, `"not in service" "plain" "a\"b"`},
		{"txt", "(\n\"a\" ; a comment\n\"b\"\n)", `"a" "b"`},
		{"NS", "ns1", "ns1.example.com."},
		{"MX", "10 @", "10 example.com."},
		{"SOA", "ns1.nic.example. hm.nic.example. ( 1 2h 15m 2w 300 )", "ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300"},
		{"URI", `10 1 "im:user@example.com"`, `10 1 "im:user@example.com"`},
		{"DS", "12345 13 2 " + strings.Repeat("ab", 32), "12345 13 2 " + strings.Repeat("AB", 32)},
		{"A", `\# 4 c0000201`, "192.0.2.1"},
		{"MX", `\# 9 000a 0474657374 00 00`, ""},
		{"MX", `\# 8 000a 04746573 74 00`, "10 test."},
		{"TYPE1", `192.0.2.1`, "192.0.2.1"},
		{"TYPE65280", `\# 3 abcdef`, `\# 3 abcdef`},
		{"TYPE65280", `\# 0`, `\# 0 `},
		{"NULL", `\# 3 abcdef`, ``},
		{"HIP", `2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs1.example.com.`, ""},
		{"NAPTR", `100 10 "u" "E2U+im" "!^(.*)$!im:\\1@b!" .`, `100 10 "u" "E2U+im" "!^(.*)$!im:\\1@b!" .`},
	} {
		typ, rdata, err := ParseRData(tc.typ, tc.rest, "example.com.")
		if tc.typ == "MX" && tc.want == "" {
			if err == nil {
				t.Errorf("%s %s: octets behind the RDATA were accepted", tc.typ, tc.rest)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", tc.typ, tc.rest, err)
			continue
		}
		rr, err := Unpack(domain, 300, typ, string(rdata))
		if err != nil {
			t.Errorf("%s %s: %v", tc.typ, tc.rest, err)
			continue
		}
		if h := rr.Header(); h.Name != domain || h.Ttl != 300 || h.Class != dns.ClassINET || h.Rrtype != typ {
			t.Errorf("%s: header %v", tc.typ, h)
		}
		if got := strings.TrimPrefix(rr.String(), rr.Header().String()); tc.want != "" && got != tc.want && !strings.HasSuffix(rr.String(), "\t"+tc.want) {
			t.Errorf("%s %s: got %q, want %q", tc.typ, tc.rest, rr, tc.want)
		}
		overWire(t, rr)
	}
}

// Standards trap and reliability finding 13: the text of a record must not name files to open.
func TestParseRDataOpensNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("extra. 300 IN A 192.0.2.66\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{
		"192.0.2.1\n$INCLUDE " + path,
		"\n$INCLUDE " + path,
		"$INCLUDE " + path,
	} {
		_, rdata, err := ParseRData("A", rest, "example.com.")
		if err == nil {
			t.Errorf("%q gave %v", rest, rdata)
			continue
		}
		if strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "192.0.2.66") {
			t.Errorf("%q: the error shows what it should not: %v", rest, err)
		}
	}
}

func TestParseRDataRefuses(t *testing.T) {
	for _, tc := range []struct {
		typ, rest, text string
		want            error
	}{
		{"BOGUS", "x", "not the type of a resource record", ErrType},
		{"OPT", `\# 0`, "not the type of a resource record", ErrType},
		{"A", "", "bad record data for A: nothing behind the type", ErrData},
		{"A", " ; comment", "bad record data for A: bad A A", ErrData},
		{"A", "192.0.2.256", "bad record data for A: bad A A", ErrData},
		{"A", "2001:db8::1", "bad record data for A: bad A A", ErrData},
		{"A", "192.0.2.1 192.0.2.2", "bad record data for A: garbage after rdata", ErrData},
		{"A", "192.0.2.1\nx. 5 A 192.0.2.2", "bad record data for A: more than one record", ErrData},
		{"TXT", "\"a\x00b\"", "bad record data: NUL in the text", ErrData},
		{"MX", `\# 2 000a`, "bad record data for MX: bad MX Mx", ErrData},
		{"A", `\# 0`, "bad record data: 0 octets for A", ErrData},
		{"A", `\# 4 c00002`, "bad record data for A: bad RFC3597 Rdata", ErrData},
		{"NS", strings.Repeat(strings.Repeat("x", 59)+".", 5), "", ErrData},
		{"TXT", `"` + strings.Repeat("x", 256) + `"`, "", nil},
		{"TXT", `"open`, "", ErrData},
		{"TXT", `( "open"`, "", ErrData},
	} {
		_, rdata, err := ParseRData(tc.typ, tc.rest, "")
		if !errors.Is(err, tc.want) || tc.text != "" && err.Error() != tc.text {
			t.Errorf("%s %.40q: got %q, %v, want %s", tc.typ, tc.rest, rdata, err, tc.text)
		}
	}
}

func TestParseRDataRepeatsNoText(t *testing.T) {
	for _, tc := range [][2]string{
		{"A", "im:alice@example.com"}, {"MX", "x 12025550100"}, {"NAPTR", `100 10 "u" "E2U+im" alice .`},
		{"DS", "12025550100"}, {"TXT", `"a" ) 12025550100`}, {"TYPE65280", "12025550100"},
	} {
		_, _, err := ParseRData(tc[0], tc[1], "")
		if err == nil || strings.Contains(err.Error(), "12025550100") || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s %s: %v", tc[0], tc[1], err)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	for _, tc := range []struct {
		typ   uint16
		rdata string
		want  error
	}{
		{dns.TypeA, "", ErrData},
		{dns.TypeA, "\xc0\x00\x02", ErrData},
		{dns.TypeA, "\xc0\x00\x02\x01\x01", ErrData},
		{dns.TypeTXT, strings.Repeat("x", 65536), ErrData},
		{dns.TypeOPT, "", ErrType},
		{dns.TypeANY, "x", ErrType},
		{0, "x", ErrType},
	} {
		if rr, err := Unpack(domain, 1, tc.typ, tc.rdata); !errors.Is(err, tc.want) || rr != nil {
			t.Errorf("Unpack(type %d, %.20q) = %v, %v, want %v", tc.typ, tc.rdata, rr, err, tc.want)
		}
	}
}

// What a caller does to one result must not change the next.
func TestUnpackSharesNothing(t *testing.T) {
	const rdata = "\xc0\x00\x02\x01"
	one, err := Unpack(domain, 1, dns.TypeA, rdata)
	if err != nil {
		t.Fatal(err)
	}
	clear(one.(*dns.A).A)
	two, err := Unpack(domain, 1, dns.TypeA, rdata)
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{192, 0, 2, 1}; !bytes.Equal(two.(*dns.A).A, want) {
		t.Errorf("got %v, want %v", two.(*dns.A).A, want)
	}
}

func FuzzParseRData(f *testing.F) {
	f.Add("A", "192.0.2.1")
	f.Add("TXT", "( \"a\" ; c\n\"b\" )")
	f.Add("MX", `\# 2 000a`)
	f.Add("SVCB", "1 . alpn=h2 ipv4hint=192.0.2.1")
	f.Add("TYPE65280", `\# 3 abcdef`)
	f.Fuzz(func(t *testing.T, typ, rest string) {
		number, rdata, err := ParseRData(typ, rest, "example.com.")
		if err != nil {
			return
		}
		rr, err := Unpack(domain, 300, number, string(rdata))
		if err != nil {
			t.Fatalf("%s %q: %v", typ, rest, err)
		}
		overWire(t, rr)
	})
}

func BenchmarkTo(b *testing.B) {
	r := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:user@example.com!"}
	b.ReportAllocs()
	for b.Loop() {
		To(header(), r)
	}
}

func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Unpack(domain, 300, dns.TypeNS, "\x02ns\x07example\x00"); err != nil {
			b.Fatal(err)
		}
	}
}
