package naptr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

func record(regexp string) naptr.Record {
	return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: regexp}
}

// TestAppendPlain: a client that knows "!^.*$!uri!" and nothing else gets the right URI for the number
// it asked about.
func TestAppendPlain(t *testing.T) {
	const aus = "+12025550142"
	long := strings.Repeat(`\1`, 20) + "im:12345" // 248 octets once expanded
	for _, v := range []struct {
		name, flags, regexp, want string
	}{
		{"literal", "u", `!^.*$!im:alice@example.com!`, `!^.*$!im:alice@example.com!`},
		{"number", "u", `!^\+(.*)$!im:\1@example.com!`, `!^.*$!im:12025550142@example.com!`},
		{"block", "U", `!^\+(1202555(....))$!sip:\1@x\2.example.com!`, `!^.*$!sip:12025550142@x0142.example.com!`},
		{"search", "u", `!(01|55)(.)!im:\2@example.com!`, `!^.*$!im:5@example.com!`},
		{"short pattern", "u", `!.*!im:alice@example.com!`, `!^.*$!im:alice@example.com!`},
		{"other delimiter", "u", `/^.*$/im:alice@example.com/`, `!^.*$!im:alice@example.com!`},
		{"flag", "u", `!^.*$!im:alice@example.com!i`, `!^.*$!im:alice@example.com!`},
		{"escaped delimiter", "u", `!^(.*)$!im:a\!\1\!@example.com!`, `!^.*$!im:a%21+12025550142%21@example.com!`},
		{"delimiter of ours in the text", "u", `/^.*$/!im:!!a@example.com!/`, `!^.*$!%21im:%21%21a@example.com%21!`},
		{"other number", "u", `!^\+44(.*)$!im:\1@example.com!`, ""},
		{"empty result", "u", `!^\+1(44)?.*$!\1!`, ""},
		{"not terminal", "s", `!^\+(.*)$!im:\1@example.com!`, `!^\+(.*)$!im:\1@example.com!`},
		{"no flag", "", `!^\+(.*)$!im:\1@example.com!`, `!^\+(.*)$!im:\1@example.com!`},
		{"does not parse", "u", `!^+1(.*)$!im:\1@example.com!`, `!^+1(.*)$!im:\1@example.com!`},
		{"no expression", "u", ``, ``},
		{"result of 255 octets", "u", `!^(.*)$!` + long + `!`, `!^.*$!` + strings.ReplaceAll(long, `\1`, aus) + `!`},
		{"result of 256 octets", "u", `!^(.*)$!` + long + `6!`, `!^(.*)$!` + long + `6!`},
	} {
		t.Run(v.name, func(t *testing.T) {
			r := record(v.regexp)
			r.Flags = v.flags
			rule := naptr.NewRule(r)
			got, rest, ok := rule.AppendPlain([]byte("before"), []byte(aus), "rest")
			matches := v.want != "" || v.regexp == ""
			if string(got) != "before"+v.want || rest != "rest" || ok != matches {
				t.Errorf("plain: got %q, %q, %v", got, rest, ok)
			}
			got, rest = rule.AppendStored([]byte("before"), []byte(aus), "rest")
			if string(got) != "before"+v.regexp || rest != "rest" {
				t.Errorf("stored: got %q, %q", got, rest)
			}
			if rule.Order != 100 || rule.Preference != 10 || rule.Flags != v.flags || rule.Services != "E2U+im" || rule.Replacement != "" {
				t.Errorf("fields: %+v", rule)
			}
		})
	}
}

// TestAppendPlainBackslash: a number is digits; a stranger subject must not smuggle a backslash, which
// would be an escape, into the expression that clients read.
func TestAppendPlainBackslash(t *testing.T) {
	rule := naptr.NewRule(record(`!^(.*)$!im:\1@example.com!`))
	got, _, ok := rule.AppendPlain(nil, []byte(`\1`), "")
	if string(got) != `!^(.*)$!im:\1@example.com!` || !ok {
		t.Errorf("got %q, %v", got, ok)
	}
}

// TestPlainIsEquivalent: the plain form yields for the number what the stored one yields.
func TestPlainIsEquivalent(t *testing.T) {
	for _, regexp := range []string{
		`!^\+(.*)$!im:\1@example.com!`, `!^(.*)(..)$!im:\2.\1@example.com!`, `!(4|41)(6|3)!im:\1-\2!`, `/^.*$/im:b@example.com/i`,
	} {
		rule := naptr.NewRule(record(regexp))
		plain, _, ok := rule.AppendPlain(nil, []byte(drama), "")
		if !ok {
			t.Fatalf("%s does not match", regexp)
		}
		before, err := naptr.ParseExpression(regexp)
		if err != nil {
			t.Fatal(err)
		}
		after, err := naptr.ParseExpression(string(plain))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := before.Eval(drama)
		if uri, ok := after.Literal(); uri != want || !ok {
			t.Errorf("%s: %q instead of %q", regexp, uri, want)
		}
	}
}

// TestFactored: what a million numbers share is shared, and nothing is lost.
func TestFactored(t *testing.T) {
	n := e164.MustParse("+12025550100")
	other := e164.MustParse("+12025550101")
	for _, v := range []struct {
		name, one, two string
		text           string
		shared         bool
	}{
		{"digits", "!^.*$!im:12025550100@example.com!", "!^.*$!im:12025550101@example.com!", "", true},
		{"digits twice, with plus", "!^.*$!sip:+12025550100@example.com;x=12025550100!", "!^.*$!sip:+12025550101@example.com;x=12025550101!", "", true},
		{"digits touching", "!^.*$!tel:1202555010012025550100!", "!^.*$!tel:1202555010112025550101!", "", true},
		{"digits at the end", "!^.*$!tel:+12025550100!", "!^.*$!tel:+12025550101!", "", true},
		{"user", "!^.*$!im:alice@example.com!", "!^.*$!im:bob@example.com!", "\x05alice", true},
		{"other domain", "!^.*$!im:alice@example.com!", "!^.*$!im:alice@example.net!", "\x05alice", false},
		{"last digits only", "!^.*$!im:0100@example.com!", "!^.*$!im:0101@example.com!", "\x040100", true},
		{"no user", "!^.*$!im:@example.com!", "!^.*$!im:@example.com!", "", true},
		{"no domain", "!^.*$!tel:+12025550199!", "!^.*$!tel:+12025550199!", "", true},
		{"expression", `!^\+(.*)$!im:\1@example.com!`, `!^\+(.*)$!im:\1@example.com!`, "", true},
		{"escaped delimiter", `!^.*$!im:a\!b@example.com!`, `!^.*$!im:c\!b@example.com!`, "", false},
		{"broken", `!^.*$!im:a!b@example.com!`, `!^.*$!im:c!b@example.com!`, "", false},
		{"own pattern", `!^\+12025550100$!sip:a1@gw.example!`, `!^\+12025550101$!sip:b@gw.example!`, "\x02a1", true},
		{"own pattern, digits", `!^\+12025550100$!sip:+12025550100@gw.example;x=12025550100!`, `!^\+12025550101$!sip:+12025550101@gw.example;x=12025550101!`, "", true},
		{"own pattern, no user", `!^\+12025550100$!tel:+12025550199!`, `!^\+12025550101$!tel:+12025550199!`, "", true},
		{"own pattern, other URI", `!^\+12025550100$!tel:+12025550199!`, `!^.*$!tel:+12025550199!`, "", false},
		{"own pattern, only digits", `!^\+12025550100$!12025550100!`, `!^\+12025550101$!12025550101!`, "", true},
		{"own pattern without URI", `!^\+12025550100$!!`, `!^\+12025550101$!!`, "", false},
		{"own pattern without end", `!^\+12025550100$!`, `!^\+12025550101$!`, "", false},
		{"own pattern, flag", `!^\+12025550100$!sip:a@gw.example!i`, `!^\+12025550101$!sip:a@gw.example!i`, "", false},
		{"own pattern, reference", `!^\+12025550100$!sip:\1@gw.example!`, `!^\+12025550101$!sip:\1@gw.example!`, "", false},
		{"own pattern, more digits", `!^\+120255501000$!sip:a@gw.example!`, `!^\+120255501010$!sip:a@gw.example!`, "", false},
		{"own pattern, open", `!^\+12025550100!sip:a@gw.example!`, `!^\+12025550101!sip:a@gw.example!`, "", false},
		{"own pattern of another", `!^\+12025550199$!sip:a@gw.example!`, `!^\+12025550199$!sip:a@gw.example!`, "", true},
		{"empty", ``, ``, "", true},
		{"empty literal", `!^.*$!!`, `!^.*$!!`, "", true},
		{"256 octets", "!^.*$!im:" + strings.Repeat("a", 240) + "@b.test!", "!^.*$!im:" + strings.Repeat("c", 240) + "@b.test!", "", false},
	} {
		t.Run(v.name, func(t *testing.T) {
			key, text := naptr.AppendFactored(nil, nil, record(v.one), n)
			if string(text) != v.text {
				t.Errorf("text %q, want %q", text, v.text)
			}
			key2, text2 := naptr.AppendFactored(nil, nil, record(v.two), other)
			if (string(key) == string(key2)) != v.shared {
				t.Errorf("shared: %v\n%q\n%q", !v.shared, key, key2)
			}
			roundTrip(t, key, text, n, v.one)
			roundTrip(t, key2, text2, other, v.two)
		})
	}
}

// roundTrip fails t unless the key and text give regexp back for n, in both forms.
func roundTrip(t *testing.T, key, text []byte, n e164.Number, regexp string) {
	t.Helper()
	rule, rest, err := naptr.RuleFromKey(append(key, "next"...))
	if err != nil || string(rest) != "next" {
		t.Fatalf("RuleFromKey: rest %q, %v", rest, err)
	}
	got, left := rule.AppendStored(nil, []byte(n.String()), string(text)+"left")
	if string(got) != regexp || left != "left" {
		t.Errorf("with plus: got %q, left %q", got, left)
	}
	got, _ = rule.AppendStored(nil, []byte(n.Digits()), string(text))
	if string(got) != regexp {
		t.Errorf("without plus: got %q", got)
	}
	whole := naptr.NewRule(record(regexp))
	want, _, wantOK := whole.AppendPlain(nil, []byte(n.String()), "")
	got, left, ok := rule.AppendPlain(nil, []byte(n.String()), string(text)+"left")
	if string(got) != string(want) || ok != wantOK || left != "left" {
		t.Errorf("plain: got %q, %q, %v, want %q", got, left, ok, want)
	}
}

// TestOwnPattern: a pattern that is the number's own digits matches no other, so behind an alias the
// record is left out, and the fillings of the next rule stay its own. In a dial plan no AUS has the
// "+" that the pattern asks for.
func TestOwnPattern(t *testing.T) {
	n := e164.MustParse(drama)
	for _, v := range []struct {
		regexp, plain string
	}{
		{`!^\+441632960083$!sip:u@gw.example!`, `!^.*$!sip:u@gw.example!`},
		{`!^\+441632960083$!sip:441632960083@gw441632960083.example!`, `!^.*$!sip:441632960083@gw441632960083.example!`},
		{`!^\+441632960083$!u!`, `!^.*$!u!`},
	} {
		for _, uri := range []bool{false, true} {
			r := record(v.regexp)
			key, text := naptr.AppendFactored(nil, nil, r, n)
			if uri {
				key, text = naptr.AppendFactoredURI(nil, nil, r, n)
			}
			if strings.Contains(string(key), n.Digits()) {
				t.Errorf("%s: the key %q has the number", v.regexp, key)
			}
			roundTrip(t, key, text, n, v.regexp)
			rule, _, err := naptr.RuleFromKey(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct{ asked, own, want string }{
				{drama, drama, v.plain},
				{"+441632960084", drama, ""},
				{"+44163296008", drama, ""},
				{"+4416329600830", drama, ""},
				{"441632960083", "441632960083", ""},
				{"", drama, ""},
			} {
				got, rest, ok := rule.AppendAliased([]byte("before"), []byte(c.asked), []byte(c.own), string(text)+"next")
				if string(got) != "before"+c.want || ok != (c.want != "") || rest != "next" {
					t.Errorf("%s asked for %q: %q, %q, %v", v.regexp, c.asked, got, rest, ok)
				}
			}
			r.Flags = "" // not terminal: there is nothing to expand
			key, text = naptr.AppendFactored(nil, nil, r, n)
			if rule, _, err = naptr.RuleFromKey(key); err != nil {
				t.Fatal(err)
			}
			if got, _, ok := rule.AppendAliased(nil, []byte("+1"), []byte(drama), string(text)); string(got) != v.regexp || !ok {
				t.Errorf("%s, not terminal: %q, %v", v.regexp, got, ok)
			}
		}
	}
	// A record that serves several numbers keeps its digits.
	key, text := naptr.AppendFactored(nil, nil, record(`!^\+44$!sip:u@gw.example!`), 0)
	if len(text) != 0 || !strings.Contains(string(key), `!^\+44$!sip:u@gw.example!`) {
		t.Errorf("key %q, text %q", key, text)
	}
}

// TestFactoredBlock: for a record that serves a block no digits may be taken for the number's, since
// another number will ask.
func TestFactoredBlock(t *testing.T) {
	key, text := naptr.AppendFactored(nil, nil, record("!^.*$!tel:+12025550100!"), 0)
	rule, _, err := naptr.RuleFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := rule.AppendStored(nil, []byte("+12025550177"), string(text)); string(got) != "!^.*$!tel:+12025550100!" {
		t.Errorf("got %q", got)
	}
}

func TestFactoredURI(t *testing.T) {
	n := e164.MustParse("+12025550100")
	key, text := naptr.AppendFactoredURI(nil, nil, record("!^.*$!im:12025550100@a.example!"), n)
	key2, _ := naptr.AppendFactoredURI(nil, nil, record("!^.*$!mailto:bob@b.example!"), n)
	if string(key) != string(key2) || string(text) != "\x18im:12025550100@a.example" {
		t.Errorf("keys %q %q, text %q", key, key2, text)
	}
	roundTrip(t, key, text, n, "!^.*$!im:12025550100@a.example!")
	key, text = naptr.AppendFactoredURI(nil, nil, record(`!^(.*)$!im:\1@a.example!`), n)
	roundTrip(t, key, text, n, `!^(.*)$!im:\1@a.example!`)
}

// TestRuleFromKey: all fields come back, whatever they hold, and octets that are no key are refused.
func TestRuleFromKey(t *testing.T) {
	r := naptr.Record{
		Order: 0xfffe, Preference: 0x0102, Flags: "\x00", Services: strings.Repeat("s", 300), Regexp: "!^.*$!im:alice@example.com!",
		Replacement: nextName,
	}
	key, _ := naptr.AppendFactored(nil, nil, r, 0)
	rule, rest, err := naptr.RuleFromKey(key)
	if err != nil || len(rest) != 0 || rule.Order != r.Order || rule.Preference != r.Preference ||
		rule.Flags != r.Flags || rule.Services != r.Services || rule.Replacement != r.Replacement {
		t.Errorf("got %+v, %q, %v", rule, rest, err)
	}
	for cut := range key {
		if _, _, err := naptr.RuleFromKey(key[:cut]); !errors.Is(err, naptr.ErrKey) {
			t.Errorf("key cut to %d octets: %v", cut, err)
		}
	}
	for _, bad := range []string{
		"\x00\x00\x00\x00\x00\x00\x00\x01\x09",             // unknown piece
		"\x00\x00\x00\x00\x00\x00\x00\x01\x01",             // literal without length
		"\x00\x00\x00\x00\x00\x00\x00\x02\x01\x05",         // literal too short
		"\x00\x00\x00\x00\x80\x00\x00\x00\x00",             // length in a longer form than needed
		"\x00\x00\x00\x00\xff\xff\xff\xff\xff\x00\x00\x00", // length beyond any record
	} {
		if _, _, err := naptr.RuleFromKey([]byte(bad)); !errors.Is(err, naptr.ErrKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	a, _ := naptr.AppendFactored(nil, nil, naptr.Record{}, 0)
	b, _ := naptr.AppendFactored(nil, nil, naptr.Record{Replacement: "\x00"}, 0)
	if string(a) != string(b) {
		t.Error("the two spellings of the root have different keys")
	}
}

// TestShortText: a text that was cut leaves gaps empty; it never yields another number's octets.
func TestShortText(t *testing.T) {
	key, _ := naptr.AppendFactored(nil, nil, record("!^.*$!im:alice@example.com!"), 0)
	rule, _, err := naptr.RuleFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "\x05alic", "\xff"} {
		if got, rest := rule.AppendStored(nil, nil, text); string(got) != "!^.*$!im:@example.com!" || rest != "" {
			t.Errorf("text %q: got %q, rest %q", text, got, rest)
		}
	}
}

// TestAppendAllocates nothing on the query path.
func TestAppendAllocates(t *testing.T) {
	key, text := naptr.AppendFactored(nil, nil, record("!^.*$!im:alice@example.com!"), 0)
	gap, _, err := naptr.RuleFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	gapText := string(text)
	key, _ = naptr.AppendFactored(nil, nil, record(`!^\+441632960083$!im:alice@example.com!`), e164.MustParse(drama))
	own, _, err := naptr.RuleFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dst, aus := make([]byte, 0, 512), []byte(drama)
	for _, rule := range []naptr.Rule{
		gap, own,
		naptr.NewRule(record(`!^\+44(.*)$!im:0\1@example.com!`)),
		naptr.NewRule(record(`!^\+(44|441)([0-9]*)!im:a\!\1.\2@example.com!`)),
		naptr.NewRule(record(`!(((.*)*)*)*x!im:a!`)),
	} {
		if n := testing.AllocsPerRun(50, func() { rule.AppendPlain(dst, aus, gapText) }); n != 0 {
			t.Errorf("%+v: %v allocations", rule, n)
		}
	}
}
