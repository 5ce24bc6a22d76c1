package client

import (
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// behaviour is one thing that a client does, in the smallest set of records that shows it.
type behaviour struct {
	name    string
	service string
	records []naptr.Record
	want    []string // the URIs; "at once " before one that is tried with the one before
	why     string   // begins a verdict on the first record, or what failed
}

// sip is a record in the plainest form but for its regexp.
func sip(regexp string) naptr.Record {
	return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: regexp}
}

// with changes fields of a record.
func with(r naptr.Record, change func(*naptr.Record)) naptr.Record {
	change(&r)
	return r
}

func flags(s string) func(*naptr.Record)    { return func(r *naptr.Record) { r.Flags = s } }
func services(s string) func(*naptr.Record) { return func(r *naptr.Record) { r.Services = s } }
func rank(order, preference uint16) func(*naptr.Record) {
	return func(r *naptr.Record) { r.Order, r.Preference = order, preference }
}

const nextName = "\x04next\x07example\x03com\x00"

func replacement(r *naptr.Record) { r.Replacement = nextName }

func check(t *testing.T, p *Profile, list []behaviour) {
	for _, b := range list {
		t.Run(b.name, func(t *testing.T) {
			o := p.Dial(Query{Number: e164.MustParse("+441632960083"), Service: b.service, Records: b.records})
			var got []string
			for _, target := range o.Targets {
				if target.Parallel {
					got = append(got, "at once "+target.URI)
				} else {
					got = append(got, target.URI)
				}
				if !o.Verdicts[target.Record].Used || o.Verdicts[target.Record].Why != "" {
					t.Errorf("verdict on record %d: %+v", target.Record, o.Verdicts[target.Record])
				}
			}
			if !slices.Equal(got, b.want) {
				t.Errorf("%q, not %q: %+v", got, b.want, o)
			}
			if !strings.HasPrefix(o.Verdicts[0].Why, b.why) && !strings.HasPrefix(o.Failed, b.why) {
				t.Errorf("%q and %q, not %q", o.Verdicts[0].Why, o.Failed, b.why)
			}
			for i, v := range o.Verdicts {
				if v.Used == (v.Why != "") {
					t.Errorf("verdict on record %d: %+v", i, v)
				}
			}
		})
	}
}

var (
	plain = sip("!^.*$!sip:info@example.com!")
	desk  = sip("!^.*$!sip:desk@example.com!")
)

func TestStrict(t *testing.T) {
	check(t, strict, []behaviour{
		{"RFC 6116 3.4.2: u", "", []naptr.Record{plain}, []string{"sip:info@example.com"}, ""},
		{"RFC 6116 3.4.2: U", "", []naptr.Record{with(plain, flags("U"))}, []string{"sip:info@example.com"}, ""},
		{"RFC 6116 3.4.2: another flag", "", []naptr.Record{with(plain, flags("s"))}, nil, "its flags are unknown"},
		{"RFC 6116 5.2.1: non-terminal", "", []naptr.Record{with(with(plain, flags("")), replacement)}, nil, "leads to another name"},
		{"RFC 6116 5.2.1: non-terminal without name", "", []naptr.Record{with(plain, flags(""))}, nil, "a non-terminal without"},
		{"RFC 6116 3.7: another application", "", []naptr.Record{with(plain, services("SIP+D2U"))}, nil, "its services are not"},
		{"RFC 6116 5.2: obsolete services", "", []naptr.Record{with(plain, services("sip+E2U"))}, []string{"sip:info@example.com"}, ""},
		{"RFC 6116 3.4.3.2: compound", "im", []naptr.Record{with(sip("!^.*$!im:info@example.com!"), services("E2U+pres+im"))}, []string{"im:info@example.com"}, ""},
		{"another Enumservice", "im", []naptr.Record{plain}, nil, "it is for another service"},
		{"RFC 6116 3.4.3.1: private", "", []naptr.Record{with(plain, services("E2U+sip+p-x"))}, nil, "it has a service of a private"},
		{"private, asked for", "p-x", []naptr.Record{with(plain, services("E2U+p-x"))}, []string{"sip:info@example.com"}, ""},
		{"RFC 3403 4.1: both fields", "", []naptr.Record{with(plain, replacement)}, nil, "both regexp and replacement"},
		{"RFC 5483 5.2.3: no regexp", "", []naptr.Record{sip("")}, nil, "it has no regexp"},
		{"RFC 3402 3.2: malformed", "", []naptr.Record{sip("!^+44(.*)$!sip:\\1@example.com!")}, nil, "its expression is malformed"},
		{"RFC 3402 3.2: another delimiter, flag i", "", []naptr.Record{sip("/^\\+44(.*)$/sip:\\1@example.com/i")}, []string{"sip:1632960083@example.com"}, ""},
		{"RFC 3404 5.3: the rest is not kept", "", []naptr.Record{sip("!44!sip:info@example.com!")}, []string{"sip:info@example.com"}, ""},
		{"RFC 3402 3.3: no match", "", []naptr.Record{sip("!^\\+1(.*)$!sip:\\1@example.com!")}, nil, "its expression does not match"},
		{"RFC 6116 3.3: no URI", "", []naptr.Record{sip("!^.*$!info@example.com!")}, nil, "what it yields"},
		{"RFC 6116 3.3: fragment", "", []naptr.Record{sip("!^.*$!sip:info@example.com#x!")}, nil, "what it yields"},
		{"RFC 6116 3.3: scheme", "", []naptr.Record{sip("!^.*$!1sip:info!")}, nil, "what it yields"},
		{"RFC 6116 3.3: octet in the scheme", "", []naptr.Record{sip("!^.*$!s_p:info!")}, nil, "what it yields"},
		{"RFC 6116 5.2: preference", "", []naptr.Record{with(desk, rank(100, 20)), plain}, []string{"sip:info@example.com", "sip:desk@example.com"}, ""},
		{"RFC 6116 5.2: order 40000 is late", "", []naptr.Record{with(desk, rank(40000, 1)), plain}, []string{"sip:info@example.com"}, "a lower order"},
		{"RFC 6116 5.2: equal ones as they come", "", []naptr.Record{desk, plain}, []string{"sip:desk@example.com", "sip:info@example.com"}, ""},
		{"RFC 6116 5.2: a later order where the first yields nothing", "", []naptr.Record{sip("!^\\+1.*$!sip:x@example.com!"), with(plain, rank(101, 1))}, []string{"sip:info@example.com"}, "its expression"},
	})
}

func TestFreeSWITCH(t *testing.T) {
	check(t, freeSWITCH, []behaviour{
		{"flags are not looked at", "", []naptr.Record{with(plain, flags("s"))}, []string{"sip:info@example.com"}, ""},
		{"nor the replacement", "", []naptr.Record{with(plain, replacement)}, []string{"sip:info@example.com"}, ""},
		{"equal ranks at once, sorted by content", "", []naptr.Record{plain, desk}, []string{"sip:desk@example.com", "at once sip:info@example.com"}, ""},
		{"all orders are used", "", []naptr.Record{with(plain, rank(200, 1)), desk}, []string{"sip:desk@example.com", "sip:info@example.com"}, ""},
		{"services as a whole", "", []naptr.Record{with(plain, services("E2U+sip+im"))}, nil, "there is no route"},
		{"in any letter case", "", []naptr.Record{with(plain, services("e2u+SIP"))}, []string{"sip:info@example.com"}, ""},
		{"E2T of the vanilla routes", "", []naptr.Record{with(plain, services("E2T+SIPS"))}, []string{"sip:info@example.com"}, ""},
		{"old order", "", []naptr.Record{with(plain, services("sip+E2U"))}, nil, "there is no route"},
		{"a route of one's own", "im", []naptr.Record{with(sip("!^.*$!im:info@example.com!"), services("E2U+im"))}, []string{"im:info@example.com"}, ""},
		{"only !", "", []naptr.Record{sip("#^.*$#sip:info@example.com#")}, nil, "its expression is not delimited"},
		{"escaped delimiter", "", []naptr.Record{sip(`!^.*$!sip:a\!b@example.com!`)}, []string{"sip:a!b@example.com"}, ""},
		{"flag i is no matter", "", []naptr.Record{sip("!^.*$!sip:info@example.com!i")}, []string{"sip:info@example.com"}, ""},
		{"the last delimiter may lack", "", []naptr.Record{sip("!^.*$!sip:info@example.com")}, []string{"sip:info@example.com"}, ""},
		{"groups", "", []naptr.Record{sip(`!^\+44(.*)$!sip:\1@example.com!`)}, []string{"sip:1632960083@example.com"}, ""},
		{"no group, no expansion", "", []naptr.Record{sip(`!^.*$!sip:\0@example.com!`)}, []string{"sip:$0@example.com"}, ""},
		{"the whole match where there is a group", "", []naptr.Record{sip(`!^(.*)$!sip:\0@example.com!`)}, []string{"sip:+441632960083@example.com"}, ""},
		{`\10 is group ten`, "", []naptr.Record{sip(`!^(.*)$!sip:\10@example.com!`)}, []string{"sip:@example.com"}, ""},
		{"a group without a match is empty", "", []naptr.Record{sip(`!^(00)?\+(.*)$!sip:\1x\2@example.com!`)}, []string{"sip:x441632960083@example.com"}, ""},
		{"Perl's syntax", "", []naptr.Record{sip(`!^\+(\d{2})(?:\d)(.*?)$!sip:\2@example.com!`)}, []string{"sip:632960083@example.com"}, ""},
		{"look-ahead is not known here", "", []naptr.Record{sip(`!^(?=\+).*$!sip:info@example.com!`)}, nil, "cannot be told"},
		{"^+ is refused", "", []naptr.Record{sip(`!^+44(.*)$!sip:\1@example.com!`)}, nil, "PCRE refuses"},
		{"cut at a blank", "", []naptr.Record{sip("!^.*$!sip:a b@example.com!")}, []string{"sip:a"}, ""},
		{"cut before a blank and a dot", "", []naptr.Record{sip("!^.*$!sip:a .b@example.com!")}, []string{"sip:a"}, ""},
		{"blank in the services", "", []naptr.Record{with(plain, services("E2U+sip x"))}, nil, "its expression is not delimited"},
		{"nothing in the services", "", []naptr.Record{with(plain, services(""))}, nil, "no services"},
		{"apostrophes go", "", []naptr.Record{sip("!^.*$!sip:a'b'c@example.com!")}, []string{"sip:abc@example.com"}, ""},
		{"backslash n is a line end, and ends the URI", "", []naptr.Record{sip(`!^.*$!sip:a\nb@example.com!`)}, []string{"sip:a"}, ""},
		{"another backslash is a dollar", "", []naptr.Record{sip(`!^.*$!sip:a\xb@example.com!`)}, []string{"sip:a$xb@example.com"}, ""},
		{"two dollars are one", "", []naptr.Record{sip(`!^.*$!sip:a$$b@example.com!`)}, []string{"sip:a$b@example.com"}, ""},
		{"variables", "", []naptr.Record{sip(`!^.*$!sip:${domain}@example.com!`)}, nil, "cannot be told"},
		{"capital scheme", "", []naptr.Record{sip("!^.*$!SIP:info@example.com!")}, nil, `its URI does not hold "sip:"`},
		{"sips", "", []naptr.Record{sip("!^.*$!sips:info@example.com!")}, nil, `its URI does not hold "sip:"`},
		{"what stands before sip: goes", "", []naptr.Record{sip("!^.*$!<sip:info@example.com>!")}, []string{"sip:info@example.com>"}, ""},
		{"a pattern of Asterisk's", "", []naptr.Record{sip(`!_\+NZX.!sip:info@example.com!`)}, []string{"sip:info@example.com"}, ""},
		{"a pattern between slashes", "", []naptr.Record{sip("!/^.*$/i!sip:info@example.com!")}, []string{"sip:info@example.com"}, ""},
		{"a slash that nothing closes", "", []naptr.Record{sip("!/44!sip:info@example.com!")}, nil, "PCRE refuses"},
		{"the text names its delimiter", "", []naptr.Record{sip("^^!!44!sip:info@example.com!")}, []string{"sip:info@example.com"}, ""},
		{"no record", "", []naptr.Record{sip("!x!sip:info@example.com!")}, nil, "its expression does not match"},
	})
}

// The list of routes has room for 1023 octets; each URI takes its place twice.
func TestFreeSWITCHList(t *testing.T) {
	var records []naptr.Record
	for i := range 12 {
		records = append(records, with(sip("!^.*$!sip:info@example.com!"), rank(100, uint16(i))))
	}
	o := freeSWITCH.Dial(Query{Number: e164.MustParse("+441632960083"), Records: records})
	// 65 octets and twice 16 for each: the eleventh passes 1023.
	if len(o.Targets) != 10 || o.Failed == "" || o.Verdicts[10].Used || o.Verdicts[11].Why != "the list of routes is full" {
		t.Errorf("%d targets, %q, %+v", len(o.Targets), o.Failed, o.Verdicts[10:])
	}
	for _, long := range []struct {
		octets, want int
	}{{446, 2}, {447, 1}} { // of two addresses: 1022 octets of list, or 1024
		first := with(sip("!^.*$!sip:"+strings.Repeat("a", 223)+"!"), rank(100, 1))
		second := with(sip("!^.*$!sip:"+strings.Repeat("b", long.octets-223)+"!"), rank(100, 2))
		o := freeSWITCH.Dial(Query{Number: e164.MustParse("+441632960083"), Records: []naptr.Record{first, second}})
		if len(o.Targets) != long.want || (o.Failed == "") != (long.want == 2) {
			t.Errorf("addresses of %d octets: %d targets, %q", long.octets, len(o.Targets), o.Failed)
		}
	}
}

func TestSprout(t *testing.T) {
	check(t, sprout, []behaviour{
		{"one record only", "", []naptr.Record{desk, plain}, []string{"sip:desk@example.com"}, ""},
		{"pstn:tel", "", []naptr.Record{with(sip("!^.*$!tel:+441632960084!"), services("E2U+PSTN:tel"))}, []string{"tel:+441632960084"}, ""},
		{"another service", "", []naptr.Record{with(plain, services("E2U+im"))}, nil, "it is for another service"},
		{"compound", "", []naptr.Record{with(plain, services("E2U+sip+im"))}, nil, "it is for another service"},
		{"unknown flag", "", []naptr.Record{with(plain, flags("s")), desk}, []string{"sip:desk@example.com"}, "its flags are unknown"},
		{"non-terminal by its expression", "", []naptr.Record{with(plain, flags("")), with(desk, rank(200, 1))}, nil, "leads to another name"},
		{"any delimiter", "", []naptr.Record{sip("1^.*$1sip:info@example.com1")}, []string{"sip:info@example.com"}, ""},
		{"empty parts do not count", "", []naptr.Record{sip("!!^.*$!!sip:info@example.com!!")}, []string{"sip:info@example.com"}, ""},
		{"the last delimiter may lack", "", []naptr.Record{sip("!^.*$!sip:info@example.com")}, []string{"sip:info@example.com"}, ""},
		{"flag i", "", []naptr.Record{sip("!^.*$!sip:info@example.com!i")}, nil, "its expression has not two parts"},
		{"escaped delimiter", "", []naptr.Record{sip(`!^.*$!sip:a\!b@example.com!`)}, nil, "its expression has not two parts"},
		{"no regexp", "", []naptr.Record{sip("")}, nil, "its expression has not two parts"},
		{"the rest of the number stays", "", []naptr.Record{sip("!44!sip:info@example.com!")}, []string{"+sip:info@example.com1632960083"}, ""},
		{"every match is replaced", "", []naptr.Record{sip("!6!x!")}, []string{"+441x329x0083"}, ""},
		{".* matches twice", "", []naptr.Record{sip("!.*!sip:info@example.com!")}, []string{"sip:info@example.comsip:info@example.com"}, ""},
		{"longest, not first", "", []naptr.Record{sip(`!^\+(4|44)(.*)$!sip:\1.\2@example.com!`)}, []string{"sip:44.1632960083@example.com"}, ""},
		{"optional plus", "", []naptr.Record{sip(`!^\+?(.*)$!sip:\1@example.com!`)}, []string{"sip:+441632960083@example.com"}, ""},
		{`\d`, "", []naptr.Record{sip(`!^\+44(\d+)$!sip:\1@example.com!`)}, []string{"sip:1632960083@example.com"}, ""},
		{"lazy", "", []naptr.Record{sip(`!^\+44(.*?)$!sip:\1@example.com!`)}, nil, "Boost refuses"},
		{"^+", "", []naptr.Record{sip(`!^+44(.*)$!sip:\1@example.com!`)}, nil, "Boost refuses"},
		{"back-reference in the pattern", "", []naptr.Record{sip(`!^\+(4)\1(.*)$!sip:\2@example.com!`)}, nil, "Boost refuses"},
		{`\Q is not known here`, "", []naptr.Record{sip(`!^\Q+\E.*$!sip:info@example.com!`)}, nil, "cannot be told"},
		{"too long a search", "", []naptr.Record{sip("!^((.*)*)*x$!sip:info@example.com!")}, nil, "cannot be told"},
		{"a group that is not there is empty", "", []naptr.Record{sip(`!^(.*)$!sip:\2x@example.com!`)}, []string{"sip:x@example.com"}, ""},
		{"$ of Perl", "", []naptr.Record{sip(`!^\+(..)(.*)$!sip:$1.${2}.$&.$$.$+.$x@example.com!`)}, []string{"sip:44.1632960083.+441632960083.$.1632960083.$x@example.com"}, ""},
		{"escapes of Perl", "", []naptr.Record{sip(`!^.*$!sip:\x41\x{42}\0103\t\Ude\Ef\ug\LHI\Ej\Q\x{z\x{4\xz\cA@example.com!`)}, []string{"sip:ABC\tDEfGhijQx{zx{4xz\x01@example.com"}, ""},
		{"places of Perl", "", []naptr.Record{sip("!32!($`|$'|${12}|${|$!")}, []string{"+4416(+4416|960083||${|$960083"}, ""},
		{"a backslash at the end", "", []naptr.Record{sip(`!^.*$!sip:a\`), sip(`!^.*$!sip:a\c`)}, []string{`sip:a\`}, ""},
		{"no match", "", []naptr.Record{sip(`!^\+1(.*)$!sip:\1@example.com!`), with(desk, rank(200, 1))}, []string{"sip:desk@example.com"}, "its expression does not match"},
		{"nothing", "", []naptr.Record{sip(`!^\+1(.*)$!sip:\1@example.com!`)}, nil, "its expression does not match"},
	})
}

func TestReSIProcate(t *testing.T) {
	check(t, reSIProcate, []behaviour{
		{"nothing is matched or expanded", "", []naptr.Record{sip(`!^\+1(.*)$!sip:\1@example.com!`)}, []string{`sip:\1@example.com`}, ""},
		{"one record only", "", []naptr.Record{desk, plain, with(plain, rank(100, 5))}, []string{"sip:info@example.com"}, "another record comes first"},
		{"equal ones: the first", "", []naptr.Record{desk, plain}, []string{"sip:desk@example.com"}, ""},
		{"order before preference", "", []naptr.Record{with(desk, rank(99, 90)), plain}, []string{"sip:desk@example.com"}, ""},
		{"flags are not looked at", "", []naptr.Record{with(plain, flags("s"))}, []string{"sip:info@example.com"}, ""},
		{"old order", "", []naptr.Record{with(plain, services("SIP+e2u"))}, []string{"sip:info@example.com"}, ""},
		{"compound", "", []naptr.Record{with(plain, services("E2U+sip+im"))}, nil, "it is for another service"},
		{"replacement", "", []naptr.Record{with(plain, replacement)}, nil, "its replacement is set"},
		{"any delimiter", "", []naptr.Record{sip("9^.*$9sip:info@example.com9i")}, []string{"sip:info@example.com"}, ""},
		{"a backslash protects no delimiter", "", []naptr.Record{sip(`!^.*$!sip:a\!b@example.com!`)}, []string{`sip:a\`}, ""},
		{"the last delimiter", "", []naptr.Record{sip("!^.*$!sip:info@example.com"), with(desk, rank(200, 1))}, []string{"sip:desk@example.com"}, "its expression has not three"},
		{"no second delimiter", "", []naptr.Record{sip("!^.*$")}, nil, "its expression has not three"},
		{"an empty regexp of the best record spoils all", "", []naptr.Record{sip(""), with(desk, rank(200, 1))}, nil, "what stands for the URI"},
		{"no scheme", "", []naptr.Record{sip("!^.*$!info@example.com!")}, nil, "what stands for the URI"},
		{"half an escape", "", []naptr.Record{sip("!^.*$!sip:a%4@example.com!")}, nil, "what stands for the URI"},
		{"half an escape in a password", "", []naptr.Record{sip("!^.*$!sip:a:b%@example.com!")}, nil, "what stands for the URI"},
		{"no port", "", []naptr.Record{sip("!^.*$!sip:info@example.com:x!")}, nil, "what stands for the URI"},
		{"parameter without its value", "", []naptr.Record{sip("!^.*$!sip:info@example.com:5060;transport!")}, nil, "what stands for the URI"},
		{"an address of six", "", []naptr.Record{sip("!^.*$!sip:info@[2001:db8::1]:5060;x;user=phone!")}, []string{"sip:info@[2001:db8::1]:5060;x;user=phone"}, ""},
		{"a wrong address", "", []naptr.Record{sip("!^.*$!sip:info@[192.0.2.1]!")}, nil, "what stands for the URI"},
		{"tel", "", []naptr.Record{sip("!^.*$!tel:+441632960084!")}, []string{"tel:+441632960084"}, ""},
		{"a path", "", []naptr.Record{sip("!^.*$!/a!")}, []string{"/a"}, ""},
		{"none", "", []naptr.Record{with(plain, services("E2U+im"))}, nil, "it is for another service"},
	})
}

func TestLinphone(t *testing.T) {
	long := "!^.*$!sip:" + strings.Repeat("a", 230) + "@x!"
	check(t, linphone, []behaviour{
		{"the first of the message", "", []naptr.Record{with(desk, rank(200, 1)), plain}, []string{"sip:desk@example.com"}, ""},
		{"flags and services are not looked at", "", []naptr.Record{with(with(plain, flags("s")), services("SIP+D2U"))}, []string{"sip:info@example.com"}, ""},
		{"nothing is expanded", "", []naptr.Record{sip(`!^\+44(.*)$!sip:\1@example.com!`)}, []string{`sip:\\1@example.com`}, ""},
		{"another scheme is passed over", "", []naptr.Record{sip("!^.*$!tel:+441632960084!"), desk}, []string{"sip:desk@example.com"}, "another text"},
		{"sip: in the services", "", []naptr.Record{with(plain, services("E2U+sip:x"))}, []string{`sip:x" "`}, ""},
		{"another delimiter runs on", "", []naptr.Record{sip("#^.*$#sip:info@example.com#")}, nil, `a "sip:" without a "!"`},
		{"into the next record", "", []naptr.Record{sip("#^.*$#sip:a@x#"), plain}, []string{"sip:a@x#\" .\n3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa has NAPTR record 100 10 \"u\" \"E2U+sip\" \""}, ""},
		{"an eleventh is not looked for", "", append(slices.Repeat([]naptr.Record{desk}, 10), sip("#^.*$#sip:a@x#")), []string{"sip:desk@example.com"}, ""},
		{"a tenth is", "", append(slices.Repeat([]naptr.Record{desk}, 9), sip("#^.*$#sip:a@x#")), nil, `a "sip:" without a "!"`},
		{"no sip:", "", []naptr.Record{sip("!^.*$!im:info@example.com!")}, nil, `no "sip:"`},
		{"BIND refuses", "", []naptr.Record{plain, sip(`!^.*$!sip:\0@example.com!`)}, nil, "the program host refuses"},
		{"4095 octets", "", slices.Repeat([]naptr.Record{sip("!^.*$!im:" + strings.Repeat("a", 230) + "@x!")}, 13), nil, `no "sip:"`},
		{"cut off within a URI", "", append(slices.Repeat([]naptr.Record{sip("!^.*$!im:" + strings.Repeat("a", 230) + "@x!")}, 12), sip(long), sip(long)), nil, `a "sip:" without a "!"`},
	})
	if got := hostName(with(plain, replacement)); got != "next.example.com." {
		t.Errorf("host prints %q", got)
	}
	if got := hostString("a\"\\\x07é"); got != `"a\"\\\007\195\169"` {
		t.Errorf("host prints %q", got)
	}
}

func TestDocumented(t *testing.T) {
	check(t, oracleSBC, []behaviour{
		{"default list", "", []naptr.Record{with(plain, services("e2u+SIP"))}, []string{"sip:info@example.com"}, ""},
		{"old order in the list", "", []naptr.Record{with(plain, services("sip+E2U"))}, []string{"sip:info@example.com"}, ""},
		{"not in the list", "", []naptr.Record{with(plain, services("E2U+im")), desk}, []string{"sip:desk@example.com"}, "its services are not in the list"},
		{"a list of one's own", "im", []naptr.Record{with(sip("!^.*$!im:info@example.com!"), services("E2U+im"))}, []string{"im:info@example.com"}, ""},
	})
	check(t, ribbon, []behaviour{
		{"equal order and preference", "", []naptr.Record{desk, plain, with(plain, rank(100, 20))}, []string{"sip:desk@example.com", "sip:info@example.com"}, ""},
		{"one that cannot be used does not count", "", []naptr.Record{sip("!x!sip:x@example.com!"), plain}, []string{"sip:info@example.com"}, "its expression"},
	})
	o := oracleSBC.Dial(Query{Number: e164.MustParse("+441632960083"), Records: []naptr.Record{plain}, Size: 513})
	if len(o.Targets) != 0 || o.Failed == "" || o.Verdicts[0].Used {
		t.Errorf("more than 512 octets: %+v", o)
	}
}
