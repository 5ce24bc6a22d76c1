package numbers

import (
	"slices"
	"strings"
	"testing"
)

// What each feature of the format gives: line, digits, TTL, then the records as they go on the wire.
func TestRecords(t *testing.T) {
	const im = " 3600 | 100 10 u E2U+im !^.*$!im:a@example.com!"
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"RFC 5028 example", "+12025550100 im:user@example.com\n", []string{"1 12025550100 3600 | 100 10 u E2U+im !^.*$!im:user@example.com!"}},
		{"URIs in order of preference", "+12025550100 im:a@example.com sip:a@example.com\n  xmpp:a@example.com\n",
			[]string{"1 12025550100 3600 | 100 10 u E2U+im !^.*$!im:a@example.com! | 100 20 u E2U+sip !^.*$!sip:a@example.com! | 100 30 u E2U+xmpp !^.*$!xmpp:a@example.com!"}},
		{"every scheme that tells its service", "+12025550100 im:a@example.com sip:a@example.com sips:a@example.com xmpp:a@example.com pres:a@example.com h323:a@example.com acct:a@example.com iax:example.com/a\n",
			[]string{"1 12025550100 3600 | 100 10 u E2U+im !^.*$!im:a@example.com! | 100 20 u E2U+sip !^.*$!sip:a@example.com! | 100 30 u E2U+sip !^.*$!sips:a@example.com! | 100 40 u E2U+xmpp !^.*$!xmpp:a@example.com!" +
				" | 100 50 u E2U+pres !^.*$!pres:a@example.com! | 100 60 u E2U+h323 !^.*$!h323:a@example.com! | 100 70 u E2U+acct !^.*$!acct:a@example.com! | 100 80 u E2U+iax !^.*$!iax:example.com/a!"}},
		{"settings before their URI", "+12025550101 pref=20 sip:a@example.com order=200 pref=5 E2U+voicemsg:sip sip:vm@example.com\n",
			[]string{"1 12025550101 3600 | 100 20 u E2U+sip !^.*$!sip:a@example.com! | 200 5 u E2U+voicemsg:sip !^.*$!sip:vm@example.com!"}},
		{"preferences go on from pref=, order and all", "+12025550101 pref=15 order=7 sip:a@example.com sip:b@example.com\n sip:c@example.com\n",
			[]string{"1 12025550101 3600 | 7 15 u E2U+sip !^.*$!sip:a@example.com! | 7 25 u E2U+sip !^.*$!sip:b@example.com! | 7 35 u E2U+sip !^.*$!sip:c@example.com!"}},
		{"a setting on the line above its URI", "+12025550101 pref=1\n sip:a@example.com\n", []string{"1 12025550101 3600 | 100 1 u E2U+sip !^.*$!sip:a@example.com!"}},
		{"order and preference at their ends", "+12025550101 order=0 pref=0 im:a@example.com order=65535 pref=65535 im:b@example.com\n",
			[]string{"1 12025550101 3600 | 0 0 u E2U+im !^.*$!im:a@example.com! | 65535 65535 u E2U+im !^.*$!im:b@example.com!"}},
		{"one URI for two services", "+12025550101 E2U+sip sip:a@example.com E2U+voicemsg:sip sip:a@example.com\n",
			[]string{"1 12025550101 3600 | 100 10 u E2U+sip !^.*$!sip:a@example.com! | 100 20 u E2U+voicemsg:sip !^.*$!sip:a@example.com!"}},
		{"tel with its service", "+12025550101 E2U+voice:tel tel:+12025550199\n", []string{"1 12025550101 3600 | 100 10 u E2U+voice:tel !^.*$!tel:+12025550199!"}},
		{"exclamation mark in a URI", "+12025550101 sip:a!b@example.com\n", []string{"1 12025550101 3600 | 100 10 u E2U+sip !^.*$!sip:a%21b@example.com!"}},
		{"hash within a word", "+12025550101 sip:a@example.com;x=# # comment\n", nil},

		{"TTL of the entry", "+12025550102 ttl=300 im:a@example.com\n+12025550103 im:a@example.com\n", []string{"1 12025550102 300 | 100 10 u E2U+im !^.*$!im:a@example.com!", "2 12025550103" + im}},
		{"default TTL and its units", "$TTL 1w2d3h4m5s\n+12025550102 im:a@example.com\n$ttl 0\n+12025550103 im:a@example.com\n$TTL 2147483647\n+12025550104 ttl=1H im:a@example.com\n+12025550105 none\n",
			[]string{"2 12025550102 788645 | 100 10 u E2U+im !^.*$!im:a@example.com!", "4 12025550103 0 | 100 10 u E2U+im !^.*$!im:a@example.com!", "6 12025550104 3600 | 100 10 u E2U+im !^.*$!im:a@example.com!", "7 12025550105 2147483647"}},
		{"exists without records", "+12025550199 none\n+12025550198 NONE # comment\n", []string{"1 12025550199 3600", "2 12025550198 3600"}},
		{"a block without records", "+1202555xxxx none\n", []string{"1 1202555[11-11] 3600"}},

		{"raw NAPTR", `+12025550103 NAPTR 100 10 "u" "E2U+sip" "!^\+1202555(.*)$!sip:\1@example.com!" .` + "\n", []string{`1 12025550103 3600 | 100 10 u E2U+sip !^\+1202555(.*)$!sip:\1@example.com!`}},
		{"raw NAPTR among URIs and on its own line", "+12025550103 im:a@example.com\n naptr 1 2 \"U\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n NAPTR 0 65535 \"\" \"\" \"\" Example.COM\n sip:b@example.com\n",
			[]string{`1 12025550103 3600 | 100 10 u E2U+im !^.*$!im:a@example.com! | 1 2 U E2U+sip !^.*$!sip:a@example.com! | 0 65535    example.com. | 100 20 u E2U+sip !^.*$!sip:b@example.com!`}},
		{"raw NAPTR of a block", `+1202555xxxx NAPTR 100 10 "u" "E2U+sip" "!^\+(.*)$!sip:\1@example.com!" .` + "\n", []string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^\+(.*)$!sip:\1@example.com!`}},

		{"visual separators", "+1-202-555-0100 none\n+1.202.555.0101 none\n+1(202)555-0102 none\n", []string{"1 12025550100 3600", "2 12025550101 3600", "3 12025550102 3600"}},
		{"1 and 15 digits", "+9 none\n+123456789012345 none\n", []string{"1 9 3600", "2 123456789012345 3600"}},

		{"block", "+1202555xxxx sip:{number}@gw.example.net\n", []string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^(\+1202555....)$!sip:\1@gw.example.net!`}},
		{"block with separators and a literal URI", "+1-202-555-XXXX sip:gw.example.net\n", []string{"1 1202555[11-11] 3600 | 100 10 u E2U+sip !^.*$!sip:gw.example.net!"}},
		{"several placeholders nest", "+1202555xxxx sip:{digits}@x.example.net;user={last4};n={number};last={last4}\n",
			[]string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^(\+(1202555(....)))$!sip:\2@x.example.net;user=\3;n=\1;last=\3!`}},
		{"last digits that reach into the fixed ones", "+1202555xxxx sip:{last6}@gw.example.net\n", []string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^\+12025(55....)$!sip:\1@gw.example.net!`}},
		{"nine placeholders", "+1202555xxxx sip:{last1}{last2}{last3}{last4}{last5}{last6}{last7}{last8}{last9}@gw.example.net\n",
			[]string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^\+12(0(2(5(5(5(.(.(.(.)))))))))$!sip:\9\8\7\6\5\4\3\2\1@gw.example.net!`}},
		{"placeholders of a single number", "+12025550100 sip:{number}@example.com sip:{digits}@example.com sip:{last4}@example.com\n",
			[]string{"1 12025550100 3600 | 100 10 u E2U+sip !^.*$!sip:+12025550100@example.com! | 100 20 u E2U+sip !^.*$!sip:12025550100@example.com! | 100 30 u E2U+sip !^.*$!sip:0100@example.com!"}},

		{"range", "+12025550110..+12025550149 sip:{digits}@gw.example.net\n", []string{
			`1 1202555011[11-11] 3600 | 100 10 u E2U+sip !^\+(1202555011.)$!sip:\1@gw.example.net!`, `1 1202555012[11-11] 3600 | 100 10 u E2U+sip !^\+(1202555012.)$!sip:\1@gw.example.net!`,
			`1 1202555013[11-11] 3600 | 100 10 u E2U+sip !^\+(1202555013.)$!sip:\1@gw.example.net!`, `1 1202555014[11-11] 3600 | 100 10 u E2U+sip !^\+(1202555014.)$!sip:\1@gw.example.net!`}},
		{"range that is one prefix", "+12025550000..+12025559999 none\n", []string{"1 1202555[11-11] 3600"}},
		{"range of one number stays a block", "+12025550110..+12025550110 none\n", []string{"1 12025550110[11-11] 3600"}},
		{"range with separators", "+1.202.555.0108..+1.202.555.0110 sip:{rest}@example.com\n", []string{
			`1 12025550108[11-11] 3600 | 100 10 u E2U+sip !^\+120255501(08)$!sip:\1@example.com!`, `1 12025550109[11-11] 3600 | 100 10 u E2U+sip !^\+120255501(09)$!sip:\1@example.com!`, `1 12025550110[11-11] 3600 | 100 10 u E2U+sip !^\+120255501(10)$!sip:\1@example.com!`}},

		{"open numbering plan", "+4989123x{1,5} sip:{rest}@pbx.example.de\n", []string{`1 4989123[8-12] 3600 | 100 10 u E2U+sip !^\+4989123(.*)$!sip:\1@pbx.example.de!`}},
		{"as long as E.164 allows", "+4989123x{3,} sip:{last3}@pbx.example.de;n={number};r={rest}\n", []string{`1 4989123[10-15] 3600 | 100 10 u E2U+sip !^(\+4989123(.*(...)))$!sip:\3@pbx.example.de;n=\1;r=\2!`}},
		{"two ends of a number of open length", "+4989123x{3,5} sip:{last3}-{last2}@pbx.example.de\n", []string{`1 4989123[10-12] 3600 | 100 10 u E2U+sip !^\+4989123.*(.(..))$!sip:\1-\2@pbx.example.de!`}},
		{"x{4} is xxxx", "+1202555x{4} sip:{rest}@example.com\n", []string{`1 1202555[11-11] 3600 | 100 10 u E2U+sip !^\+1202555(....)$!sip:\1@example.com!`}},
		{"xx{1,2} is one x and one or two more", "+1202555xx{1,2} none\n", []string{"1 1202555[9-10] 3600"}},
		{"the number itself too", "+4989123x{0,4} sip:{digits}@pbx.example.de\n", []string{`1 4989123[7-11] 3600 | 100 10 u E2U+sip !^\+(4989123.*)$!sip:\1@pbx.example.de!`}},
		{"every number there is", "+x{1,} sip:{number}@gw.example.net\n", []string{`1 [1-15] 3600 | 100 10 u E2U+sip !^(\+.*)$!sip:\1@gw.example.net!`}},

		{"delegation", "+4420 NS ns1.example.net.\n NS ns.0.2.4.4.e164.arpa. 192.0.2.53 2001:db8::53\n ds 12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC 49FD46E6C4B45C55d4acaaaa\n",
			[]string{"1 4420 cut 3600 | type2 3600 ns1.example.net. ns.0.2.4.4.e164.arpa. | type43 3600 30390D0249FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4ACAAAA | glue ns.0.2.4.4.e164.arpa. | type1 3600 192.0.2.53 | type28 3600 2001:db8::53"}},
		{"delegation with a TTL, then a number", "+4420 ttl=1d NS NS1.example.net\n+12025550100 im:a@example.com\n", []string{"1 4420 cut 86400 | type2 86400 ns1.example.net.", "2 12025550100" + im}},

		{"comments, blank lines, BOM, CR LF", "\xef\xbb\xbf# für Café\r\n\r\n+12025550100\tim:a@example.com#1\t# no # more\r\n  \t\r\n   # within an entry\r\n\r\n  sip:a@example.com\r\n", nil},
		{"CR LF", "\xef\xbb\xbf# für Café\r\n\r\n+12025550100\tim:a@example.com\t# no # more\r\n  \t\r\n   # within an entry\r\n\r\n  sip:a@example.com\r\n",
			[]string{"3 12025550100 3600 | 100 10 u E2U+im !^.*$!im:a@example.com! | 100 20 u E2U+sip !^.*$!sip:a@example.com!"}},
		{"the number alone, URIs below", "+12025550100\n im:a@example.com\n", []string{"1 12025550100" + im}},
		{"comment lines only", "# nothing\n\n", []string{}},
		{"empty file", "", []string{}},
		{"only a BOM", "\xef\xbb\xbf", []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := parse(t, c.src, Options{Apexes: apexes(t, "e164.arpa")})
			if c.want == nil {
				if err == nil || !strings.Contains(err.Error(), "fragment") {
					t.Fatalf("expected the fragment to be refused, got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A dial plan has bare digits, and what placeholders expand to has no "+" (RFC 6116 section 3.7).
func TestDialPlan(t *testing.T) {
	src := "0 sip:desk@example.com\n4711 sip:{number}@example.com\n2xx sip:{number}@pbx.example.com;d={digits};l={last2}\n08..12 none\n1-23 none\nx{1,3} sip:{digits}@gw.example.com\n"
	want := []string{
		"1 0 3600 | 100 10 u E2U+sip !^.*$!sip:desk@example.com!",
		"2 4711 3600 | 100 10 u E2U+sip !^.*$!sip:4711@example.com!",
		`3 2[3-3] 3600 | 100 10 u E2U+sip !^(2(..))$!sip:\1@pbx.example.com;d=\1;l=\2!`,
		"4 08[2-2] 3600", "4 09[2-2] 3600", "4 10[2-2] 3600", "4 11[2-2] 3600", "4 12[2-2] 3600",
		"5 123 3600",
		`6 [1-3] 3600 | 100 10 u E2U+sip !^(.*)$!sip:\1@gw.example.com!`,
	}
	got, _, err := parse(t, src, Options{DialPlan: true, Apexes: apexes(t, "dial.example.com")})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), err)
	}
}

// Numbers are taken when one of the apexes holds them.
func TestApexes(t *testing.T) {
	got, _, err := parse(t, "+4420 none\n+12025550100 none\n+44x{1,} none\n", Options{Apexes: apexes(t, "4.4.e164.arpa", "1.e164.example.com")})
	if want := []string{"1 4420 3600", "2 12025550100 3600", "3 44[3-15] 3600"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, _, err := parse(t, "+4420 NS ns.example.org 192.0.2.1\n", Options{}); err != nil || len(got) != 1 {
		t.Errorf("without apexes every number and every address is taken: %q, %v", got, err)
	}
}

func TestEnd(t *testing.T) {
	for src, want := range map[string]bool{
		"+12025550100 none\n":                              false,
		"+12025550100 none\n$END\n":                        true,
		"+12025550100 none\n$end  # all\n\n  \n# really\n": true,
		"$END\n":   true,
		"# $END\n": false,
	} {
		if _, r, err := parse(t, src, Options{}); err != nil || r.End != want {
			t.Errorf("%q: End = %v, %v", src, r.End, err)
		}
	}
}

// Warnings let a record pass; each rule is counted over the file, once a record, ranges once in all.
func TestFindings(t *testing.T) {
	src := "+12025550100 IM:a@example.com E2U+sip+voicemsg:sip sip:a@example.com\n" +
		"+12025550102 im:b@example.com # nothing to say\n" +
		"+12025550103 IM:c@example.com\n" +
		"+12025550110..+12025550149 im:desk@example.com\n" +
		"+4420 NS ns.example.net. 192.0.2.1\n"
	_, r, err := parse(t, src, Options{Apexes: apexes(t, "e164.arpa")})
	if err != nil {
		t.Fatal(err)
	}
	want := []Finding{
		{Code: "U06", Text: "URI scheme in capitals: write lower case", Count: 2, File: "n.txt", Line: 1},
		{Code: "S03", Text: "compound services: some clients drop the record", Count: 1, File: "n.txt", Line: 1},
		{Code: "I03", Text: "one mailbox for all numbers of a block", Count: 1, File: "n.txt", Line: 4},
		{Code: "D01", Text: "addresses of a name server outside of the tree: not served", Count: 1, File: "n.txt", Line: 5},
	}
	if !slices.Equal(r.Findings, want) {
		t.Errorf("got %+v", r.Findings)
	}
}
