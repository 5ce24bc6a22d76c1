package enumservice_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

var (
	twinNumber = e164.MustParse("+441632960083")
	both       = []im.Protocol{im.SIP, im.XMPP}
)

// record is a terminal record; text is a URI, or an expression with its delimiters.
func record(order, preference uint16, services, text string) naptr.Record {
	if text[0] != '!' {
		text = "!^.*$!" + text + "!"
	}
	return naptr.Record{Order: order, Preference: preference, Flags: "u", Services: services, Regexp: text}
}

// The mailbox of an im: URI is offered where nobody loses by it.
func TestTwins(t *testing.T) {
	alice := record(100, 10, "E2U+im", "im:alice@example.com")
	flagged := func(flags string, r naptr.Record) naptr.Record { r.Flags = flags; return r }
	led := func(r naptr.Record) naptr.Record { r.Replacement = "\x04next\x07example\x03com\x00"; return r }
	many := func(n int, uri string) (set []naptr.Record) {
		for i := range n {
			set = append(set, record(100, uint16(10+i), "E2U+im", fmt.Sprintf("im:%s%d@example.com", uri, i)))
		}
		return set
	}
	for _, c := range []struct {
		id        string
		checker   enumservice.Checker
		number    e164.Number
		protocols []im.Protocol
		set       []naptr.Record
		want      string
	}{
		{"im alone", enumservice.Checker{}, twinNumber, both, []naptr.Record{alice}, "100 11 sip:alice@example.com, 100 12 xmpp:alice@example.com"},
		{"the operator's sequence", enumservice.Checker{}, twinNumber, []im.Protocol{im.XMPP, im.SIP}, []naptr.Record{alice}, "100 11 xmpp:alice@example.com, 100 12 sip:alice@example.com"},
		{"no protocol", enumservice.Checker{}, twinNumber, nil, []naptr.Record{alice}, ""},
		{"a protocol twice", enumservice.Checker{}, twinNumber, []im.Protocol{im.SIP, im.SIP}, []naptr.Record{alice}, "100 11 sip:alice@example.com"},
		{"nothing", enumservice.Checker{}, twinNumber, both, nil, ""},
		{"no im", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+voice:tel", "tel:+441632960083")}, ""},
		{"pres is no mailbox for messages", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+pres", "pres:alice@example.com")}, ""},
		{"im URI of another service", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+pres", "im:alice@example.com")}, ""},
		{"im with another URI", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "mailto:alice@example.com")}, ""},
		{"im with a pres URI", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "pres:alice@example.com")}, ""},
		{"im:sip is no im", enumservice.Checker{}, twinNumber, []im.Protocol{im.XMPP}, []naptr.Record{record(100, 10, "E2U+im:sip", "im:alice@example.com")}, ""},
		{"RFC 2916 services", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(100, 10, "im+E2U", "im:alice@example.com")}, "100 11 sip:alice@example.com"},

		{"C04 evaluated", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(100, 10, "E2U+im", `!^\+44(.*)$!im:0\1@example.com!`)}, "100 11 sip:01632960083@example.com"},
		{"C08 no match", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", `!^\+441632960084$!im:bob@example.com!`)}, ""},
		{"C18 dial plan", enumservice.Checker{DialPlan: true}, twinNumber, both[:1], []naptr.Record{record(100, 10, "E2U+im", `!^(.*)$!im:\1@example.com!`)}, "100 11 sip:441632960083@example.com"},
		{"no number", enumservice.Checker{}, 0, both, []naptr.Record{alice}, ""},
		{"a block: twins are one number's", enumservice.Checker{Sample: true}, twinNumber, both, []naptr.Record{alice}, ""},
		{"malformed", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "!^+44$!im:alice@example.com!")}, ""},
		{"no flag", enumservice.Checker{}, twinNumber, both, []naptr.Record{flagged("", alice)}, ""},
		{"another flag", enumservice.Checker{}, twinNumber, both, []naptr.Record{flagged("s", alice)}, ""},
		{"RFC 3403 section 4.1: both regexp and replacement", enumservice.Checker{}, twinNumber, both, []naptr.Record{led(alice)}, ""},

		{"sip is there", enumservice.Checker{}, twinNumber, both, []naptr.Record{alice, record(100, 20, "E2U+sip", "sip:desk@example.com")}, "100 21 xmpp:alice@example.com"},
		{"both are there", enumservice.Checker{}, twinNumber, both, []naptr.Record{alice, record(100, 20, "e2u+SIP", "sip:a@example.com"), record(100, 30, "XMPP+E2U", "xmpp:a@example.com")}, ""},
		{"sips", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+sip", "sips:desk@example.com")}, ""},
		{"sip in a compound", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+voice:tel+sip", "sip:desk@example.com")}, ""},
		{"pstn:sip, which Asterisk and sprout take for sip", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+pstn:sip", "sip:desk@example.com")}, ""},
		{"the same in capitals", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "e2u+PSTN:SIP", "SIPS:desk@example.com")}, ""},
		{"voicemsg:sips", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+voicemsg:sips", "sips:desk@example.com")}, ""},
		{"a flag that FreeSWITCH does not look at", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, flagged("x", record(100, 20, "E2U+sip", "sip:desk@example.com"))}, ""},
		{"sip: elsewhere, which Linphone dials", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+pres", "sip:desk@example.com")}, ""},
		{"another application's sip:", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2T+SIP", "sip:desk@example.com")}, ""},
		{"RFC 3263 records and their ranks", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, led(naptr.Record{Order: 200, Preference: 90, Flags: "s", Services: "SIP+D2U"})}, "100 11 sip:alice@example.com"},
		{"tel: calls are not taken from it", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 50, "E2U+voice:tel", "tel:+441632960083")}, "100 51 sip:alice@example.com"},
		{"pstn:tel, which sprout takes first", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 50, "E2U+pstn:tel", "tel:+441632960083")}, "100 51 sip:alice@example.com"},
		{"non-terminal", enumservice.Checker{}, twinNumber, both, []naptr.Record{alice, led(naptr.Record{Order: 100, Preference: 20})}, ""},

		{"ranks in no order", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(100, 70, "E2U+h323", "h323:a@example.com"), alice}, "100 71 sip:alice@example.com"},
		{"several orders", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(200, 5, "E2U+h323", "h323:a@example.com")}, "200 11 sip:alice@example.com"},
		{"a later order of im is never read", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(200, 10, "E2U+im", "im:bob@example.com"), alice}, "200 11 sip:alice@example.com"},
		{"unless the first yields nothing", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(200, 10, "E2U+im", "im:bob@example.com"), record(100, 10, "E2U+im", `!^\+1.*$!im:alice@example.com!`)}, "200 11 sip:bob@example.com"},
		{"no room behind", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 65535, "E2U+im", "im:alice@example.com")}, ""},
		{"room for one", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 65534, "E2U+im", "im:alice@example.com")}, "100 65535 sip:alice@example.com"},
		{"two mailboxes by rank", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 20, "E2U+im", "im:bob@example.com"), alice}, "100 21 sip:alice@example.com, 100 22 xmpp:alice@example.com, 100 23 sip:bob@example.com, 100 24 xmpp:bob@example.com"},
		{"one mailbox twice", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+im", "im:alice@Example.com?subject=hi")}, "100 21 sip:alice@example.com"},

		{"an address has no look-up", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:alice@[192.0.2.1]")}, ""},
		{"RFC 7622 section 3.3.1", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:r%26d@example.com")}, "100 11 sip:r%26d@example.com"},
		{"one label", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:alice@gw")}, ""},
		{"one label in a private tree", enumservice.Checker{Private: true}, twinNumber, both[:1], []naptr.Record{record(100, 10, "E2U+im", "im:alice@gw")}, "100 11 sip:alice@gw"},
		{"quote, at which FreeSWITCH splits", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:o'hara@example.com")}, "100 11 sip:o%27hara@example.com"},
		{"dollar, which FreeSWITCH expands", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:a$b@example.com")}, ""},
		{"exclamation mark", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{record(100, 10, "E2U+im", `!^.*$!im:a\!b@example.com!`)}, "100 11 sip:a%21b@example.com"},
		{"a URI that Asterisk cuts off", enumservice.Checker{}, twinNumber, both, []naptr.Record{record(100, 10, "E2U+im", "im:"+strings.Repeat("a", 226)+"@example.com")}, ""},

		{"512 octets", enumservice.Checker{}, twinNumber, both[:1], []naptr.Record{alice, record(100, 20, "E2U+foo", "foo:"+strings.Repeat("a", 230)), record(100, 30, "E2U+foo", "foo:"+strings.Repeat("b", 70))}, ""},
		{"12 records", enumservice.Checker{Apex: 4}, twinNumber, both[:1], many(12, ""), ""},
		{"over 100 records", enumservice.Checker{}, twinNumber, both[:1], many(101, "a"), ""},
		{"eight of two protocols", enumservice.Checker{}, twinNumber, both, many(40, "a"), "eight"},
		{"eight are read", enumservice.Checker{}, twinNumber, both, append(slices.Repeat([]naptr.Record{record(100, 10, "E2U+im", `!^\+1.*$!im:bob@example.com!`)}, 8), record(100, 20, "E2U+im", "im:alice@example.com")), ""},
		{"100 records", enumservice.Checker{}, twinNumber, both[:1], many(100, "a"), ""},
		{"at most eight", enumservice.Checker{}, twinNumber, both[:1], many(13, "a"), "eight"},
		{"FreeSWITCH's list of routes", enumservice.Checker{}, twinNumber, both[:1], many(13, strings.Repeat("a", 120)), "three"},
	} {
		t.Run(c.id, func(t *testing.T) {
			before := slices.Clone(c.set)
			twins := c.checker.AppendTwins([]naptr.Record{alice}, c.number, c.set, c.protocols)
			if twins[0] != alice || !slices.Equal(before, c.set) {
				t.Fatal("what was given is changed")
			}
			var list []string
			for _, r := range twins[1:] {
				uri, ok := naptr.CutLiteral(r.Regexp)
				scheme, _, _ := strings.Cut(uri, ":")
				if !ok || r.Services != "E2U+"+scheme || r.Flags != "u" || r.Replacement != "" {
					t.Errorf("twin %+v", r)
				}
				list = append(list, fmt.Sprintf("%d %d %s", r.Order, r.Preference, uri))
			}
			switch c.want {
			case "eight", "three":
				if want := map[string]int{"eight": 8, "three": 3}[c.want]; len(list) != want {
					t.Errorf("%d twins, want %d", len(list), want)
				}
			default:
				if got := strings.Join(list, ", "); got != c.want {
					t.Errorf("twins %q, want %q", got, c.want)
				}
			}
		})
	}
}

// twinServices are those that clients are told to look for.
var twinServices = []string{"sip", "im", "xmpp", "pres", "h323", "voice:tel", "pstn:sip", "pstn:tel", "foo:bar", "voicemsg:sip", "foo:xmpp"}

// Twins change nothing that a client dials, whatever else the set has and in whatever sequence the records
// come; they bring no warning into a set without one; and who looks for sip and has found nothing finds the
// mailbox.
func TestTwinsDoNoHarm(t *testing.T) {
	rounds := uint64(1500)
	if testing.Short() {
		rounds = 300
	}
	found := map[enumservice.Client]int{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 5028))
		set := twinSet(r)
		checker := enumservice.Checker{Private: r.IntN(4) == 0}
		twins := checker.AppendTwins(nil, twinNumber, set, both)
		if len(twins) == 0 {
			continue
		}
		with := slices.Concat(set, twins)
		if had := warnings(checker, set); had == 0 {
			if warnings(checker, with) > 0 {
				t.Fatalf("seed %d: twins bring %v\n%+v", seed, checker.AppendSet(nil, twinNumber, with), with)
			}
		}
		for p := range client.Profiles() {
			for _, service := range twinServices {
				was, is := dial(p, service, set), dial(p, service, with)
				if len(was.Targets) > 0 && !slices.Equal(was.Targets, is.Targets) || p.ID == enumservice.BIND && was.Failed != is.Failed {
					t.Fatalf("seed %d: %s dials %+v for %s, not %+v\n%+v\n%+v", seed, p.ID, is.Targets, service, was.Targets, set, twins)
				}
				slices.Reverse(set)
				slices.Reverse(with)
				was, is = dial(p, service, set), dial(p, service, with)
				if len(was.Targets) > 0 && !slices.Equal(uris(was), uris(is)) {
					t.Fatalf("seed %d: %s dials %v for %s, not %v, of the reverse of\n%+v\n%+v", seed, p.ID, uris(is), service, uris(was), set, twins)
				}
				slices.Reverse(set)
				slices.Reverse(with)
				if len(was.Targets) == 0 && service == "sip" && len(is.Targets) > 0 {
					found[p.ID]++
				}
			}
		}
	}
	for p := range client.Profiles() {
		if p.ID != enumservice.BIND && found[p.ID] < 10 {
			t.Errorf("%s found a mailbox %d times only", p.ID, found[p.ID])
		}
	}
}

// twinSet draws a set that has an im: record as a rule, and others beside it.
func twinSet(r *rand.Rand) []naptr.Record {
	uri := []string{"im:alice@example.com", "im:alice@example.com", "im:bob@example.net", "im:a.b'c@example.com", "im:r%26d@example.com", "im:alice@gw",
		"im:" + strings.Repeat("a", 100) + "@example.com", `!^\+(.*)$!im:\1@example.com!`, "im:a!b@example.com", "im:x$y@example.com"}
	var set []naptr.Record
	if r.IntN(3) == 0 {
		set = enumservice.RandomSet(r)
	}
	for range r.IntN(4) * r.IntN(3) {
		set = append(set, record(100, uint16(5*r.IntN(20)), []string{"E2U+voice:tel", "E2U+pstn:tel", "E2U+h323", "E2U+pstn:sip", "E2U+voicemsg:sip", "E2U+foo:xmpp", "E2U+foo:bar"}[r.IntN(7)],
			[]string{"tel:+441632960083", "h323:a@example.com", "sip:a@example.com", "sips:a@example.com", "foo:" + strings.Repeat("b", 80)}[r.IntN(5)]))
	}
	for range 1 + r.IntN(3)*r.IntN(4) {
		set = append(set, record(100, uint16(10*r.IntN(20)), "E2U+im", uri[r.IntN(len(uri))]))
	}
	r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
	return set
}

func warnings(c enumservice.Checker, set []naptr.Record) (n int) {
	for _, f := range c.AppendSet(nil, twinNumber, set) {
		if f.Severity >= enumservice.Warning {
			n++
		}
	}
	return n
}

func dial(p *client.Profile, service string, set []naptr.Record) client.Outcome {
	const name = len("3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa")
	return p.Dial(client.Query{Number: twinNumber, Service: service, Records: set, Name: name, Size: enumservice.AnswerSize(name, set)})
}

func uris(o client.Outcome) (list []string) {
	for _, target := range o.Targets {
		list = append(list, target.URI)
	}
	return list
}

func FuzzTwins(f *testing.F) {
	f.Add("E2U+im", `!^\+(.*)$!im:\1@example.com!`, "E2U+pstn:tel", "!^.*$!tel:+441632960083!", uint16(100), uint16(65530), byte(0))
	f.Add("im+E2U", "/^.*$/im:%22o'hara%22@Example.com?a=b/", "E2U+sip", "!^.*$!im:bob@example.com!", uint16(40000), uint16(10), byte(1))
	f.Fuzz(func(t *testing.T, services, regexp, services2, regexp2 string, order, preference uint16, options byte) {
		c := enumservice.Checker{Private: options&1 != 0, DialPlan: options&2 != 0, Sample: options&4 != 0}
		set := []naptr.Record{
			{Order: 100, Preference: 10, Flags: "u", Services: services, Regexp: regexp},
			{Order: order, Preference: preference, Flags: "u", Services: services2, Regexp: regexp2},
		}
		twins := c.AppendTwins(nil, twinNumber, set, both)
		with := slices.Concat(set, twins)
		if len(twins) > 0 && warnings(c, set) == 0 && warnings(c, with) > 0 {
			t.Fatalf("twins bring a warning: %+v", with)
		}
		if again := c.AppendTwins(nil, twinNumber, with, both); len(again) > 0 && len(twins) > 0 {
			for _, r := range again {
				if slices.ContainsFunc(twins, func(have naptr.Record) bool { return have.Services == r.Services }) {
					t.Fatalf("twins of twins: %+v", again)
				}
			}
		}
	})
}
