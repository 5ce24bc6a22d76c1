package e164

import (
	"errors"
	"strings"
	"testing"
)

// From names to numbers: standards.md section 5.1, A26 to A42, and the names N1 to N17 of
// reliability.md section 3.3.
func TestApexParseVectors(t *testing.T) {
	long := "a" + strings.Repeat(".abcdefg", 30) + "." // 242 octets of text
	for _, c := range []struct {
		id, apex, qname, digits, labels string
		err                             error
	}{
		{"A26", "e164.arpa", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "441632960083", "", nil},
		{"A27", "e164.arpa", "3.8.0.0.6.9.2.3.6.1.4.4.E164.ArPa.", "441632960083", "", nil},
		{"A28", "e164.arpa", "4.4.2.2.3.3.5.6.8.1.4.4.e164.arpa.", "441865332244", "", nil},
		{"A29", "e164.arpa", "e164.arpa.", "", "", nil},
		{"A30 +44", "e164.arpa", "4.4.e164.arpa.", "44", "", nil},
		{"A30 +1", "e164.arpa", "1.e164.arpa.", "1", "", nil},
		{"A31", "e164.arpa", "83.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "4416329600", "\x0283", nil},
		{"A32", "e164.arpa", "a.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "44163296008", "\x01a", nil},
		{"A33", "e164.arpa", `\051.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.`, "441632960083", "", nil},
		{"A33 within the apex", "e164.arpa", `3.e\049\0544.arpa.`, "3", "", nil},
		{"A33 apex with escapes", "e164.arpa", `4.e\049\0544\046arpa.`, "", "", ErrOutside},
		{"A33 apex written with escapes", "e164.arpa", `4.e\04964.arpa.`, "4", "", nil},
		{"A34", "e164.arpa", "*.6.1.4.4.e164.arpa.", "4416", "\x01*", nil},
		{"A35", "e164.arpa", "3.2.1.i.4.4.e164.arpa.", "44", "\x013\x012\x011\x01i", nil},
		{"A36", "e164.arpa", "_im.3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "441632960083", "\x03_im", nil},
		{"A37", "e164.arpa", "6.5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e164.arpa.", "123456789012345", "\x016", nil},
		{"A38", "e164.arpa", "4.4.e164.example.", "", "", ErrOutside},
		{"A39 left", "e164.arpa", "4.4.xe164.arpa.", "", "", ErrOutside},
		{"A39 right", "e164.arpa", "4.4.e164.arpa.evil.example.", "", "", ErrOutside},
		{"A40", "e164.arpa", "5.4.3.2.1.0.e164.arpa.", "012345", "", nil},
		{"A41 hyphen", "e164.arpa", "3.-.4.4.e164.arpa.", "44", "\x013\x01-", nil},
		{"A41 empty label", "e164.arpa", "3..4.e164.arpa.", "", "", ErrBadName},
		{"A42", "e164enum.net", "1.1.1.7.4.e164enum.net.", "47111", "", nil},

		{"N1 255 on the wire", "e164.arpa", long + "1.e164.arpa.", "1", wire(long), nil},
		{"N1 255 on the wire with an escape", "e164.arpa", `\097` + long[1:] + "1.e164.arpa.", "1", wire(long), nil},
		{"N1 256 on the wire", "e164.arpa", "a" + long + "1.e164.arpa.", "", "", ErrBadName},
		{"N1 256 on the wire with an escape", "e164.arpa", `\097` + long + "1.e164.arpa.", "", "", ErrBadName},
		{"N1 label of 63", "e164.arpa", strings.Repeat("a", 63) + ".e164.arpa.", "", "\x3f" + strings.Repeat("a", 63), nil},
		{"N1 label of 64", "e164.arpa", strings.Repeat("a", 64) + ".e164.arpa.", "", "", ErrBadName},
		{"N1 122 digits", "e164.arpa", strings.Repeat("1.", 121) + "e164.arpa.", "111111111111111", strings.Repeat("\x011", 106), nil},
		{"N3", "e164.arpa", "E164.ARPA.", "", "", nil},
		{"N4", "e164.arpa", "a.1.e164.arpa.", "1", "\x01a", nil},
		{"N4 digits left of a letter", "e164.arpa", "2.a.1.e164.arpa.", "1", "\x012\x01a", nil},
		{"N5", "e164.arpa", "12.e164.arpa.", "", "\x0212", nil},
		{"N7", "e164.arpa", "*.e164.arpa.", "", "\x01*", nil},
		{"N8 NUL", "e164.arpa", `\000.1.e164.arpa.`, "1", "\x01\x00", nil},
		{"N8 dot", "e164.arpa", `2\.3.1.e164.arpa.`, "1", "\x032.3", nil},
		{"N8 digit", "e164.arpa", `\049.e164.arpa.`, "1", "", nil},
		{"N8 escaped digit", "e164.arpa", `\x.1.e164.arpa.`, "1", "\x01x", nil},
		{"N8 8 bit", "e164.arpa", "\xff.1.e164.arpa.", "1", "\x01\xff", nil},
		{"N8 8 bit escaped", "e164.arpa", `\255.1.e164.arpa.`, "1", "\x01\xff", nil},
		{"N8 above 255", "e164.arpa", `\256.1.e164.arpa.`, "", "", ErrBadName},
		{"N8 two digits", "e164.arpa", `\04.1.e164.arpa.`, "", "", ErrBadName},
		{"N8 digits cut off", "e164.arpa", `1.e164.arpa.\04`, "", "", ErrBadName},
		{"N8 nothing behind the backslash", "e164.arpa", `1.e164.arpa.\`, "", "", ErrBadName},
		{"N8 newline", "e164.arpa", "a\nb.1.e164.arpa.", "1", "\x03a\nb", nil},
		{"N8 %n", "e164.arpa", "%n.1.e164.arpa.", "1", "\x02%n", nil},
		{"N8 last dot escaped", "e164.arpa", `1.e164.arpa\.`, "", "", ErrBadName},
		{"N8 apex behind an escaped dot", "e164.arpa", `1\.e164.arpa.`, "", "", ErrOutside},
		{"N9", "e164.arpa", "_Im.1.e164.ARPA.", "1", "\x03_im", nil},
		{"N10 left", "e164.arpa", "xe164.arpa.", "", "", ErrOutside},
		{"N10 right", "e164.arpa", "e164.arpa.example.", "", "", ErrOutside},
		{"N10 above", "e164.arpa", "arpa.", "", "", ErrOutside},
		{"N10 root", "e164.arpa", ".", "", "", ErrOutside},
		{"N11", "9.4.e164.arpa", "0.3.9.4.e164.arpa.", "4930", "", nil},
		{"N12", "ie164.arpa", "1.ie164.arpa.", "1", "", nil},
		{"N13", "xn--bcher-kva.example", "1.XN--bcher-kva.example.", "1", "", nil},
		{"N14", "e164.arpa", `\..1.e164.arpa.`, "1", "\x01.", nil},
		{"N15 quote", "e164.arpa", `'\;drop.1.e164.arpa.`, "1", "\x06';drop", nil},
		{"N15 LDAP", "e164.arpa", `*\)\(uid=.1.e164.arpa.`, "1", "\x07*)(uid=", nil},
		{"N15 path", "e164.arpa", `\.\./.1.e164.arpa.`, "1", "\x03../", nil},
		{"N16", "e164.arpa", "5.3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "4416329600835", "", nil},
		{"N17", "e164.arpa", "_sip._udp.1.e164.arpa.", "1", "\x04_sip\x04_udp", nil},

		{"own digits", "4.4.e164.arpa", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "441632960083", "", nil},
		{"own digits, apex", "4.4.e164.arpa", "4.4.E164.arpa.", "44", "", nil},
		{"own digits, outside", "4.4.e164.arpa", "5.4.e164.arpa.", "", "", ErrOutside},
		{"own digits, above", "4.4.e164.arpa", "4.e164.arpa.", "", "", ErrOutside},
		{"branch", "i.4.4.e164.arpa", "3.2.1.i.4.4.e164.arpa.", "44123", "", nil},
		{"branch, apex", "i.4.4.e164.arpa", "I.4.4.e164.arpa.", "44", "", nil},
		{"branch with digits behind", "1.i.4.4.e164.arpa", "3.2.1.i.4.4.e164.arpa.", "44123", "", nil},
		{"branch with escapes", "i.4.4.e164.arpa", `\050.1.i.4.4.e164.arpa.`, "4412", "", nil},
		{"apex with a dot in a label", `a\.b.example`, `1.A\.b.example.`, "1", "", nil},
		{"apex with a dot in a label, outside", `a\.b.example`, `1.a.b.example.`, "", "", ErrOutside},
		{"empty first label", "e164.arpa", ".e164.arpa.", "", "", ErrBadName},
		{"empty first label before a digit", "e164.arpa", ".4.e164.arpa.", "", "", ErrBadName},
		{"empty label before the apex", "e164.arpa", "4..e164.arpa.", "", "", ErrBadName},
		{"no final dot", "e164.arpa", "4.e164.arpa", "", "", ErrBadName},
		{"empty", "e164.arpa", "", "", "", ErrBadName},
		{"16 digits with an escape", "e164.arpa", `\054.5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e164.arpa.`, "123456789012345", "\x016", nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			got, err := mustApex(c.apex).Parse(c.qname)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("Parse(%q): error %v, want %v", c.qname, err, c.err)
			}
			if want := (Name{digits(t, c.digits), c.labels}); got != want {
				t.Errorf("Parse(%q) = %q %q, want %q %q", c.qname, got.Number.Digits(), got.Labels, c.digits, c.labels)
			}
		})
	}
}

// wire turns plain labels into wire form.
func wire(s string) string {
	var b strings.Builder
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		b.WriteByte(byte(len(label)))
		b.WriteString(label)
	}
	return b.String()
}

// From numbers to names of the infrastructure branch: A19 to A24.
func TestBranchVectors(t *testing.T) {
	for _, c := range []struct {
		id, number, name string
		err              error
	}{
		{"A19", "+87810123456", "6.5.4.3.2.1.i.0.1.8.7.8.e164.arpa.", nil},
		{"A20", "+44 2079460123", "3.2.1.0.6.4.9.7.0.2.i.4.4.e164.arpa.", nil},
		{"A21", "+1 21255501234", "4.3.2.1.0.5.5.5.2.1.2.i.1.e164.arpa.", nil},
		{"A22", "+35312345678", "8.7.6.5.4.3.2.1.i.3.5.3.e164.arpa.", nil},
		{"A23 7", "+8835100123456", "6.5.4.3.2.1.i.0.0.1.5.3.8.8.e164.arpa.", nil},
		{"A23 6", "+883130123456", "6.5.4.3.2.1.i.0.3.1.3.8.8.e164.arpa.", nil},
		{"A24 country", "+44", "i.4.4.e164.arpa.", nil},
		{"A24 short", "+4", "", ErrShort},
		{"A24 short of three", "+35", "", ErrShort},
		{"A24 short of seven", "+883510", "", ErrShort},
		{"A24 883 alone", "+883", "", ErrShort},
		{"881", "+88161234", "4.3.2.1.i.6.1.8.8.e164.arpa.", nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			n := MustParse(c.number)
			got, err := arpa.BranchDomain(n)
			if !errors.Is(err, c.err) || got != c.name {
				t.Fatalf("BranchDomain(%s) = %q, %v; want %q, %v", c.number, got, err, c.name, c.err)
			}
			if err != nil {
				return
			}
			name, err := arpa.Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			if back, ok := name.Branch(); !ok || back != n {
				t.Errorf("%s stands for %v, %v", got, back, ok)
			}
		})
	}
	if got, err := mustApex("4.4.e164.arpa").BranchDomain(MustParse("+44123")); err != nil || got != "3.2.1.i.4.4.e164.arpa." {
		t.Errorf("below a country's apex: %q, %v", got, err)
	}
	if got, err := mustApex("1.4.4.e164.arpa").BranchDomain(MustParse("+44123")); !errors.Is(err, ErrOutside) {
		t.Errorf("below an apex with more digits: %q, %v", got, err)
	}
}

// A25: digits of a private plan below an apex of their own.
func TestDialPlanDomain(t *testing.T) {
	a := mustApex("dial.example.")
	n := digits(t, "4711")
	if got := a.Domain(n); got != "1.1.7.4.dial.example." {
		t.Errorf("A25: %s", got)
	}
	if name, err := a.Parse("1.1.7.4.dial.example."); err != nil || name.Number != n {
		t.Errorf("A25 back: %v, %v", name, err)
	}
}

func TestParseApex(t *testing.T) {
	for _, c := range []struct {
		in, name, prefix string
		public           bool
	}{
		{"e164.arpa", "e164.arpa.", "", true},
		{"E164.ARPA.", "e164.arpa.", "", true},
		{"4.4.e164.arpa.", "4.4.e164.arpa.", "44", true},
		{"i.4.4.e164.arpa.", "i.4.4.e164.arpa.", "44", true},
		{"2.1.i.4.4.e164.arpa.", "2.1.i.4.4.e164.arpa.", "4412", true},
		{"i.e164.arpa.", "i.e164.arpa.", "", true},
		{"2.i.example.", "2.i.example.", "2", false},
		{"xe164.arpa", "xe164.arpa.", "", false},
		{"e164.arpa.example", "e164.arpa.example.", "", false},
		{"e164enum.net", "e164enum.net.", "", false},
		{"x.4.example", "x.4.example.", "", false},
		{`\052.e164.arpa`, "4.e164.arpa.", "4", true},
		{`a\.\"\\\(\)\;\@\$\032\000\255b.example`, `a\.\"\\\(\)\;\@\$\032\000\255b.example.`, "", false},
		{"44.example", "44.example.", "", false},
	} {
		a, err := ParseApex(c.in)
		if err != nil {
			t.Errorf("ParseApex(%q): %v", c.in, err)
			continue
		}
		if a.String() != c.name || a.Prefix() != digits(t, c.prefix) || a.Public() != c.public {
			t.Errorf("ParseApex(%q) = %q, %v, public %v", c.in, a, a.Prefix(), a.Public())
		}
		if again := mustApex(a.String()); again != a {
			t.Errorf("%q read again is %q", a, again)
		}
		if got := a.Domain(a.Prefix()); got != a.String() {
			t.Errorf("domain of the prefix of %q is %q", a, got)
		}
	}
	for in, want := range map[string]error{
		"": ErrBadName, ".": ErrBadName, "..": ErrBadName, "a..b": ErrBadName, ".a": ErrBadName, `a\`: ErrBadName, `a\25`: ErrBadName,
		strings.Repeat("a", 64): ErrBadName, strings.Repeat("abcdefg.", 32): ErrBadName, strings.Repeat("1.", 16) + "example": ErrTooLong,
		"5.4.3.2.1.0.9.8.7.6.i.6.5.4.3.2.1.e164.arpa": ErrTooLong,
	} {
		if a, err := ParseApex(in); !errors.Is(err, want) || a != (Apex{}) {
			t.Errorf("ParseApex(%q) = %v, %v; want %v", in, a, err, want)
		}
	}
}

// A zero Apex is a mistake in a program, and must not answer for the whole of DNS.
func TestZeroApex(t *testing.T) {
	for _, qname := range []string{"1.2.", "e164.arpa.", ".", `\049.`} {
		if n, err := (Apex{}).Parse(qname); !errors.Is(err, ErrOutside) {
			t.Errorf("the zero Apex holds %q: %v, %v", qname, n, err)
		}
	}
	if (Apex{}).String() != "" || (Apex{}).Public() {
		t.Error("the zero Apex has a name")
	}
}

// Every query parses a name, and many are answered with one that was put together.
func TestNamesDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 64)
	for _, apex := range []Apex{arpa, mustApex("4.4.e164.arpa")} {
		if got := testing.AllocsPerRun(100, func() {
			name, err := apex.Parse("3.8.0.0.6.9.2.3.6.1.4.4.E164.ArPa.")
			if err != nil {
				t.Fatal(err)
			}
			buf = apex.AppendName(buf[:0], name)
		}); got != 0 {
			t.Errorf("%s: %v allocations", apex, got)
		}
		if string(buf) != "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa." {
			t.Errorf("AppendName gave %q", buf)
		}
	}
}

// split cuts a name in presentation form into labels, in lower case: RFC 1035 section 5.1, with
// one token after the other.
func split(s string) (labels []string, ok bool) {
	if s == "." {
		return nil, true
	}
	var label []byte
	size := 1
	for s != "" {
		switch {
		case s[0] == '.':
			if len(label) == 0 || len(label) > 63 {
				return nil, false
			}
			size += 1 + len(label)
			labels, label, s = append(labels, string(label)), nil, s[1:]
			if s == "" {
				return labels, size <= 255
			}
			continue
		case s[0] != '\\':
			label, s = append(label, s[0]), s[1:]
		case len(s) >= 2 && (s[1] < '0' || s[1] > '9'):
			label, s = append(label, s[1]), s[2:]
		default:
			var v int
			if len(s) < 4 || strings.Trim(s[1:4], "0123456789") != "" {
				return nil, false
			}
			for _, c := range s[1:4] {
				v = 10*v + int(c-'0')
			}
			if v > 255 {
				return nil, false
			}
			label, s = append(label, byte(v)), s[4:]
		}
		if c := label[len(label)-1]; c >= 'A' && c <= 'Z' {
			label[len(label)-1] += 'a' - 'A'
		}
	}
	return nil, false
}

// slowName does what Apex.Parse does with labels from the root down.
func slowName(apex, qname string) (number string, rest []string, err error) {
	labels, ok := split(qname)
	if !ok {
		return "", nil, ErrBadName
	}
	own, _ := split(apex)
	if len(labels) < len(own) {
		return "", nil, ErrOutside
	}
	below := len(labels) - len(own)
	for i, l := range own {
		if labels[below+i] != l {
			return "", nil, ErrOutside
		}
	}
	digit := func(s string) bool { return len(s) == 1 && s >= "0" && s <= "9" }
	i := 0
	for i < len(own) && digit(own[i]) {
		number = own[i] + number
		i++
	}
	if i+1 < len(own) && own[i] == "i" && digit(own[i+1]) {
		for i++; i < len(own) && digit(own[i]); i++ {
			number = own[i] + number
		}
	}
	for below > 0 && digit(labels[below-1]) && len(number) < 15 {
		below--
		number += labels[below]
	}
	return number, labels[:below], nil
}

func FuzzApexParse(f *testing.F) {
	for _, qname := range []string{
		"3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", "_im.3.I.4.4.E164.arpa.", `\051.8.4.4.e164.arpa.`, ".4.4.e164.arpa.", "4..4.4.e164.arpa.", "x4.e164.arpa.",
		`1.a\.b.example.`, "1.a.b.example.", "6.5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e164.arpa.", ".", `1\.e164.arpa.`, "*.e164.arpa",
	} {
		f.Add(qname, byte(0))
	}
	apexes := []string{"e164.arpa.", "4.4.e164.arpa.", "i.4.4.e164.arpa.", `a\.b.example.`, "x."}
	f.Fuzz(func(t *testing.T, qname string, which byte) {
		apex := mustApex(apexes[int(which)%len(apexes)])
		got, err := apex.Parse(qname)
		number, labels, wantErr := slowName(apex.String(), qname)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("Parse(%q) below %s: %v, want %v", qname, apex, err, wantErr)
		}
		if err != nil {
			// A malformed name that is not below the apex may be called either.
			if wantErr == ErrOutside && err != ErrOutside {
				t.Fatalf("Parse(%q) below %s: %v, want %v", qname, apex, err, wantErr)
			}
			return
		}
		var want strings.Builder
		for _, l := range labels {
			want.WriteByte(byte(len(l)))
			want.WriteString(l)
		}
		if got.Number.Digits() != number || got.Labels != want.String() {
			t.Fatalf("Parse(%q) below %s = %q %q, want %q %q", qname, apex, got.Number.Digits(), got.Labels, number, want.String())
		}
		written := string(apex.AppendName(nil, got))
		if again, err := apex.Parse(written); err != nil || again != got {
			t.Fatalf("%q was written %q and read %v, %v", qname, written, again, err)
		}
	})
}

func BenchmarkApexParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := arpa.Parse("3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendName(b *testing.B) {
	buf := make([]byte, 0, 64)
	name := Name{Number: MustParse("+441632960083")}
	b.ReportAllocs()
	for b.Loop() {
		buf = arpa.AppendName(buf[:0], name)
	}
}
