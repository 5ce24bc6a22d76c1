package enumservice

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// dialled is what a client that follows RFC 6116 section 5.2 has of a set when it looks for some
// Enumservices: URIs, and names to go on with, in sequence. The first is what it dials. lowest says
// that it keeps to the first order that gives it anything, as RFC 3403 section 4.1 has it; without,
// it goes on, as RFC 6116 has it.
func dialled(aus string, set []naptr.Record, want []Service, lowest bool) (list []string) {
	set = slices.Clone(set)
	slices.SortStableFunc(set, func(a, b naptr.Record) int {
		if a.Order != b.Order {
			return int(a.Order) - int(b.Order)
		}
		return int(a.Preference) - int(b.Preference)
	})
	for i, r := range set {
		if lowest && len(list) > 0 && i > 0 && r.Order != set[i-1].Order {
			break
		}
		if out := outcome(aus, r, want); out != "" && !slices.Contains(list, out) {
			list = append(list, out)
		}
	}
	return list
}

func outcome(aus string, r naptr.Record, want []Service) string {
	root := r.Replacement == "" || r.Replacement == "\x00"
	services, err := ParseServices(nil, r.Services)
	switch {
	case r.Check() != nil:
		return ""
	case r.Flags == "":
		if r.Services != "" && errors.Is(err, ErrNoE2U) || root {
			return ""
		}
		return "next " + r.Replacement
	case r.Flags != "u" && r.Flags != "U":
		return ""
	case !root:
		return ""
	}
	if !slices.ContainsFunc(services, func(s Service) bool {
		return slices.ContainsFunc(want, func(w Service) bool { return s.Is(w.Type, w.Subtype) })
	}) {
		return ""
	}
	x, err := naptr.ParseExpression(r.Regexp)
	if err != nil {
		return ""
	}
	uri, _ := x.Eval(aus)
	scheme, rest, _ := strings.Cut(uri, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips", "tel", "im", "pres", "mailto", "xmpp": // which compare what is decoded
		rest = strings.NewReplacer("%21", "!", "%27", "'").Replace(rest)
	}
	return scheme + ":" + rest
}

// randomRecord draws a record from parts that are right, odd or wrong.
func randomRecord(r *rand.Rand) naptr.Record {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	rec := naptr.Record{
		Order:      [...]uint16{100, 100, 100, 100, 10, 101, 40000, 65535, 0}[r.IntN(9)],
		Preference: [...]uint16{10, 10, 20, 30, 100, 65535, 0}[r.IntN(7)],
		Flags:      pick("u", "u", "u", "u", "u", "u", "u", "U", "", "s", "uu"),
		Services: pick("E2U+sip", "E2U+sip", "E2U+im", "e2u+SIP", "sip+E2U", "im+E2U", "E2U+sip+im", "E2U+voice:tel+sms:tel",
			"E2U+sip+sip", "E2u+xmpp", "E2U+sip", "E2U+sip", "E2U+SIP", "E2U+pstn:sip", "E2U+pstn:tel", "E2U+sip:x", "E2U+x-sip", "E2U", "", "SIP+D2U", "E2U+im+pres", "E2U+foo:bar+sip+SIP", "E2U+im_x", "E2U+pstn:tel+sip"),
	}
	pattern := pick("^.*$", "^.*$", "^.*$", ".*", `^(.*)$`, `^\+(.*)$`, `^\+44(.*)$`, `^\+(44)(.*)$`, `^(\+44|\+1)(.*)$`, `\+44`,
		`^\+441632960084$`, `^(\+?)(.*)$`, `^(\+44)?(.*)$`, `^[^!]*$`, `^[+](.*)$`, `^[!-9]*$`, `^(.)(.)(.)(.)(.)(.)(.*)$`, `^((.*)*)$`,
		"^\xc3\xa9?.*$", `^ ?.*$`, `^/?(.*)$`, `^'*.*$`, `^+44`, `^(.*`, `^[0-9]+$`, `44(.*)`, `^(\+441632|\+44)(.*)$`, `^(\+)(4)(4)(1)(6)(3)(2)(.*)$`, `^\+[0-9]{12}$`, `^[[:digit:]+]*$`, `^(\+44.*|\+1.*)$`, `(.)(.*)`, `^(.*)(.)$`, `^\+(4+)(1?).*$`,
		`^\\+44.*$`, `^#?(.*)$`)
	uri := pick("sip:alice@example.com", "sip:alice@example.com", "im:alice@example.com", "tel:+441632960083", `sip:\1@example.com`, `sip:0\2@example.com`, `SIP:bob@example.com`,
		`IM:\1@example.com`, "sip:a!b@example.com", "sip:o'hara@example.com", `https://example.com/\1`, `sip:\6@example.com`, `sip:\1\1\1\1@example.com`,
		`sip:\0@example.com`, "", "alice", "sip:"+strings.Repeat("a", 215)+`\1@example.com`, "im:alice", "sip:#@example.com",
		`sip:a$1@example.com`, "sip:alice@192.0.2.1:5060;transport=tcp", "sips:bob@example.com", `sips:\1@example.com`, "sip:gw", "sip:alice@exa_mple.com", "sip:"+strings.Repeat("b", 200)+"@example.com",
		"sip:alice:secret@example.com;user=phone", "tel:112", `sip:\2@\1.example.com`, "sip:&@example.com", "sip:a%20b@example.com", "sip:x@example.com?a=b",
		"https://example.com/?q='a", "HTTPS://example.com/!a", `https://example.com/!\1'`, `h\1:a!b'`, "xmpp:a!b'c@example.com", "mailto:a!b@example.com", "sip:a!b'c@example.com")
	d := pick("!", "!", "!", "!", "!", "/", "#", "-", "_", "=", "1", "i", "~")
	escape := func(s string) string { return strings.ReplaceAll(s, d, `\`+d) }
	rec.Regexp = d + escape(pattern) + d + escape(uri) + d + pick("", "", "", "", "i", "ii", "g")
	switch r.IntN(12) {
	case 0:
		rec.Regexp = ""
	case 1:
		rec.Regexp = "!^.*$!sip:alice@example.com!"
	}
	if r.IntN(8) == 0 {
		rec.Replacement = [...]string{nextName, imName, "\x00", "\x04next"}[r.IntN(4)]
	}
	return rec
}

func randomSet(r *rand.Rand) []naptr.Record {
	set := make([]naptr.Record, r.IntN(6))
	for i := range set {
		set[i] = randomRecord(r)
		if i > 0 && r.IntN(6) == 0 {
			set[i] = set[r.IntN(i)]
		}
	}
	return set
}

var wanted = [][]Service{
	{{"sip", ""}}, {{"im", ""}}, {{"voice", "tel"}}, {{"sms", "tel"}}, {{"xmpp", ""}}, {{"pres", ""}}, {{"foo", "bar"}}, {{"pstn", "tel"}},
	{{"sip", ""}, {"voice", "tel"}}, {{"sip", ""}, {"im", ""}}, {{"xmpp", ""}, {"pstn", "tel"}, {"sip", ""}},
}

// checkRepair holds a repair to what it promises, for the number asked; in a block, for other numbers,
// too.
func checkRepair(c Checker, n e164.Number, set []naptr.Record) error {
	before := slices.Clone(set)
	repaired := c.Repair(n, set)
	if !slices.Equal(before, set) {
		return fmt.Errorf("Repair changed what it was given")
	}
	numbers := []e164.Number{n}
	if c.Sample || !n.IsValid() {
		numbers = append(numbers, number, e164.MustParse("+12025550100"), e164.MustParse("+441"), e164.MustParse("+442079460148"))
	}
	for _, m := range numbers {
		aus := "+" + m.Digits()
		if c.DialPlan {
			aus = m.Digits()
		}
		for _, s := range wanted {
			for _, lowest := range []bool{false, true} {
				was, is := dialled(aus, set, s, lowest), dialled(aus, repaired, s, lowest)
				if !slices.Equal(was, is) {
					return fmt.Errorf("%s of %s (lowest %v): dialled %q, now %q\nset %+v\nnow %+v", s, m, lowest, was, is, set, repaired)
				}
			}
		}
	}
	if again := c.Repair(n, repaired); !slices.Equal(again, repaired) {
		return fmt.Errorf("a second repair changes %+v\nto %+v", repaired, again)
	}
	return checkMended(c, n, repaired)
}

// checkMended wants no finding with an automatic repair, save those that Repair excepts.
func checkMended(c Checker, n e164.Number, repaired []naptr.Record) error {
	found := c.AppendSet(nil, n, repaired)
	for _, f := range found {
		switch f.Repair {
		case NoRepair, ByPolicy:
			continue
		case Rewrite:
			if f.Record >= 0 && len(repaired[f.Record].Regexp) > 230 {
				continue // another spelling may not fit the field
			}
		case Expand:
			if c.Sample || !n.IsValid() {
				continue
			}
			aus := "+" + n.Digits()
			if c.DialPlan {
				aus = n.Digits()
			}
			x, err := naptr.ParseExpression(repaired[f.Record].Regexp)
			if err != nil {
				return err
			}
			uri, ok := x.Eval(aus)
			if !ok || len(uri)+2*strings.Count(uri, "!")+2*strings.Count(uri, "'") > 248 {
				continue
			}
		case Drop:
			if len(repaired) == 1 {
				continue
			}
		}
		return fmt.Errorf("%s (%s) is still found in %+v", f.Code, f.Repair, repaired)
	}
	return nil
}

// A repair changes nothing for clients that follow the RFCs, does all it can at once, and what it
// says it mends is gone.
func TestRepairProperty(t *testing.T) {
	rounds := 20000
	if testing.Short() {
		rounds = 2000
	}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 6116))
		c := Checker{Private: r.IntN(4) == 0, DialPlan: r.IntN(6) == 0, Sample: r.IntN(3) == 0}
		n := number
		if r.IntN(10) == 0 {
			n = 0
		}
		if err := checkRepair(c, n, randomSet(r)); err != nil {
			t.Fatalf("seed %d, %+v: %v", seed, c, err)
		}
	}
}

// What each kind of repair makes of records.
func TestRepair(t *testing.T) {
	with := func(order, preference uint16, services, regexp string) naptr.Record {
		return naptr.Record{Order: order, Preference: preference, Flags: "u", Services: services, Regexp: regexp}
	}
	const alice, bob = "!^.*$!sip:alice@example.com!", "!^.*$!sip:bob@example.com!"
	next := naptr.Record{Order: 100, Preference: 10, Replacement: nextName}
	empty := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip"}
	lost := naptr.Record{Order: 100, Preference: 10, Services: "E2U+sip", Regexp: alice}
	other := naptr.Record{Order: 40000, Preference: 10, Flags: "s", Services: "SIP+D2U", Replacement: nextName}
	for _, c := range []struct {
		name    string
		checker Checker
		set     []naptr.Record
		want    []naptr.Record
	}{
		{"nothing", Checker{}, nil, []naptr.Record{}},
		{"in order", Checker{}, []naptr.Record{with(100, 7, "E2U+sip", alice)}, []naptr.Record{with(100, 7, "E2U+sip", alice)}},
		{"expand", Checker{}, []naptr.Record{with(100, 10, "E2U+sip", `!^\+44(.*)$!sip:0\1@example.com!`)}, []naptr.Record{with(100, 10, "E2U+sip", "!^.*$!sip:01632960083@example.com!")}},
		{"expand in a block", Checker{Sample: true}, []naptr.Record{with(100, 10, "sip+E2U", `/^\+44(.*)$/SIP:0\1@example.com/i`)}, []naptr.Record{with(100, 10, "E2U+sip", `!^\+44(.*)$!sip:0\1@example.com!`)}},
		{"expand in a dial plan", Checker{DialPlan: true}, []naptr.Record{with(100, 10, "E2U+sip", `!^44(.*)$!sip:0\1@example.com!`)}, []naptr.Record{with(100, 10, "E2U+sip", "!^.*$!sip:01632960083@example.com!")}},
		{"one that does not match stays", Checker{}, []naptr.Record{with(100, 10, "E2U+sip", `!^\+1(.*)$!sip:\1@example.com!`)}, []naptr.Record{with(100, 10, "E2U+sip", `!^\+1(.*)$!sip:\1@example.com!`)}},
		{"one that is broken stays", Checker{}, []naptr.Record{with(100, 10, "E2U+sip", `!^+44(.*)$!sip:\1@example.com!`)}, []naptr.Record{with(100, 10, "E2U+sip", `!^+44(.*)$!sip:\1@example.com!`)}},
		{"split", Checker{}, []naptr.Record{with(100, 10, "E2U+sip+SIP+pstn:sip", alice), with(100, 20, "E2U+im", "!^.*$!im:a@example.com!")},
			[]naptr.Record{with(100, 10, "E2U+sip", alice), with(100, 20, "E2U+pstn:sip", alice), with(100, 30, "E2U+im", "!^.*$!im:a@example.com!")}},
		{"one order, own preferences", Checker{}, []naptr.Record{with(10, 7, "E2U+sip", alice), with(10, 3, "E2U+sip", bob)}, []naptr.Record{with(100, 7, "E2U+sip", alice), with(100, 3, "E2U+sip", bob)}},
		{"several orders of several services", Checker{}, []naptr.Record{with(101, 10, "E2U+im", "!^.*$!im:a@example.com!"), with(100, 10, "E2U+sip", alice)},
			[]naptr.Record{with(101, 10, "E2U+im", "!^.*$!im:a@example.com!"), with(100, 10, "E2U+sip", alice)}},
		{"reserved characters stay", Checker{}, []naptr.Record{with(100, 10, "E2U+web:https", `/^(.*)$/HTTPS:\/\/example.com\/!\1/`), with(100, 20, "E2U+web:https", `!^.*$!https://example.com/?q='a'!`), with(100, 30, "E2U+sip", `!^.*$!sip:o'h\!a@example.com!`)},
			[]naptr.Record{with(100, 10, "E2U+web:https", `/^(.*)$/HTTPS:\/\/example.com\/!\1/`), with(100, 20, "E2U+web:https", `!^.*$!https://example.com/?q='a'!`), with(100, 30, "E2U+sip", `!^.*$!sip:o%27h%21a@example.com!`)}},
		{"several orders of one service stay", Checker{}, []naptr.Record{with(10, 10, "E2U+sip", alice), with(20, 10, "E2U+sip", bob)}, []naptr.Record{with(10, 10, "E2U+sip", alice), with(20, 10, "E2U+sip", bob)}},
		{"high orders of one service", Checker{}, []naptr.Record{with(50000, 10, "E2U+sip", bob), with(40000, 10, "E2U+sip", alice)}, []naptr.Record{with(101, 10, "E2U+sip", bob), with(100, 10, "E2U+sip", alice)}},
		{"equal ranks", Checker{}, []naptr.Record{with(100, 5, "E2U+sip", alice), with(100, 5, "E2U+sip", bob), other}, []naptr.Record{with(100, 10, "E2U+sip", alice), with(100, 20, "E2U+sip", bob), other}},
		{"duplicates", Checker{}, []naptr.Record{with(100, 10, "E2U+sip", alice), with(100, 20, "E2U+sip", bob), with(100, 10, "sip+E2U", alice)}, []naptr.Record{with(100, 10, "E2U+sip", alice), with(100, 20, "E2U+sip", bob)}},
		{"empty records", Checker{}, []naptr.Record{empty, with(100, 10, "E2U+sip", alice), {Order: 100}}, []naptr.Record{with(100, 10, "E2U+sip", alice)}},
		{"no record but empty ones", Checker{}, []naptr.Record{empty, empty}, []naptr.Record{empty}},
		{"non-terminal", Checker{}, []naptr.Record{{Order: 100, Preference: 10, Services: "E2U+sip", Regexp: alice, Replacement: nextName}}, []naptr.Record{next}},
		{"a field that is too long", Checker{}, []naptr.Record{with(100, 10, "E2U"+strings.Repeat("+foo+sip", 40), alice)}, []naptr.Record{with(100, 10, "E2U"+strings.Repeat("+foo+sip", 40), alice)}},
		{"no flag", Checker{}, []naptr.Record{lost}, []naptr.Record{lost}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.checker.Repair(number, c.set); !slices.Equal(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// However many records: their preferences stay in sequence.
func TestPreferMany(t *testing.T) {
	set := make([]naptr.Record, 9000)
	members := make([]member, len(set))
	for i := range members {
		members[i].index = i
	}
	prefer(set, members, usualOrder)
	for i := range set[1:] {
		if set[i].Preference >= set[i+1].Preference {
			t.Fatalf("record %d has preference %d, the next %d", i, set[i].Preference, set[i+1].Preference)
		}
	}
}

func FuzzRepair(f *testing.F) {
	f.Add("u", "E2U+sip+im", "/^(\\+44)?(.*)$/SIP:\\2@example.com/i", "", uint16(100), "U", "sip+E2U", "!.*!sip:a'b@example.com!", nextName, uint16(40000), byte(0))
	f.Add("", "E2U+im", "", nextName, uint16(10), "u", "E2U+im", "!^[!-9]*$!im:a\\!b@example.com!", "", uint16(10), byte(1))
	f.Fuzz(func(t *testing.T, flags, services, regexp, replacement string, order uint16,
		flags2, services2, regexp2, replacement2 string, order2 uint16, options byte) {
		c := Checker{Private: options&1 != 0, DialPlan: options&2 != 0, Sample: options&4 != 0}
		set := []naptr.Record{
			{Order: order, Preference: 10, Flags: flags, Services: services, Regexp: regexp, Replacement: replacement},
			{Order: order2, Preference: 10, Flags: flags2, Services: services2, Regexp: regexp2, Replacement: replacement2},
		}
		if options&8 != 0 {
			set[1] = set[0]
		}
		if err := checkRepair(c, number, set); err != nil {
			t.Fatal(err)
		}
	})
}
