package client

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// records makes a list, to keep tables short.
func records(list ...naptr.Record) []naptr.Record { return list }

// fromSER are what Kamailio and OpenSIPS both do: modules/enum/enum.c of either.
var fromSER = []behaviour{
	{"sip_match: e2u+sip", "", records(plain), []string{"sip:info@example.com"}, ""},
	{"sip_match: in any case", "", records(with(plain, services("e2U+SIP"))), []string{"sip:info@example.com"}, ""},
	{"sip_match: the old order", "", records(with(plain, services("SIP+E2U"))), []string{"sip:info@example.com"}, ""},
	{"sip_match: no compound", "", records(with(plain, services("E2U+sip+im"))), nil, "it is for another service"},
	{"sip_match: no subtype", "", records(with(plain, services("E2U+voice:sip"))), nil, "it is for another service"},
	{"sip_match: U", "", records(with(plain, flags("U"))), []string{"sip:info@example.com"}, ""},
	{"sip_match: one flag", "", records(with(plain, flags("uu"))), nil, "its flags"},
	{"sip_match: non-terminal", "", records(with(plain, flags(""))), nil, "its flags"},
	{"sip_match: both fields", "", records(with(plain, replacement)), []string{"sip:info@example.com"}, ""},
	{"sip_match with a kind: e2u+voice:sip", "voice:sip", records(with(plain, services("E2U+voice:SIP"))), []string{"sip:info@example.com"}, ""},
	{"sip_match with a kind: nothing else", "voice:sip", records(plain), nil, "it is for another service"},
	{"sip_match with a kind: flags", "voice:sip", records(with(with(plain, services("E2U+voice:sip")), flags("x"))), nil, "its flags"},
	{"sip_match with a list: a member", "im", records(with(plain, services("E2U+pres+IM"))), []string{"sip:info@example.com"}, ""},
	{"sip_match with a list: the whole member", "im", records(with(plain, services("E2U+imx+xim"))), nil, "it is for another service"},
	{"sip_match with a list: any flags", "im", records(with(with(plain, services("E2U+im")), flags("s"))), []string{"sip:info@example.com"}, ""},
	{"sip_match with a list: not the old order", "im", records(with(plain, services("im+E2U"))), nil, "it is for another service"},
	{"sip_match with a list: a subtype", "pstn:tel", records(with(plain, services("E2U+pstn:tel"))), []string{"sip:info@example.com"}, ""},
	{"sip_match with a list: several wanted", "+im+pres", records(with(plain, services("E2U+pres"))), []string{"sip:info@example.com"}, ""},
	{"sip_match with a list: + at the end", "im", records(with(plain, services("E2U+sip+"))), nil, "it is for another service"},
	{"sip_match with a list: no E2U", "im", records(with(plain, services("im"))), nil, "it is for another service"},
	{"reg_match: with regard to case", "", records(sip("!^[Z-a]*.*$!sip:info@example.com!")), []string{"sip:info@example.com"}, ""},
	{"parse_naptr_regexp: another delimiter", "", records(sip("/^.*$/sip:info@example.com/")), nil, "its expression has not three"},
	{"parse_naptr_regexp: two delimiters", "", records(sip("!^.*$!sip:info@example.com")), nil, "its expression has not three"},
	{"parse_naptr_regexp: one delimiter", "", records(sip("!^.*$")), nil, "its expression has not three"},
	{"parse_naptr_regexp: empty", "", records(sip("")), nil, "its expression has not three"},
	{"parse_naptr_regexp: escaped delimiter", "", records(sip(`!^.*$!sip:a\!b@example.com!`)), nil, "its replacement ends in a backslash"},
	{"parse_naptr_regexp: what follows is not read", "", records(sip("!^.*$!sip:info@example.com!what!ever")), []string{"sip:info@example.com"}, ""},
	{"reg_match: an empty pattern matches", "", records(sip("!!sip:info@example.com!")), []string{"sip:info@example.com"}, ""},
	{"reg_match: no regard to i", "", records(sip("!^.*$!sip:info@example.com!i")), []string{"sip:info@example.com"}, ""},
	{"reg_match: unescaped +", "", records(sip(`!^+44(.*)$!sip:\1@example.com!`)), nil, "its pattern does not compile"},
	{"reg_match: Perl's digits are d", "", records(sip(`!^\+\d+$!sip:info@example.com!`)), nil, "its pattern does not match"},
	{"reg_match: six groups", "", records(sip(`!^\+(.)(.)(.)(.)(.)(.).*$!sip:\1\5@example.com!`)), []string{"sip:43@example.com"}, ""},
	{"reg_match: seven groups", "", records(sip(`!^\+(.)(.)(.)(.)(.)(.)(.).*$!sip:\1@example.com!`)), nil, "its pattern has more than six groups"},
	{"reg_match: a back-reference in the pattern", "", records(sip(`!^\+(4)\1.*$!sip:info@example.com!`)), nil, "cannot be told"},
	{"replace: the whole match", "", records(sip(`!^.*$!sip:\0@example.com!`)), []string{"sip:+441632960083@example.com"}, ""},
	{"replace: the rest is not kept", "", records(sip(`!1632!sip:\0@example.com!`)), []string{"sip:1632@example.com"}, ""},
	{"replace: a group that took no part", "", records(sip(`!^(00)?\+(.*)$!sip:\1@example.com!`)), nil, "its replacement refers to a group"},
	{"replace: beyond the array", "", records(sip(`!^.*$!sip:\6@example.com!`)), nil, "cannot be told"},
	{"replace: a backslash is dropped", "", records(sip(`!^.*$!sip:a\b@example.com!`)), []string{"sip:ab@example.com"}, ""},
	{"replace: NUL ends it", "", records(sip("!^.*$\x00x!sip:a\x00b@example.com!")), []string{"sip:a"}, ""},
	{"replace: 1023 octets", "", records(sip(`!^(.*)$!` + strings.Repeat(`\1`, 78) + "123456789!")), []string{strings.Repeat("+441632960083", 78) + "123456789"}, ""},
	{"replace: 1024 octets", "", records(sip(`!^(.*)$!` + strings.Repeat(`\1`, 78) + "1234567890!")), nil, "its URI has more"},
	{"replace: 1024 octets by a group", "", records(sip(`!^(.*)$!` + strings.Repeat(`\1`, 79) + "!")), nil, "its URI has more"},
	{"replace: nothing leaves the request", "", records(sip("!^.*$!!")), []string{""}, ""},
	{"reg_match: a pattern too large to emulate", "", records(sip("!^.{20000}$!sip:info@example.com!")), nil, "cannot be told"},
	{"reg_match: too many copies of a pattern", "", records(sip("!" + strings.Repeat("^", 20) + "(.?){3000}!sip:info@example.com!")), nil, "cannot be told"},
	{"reg_match: a repeated anchor", "", records(sip("!(^|x)*.*!sip:info@example.com!")), nil, "cannot be told"},
	{"naptr_sort: order 0 is not at once", "", records(with(plain, rank(0, 0))), []string{"sip:info@example.com"}, ""},
	{"naptr_sort: 32768 first", "", records(with(plain, rank(100, 10)), with(desk, rank(32768, 10))), []string{"sip:desk@example.com", "at once sip:info@example.com"}, ""},
	{"naptr_sort: 32767 last", "", records(with(desk, rank(32767, 10)), plain), []string{"sip:info@example.com", "sip:desk@example.com"}, ""},
	{"naptr_sort: preference without sign", "", records(with(desk, rank(100, 65535)), plain), []string{"sip:info@example.com", "sip:desk@example.com"}, ""},
	{"naptr_sort: equal ones as they come", "", records(desk, plain), []string{"sip:desk@example.com", "at once sip:info@example.com"}, ""},
	{"do_query: all orders", "", records(plain, with(desk, rank(200, 1))), []string{"sip:info@example.com", "sip:desk@example.com"}, ""},
	{"do_query: a bad record is passed over", "", records(sip("bad"), desk), []string{"sip:desk@example.com"}, "its expression"},
}

func TestKamailio(t *testing.T) {
	check(t, kamailio, fromSER)
	check(t, kamailio, []behaviour{
		{"append_branch: an empty URI is that of the first", "", records(plain, with(sip("!^.*$!!"), rank(101, 1))), []string{"sip:info@example.com", "sip:info@example.com"}, ""},
	})
	branches(t, kamailio)
}

func TestOpenSIPS(t *testing.T) {
	check(t, openSIPS, fromSER)
	check(t, openSIPS, []behaviour{
		{"_set_msg_branch: an empty URI ends the look-up", "", records(with(sip("!^.*$!!"), rank(101, 1)), plain, with(desk, rank(102, 1))), []string{"sip:info@example.com"}, "its URI is empty"},
	})
	branches(t, openSIPS)
}

// branches checks that twelve branches are all.
func branches(t *testing.T, p *Profile) {
	t.Helper()
	var many []naptr.Record
	for i := range uint16(13) {
		many = append(many, with(plain, rank(i, 0)))
	}
	o := p.Dial(Query{Number: e164.MustParse("+441632960083"), Records: many})
	if len(o.Targets) != 12 || o.Verdicts[12].Why != "there are twelve branches already" {
		t.Errorf("MAX_BRANCHES: %d targets, %+v", len(o.Targets), o.Verdicts[12])
	}
}

// A response beyond what a client reads gives nothing, or nobody knows what; one octet less does.
func TestAnswerSizes(t *testing.T) {
	for _, c := range []struct {
		p    *Profile
		q    Query
		good bool
	}{
		{kamailio, Query{Size: 8192}, true}, {kamailio, Query{Size: 8193}, false},
		{openSIPS, Query{Size: 8192}, true}, {openSIPS, Query{Size: 8193}, false},
		{asterisk, Query{Size: 4096}, true}, {asterisk, Query{Size: 4097}, false},
		{yate, Query{Size: 2048}, true}, {yate, Query{Size: 2049}, false},
		{yate, Query{Name: 63}, true}, {yate, Query{Name: 64}, false},
		{yate, Query{Number: e164.MustParse("+44163296")}, true}, {yate, Query{Number: e164.MustParse("+4416329")}, false},
		{kamailio, Query{Records: make([]naptr.Record, 99)}, true}, {kamailio, Query{Records: make([]naptr.Record, 100)}, false},
		{openSIPS, Query{Records: make([]naptr.Record, 100)}, true},
		{kamailio, Query{Number: e164.MustParse("+1")}, true}, {kamailio, Query{Number: e164.MustParse("+123456789012345")}, true},
		{openSIPS, Query{Number: e164.MustParse("+12")}, true}, {openSIPS, Query{Number: e164.MustParse("+1")}, false},
		{bind, Query{Size: 60000}, true},
	} {
		if c.q.Number == 0 {
			c.q.Number = e164.MustParse("+441632960083")
		}
		c.q.Records = append(c.q.Records, plain)
		o := c.p.Dial(c.q)
		last := o.Verdicts[len(o.Verdicts)-1]
		if last.Used != c.good || (o.Failed == "") != c.good {
			t.Errorf("%s, size %d, name %d, %d records, %d digits: %+v, %q", c.p.ID, c.q.Size, c.q.Name, len(c.q.Records), c.q.Number.Len(), last, o.Failed)
		}
	}
}

// main/enum.c
func TestAsterisk(t *testing.T) {
	check(t, asterisk, []behaviour{
		{"parse_naptr: E2U+sip", "", records(plain), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: e2u+SIP", "", records(with(plain, services("e2u+SIP"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: E2u+sip", "", records(with(plain, services("E2u+sip"))), nil, "it is for another service"},
		{"parse_naptr: the old order", "", records(with(plain, services("sip+E2U"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: the old order with a subtype", "", records(with(plain, services("sip:x+e2u"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: the subtype", "", records(with(plain, services("E2U+voice:sip"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: not the kind", "", records(with(plain, services("E2U+sip:x"))), nil, "it is for another service"},
		{"parse_naptr: a compound is one text", "", records(with(plain, services("E2U+sip+im"))), nil, "it is for another service"},
		{"parse_naptr: im", "im", records(with(plain, services("E2U+im"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: a subtype asked for", "pstn:tel", records(with(plain, services("E2U+pstn:tel"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: no E2U", "", records(with(plain, services("sip"))), nil, "it is for another service"},
		{"parse_naptr: 79 octets of service", strings.Repeat("x", 79), records(with(plain, services("E2U+"+strings.Repeat("x", 90)))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: flags that begin with u", "", records(with(plain, flags("ux"))), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: other flags end it", "", records(with(plain, flags("s")), desk), nil, "its flags do not begin"},
		{"parse_naptr: flags of another service too", "", records(with(with(desk, services("E2U+im")), flags("")), plain), nil, "its flags do not begin"},
		{"parse_naptr: no flags", "", records(with(plain, flags(""))), nil, "its flags do not begin"},
		{"parse_naptr: six octets", "", records(sip("!.!si!")), nil, "its expression has fewer"},
		{"parse_naptr: seven octets", "", records(sip("!.!sip!")), []string{"sip"}, ""},
		{"parse_naptr: any delimiter", "", records(sip("/^.*$/sip:info@example.com/")), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: no last delimiter", "", records(sip("!^.*$!sip:info@example.com")), nil, "its expression has not three"},
		{"parse_naptr: two delimiters", "", records(sip("!^.*$sip:info@example.com!")), nil, "its expression has not three"},
		{"parse_naptr: i leaves the delimiter", "", records(sip("!^.*$!sip:info@example.com!i")), []string{"sip:info@example.com!"}, ""},
		{"parse_naptr: i is without regard to case", "", records(sip("!^[Z-a]*.*$!sip:info@example.com!i")), nil, "its pattern does not compile"},
		{"parse_naptr: without i with regard to case", "", records(sip("!^[Z-a]*.*$!sip:info@example.com!")), []string{"sip:info@example.com"}, ""},
		{"parse_naptr: another flag", "", records(sip("!^.*$!sip:info@example.com!x")), nil, "its expression has not three"},
		{"parse_naptr: escaped delimiter", "", records(sip(`!^.*$!sip:a\!b@example.com!`)), []string{`sip:a\!b@example.com`}, ""},
		{"parse_naptr: unescaped delimiter", "", records(sip(`!^.*$!sip:a!b@example.com!`)), []string{`sip:a!b@example.com`}, ""},
		{"parse_naptr: no match ends it", "", records(plain, sip(`!^\+1(.*)$!sip:\1@example.com!`)), nil, "another record ends"},
		{"parse_naptr: a bad pattern ends it", "", records(sip("!^+44(.*)$!sip:info@example.com!")), nil, "its pattern does not compile"},
		{"parse_naptr: ten groups", "", records(sip(`!^\+(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!sip:\9@example.com!`)), []string{"sip:0@example.com"}, ""},
		{"parse_naptr: eleven groups", "", records(sip(`!^\+(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!sip:\9@example.com!`)), nil, "its pattern has more than ten groups"},
		{"parse_naptr: the whole match", "", records(sip(`!1632!sip:\0@example.com!`)), []string{"sip:1632@example.com"}, ""},
		{"parse_naptr: a group that took no part", "", records(sip(`!^(00)?\+.*$!sip:\1@example.com!`)), nil, "its replacement refers"},
		{"parse_naptr: a group that is not there", "", records(sip(`!^\+.*$!sip:\3@example.com!`)), nil, "its replacement refers"},
		{"parse_naptr: other backslashes stay", "", records(sip(`!^.*$!sip:a\b@example.com!`)), []string{`sip:a\b@example.com`}, ""},
		{"parse_naptr: not printable", "", records(sip("!^.*$!sip:é@example.com!")), nil, "its replacement has an octet"},
		{"parse_naptr: 255 octets", "", records(sip(`!^(.*)$!sip:` + strings.Repeat(`\1`, 30) + "!")), []string{("sip:" + strings.Repeat("+441632960083", 30))[:255]}, ""},
		{"parse_naptr: 510 octets", "", records(sip(`!^(.*)$!sip:` + strings.Repeat(`\1`, 39) + "!")), nil, "its URI has more"},
		{"parse_naptr: a group up to 510 octets", "", records(sip(`!^(.*)$!abc` + strings.Repeat(`\1`, 39) + "!")), []string{("abc" + strings.Repeat("+441632960083", 20))[:255]}, ""},
		{"parse_naptr: a group behind 510 octets is dropped", "", records(sip(`!^(.*)$!abc` + strings.Repeat(`\1`, 40) + "!")), []string{("abc" + strings.Repeat("+441632960083", 20))[:255]}, ""},
		{"parse_naptr: text beyond 510 octets is dropped", "", records(sip(`!^(.*)$!` + strings.Repeat(`\1`, 39) + "sip:info!")), []string{strings.Repeat("+441632960083", 20)[:255]}, ""},
		{"enum_callback: an empty URI is no result", "", records(sip("!^.*$!!"), plain), []string{"sip:info@example.com"}, "its URI is empty"},
		{"UTF-8 in a pattern: a character is one", "", records(sip("!^\\+é?.*$!sip:info@example.com!")), []string{"sip:info@example.com"}, ""},
		{"ast_get_enum: order and preference", "", records(with(desk, rank(40000, 1)), with(desk, rank(100, 20)), plain), []string{"sip:info@example.com", "sip:desk@example.com", "sip:desk@example.com"}, ""},
		{"ast_get_enum: four that it does not sort", "", records(with(sip("!.!sip:46!"), rank(100, 46)), with(sip("!.!sip:75!"), rank(100, 75)), with(sip("!.!sip:16!"), rank(100, 16)), with(sip("!.!sip:11!"), rank(100, 11))), []string{"sip:11", "sip:46", "sip:16", "sip:75"}, ""},
		{"ast_get_enum: equal ones as they come", "", records(desk, plain), []string{"sip:desk@example.com", "sip:info@example.com"}, ""},
		{"a back-reference in the pattern", "", records(sip(`!^\+(4)\1.*$!sip:info@example.com!`), plain), nil, "cannot be told"},
	})
}

// modules/enumroute.cpp, engine/Resolver.cpp, engine/String.cpp
func TestYate(t *testing.T) {
	check(t, yate, []behaviour{
		{"resolve: E2U+SIP in any case", "", records(with(plain, services("e2U+sip"))), []string{"sip:info@example.com"}, ""},
		{"resolve: E2U+XMPP", "", records(with(plain, services("E2U+xmpp"))), []string{"sip:info@example.com"}, ""},
		{"resolve: the whole field", "", records(with(plain, services("E2U+sip+im"))), nil, "it is for another service"},
		{"resolve: not the old order", "", records(with(plain, services("sip+E2U"))), nil, "it is for another service"},
		{"resolve: tel is off", "", records(with(plain, services("E2U+tel"))), nil, "it is for another service"},
		{"resolve: pstn is off", "", records(with(plain, services("E2U+pstn:sip"))), nil, "it is for another service"},
		{"resolve: no service can be asked for", "im", records(with(desk, services("E2U+im")), plain), []string{"sip:info@example.com"}, "it is for another service"},
		{"resolve: no regard to flags", "", records(with(plain, flags("s"))), []string{"sip:info@example.com"}, ""},
		{"resolve: the first only", "", records(with(desk, rank(40000, 1)), plain), []string{"sip:info@example.com"}, "another record comes first"},
		{"resolve: void", "", records(with(plain, services("E2U+void:mailto"))), nil, "the number is unallocated"},
		{"resolve: void with a route", "", records(with(desk, services("E2U+void")), with(plain, rank(200, 1))), []string{"sip:info@example.com"}, "it says that the number"},
		{"resolve: void that does not match", "", records(with(sip("!^1!x!"), services("E2U+void"))), nil, "its pattern does not match"},
		{"insert: equal ones as they come", "", records(desk, plain), []string{"sip:desk@example.com"}, ""},
		{"NaptrRecord: any delimiter", "", records(sip("/^.*$/sip:info@example.com/")), []string{"sip:info@example.com"}, ""},
		{"NaptrRecord: with regard to case", "", records(sip("!^[Z-a]*.*$!sip:info@example.com!")), []string{"sip:info@example.com"}, ""},
		{"NaptrRecord: no flag", "", records(sip("!^.*$!sip:info@example.com!i")), nil, "its expression does not end"},
		{"NaptrRecord: an empty pattern", "", records(sip("!!sip:info@example.com!")), nil, "its pattern is empty"},
		{"NaptrRecord: two delimiters give an empty URI", "", records(sip("!^.*$!")), []string{""}, ""},
		{"NaptrRecord: one octet", "", records(sip("!")), nil, "its expression does not end"},
		{"NaptrRecord: empty", "", records(sip("")), nil, "its expression does not end"},
		{"NaptrRecord: escaped delimiter", "", records(sip(`!^.*$!sip:a\!b@example.com!`)), []string{`sip:a\!b@example.com`}, ""},
		{"replaceMatches: the whole match", "", records(sip(`!1632!sip:\0@example.com!`)), []string{"sip:1632@example.com"}, ""},
		{"replaceMatches: a group", "", records(sip(`!^\+44(.*)$!sip:\1@example.com!`)), []string{"sip:1632960083@example.com"}, ""},
		{"fixup: without a group 1 is the whole match", "", records(sip(`!1632!sip:\1@example.com!`)), []string{"sip:1632@example.com"}, ""},
		{"fixup: also where no group takes part", "", records(sip(`!^(00)?\+44!sip:\1@example.com!`)), []string{"sip:+44@example.com"}, ""},
		{"fixup: a group that takes no part", "", records(sip(`!^(00)?\+(44)!sip:\1-\2@example.com!`)), []string{"sip:-44@example.com"}, ""},
		{"fixup: eight groups", "", records(sip(`!^\+(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!sip:\8-\9@example.com!`)), []string{"sip:6-@example.com"}, ""},
		{"replaceMatches: two backslashes", "", records(sip(`!^.*$!sip:a\\1b@example.com!`)), []string{`sip:a\1b@example.com`}, ""},
		{"replaceMatches: other backslashes stay", "", records(sip(`!^.*$!sip:a\bc@example.com!`)), []string{`sip:a\bc@example.com`}, ""},
		{"replaceMatches: a backslash at the end", "", records(sip(`!^.*$!sip:a\!`)), []string{`sip:a\`}, ""},
	})
}

// lib/dns/rdata/generic/naptr_35.c and lib/isc/regex.c
func TestBIND(t *testing.T) {
	refused := func(regexp, why string) {
		t.Helper()
		o := bind.Dial(Query{Number: e164.MustParse("+441632960083"), Records: records(plain, sip(regexp))})
		if o.Failed == "" || o.Verdicts[0].Why != "another record is malformed" || !strings.Contains(o.Verdicts[1].Why, why) {
			t.Errorf("%q: %+v, not %q", regexp, o, why)
		}
	}
	passed := func(regexp string) {
		t.Helper()
		o := bind.Dial(Query{Number: e164.MustParse("+441632960083"), Records: records(sip(regexp))})
		if o.Failed != "" || !o.Verdicts[0].Used || len(o.Targets) > 0 {
			t.Errorf("%q: %+v", regexp, o)
		}
	}
	for _, r := range bindTakes {
		passed(r)
	}
	for _, c := range bindMalformed {
		refused(c.regexp, c.why)
	}
}

// bindTakes and bindMalformed are regexp fields that BIND passes on and refuses; TestBINDProof asks BIND.
var bindTakes = []string{
	"", "!^.*$!sip:info@example.com!", "/^.*$/x/", "!^.*$!!", "!^.*$!x!i", "!^.*$!x!ii", `!^(.)(.)$!\2\1!`, `!a\!b!c\!d!`,
	`!^.*$!a\bc!`, "!^!x!", "!$!x!", "!a{x!x!", "!a}!x!", "!{!x!", "!()!x!", "!a)!x!", "!)!x!", "!a{2,5}!x!", "!a{2,}!x!", "!a{,5}!x!",
	`!(a)\1!x!`, `!\0!x!`, `!\d+!x!`, "![]a]!x!", "![^]a]!x!", "![a-z]!x!", "![-a]!x!", "![a-]!x!", "![[:alpha:]]!x!", "![[.a.]-z]!x!", "![[=a=]]!x!",
	"![[a]!x!", "![a[]!x!", "!^^!x!", "!^|a!x!", `!\+!x!`, "!é!x!", "!a{255}!x!", "![--a]!x!",
}

var bindMalformed = []struct{ regexp, why string }{
	{"1^.*$1x1", "its delimiter"}, {`\^.*$\x\`, "its delimiter"}, {"i^.*$ixi", "its delimiter"}, {"\x00a\x00b\x00", "its delimiter"},
	{"!", "fewer than three"}, {"!^.*$!x", "fewer than three"}, {"!^.*$", "fewer than three"}, {"!^.*$!x!!", "more than three"},
	{"!^.*$!x!I", "a flag other"}, {"!^.*$!x!x", "a flag other"}, {"!^.*$!x!\\", "a flag other"}, {"!^.\x00*$!x!", "a NUL"}, {"!^.*$!x\x00!", "a NUL"},
	{`!^.*$!x\`, "ends in a backslash"}, {"!a\\\x00!x!", "ends in a backslash"}, {`!^.*$!\0!`, `\0`}, {`!^.*$!\1!`, "refers to a group"}, {`!(.)!\9!`, "refers to a group"},
	{"!!x!", "nothing"}, {`!\1!x!`, "a back-reference"}, {`!(a)\2!x!`, "a back-reference"},
	{"!^+44!x!", "a repetition of"}, {"!$*!x!", "a repetition of"}, {"!a**!x!", "a repetition of"}, {"!a.*?!x!", "a repetition of"}, {"!a{2}{3}!x!", "a repetition of"}, {"!^{2}!x!", "a repetition of"},
	{"!*!x!", "nothing before"}, {"!(?:a)!x!", "nothing before"}, {"!{2}!x!", "nothing before"},
	{"!|a!x!", "an empty alternative"}, {"!a|!x!", "an empty alternative"}, {"!(a|)!x!", "an empty alternative"}, {"!(|a)!x!", "an empty alternative"},
	{"!(a!x!", "an open parenthesis"}, {"!a{2!x!", "an open bracket"}, {"![a!x!", "an open bracket"}, {"![[:alpha!x!", "an open bracket"}, {"![]!x!", "an open bracket"},
	{"!a{2x}!x!", "a bad interval"}, {"!a{2,3,4}!x!", "a bad interval"}, {"!a{5,2}!x!", "a bad interval"}, {"!a{256}!x!", "an interval above"},
	{"![z-a]!x!", "a range that"}, {"![a-c-e]!x!", "a range of"}, {"![a-[:alpha:]]!x!", "a class at"}, {"![[:foo:]]!x!", "an unknown"}, {"![[..]]!x!", "an "}, {"![[==]]!x!", "an "},
	{"![[.ab.]-z]!x!", "a range that"}, {"![a-[.c.]-e]!x!", "a range of"}, {"![a-[.c.]e-f-g]!x!", "a range of"},
}
