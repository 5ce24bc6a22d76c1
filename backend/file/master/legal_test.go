package master

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// frame begins a zone in which relative names lie below 4.4.e164.arpa. Its lines are 1 to 4.
const frame = `$ORIGIN 4.4.e164.arpa.
$TTL 300
@ IN SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300
@ IN NS ns1.example.com.
`

const frameText = `zone 4.4.e164.arpa. 300 IN SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300
zone 4.4.e164.arpa. 300 IN NS ns1.example.com.
`

const (
	alice     = `100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`
	aliceText = `NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`
)

// What is legal, however awkward, means the same as its plain form.
func TestLegal(t *testing.T) {
	one := "number 1.4.4.e164.arpa. 300 IN " + aliceText + "\n"
	for _, tc := range []struct {
		name, src string // src follows frame
		want      string // follows frameText
	}{
		{"plain", "1 300 IN NAPTR " + alice + "\n", one},
		{"B94 without quotes (RFC 3403 section 4.3)", "1 NAPTR 100 10 u E2U+im !^.*$!im:alice@example.com! .\n", one},
		{"some quotes", "1 NAPTR 100 10 \"u\" E2U+im \"!^.*$!im:alice@example.com!\" .\n", one},
		{"parentheses over lines", "1 NAPTR ( 100 10 ; order and preference\n  \"u\"\n\n \"E2U+im\" (\n \"!^.*$!im:alice@example.com!\" ) .\n)\n", one},
		{"parentheses before the type", "1 ( 300\nIN\nNAPTR ) " + alice + "\n", one},
		{"parentheses against words", "1 NAPTR (100 10)(\"u\")(\"E2U+im\")\"!^.*$!im:alice@example.com!\"(.)\n", one},
		{"semicolon in quotes", "1 TXT \"a;b(c\" d\\;e\\(f ; comment ( \" \n", "number 1.4.4.e164.arpa. 300 IN TXT \"a;b(c\" \"d;e(f\"\n"},
		{"TTL then class", "1 300 IN NAPTR " + alice + "\n", one},
		{"class then TTL", "1 IN 300 NAPTR " + alice + "\n", one},
		{"neither", "1 NAPTR " + alice + "\n", one},
		{"lower case", "1 in naptr " + alice + "\n", one},
		{"CLASS1 and TYPE35", "1 CLASS1 TYPE35 " + alice + "\n", one},
		{"tabs", "1\t300\tIN\tNAPTR\t100\t10\t\"u\"\t\"E2U+im\"\t\"!^.*$!im:alice@example.com!\"\t.\n", one},
		{"CRLF", "1 300 IN NAPTR " + alice + "\r\n\r\n; comment\r\n", one},
		{"absolute owner in other case", "1.4.4.E164.ARPA. NAPTR " + alice + "\n", one},
		{"owner written with escapes", "\\049.4.4.e164.arpa. NAPTR " + alice + "\n", one},
		{"NAPTR as octets (RFC 3597)", "1 NAPTR \\# 42 0064000a 0175 064532552b696d ( 1b 215e2e2a24 21696d3a616c696365406578616d706c652e636f6d21 00 )\n", one},
		{"repeated owner", "1 TXT a\n  TXT b\n\n; comment\n\t60 IN TXT c\n", "number 1.4.4.e164.arpa. 60 IN TXT \"a\"\nnumber 1.4.4.e164.arpa. 60 IN TXT \"b\"\nnumber 1.4.4.e164.arpa. 60 IN TXT \"c\"\n"},
		{"@ for the origin", "$ORIGIN 1\n@ NAPTR " + alice + "\n", one},
		{"relative $ORIGIN", "$ORIGIN 1.4.4.e164.arpa.\n$ORIGIN 2\n3 TXT \"a\"\n", "number 3.2.1.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"$TTL with units", "$TTL 1h30m\n1 TXT a\n$ttl 2W\n2 TXT b\n", "number 1.4.4.e164.arpa. 5400 IN TXT \"a\"\nnumber 2.4.4.e164.arpa. 1209600 IN TXT \"b\"\n"},
		{"TTL 0 and the largest", "1 0 TXT a\n2 2147483647 TXT b\n", "number 1.4.4.e164.arpa. 0 IN TXT \"a\"\nnumber 2.4.4.e164.arpa. 2147483647 IN TXT \"b\"\n"},
		{"$TTL stays the default", "1 60 TXT a\n2 TXT b\n", "number 1.4.4.e164.arpa. 60 IN TXT \"a\"\nnumber 2.4.4.e164.arpa. 300 IN TXT \"b\"\n"},
		{"back-reference", `1 NAPTR 100 10 "u" "E2U+im" "!^\\+44(.*)$!im:\\1@example.com!" .` + "\n",
			`number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+44(.*)$!im:\\1@example.com!" .` + "\n"},
		{"back-reference as \\092", `1 NAPTR 100 10 "u" "E2U+im" "!^(.*)$!im:\0921@example.com!" .` + "\n",
			`number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .` + "\n"},
		{"escaped quote", `1 TXT "a\"b" c\"d` + "\n", `number 1.4.4.e164.arpa. 300 IN TXT "a\"b" "c\"d"` + "\n"},
		{"empty strings", `1 NAPTR 100 10 "" "" "" sip.example.com.` + "\n", `number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "" "" "" sip.example.com.` + "\n"},
		{"relative replacement", `1 NAPTR 100 10 "" "" "" 2` + "\n", `number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "" "" "" 2.4.4.e164.arpa.` + "\n"},
		{"replacement @", `1 NAPTR 100 10 "" "" "" @` + "\n", `number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "" "" "" 4.4.e164.arpa.` + "\n"},
		{"UTF-8 (D16)", "1 NAPTR 100 10 u E2U+im !^.*$!im:\u00e9@example.com! .\n", `number 1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:\195\169@example.com!" .` + "\n"},
		{"D1 the least and the greatest order", `1 NAPTR 0 65535 "u" "E2U+im" "!^.*$!im:a@example.com!" .` + "\n", `number 1.4.4.e164.arpa. 300 IN NAPTR 0 65535 "u" "E2U+im" "!^.*$!im:a@example.com!" .` + "\n"},
		{"D14 fields of 255 octets", "1 NAPTR 1 1 " + strings.Repeat("x", 255) + " " + strings.Repeat(`\120`, 255) + " \"" + strings.Repeat(`\"`, 255) + "\" .\n",
			"number 1.4.4.e164.arpa. 300 IN NAPTR 1 1 \"" + strings.Repeat("x", 255) + "\" \"" + strings.Repeat("x", 255) + "\" \"" + strings.Repeat(`\"`, 255) + "\" .\n"},
		{"D15 any octet in a string", "1 TXT \"\\000\\027\\010\t\xff;(\" \\255\n", `number 1.4.4.e164.arpa. 300 IN TXT "\000\027\010\009\255;(" "\255"` + "\n"},
		{"unknown type", `1 TYPE65280 \# 3 ab ( cd` + "\n" + ` ef )` + "\n", "number 1.4.4.e164.arpa. 300 CLASS1 TYPE65280 \\# 3 abcdef\n"},
		{"other types", "1 URI 10 1 \"im:alice@example.com\"\n1 MX 10 mail\n1 PTR @\n1 CAA 0 issue \"example.com\"\n",
			"number 1.4.4.e164.arpa. 300 IN URI 10 1 \"im:alice@example.com\"\nnumber 1.4.4.e164.arpa. 300 IN MX 10 mail.4.4.e164.arpa.\nnumber 1.4.4.e164.arpa. 300 IN PTR 4.4.e164.arpa.\nnumber 1.4.4.e164.arpa. 300 IN CAA 0 issue \"example.com\"\n"},
		{"addresses of a name server in the zone", "ns1 A 192.0.2.1\nns1 AAAA 2001:db8::1\nns1 A \\# 4 c0000202\n",
			"number ns1.4.4.e164.arpa. 300 IN A 192.0.2.1\nnumber ns1.4.4.e164.arpa. 300 IN A 192.0.2.2\nnumber ns1.4.4.e164.arpa. 300 IN AAAA 2001:db8::1\n"},
		{"CNAME", "1 CNAME 2\n", "number 1.4.4.e164.arpa. 300 IN CNAME 2.4.4.e164.arpa.\n"},
		{"apex NAPTR", "@ NAPTR " + alice + "\n", "number 4.4.e164.arpa. 300 IN " + aliceText + "\n"},
		{"wildcard", "*.1 TXT a\n* TXT b\n1.*.2 TXT c\n", "wildcard 4.4.e164.arpa. 300 IN TXT \"b\"\nwildcard 1.4.4.e164.arpa. 300 IN TXT \"a\"\nnumber 1.*.2.4.4.e164.arpa. 300 IN TXT \"c\"\n"},
		{"sixteen digits", "1.1.1.1.1.1.1.1.1.1.1.1.1.1 TXT a\n", "number 1.1.1.1.1.1.1.1.1.1.1.1.1.1.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"names that are no numbers", "_Im.1 TXT a\na\\.b.1 TXT b\ni TXT c\n", "number i.4.4.e164.arpa. 300 IN TXT \"c\"\nnumber _im.1.4.4.e164.arpa. 300 IN TXT \"a\"\nnumber a\\.b.1.4.4.e164.arpa. 300 IN TXT \"b\"\n"},
		{"a name that begins with $", "\\$a TXT a\n", "number \\$a.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"scattered RRset", "1 TXT a\n2 TXT b\n1 TXT c\n", "number 1.4.4.e164.arpa. 300 IN TXT \"a\"\nnumber 1.4.4.e164.arpa. 300 IN TXT \"c\"\nnumber 2.4.4.e164.arpa. 300 IN TXT \"b\"\n"},
		{"delegation with DS and glue, in any order", "ns.sub.1 A 192.0.2.1\n1 DS 1 13 2 " + strings.Repeat("AB", 32) + "\n1 NS ns.sub.1\nns.sub.1 AAAA 2001:db8::1\n1 NS ns.example.com.\n1 NS 2\n2 A 192.0.2.2\n",
			"delegation 1.4.4.e164.arpa. 300 IN DS 1 13 2 " + strings.Repeat("AB", 32) + "\n" +
				"delegation 1.4.4.e164.arpa. 300 IN NS ns.sub.1.4.4.e164.arpa.\ndelegation 1.4.4.e164.arpa. 300 IN NS ns.example.com.\ndelegation 1.4.4.e164.arpa. 300 IN NS 2.4.4.e164.arpa.\n" +
				"glue ns.sub.1.4.4.e164.arpa. 300 IN A 192.0.2.1\nglue ns.sub.1.4.4.e164.arpa. 300 IN AAAA 2001:db8::1\nglue 2.4.4.e164.arpa. 300 IN A 192.0.2.2\n" +
				"number 2.4.4.e164.arpa. 300 IN A 192.0.2.2\n"},
		{"glue at the delegation and below another one", "1 NS 1\n1 A 192.0.2.1\n2 NS ns.1\nns.1 A 192.0.2.2\n",
			"delegation 1.4.4.e164.arpa. 300 IN NS 1.4.4.e164.arpa.\nglue 1.4.4.e164.arpa. 300 IN A 192.0.2.1\ndelegation 2.4.4.e164.arpa. 300 IN NS ns.1.4.4.e164.arpa.\nglue ns.1.4.4.e164.arpa. 300 IN A 192.0.2.2\n"},
		{"delegation of a name that is no number", "sub NS ns.sub\nns.sub A 192.0.2.1\nsubs TXT a\n",
			"delegation sub.4.4.e164.arpa. 300 IN NS ns.sub.4.4.e164.arpa.\nglue ns.sub.4.4.e164.arpa. 300 IN A 192.0.2.1\nnumber subs.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"DNAME with other data at its name", "1 DNAME 2\n1 NAPTR " + alice + "\n", "rename 1.4.4.e164.arpa. 300 IN " + aliceText + "\nrename 1.4.4.e164.arpa. 300 IN DNAME 2.4.4.e164.arpa.\n"},
		{"end marker", "1 NAPTR " + alice + "\n; $END\n\n; more comments\n", one},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, st, err := zoneText(t, frame+tc.src, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want := frameText + tc.want; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if st.End != strings.Contains(tc.src, "; $END") {
				t.Errorf("Stats.End is %v", st.End)
			}
		})
	}
}

// How a file may begin, and where a TTL comes from.
func TestBeginnings(t *testing.T) {
	soa := "SOA ns1.example.com. hm.example.com. ( 2026112201 2h 15m 2w\n 5m ) ; comment\n"
	for _, tc := range []struct {
		name, src string
		o         Options
		want      string // TTLs of SOA, NS and TXT
	}{
		{"BOM", "\xef\xbb\xbf$ORIGIN 1.e164.arpa.\n@ 60 " + soa + " 60 NS ns1.example.com.\n1 60 TXT a\n", Options{}, "60 60 60"},
		{"origin from the options", "@ 60 " + soa + " 60 NS ns1.example.com.\n1 60 TXT a\n", Options{Origin: "1.e164.arpa."}, "60 60 60"},
		{"no origin, absolute names", "1.e164.arpa. 60 " + soa + "1.e164.arpa. 60 NS ns1.example.com.\n1.1.e164.arpa. 60 TXT a\n", Options{}, "60 60 60"},
		{"no TTL at all: MINIMUM", "1.e164.arpa. " + soa + " NS ns1.example.com.\n1.1.e164.arpa. TXT a\n", Options{}, "300 300 300"},
		{"no $TTL: the one stated last", "1.e164.arpa. 60 " + soa + " NS ns1.example.com.\n 61 TYPE65280 \\# 0\n1.1.e164.arpa. TXT a\n", Options{}, "60 60 61"},
		{"$TTL behind the SOA", "1.e164.arpa. 60 " + soa + "$TTL 62\n NS ns1.example.com.\n1.1.e164.arpa. TXT a\n", Options{}, "60 62 62"},
		{"comments first", "\n \n; zone\n   ; more\n$TTL 63 ; comment\n1.e164.arpa. " + soa + " NS ns1.example.com.\n1.1.e164.arpa. TXT a\n", Options{}, "63 63 63"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, _, err := zoneText(t, tc.src, tc.o)
			if err != nil {
				t.Fatal(err)
			}
			ttl := strings.Fields(tc.want)
			for _, line := range []string{
				"zone 1.e164.arpa. " + ttl[0] + " IN SOA ns1.example.com. hm.example.com. 2026112201 7200 900 1209600 300\n",
				"zone 1.e164.arpa. " + ttl[1] + " IN NS ns1.example.com.\n",
				"number 1.1.e164.arpa. " + ttl[2] + " IN TXT \"a\"\n",
			} {
				if !strings.Contains(got, line) {
					t.Errorf("got\n%smissing\n%s", got, line)
				}
			}
		})
	}
}

// What is served otherwise than it is written is told, once for each rule.
func TestFindings(t *testing.T) {
	for _, tc := range []struct {
		name, src, rule string
		line, count     int
		want            string
	}{
		{"RRset with two TTLs (B91)", "1 600 TXT a\n1 60 TXT b\n1 90 TXT c\n", RuleTTL, 6, 2,
			"number 1.4.4.e164.arpa. 60 IN TXT \"a\"\nnumber 1.4.4.e164.arpa. 60 IN TXT \"b\"\nnumber 1.4.4.e164.arpa. 60 IN TXT \"c\"\n"},
		{"NAPTRs with two TTLs", "1 60 NAPTR " + alice + "\n1 NAPTR 1 1 u E2U+im !^.*$!im:b@example.com! .\n", RuleTTL, 6, 1,
			"number 1.4.4.e164.arpa. 60 IN " + aliceText + "\nnumber 1.4.4.e164.arpa. 60 IN NAPTR 1 1 \"u\" \"E2U+im\" \"!^.*$!im:b@example.com!\" .\n"},
		{"D23 a record twice", "1 NAPTR " + alice + "\n1 TXT a\n1.4.4.e164.arpa. NAPTR " + alice + "\n", RuleDuplicate, 7, 1,
			"number 1.4.4.e164.arpa. 300 IN " + aliceText + "\nnumber 1.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"the SOA again at the end, as a transfer lists it", "1 TXT a\n@ SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300\n", RuleDuplicate, 6, 1,
			"number 1.4.4.e164.arpa. 300 IN TXT \"a\"\n"},
		{"data below a delegation", "2.1 NAPTR " + alice + "\n1 NS ns.example.com.\n1 TXT a\n3.1 A 192.0.2.1\n*.1 TXT c\n4.1 NS ns.example.com.\n", RuleOccluded, 5, 5,
			"delegation 1.4.4.e164.arpa. 300 IN NS ns.example.com.\n"},
		{"data below a DNAME", "2.1 NAPTR " + alice + "\n3.1 A 192.0.2.1\n1 DNAME 2\n", RuleOccluded, 5, 2,
			"rename 1.4.4.e164.arpa. 300 IN DNAME 2.4.4.e164.arpa.\n"},
		{"DNAME at the apex", "@ DNAME e164.example.\n1 TXT a\n", RuleOccluded, 6, 1,
			"zone 4.4.e164.arpa. 300 IN DNAME e164.example.\nrename 4.4.e164.arpa. 300 IN DNAME e164.example.\n"},
		{"no glue", "1 NS ns.1\n1 NS ns.2\n", RuleGlue, 5, 1,
			"delegation 1.4.4.e164.arpa. 300 IN NS ns.1.4.4.e164.arpa.\ndelegation 1.4.4.e164.arpa. 300 IN NS ns.2.4.4.e164.arpa.\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, st, err := zoneText(t, frame+tc.src, Options{File: "zone"})
			if err != nil {
				t.Fatal(err)
			}
			if want := frameText + tc.want; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if len(st.Findings) != 1 {
				t.Fatalf("findings %+v", st.Findings)
			}
			f := st.Findings[0]
			if f.Rule != tc.rule || f.Count != tc.count || f.Line != tc.line || f.File != "zone" || f.Text == "" {
				t.Errorf("finding %+v, want %s in line %d, %d times", f, tc.rule, tc.line, tc.count)
			}
		})
	}
	_, st, err := zoneText(t, strings.Replace(frame, "@ IN NS ns1.example.com.\n", "", 1), Options{})
	if err != nil || len(st.Findings) != 1 || st.Findings[0].Rule != RuleNoNS {
		t.Errorf("a zone without NS: %+v, %v", st.Findings, err)
	}
}

// D23: many records at one name; the duplicates among many are found as well.
func TestManyRecordsAtOneName(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(frame)
	for range 2 {
		for i := range 1000 {
			b.WriteString("1 NAPTR 1 " + strconv.Itoa(i) + " u E2U+im !^.*$!im:a@example.com! .\n")
		}
	}
	n := 0
	_, _, st, err := Parse(b.Bytes(), Options{}, func(e *backend.Entry, _ int) error {
		for i, r := range e.Records {
			if int(r.Preference) != i {
				t.Errorf("record %d has preference %d: not in the order of the file", i, r.Preference)
			}
		}
		n = len(e.Records)
		return nil
	})
	if err != nil || n != 1000 {
		t.Fatalf("%d records, %v, want 1000", n, err)
	}
	if len(st.Findings) != 1 || st.Findings[0].Count != 1000 {
		t.Errorf("findings %+v", st.Findings)
	}
}

// Data of several megabytes, in any order, comes out whole and ascending.
func TestLargeZone(t *testing.T) {
	const n = 30_000
	var last e164.Number
	count := 0
	_, _, _, err := Parse(generated(n, true), Options{}, func(e *backend.Entry, _ int) error {
		if e.Name.Number <= last || len(e.Records) != 1 {
			t.Fatalf("entry %+v after %v", e, last)
		}
		last = e.Name.Number
		if want := fmt.Sprintf("!^.*$!im:user%d@example.com!", count); e.Records[0].Regexp != want || e.Name.Number.Len() != 14 {
			t.Fatalf("entry %d: %+v, want %s", count, e, want)
		}
		count++
		return nil
	})
	if err != nil || count != n {
		t.Errorf("%d entries, %v", count, err)
	}
}

func TestBadOriginOption(t *testing.T) {
	_, _, err := zoneText(t, fixture, Options{File: "zone", Origin: "e164.arpa"})
	if want := "zone:1: expected an origin that is a domain name: domain name has no final dot and there is no origin"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// NAPTR lines cost no memory of their own: what is allocated is the arena and the list of records.
func TestAllocations(t *testing.T) {
	count := func(n int) float64 {
		src := generated(n, false)
		return testing.AllocsPerRun(1, func() {
			if _, _, _, err := Parse(src, Options{}, func(*backend.Entry, int) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
	if small, large := count(100), count(10_000); large > small+20 {
		t.Errorf("%v allocations for 100 lines, %v for 10,000", small, large)
	}
}
