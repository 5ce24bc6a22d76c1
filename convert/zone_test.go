package convert

import (
	"slices"
	"strings"
	"testing"
)

const soa = "$ORIGIN e164.arpa.\n@ 3600 IN SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300\n@ 3600 IN NS ns1.example.net.\n"

// records are the lines of a zone behind its frame, without comments.
func records(zone string) []string {
	lines := strings.Split(strings.TrimSpace(zone), "\n")
	return slices.DeleteFunc(lines[4:], func(l string) bool { return strings.HasPrefix(l, ";") })
}

// What becomes of blocks and what may lie in them.
func TestBlocksAsZone(t *testing.T) {
	const naptr = "\t3600\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" "
	for _, c := range []struct {
		name, numbers string
		want          []string
	}{
		{"alone", "+12xx im:a@example.com\n", []string{"*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`}},
		{"with an exception", "+1xx im:a@example.com\n+123 im:b@example.com\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`, "3.2.1" + naptr + `"!^.*$!im:b@example.com!" .`,
		}},
		{"an exception without records", "+1xx im:a@example.com\n+12 none\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "2.1\t300\tIN\tTXT\t\"none\"", "*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`,
		}},
		{"of open length", "+1x{0,2} im:a@example.com\n+123 im:b@example.com\n", []string{
			"1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "2.1" + naptr + `"!^.*$!im:a@example.com!" .`,
			"*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`, "3.2.1" + naptr + `"!^.*$!im:b@example.com!" .`,
		}},
		{"nested, of one length", "+1xxx im:a@example.com\n+12xx im:{digits}@example.com\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^\\+(12..)$!im:\\1@example.com!" .`,
		}},
		{"nested, of different lengths", "+1x{2,5} im:a@example.com\n+12xx im:{digits}@example.com\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^\\+1..$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^\\+1.{4,5}$!im:a@example.com!" .`,
			"*.2.1" + naptr + `"!^\\+(12..)$!im:\\1@example.com!" .`,
		}},
		{"two of one prefix", "+1xx ttl=60 im:{rest}@example.com\n+1x{3,4} ttl=50 im:{rest};x={last2}@example.com\n", []string{
			"*.1\t50\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" " + `"!^\\+1(..)$!im:\\1@example.com!" .`, "*.1\t50\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" " + `"!^\\+1(.{1,2}(..))$!im:\\1;x=\\2@example.com!" .`,
		}},
		{"without records beside one with", "+1xx none\n+1x{3} im:a@example.com\n", []string{"*.1" + naptr + `"!^\\+1...$!im:a@example.com!" .`}},
		{"above a delegation", "+1xx im:a@example.com\n+123 NS ns1.example.net\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`, "3.2.1\t3600\tIN\tNS\tns1.example.net.",
		}},
		{"around a name server", "+1xx im:a@example.com\n+44 NS ns.2.1.e164.arpa 192.0.2.1\n", []string{
			"*.1" + naptr + `"!^.*$!im:a@example.com!" .`, "*.2.1" + naptr + `"!^.*$!im:a@example.com!" .`,
			"4.4\t3600\tIN\tNS\tns.2.1.e164.arpa.", "ns.2.1\t3600\tIN\tA\t192.0.2.1",
		}},
		{"a whole tree", "+x{2} im:a@example.com\n", []string{"*" + naptr + `"!^.*$!im:a@example.com!" .`}},
		{"the rest of a range", "+119..+121 im:a@example.com\n", []string{
			"9.1.1" + naptr + `"!^.*$!im:a@example.com!" .`, "0.2.1" + naptr + `"!^.*$!im:a@example.com!" .`, "1.2.1" + naptr + `"!^.*$!im:a@example.com!" .`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{To: Zone, Apex: mustApex("e164.arpa")}
			zone := turn(t, c.numbers, o)
			if got := records(zone); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			o.From, o.To = Zone, Numbers
			want := turn(t, c.numbers, Options{To: Numbers, Apex: o.Apex})
			if got := turn(t, zone, o); got != want {
				t.Errorf("back as\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// The numbers file has the short form wherever its parser makes the record of it.
func TestNumbersText(t *testing.T) {
	for _, line := range []string{
		"+12025550100\tim:user@example.com",
		"+12025550100\tttl=60\tim:user@example.com",
		"+12025550100\tsip:a@example.com\n\torder=200 pref=5 sip:b@example.com\n\tsip:c@example.com\n\tpref=16 sip:d@example.com",
		"+12025550100\tE2U+voice:tel tel:+12025550199",
		"+12025550100\te2u+sip sip:a@example.com",
		"+12025550100\tE2U+x-a:b sip:a@example.com",
		"+12025550100\tsip:a%21@example.com",
		"+12025550100\tNAPTR 100 10 \"U\" \"E2U+im\" \"!^.*$!im:user@example.com!\" .",
		"+12025550100\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+1202(.*)$!sip:\\1@example.com!\" .",
		"+12025550100\tNAPTR 100 10 \"\" \"E2U+sip\" \"\" other.example.net.\n\tim:a@example.com",
		"+12025550100\tnone",
		"+1202555xxxx\tsip:{number}@example.com;a={digits};b={rest};c={last2}",
		"+1202555x{2,4}\tsip:{number}@example.com;a={digits};b={rest};c={last2}",
		"+1202555x{0,4}\tsip:{digits}@example.com",
		"+1202555x{8}\tsip:{last11}@example.com",
		"+12025550149..+12025550149\tsip:{last2}@example.com",
		"+12x{9}\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+12(.........)$!sip:user@example.com!\" .",
		"+12x{1,9}\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+12(.*)$!sip:user@example.com!\" .",
		"+12x{1,9}\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+12(.*(..))$!sip:\\1@example.com;x=\\2!\" .",
		"+12xx\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+12(..)?$!sip:\\1@example.com!\" .",
		"+12x{0,2}\tNAPTR 100 10 \"u\" \"E2U+sip\" \"!^\\+12(.*)$!sip:\\1@example.com!\" .",
		"+12025550100\tNAPTR 100 10 \"u\" \"E2U+ft:ftp\" \"!^.*$!ftp://a:@example.com/!\" .",
		"+4420\tttl=60\tNS ns1.example.net.\n\tNS ns.0.2.4.4.e164.arpa. 192.0.2.53 2001:db8::53\n\tDS 12345 13 2 49FD46E6C4B45C55D4AC0000000000000000000000000000000000000000AAAA",
	} {
		o := Options{To: Numbers, Apex: mustApex("e164.arpa")}
		if strings.Contains(line, "x-a") {
			o.Apex = mustApex("e164.example")
		}
		if got := turn(t, line+"\n$END\n", o); got != "$TTL 3600\n"+line+"\n$END\n" {
			t.Errorf("got\n%swant\n%s", got, line)
		}
	}
	// A dial plan has the bare digits.
	text := "$TTL 3600\n0\tsip:a@example.com\n1xx\tsip:{digits}@example.com\n$END\n"
	o := Options{To: Numbers, DialPlan: true, Apex: mustApex("plan.example")}
	if got := turn(t, text, o); got != text {
		t.Errorf("got %s", got)
	}
	o.To = Zone
	zone := turn(t, text, o)
	o.To = JSONLines
	if got := turn(t, zone, o); !strings.Contains(got, `"number":"1","min":3,"max":3`) {
		t.Errorf("got %s", got)
	}
	o.To = Numbers
	if got := turn(t, zone, o); got != text {
		t.Errorf("got %s", got)
	}
}

// What a numbers file cannot hold is refused with its place, or left out and counted.
func TestNumbersRefuses(t *testing.T) {
	const one = `{"kind":"number","number":"+1","records":[`
	for _, c := range []struct{ name, text, want string }{
		{"wildcard", soa + "*.1 NAPTR 1 2 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n", "in:4: a numbers file has no wildcards"},
		{"DNAME", soa + "1 DNAME a.example.\n", "in:4: a numbers file cannot hold a DNAME"},
		{"CNAME", soa + "1 CNAME a.example.\n", "in:4: a numbers file cannot hold records of type CNAME"},
		{"other type", soa + "1 TXT a\n", "in:4: a numbers file cannot hold records of type TXT"},
		{"label", soa + "x.1 TXT a\n", "in:4: a numbers file cannot hold names that are no numbers"},
		{"apex", soa + "@ NAPTR 1 2 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n", "in:3: a numbers file cannot hold records of the apex"},
		{"TTLs", soa + "1 60 NS a.example.\n1 61 DS 12345 8 99 ab\n", "in:4: a delegation in a numbers file has one TTL for its NS, DS and addresses"},
		{"TTL of an address", soa + "1 60 NS ns.1\nns.1 61 A 192.0.2.1\n", "in:4: a delegation in a numbers file has one TTL for its NS, DS and addresses"},
		{"name server", soa + "1 60 NS a\\@b.example.\n", `in:4: "...@b.example.": a numbers file cannot hold this: expected a domain name such as ns1.example.net.`},
		{"record", soa + "1 NAPTR 1 2 \"u\" \"E2U+sip\" \"!^\\\\+44(.*)$!sip:\\\\1@example.com!\" .\n", "a numbers file cannot hold this: "},
		{"control character", one + `{"regexp":"!^.*$!im:a\u0001@example.com!","services":"E2U+im"}]}` + "\n", "in:1:"},
		{"braces", one + `{"uri":"im:a@example.com"},{"services":"E2U+sip","regexp":"!^.*$!sip:{number}@example.com!"}]}` + "\n", "in:1: \"!^.*$!sip:...@example.com!\": a numbers file cannot hold this: U02"},
		{"twice", one + `{"uri":"im:a@example.com"},{"order":7,"uri":"im:a@example.com"}]}` + "\n", "in:1: \"im:...@example.com\": a numbers file cannot hold this: the entry has this record twice"},
		{"name server elsewhere", `{"kind":"delegation","number":"+1","sets":[{"type":"NS","data":["ns.example."]}],"hosts":[{"name":"ns.example.","sets":[{"type":"A","data":["192.0.2.1"]}]}]}` + "\n", "in:1: a numbers file cannot hold this entry without loss"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := refused(t, c.text, Options{To: Numbers, Apex: mustApex("e164.arpa")})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
			if c.name == "twice" || c.name == "braces" || c.name == "control character" {
				c.text += `{"kind":"number","number":"+1202","records":[{"uri":"im:b@example.com"}]}` + "\n"
			} else {
				c.text += "2.0.2.1 NAPTR 1 2 \"u\" \"E2U+im\" \"!^.*$!im:b@example.com!\" .\n"
			}
			if c.name == "DNAME" || strings.HasPrefix(c.name, "TTL") || strings.HasPrefix(c.name, "name server") {
				return // which hide the other
			}
			got, report := turned(t, c.text, Options{To: Numbers, Skip: true})
			if report.Skipped != 1 || report.Entries != 1 || !strings.Contains(got, "+1202\t") {
				t.Errorf("%+v\n%s", report, got)
			}
		})
	}
	apex := soa + "@ TXT a\n1 NAPTR 1 2 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n"
	if err := refused(t, apex, Options{To: Numbers}); !strings.HasSuffix(err.Error(), ":1: "+errApexSets.Error()) {
		t.Error(err)
	}
	if _, report := turned(t, apex, Options{To: Numbers, Skip: true}); report.Skipped != 1 || len(report.Notes) != 1 {
		t.Errorf("%+v", report)
	}
}

// A zone that enumim made folds back only as long as what was made of a block is what the block makes.
func TestFoldRefuses(t *testing.T) {
	zone := turn(t, "+1xx im:a@example.com\n+123 im:b@example.com\n+13 none\n", Options{To: Zone, Apex: mustApex("e164.arpa")})
	block := "; enumim: {\"kind\":\"block\""
	for _, c := range []struct{ name, from, to, want string }{
		{"copy changed", "; enumim: made\n*.2.1\t3600\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" \"!^.*$!im:a", "; enumim: made\n*.2.1\t3600\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" \"!^.*$!im:c", "in:9: the records that enumim made of blocks were changed"},
		{"copy missing", "; enumim: made\n*.2.1\t3600\tIN\tNAPTR\t100 10 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n", "", "in:5: a record that a block needs is missing in the zone"},
		{"comment missing", "; enumim: made\n*.2.1", "*.2.1", "in:5: a wildcard stands within a block"},
		{"block changed", `"uri":"im:a`, `"uri":"im:c`, "in:7: the records that enumim made of blocks were changed"},
		{"no comment any more", block, block[1:], ""},
		{"block missing", zone[strings.Index(zone, block):strings.Index(zone, "; enumim: made")], "", "in:6: the records that enumim made of blocks were changed"},
		{"comment damaged", block, block + "x", "in:5: this comment of enumim's was changed (expected"},
		{"a number more", "3.2.1\t", "4.4.1\t60\tIN\tNAPTR 1 1 u E2U+im !^.*$!im:a@example.com! .\n3.2.1\t", "in:5: a record that a block needs is missing in the zone, perhaps because another name was added in the block"},
		{"TTL changed", "; enumim: made\n*.2.1\t3600", "; enumim: made\n*.2.1\t3601", "in:9: the records that enumim made of blocks were changed"},
		{"none changed", "TXT\t\"none\"", "TXT\t\"nil\"", "the records that enumim made of blocks were changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(zone, c.from, c.to, 1)
			if changed == zone {
				t.Fatalf("nothing to change in\n%s", zone)
			}
			to := Numbers
			if c.name == "comment missing" || c.name == "block missing" {
				to = JSONLines // which holds wildcards
			}
			err := refused(t, changed, Options{From: Zone, To: to})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
	// A zone without comments is one like any other.
	plain := strings.Join(slices.DeleteFunc(strings.Split(zone, "\n"), func(l string) bool { return strings.HasPrefix(l, "; enumim") }), "\n")
	if got := turn(t, plain, Options{To: JSONLines}); strings.Count(got, `"kind":"wildcard"`) != 3 {
		t.Errorf("got %s", got)
	}
}

// What a zone cannot say is refused, before anything is written, with its place.
func TestZoneRefuses(t *testing.T) {
	const wildcard = `{"kind":"wildcard","number":"+12","records":[{"uri":"im:a@example.com"}]}` + "\n"
	for _, c := range []struct {
		name, text, want string
		o                Options
	}{
		{"raw expressions that meet", "+1x{2,4} NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\+1(.+)$!sip:\\1@example.com!\" .\n+12xx im:a@example.com\n", "in:2: blocks of different lengths meet at one name", Options{}},
		{"long expressions that meet", "+1x{2,4} sip:{digits}@" + strings.Repeat("a.", 105) + "example.com\n+12xx E2U+web:http http://example.com/" + strings.Repeat("a", 227) + "\n", "has more than 255 octets: shorten its URI", Options{}},
		{"wildcard in a block", `{"kind":"block","number":"+1","min":4,"max":4,"none":true}` + "\n" + wildcard, "in:1: a wildcard stands within a block", Options{}},
		{"outside of the tree", wildcard, "in:1: outside the tree: 4.4.e164.arpa. holds the numbers that begin with +44", Options{Apex: mustApex("4.4.e164.arpa")}},
		{"outside of the zone", `{"kind":"zone","apex":"4.4.e164.arpa","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}` + "\n" + `{"kind":"number","number":"+4420","none":true}` + "\n" + wildcard, "in:3: outside the tree: 4.4.e164.arpa.", Options{}},
		{"number outside of the tree", "+1202 none\n", "in:1:1: \"+12...\": outside the tree: the apex 4.4.e164.arpa.", Options{Apex: mustApex("4.4.e164.arpa")}},
		{"another zone", soa, "the input is the zone e164.arpa., and not e164.example. as --apex says", Options{Apex: mustApex("e164.example")}},
		{"dial plan without apex", "12 none\n", ErrApex.Error(), Options{DialPlan: true}},
		{"public dial plan", "12 none\n", ErrPublic.Error(), Options{DialPlan: true, Apex: mustApex("e164.arpa")}},
		{"name server", "+12 none\n", `name server "a..b": expected a domain name`, Options{NameServers: []string{"a..b"}}},
		{"hostmaster", "+12 none\n", `hostmaster "a..b": expected a domain name`, Options{Hostmaster: "a..b"}},
		{"no end", "+12 none\n", "in: the end marker is missing", Options{RequireEnd: true}},
		{"two zones", `{"kind":"zone","apex":"a","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}` + "\n" + `{"kind":"zone","apex":"b","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}` + "\n", "in:2: a second zone", Options{}},
		{"a zone of another name", `{"kind":"zone","apex":"a","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}` + "\n", "in:1: the zone has another name than --apex", Options{Apex: mustApex("b")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.To = Zone
			err := refused(t, c.text, c.o)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
}

// The format is told by name and by content.
func TestFormats(t *testing.T) {
	for text, want := range map[string]Format{
		"": Numbers, "# a comment\n\n+12 none\n": Numbers, "number,uri\n": CSV, "\xef\xbb\xbfkind;number;uri\r\n": CSV, "uri\tnumber\n": CSV, "Kind,\"Number\"\n": CSV,
		"\n {\"kind\":1}\n": JSONLines, "; SOA\n$TTL 1h\n@ IN SOA a. b. 1 2 3 4 5\n": Zone, "@ IN (\n  SOA a. b.\n 1 2 3 4 5 )\n+12 none\n": Zone,
		"@ IN NS SOA.\n": Numbers, "+12 none ; SOA\n": Numbers,
	} {
		if got := Sniff([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for name, want := range map[string]Format{"a.numbers": Numbers, "a.ZONE": Zone, "a.db": Zone, "a.csv": CSV, "a.jsonl": JSONLines, "a.txt": Unknown, "zone": Unknown} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for _, f := range formats {
		if got, ok := ParseFormat(f.String()); !ok || got != f {
			t.Errorf("%v comes back as %v", f, got)
		}
	}
	if f, ok := ParseFormat("xml"); ok || f != Unknown || Format(9).String() != "" {
		t.Error("there is no such format")
	}
}

// What the user should know is told.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		text string
		o    Options
		want string
	}{
		{"+12 none\n", Options{To: Zone}, "the SOA and NS of the zone name a server that does not exist"},
		{"number,uri\n+1,im:a@example.com\n", Options{To: JSONLines}, "the input has no line of kind \"end\""},
		{soa + "1 NS a.example.\n2.1 TXT a\n", Options{To: JSONLines}, "data below a delegation or a DNAME is not served"},
		{soa + "1 NAPTR 1 1 u E2U+im !^.*$!im:a@example.com! .\n", Options{To: Numbers}, "the SOA and NS records of the zone are left out"},
		{soa + "1 60 NAPTR 1 1 u E2U+im !^.*$!im:a@example.com! .\n2 NAPTR 1 1 u E2U+im !^.*$!im:a@example.com! .\n1 70 NAPTR 1 2 u E2U+im !^.*$!im:b@example.com! .\n", Options{To: JSONLines}, "the records of an RRset have different TTLs"},
		{"+12 NS ns.example.\n\tNS ns2.example. 192.0.2.1\n", Options{To: CSV, Apex: mustApex("e164.arpa")}, "addresses of a name server outside of the tree"},
	} {
		if _, report := turned(t, c.text, c.o); len(report.Notes) != 1 || !strings.Contains(report.Notes[0], c.want) {
			t.Errorf("%q, want %s", report.Notes, c.want)
		}
	}
}

// A name server has one set of addresses in a zone; what different delegations say of it comes back.
func TestSharedServers(t *testing.T) {
	o := Options{To: Numbers, Apex: mustApex("e164.arpa")}
	text := turn(t, `+12	ttl=60	NS ns.3.1.e164.arpa. 192.0.2.1
+14	ttl=70	NS ns.3.1.e164.arpa. 192.0.2.2 2001:db8::1
+15	NS ns.3.1.e164.arpa.
+16	NS ns.6.1.e164.arpa. 192.0.2.6
+17	NS ns.6.1.e164.arpa. 192.0.2.7
	NS ns.example.net.
+18	NS 9.1.e164.arpa. 192.0.2.8
+1x{2}	im:a@example.com
$END
`, o)
	o.To = Zone
	zone := turn(t, text, o)
	for _, want := range []string{"ns.3.1\t60\tIN\tA\t192.0.2.1\nns.3.1\t60\tIN\tA\t192.0.2.2\nns.3.1\t70\tIN\tAAAA\t2001:db8::1\n", "*.3.1\t", "*.9.1\t", "9.1\t3600\tIN\tA\t192.0.2.8\n"} {
		if !strings.Contains(zone, want) {
			t.Errorf("%q is missing in\n%s", want, zone)
		}
	}
	o.To = Numbers
	if got := turn(t, zone, o); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
	o.To = Zone
	if got := turn(t, zone, o); got != zone {
		t.Errorf("got\n%s\nwant\n%s", got, zone)
	}
}

// Names that exist without records come back, wherever they stand.
func TestBareNames(t *testing.T) {
	text := `{"kind":"zone","apex":"4.4.e164.arpa.","sets":[{"type":"SOA","ttl":60,"data":["a. b. 1 2 3 4 5"]}]}
{"kind":"number","number":"+44","none":true}
{"kind":"number","number":"+44","name":"x","none":true}
{"kind":"number","number":"+4420","none":true}
{"kind":"end","entries":3}
`
	zone := turn(t, text, Options{To: Zone})
	if got := turn(t, zone, Options{To: JSONLines}); got != text {
		t.Errorf("got\n%s\nby\n%s", got, zone)
	}
}

// A comment of enumim's makes nothing: what it says is in the zone, or the zone is refused.
func TestCommentsAlone(t *testing.T) {
	const (
		own     = "2.1 NAPTR 10 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n"
		changed = "in:4: this comment of enumim's was changed (expected a block, a delegation or a name without records"
		without = "in:4: the zone does not have the records that this comment stands for"
		made    = "in:5: the records that enumim made of blocks were changed"
	)
	for _, c := range []struct{ name, text, want string }{
		{"number", `; enumim: {"kind":"number","number":"+12025550199","records":[{"uri":"im:a@example.com"}]}` + "\n", changed},
		{"wildcard", `; enumim: {"kind":"wildcard","number":"+12","records":[{"uri":"im:a@example.com"}]}` + "\n", changed},
		{"end", `; enumim: {"kind":"end","entries":0}` + "\n", "in:4: this comment of enumim's was changed (expected an entry)"},
		{"delegation", `; enumim: {"kind":"delegation","number":"+44","sets":[{"type":"NS","data":["ns.example."]}]}` + "\n", "in:4: a record that a block needs is missing in the zone"},
		{"block", `; enumim: {"kind":"block","number":"+44","min":4,"max":4,"records":[{"uri":"im:a@example.com"}]}` + "\n", "in:4: a record that a block needs is missing in the zone"},
		{"no records", `; enumim: {"kind":"number","number":"+44","none":true}` + "\n", "in:4: a record that a block needs is missing in the zone"},
		{"no records beside some", `; enumim: {"kind":"number","number":"+12","none":true}` + "\n", without},
		{"no records at a label", `; enumim: {"kind":"number","number":"+44","name":"x","none":true}` + "\n", without},
		{"a label without comment", "; enumim: made\nx.2.1 TXT none\n", made},
		{"an address without delegation", "; enumim: made\nx.2.1 A 192.0.2.1\n", made},
		{"an address without delegation at a number", "; enumim: made\n2.2 A 192.0.2.1\n", made},
	} {
		for _, to := range []Format{CSV, JSONLines} {
			err := refused(t, soa[:len(soa)-len("@ 3600 IN NS ns1.example.net.\n")]+"@ NS a.\n"+c.text+own, Options{From: Zone, To: to})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v\nwant %s", c.name, err, c.want)
			}
		}
	}
	// Outside of the zone there is nothing to say.
	err := refused(t, "$ORIGIN 4.4.e164.arpa.\n"+soa[len("$ORIGIN e164.arpa.\n"):]+`; enumim: {"kind":"block","number":"+33","min":3,"max":3,"none":true}`+"\n", Options{From: Zone, To: JSONLines})
	if !strings.Contains(err.Error(), "in:4: outside the tree: 4.4.e164.arpa. holds") {
		t.Error(err)
	}
}
