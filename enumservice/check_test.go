package enumservice

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

var number = e164.MustParse("+441632960083")

// base is record B01 of standards.md section 5.2, of which the other vectors are variations.
func base() naptr.Record {
	return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:alice@example.com!"}
}

func flags(s string) naptr.Record    { r := base(); r.Flags = s; return r }
func services(s string) naptr.Record { r := base(); r.Services = s; return r }
func regexp(s string) naptr.Record   { r := base(); r.Regexp = s; return r }
func uri(s string) naptr.Record      { r := base(); r.Regexp = "!^.*$!" + s + "!"; return r }

const (
	imName   = "\x02im\x07example\x03com\x00"
	nextName = "\x04next\x07example\x03com\x00"
)

// codes writes findings as "R18 S02".
func codes(found []Finding) string {
	var b strings.Builder
	for i, f := range found {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.Code)
	}
	return b.String()
}

func worst(found []Finding) (s Severity) {
	for _, f := range found {
		s = max(s, f.Severity)
	}
	return s
}

// What private trees, dial plans and blocks may do.
func TestCheckOptions(t *testing.T) {
	for _, c := range []struct {
		id      string
		checker Checker
		rec     naptr.Record
		codes   string
		worst   Severity
	}{
		{"B20 private", Checker{Private: true}, services("E2U+x-im"), "", 0},
		{"B21 private", Checker{Private: true}, services("E2U+p-im"), "", 0},
		{"B38 private", Checker{Private: true}, uri("im:alice@localhost"), "I22", Warning},
		{"C18", Checker{DialPlan: true}, regexp(`!^(.*)$!im:\1@example.com!`), "R11", Info},
		{"C19", Checker{DialPlan: true}, regexp(`!^\+(.*)$!im:\1@example.com!`), "R11 R18", Error},
		{"dial plan without plus", Checker{DialPlan: true}, regexp(`!^44(.*)$!im:\1@example.com!`), "R11", Info},
		{"B86 block", Checker{Sample: true}, regexp(`!^\+441632960084$!im:bob@example.com!`), "R33", Info},
		{"B90", Checker{Sample: true}, base(), "I03", Warning},
		{"block with the number", Checker{Sample: true}, regexp(`!^\+(.*)$!im:\1@example.com!`), "R11", Info},
		{"block to a gateway", Checker{Sample: true}, naptr.Record{Order: 100, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:gw.example.net!"}, "", 0},
	} {
		t.Run(c.id, func(t *testing.T) {
			found := c.checker.Append(nil, number, c.rec)
			if got := codes(found); got != c.codes || worst(found) != c.worst {
				t.Errorf("findings %q (%s), want %q (%s)", got, worst(found), c.codes, c.worst)
			}
		})
	}
}

// Neighbours of im: their services, schemes and expressions.
func TestCheckOthers(t *testing.T) {
	with := func(services, regexp string) naptr.Record {
		return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: services, Regexp: regexp}
	}
	for _, c := range []struct {
		id    string
		rec   naptr.Record
		codes string
	}{
		{"sip", with("E2U+sip", "!^.*$!sip:+441632960083@example.com;user=phone!"), ""},
		{"sips", with("E2U+sip", "!^.*$!sips:alice@example.com!"), "S07"},
		{"sip at an IPv6 address", with("E2U+sip", "!^.*$!sip:alice@[2001:db8::1]:5060!"), ""},
		{"RFC 4769 example", with("E2U+pstn:tel", "!^.*$!tel:+1-215-555-0123;npdi;rn=+1-215-555-0199!"), ""},
		{"C20", with("E2U+pstn:tel", `!(^.*)$!tel:\1;npdi!`), "R11"},
		{"C22", with("E2U+sip", `!^\+441632(.*)$!sip:\1@example.org!`), "R11"},
		{"RFC 6116 compound", with("E2U+voice:tel+sms:tel", "!^.*$!tel:+441632960083!"), "S03"},
		{"vcard", with("E2U+vcard", "!^.*$!https://example.com/card.vcf?id=1!"), ""},
		{"xmpp", with("E2U+xmpp", "!^.*$!xmpp:alice@example.com/home!"), ""},
		{"acct", with("E2U+acct", "!^.*$!acct:441632960123@example.com!"), ""},
		{"pres", with("E2U+pres", "!^.*$!pres:jon@example.net!"), ""},
		{"pres with sip", with("E2U+pres", "!^.*$!sip:jon@example.net!"), "S14"},
		{"S01", with("E2u+sip", "!^.*$!sip:alice@example.com!"), "S01"},
		{"obsolete in capitals", with("SIP+E2U", "!^.*$!sip:alice@example.com!"), "S02 S11"},
		{"sip with tel", with("E2U+sip", "!^.*$!tel:+441632960083!"), "S06"},
		{"unregistered subtype", with("E2U+sip:foo", "!^.*$!sip:alice@example.com!"), "S08"},
		{"several subtypes", with("E2U+foo:bar:sbar", "!^.*$!foo:x!"), "S08"},
		{"compound of three that share sip", with("E2U+sip+unifmsg:sip+pstn:sip", "!^.*$!sip:alice@example.com!"), "S03"},
		{"compound that shares nothing in the end", with("E2U+sip+pstn:sip+voicemsg:sips", "!^.*$!sip:alice@example.com!"), "S03 S13 S06"},
		{"compound of unknown ones", with("E2U+foo+bar", "!^.*$!foo:x!"), "S03 S08"},

		{"no scheme", with("E2U+foo", "!^.*$!alice!"), "S08 U01"},
		{"scheme begins with a digit", with("E2U+foo", "!^.*$!1a:b!"), "S08 U01"},
		{"scheme with an underscore", with("E2U+foo", "!^.*$!a_b:c!"), "S08 U01"},
		{"scheme with every allowed octet", with("E2U+foo", "!^.*$!a1+-.:c!"), "S08"},
		{"nothing behind the scheme", with("E2U+sip", "!^.*$!sip:!"), "U11"},
		{"scheme in capitals", with("E2U+sip", "!^.*$!SIP:alice@example.com!"), "U06"},
		{"D16 non-ASCII", with("E2U+sip", "!^.*$!sip:\xc3\xa9@example.com!"), "U05"},
		{"D18 javascript", with("E2U+x-a", "!^.*$!javascript:alert(1)!"), "S15 U07"},
		{"D18 data", with("E2U+foo", "!^.*$!DATA:text/html,x!"), "S08 U06 U26"},
		{"D18 file", with("E2U+foo", "!^.*$!file:///etc/passwd!"), "S08 U07"},
		{"D19 line end", with("E2U+sip", "!^.*$!sip:alice%0d%0aVia@example.com!"), "U08"},
		{"D19 DEL", with("E2U+sip", "!^.*$!sip:alice%7F@example.com!"), "U08"},
		{"line end in a query", with("E2U+email:mailto", "!^.*$!mailto:alice@example.com?body=a%0D%0Ab!"), ""},
		{"blank", with("E2U+sip", "!^.*$!sip:a b@example.com!"), "U02"},
		{"angle brackets", with("E2U+sip", "!^.*$!sip:<a@example.com>!"), "U02"},
		{"fragment", with("E2U+web:https", "!^.*$!https://example.com/#a!"), "U03"},
		{"bad encoding", with("E2U+sip", "!^.*$!sip:a%4@example.com!"), "U04"},
		{"encoding at the end", with("E2U+sip", "!^.*$!sip:a@example.com;x=%4!"), "U04"},
		{"two @ in sip", with("E2U+sip", "!^.*$!sip:good@bad.example@example.com!"), "U10"},
		{"two @ in sip's headers", with("E2U+sip", "!^.*$!sip:good@example.com?to=a@example.com!"), ""},
		{"two @ in im", with("E2U+im", "!^.*$!im:good@bad.example@example.com!"), "U10"},

		{"im with a subtype and another scheme", with("E2U+im:sip", "!^.*$!sip:a@example.com!"), "S04 S05"},
		{"services of 255 octets", with("E2U"+strings.Repeat("+foo+foo:b", 25)+"+a", "!^.*$!foo:x!"), "S03 S08 S12"},
		{"services over 255 octets", with("E2U"+strings.Repeat("+foo+foo:b", 25)+"+aa", "!^.*$!foo:x!"), "W01"},
		{"raw DEL", with("E2U+sip", "!^.*$!sip:a\x7f@example.com!"), "U02"},
		{"encoded tilde", with("E2U+sip", "!^.*$!sip:a%7E@example.com!"), ""},
		{"im control", with("E2U+im", "!^.*$!im:a%00@example.com!"), "U08"},
		{"im header", with("E2U+im", "!^.*$!im:a@example.com?b!"), "I17"},
		{"im domain", with("E2U+im", "!^.*$!im:a@example..com!"), "I16"},
		{"im slash", with("E2U+im", "!^.*$!im:a/b@example.com!"), "I26"},
		{"im no atom", with("E2U+im", "!^.*$!im:a%40b@example.com!"), "I27"},
		{"im long domain", with("E2U+im", "!.*!im:a@"+strings.Repeat("abcdefg.", 30)+"abcd!"), "R30 Z04 I28"},

		{"unanchored", with("E2U+im", "!44!im:a@example.com!"), "R12"},
		{"anchored at the start only", with("E2U+im", `!^\+44!im:a@example.com!`), "R12"},
		{"non-ASCII pattern", with("E2U+im", "!^\xc3\xa9?.*$!im:a@example.com!"), "R22"},
		{"no UTF-8 in the pattern", with("E2U+im", "!^\xe9?.*$!im:a@example.com!"), "R22"},
		{"high back-reference", with("E2U+im", `!^\+(.)(.)(.)(.)(.)(.).*$!im:\6@example.com!`), "R11 R09"},
		{"escaped delimiter in the pattern", with("E2U+im", `!^\!?.*$!im:a@example.com!`), "R04"},
		{"anchor within the group", with("E2U+im", `!^(.*$)!im:\1@example.com!`), "R11"},
		{"one group three times", with("E2U+im", `!^(.*)$!im:\1\1\1@example.com!`), "R11"},
		{"one group four times", with("E2U+im", `!^(.*)$!im:\1\1\1\1@example.com!`), "R11 R28"},
		{"too complex", with("E2U+im", `!^((((.{0,200}){0,200}){0,200}){0,200})$!im:a@example.com!`), "R34"},
		{"bad count", with("E2U+im", `!^.{2,1}$!im:a@example.com!`), "R31"},
		{"doubled backslash, and no last delimiter", with("E2U+im", `!^\\+44(.*)$!im:\1@example.com`), "R03"},
		{"doubled backslash in the pattern", with("E2U+im", `!^\\?\+44(.*)$!im:\1@example.com!`), "R26 R11"},
		{"trailing backslash", with("E2U+im", `!^.*$!im:a@example.com\`), "R03"},
		{"yields nothing for this number", with("E2U+im", `!^.*(x?)$!\1!`), "R11 R18"},
	} {
		t.Run(c.id, func(t *testing.T) {
			if got := codes(Checker{}.Append(nil, number, c.rec)); got != c.codes {
				t.Errorf("findings %q, want %q", got, c.codes)
			}
		})
	}
}

// A name that is no number has no AUS to evaluate an expression for.
func TestCheckWithoutNumber(t *testing.T) {
	if got := codes(Checker{}.Append(nil, 0, regexp(`!^\+1(.*)$!im:\1@example.com!`))); got != "R11" {
		t.Errorf("findings %q for an expression that cannot be evaluated", got)
	}
	if got := codes(Checker{}.Append(nil, 0, uri("im:alice"))); got != "I11" {
		t.Errorf("findings %q for a fixed URI, want I11", got)
	}
}

// Append keeps what it is given.
func TestCheckAppends(t *testing.T) {
	first := Finding{Code: "first"}
	found := Checker{}.Append([]Finding{first}, number, flags("U"))
	if len(found) != 2 || found[0] != first || found[1].Code != "F16" {
		t.Errorf("Append gave %v", found)
	}
}

// Loading checks every record.
func TestCheckDoesNotAllocate(t *testing.T) {
	for _, r := range []naptr.Record{
		base(),
		{Order: 100, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:+441632960083@example.com;user=phone!"},
		{Order: 100, Flags: "u", Services: "E2U+pstn:tel", Regexp: "!^.*$!tel:+441632960083;npdi!"},
	} {
		if n := testing.AllocsPerRun(100, func() {
			if found := (Checker{}).Append(nil, number, r); found != nil {
				t.Fatal(found)
			}
		}); n != 0 {
			t.Errorf("%s: Append allocates %v times", r.Services, n)
		}
	}
}

// formOnly are the rules that no client known here trips over: style, numbering plans, prudence.
var formOnly = []string{"F11", "F16", "F17", "S11", "S14", "S15", "U20", "O06", "N04", "N05", "D10", "U26", "Z09"}

// Readers rely on codes, and EDE text has little room (RFC 8914 section 2).
func TestFindings(t *testing.T) {
	before := ""
	count := 0
	for f := range Findings() {
		count++
		if f.Code <= before {
			t.Errorf("%s after %s: codes must be unique and in order", f.Code, before)
		}
		before = f.Code
		if len(f.Code) != 3 || !strings.Contains("WFSRUIOZNTAD", f.Code[:1]) {
			t.Errorf("code %q", f.Code)
		}
		if f.Text == "" || len(f.Text) > 60 {
			t.Errorf("%s: text of %d octets", f.Code, len(f.Text))
		}
		if !strings.HasPrefix(f.Rule, "RFC ") && f.Rule != "ITU-T E.164" {
			t.Errorf("%s: rule %q", f.Code, f.Rule)
		}
		if f.Clients == 0 && !slices.Contains(formOnly, f.Code) {
			t.Errorf("%s hurts no client", f.Code)
		}
		if f.Clients != 0 && slices.Contains(formOnly, f.Code) {
			t.Errorf("%s is not of form alone", f.Code)
		}
		if f.Repair.String() == "" {
			t.Errorf("%s: repair %d", f.Code, f.Repair)
		}
		if have, ok := Get(f.Code); !ok || have != f {
			t.Errorf("Get(%s) gave %v", f.Code, have)
		}
		if f.Severity.String() == "" {
			t.Errorf("%s: severity %d", f.Code, f.Severity)
		}
	}
	if count != len(findings)-1 {
		t.Errorf("%d findings of %d", count, len(findings)-1)
	}
	if _, ok := Get("X99"); ok {
		t.Error("there is no X99")
	}
	if repairs.String() != "" || repairs.Automatic() || NoRepair.Automatic() || ByPolicy.Automatic() || !Drop.Automatic() {
		t.Error("kinds of repair")
	}
	if Severity(0).String() != "" || Error.String() != "error" || Warning.String() != "warning" || Info.String() != "info" {
		t.Error("names of severities")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("u", "E2U+im", "!^.*$!im:alice@example.com!", "", uint64(1), byte(0))
	f.Add("U", "im+E2U", `!^\+(44)(.*)$!im:\2@\1.example!i`, imName, uint64(0), byte(5))
	f.Add("", "SIP+D2U", "", nextName, uint64(1), byte(7))
	f.Fuzz(func(t *testing.T, flags, services, regexp, replacement string, n uint64, options byte) {
		num := number
		if n != 1 {
			num, _ = e164.ParseDigits(strconv.FormatUint(n, 10))
		}
		c := Checker{Private: options&1 != 0, DialPlan: options&2 != 0, Sample: options&4 != 0}
		r := naptr.Record{Flags: flags, Services: services, Regexp: regexp, Replacement: replacement}
		found := c.Append(nil, num, r)
		if again := c.Append(nil, num, r); codes(again) != codes(found) {
			t.Fatalf("findings %q, then %q", codes(found), codes(again))
		}
		seen := map[Finding]bool{}
		for _, f := range found {
			if seen[f] {
				t.Fatalf("%s twice", f.Code)
			}
			seen[f] = true
		}
		if worst(found) == Error || !r.Terminal() {
			return
		}
		// No error means: the record can be sent, and yields a URI for its number.
		if err := r.Check(); err != nil {
			t.Fatalf("no error found in a record that %v", err)
		}
		x, err := naptr.ParseExpression(regexp)
		if err != nil {
			t.Fatalf("no error found in an expression: %v", err)
		}
		if !num.IsValid() || c.Sample {
			return
		}
		aus := num.String()
		if c.DialPlan {
			aus = num.Digits()
		}
		uri, ok := x.Eval(aus)
		if !ok {
			t.Fatal("no error found in a dead expression")
		}
		for i := range len(uri) {
			if uri[i] <= ' ' || uri[i] >= 0x7f || strings.IndexByte("\\\"<>#", uri[i]) >= 0 {
				t.Fatalf("no error found in URI %q", uri)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	r := base()
	b.ReportAllocs()
	for b.Loop() {
		if found := (Checker{}).Append(nil, number, r); found != nil {
			b.Fatal(found)
		}
	}
}

func BenchmarkCheckSet(b *testing.B) {
	set := []naptr.Record{base(), {Order: 100, Preference: 20, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:alice@example.com!"}}
	var found []SetFinding
	b.ReportAllocs()
	for b.Loop() {
		if found = (Checker{}).AppendSet(found[:0], number, set); len(found) != 0 {
			b.Fatal(found)
		}
	}
}

func BenchmarkRepair(b *testing.B) {
	set := []naptr.Record{{Order: 100, Preference: 20, Flags: "u", Services: "sip+E2U", Regexp: `!^\+44(.*)$!sip:0\1@example.com!i`}}
	b.ReportAllocs()
	for b.Loop() {
		if got := (Checker{}).Repair(number, set); got[0].Regexp != "!^.*$!sip:01632960083@example.com!" {
			b.Fatal(got)
		}
	}
}
