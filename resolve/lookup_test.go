package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// What RFC 6116 makes of records, by the rules of standards.md section 3.4.
func TestLookup(t *testing.T) {
	for _, c := range []struct {
		rule, zone string
		services   string
		want       string // URIs
		status     Status
		why        string // of each record of the trail
		asked      string
	}{
		{"one record", `~ NAPTR 100 10 "u" "E2U+im" "!^.*$!im:fred@example.com!" .`, "",
			"im:fred@example.com", Found, "", "~ NAPTR"},
		{"R6116-53 order before preference", `
			~ NAPTR 200 1 "u" "E2U+im" "!^.*$!im:d@example.com!" .
			~ NAPTR 100 20 "u" "E2U+im" "!^.*$!im:c@example.com!" .
			~ NAPTR 100 10 "u" "E2U+im" "!^.*$!im:b@example.com!" .
			~ NAPTR 40000 0 "u" "E2U+im" "!^.*$!im:e@example.com!" .
			~ NAPTR 1 65535 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "",
			"im:a@example.com im:b@example.com im:c@example.com im:d@example.com im:e@example.com", Found, "; ; ; ; ", "~ NAPTR"},
		{"R6116-56 equal rank as it comes", `
			~ NAPTR 100 10 "u" "E2U+im" "!^.*$!im:z@example.com!" .
			~ NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@example.com!" .
			~ NAPTR 100 10 "u" "E2U+im" "!^.*$!im:m@example.com!" .`, "",
			"im:z@example.com im:a@example.com im:m@example.com", Found, "; ; ", "~ NAPTR"},
		{"R6116-12 unknown flag", `
			~ NAPTR 1 1 "s" "E2U+im" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "uu" "E2U+im" "!^.*$!im:b@example.com!" .
			~ NAPTR 1 3 "U" "E2U+im" "!^.*$!im:c@example.com!" .`, "",
			"im:c@example.com", Found, "its flag is not one of ENUM; its flag is not one of ENUM; ", "~ NAPTR"},
		{"R6116-63 other applications", `
			~ NAPTR 1 1 "u" "SIP+D2U" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "u" "E2U+im" "!^.*$!im:b@example.com!" .`, "",
			"im:b@example.com", Found, "it belongs to another application; ", "~ NAPTR"},
		{"R6116-14 no service", `
			~ NAPTR 1 1 "u" "" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "u" "E2U" "!^.*$!im:a@example.com!" .`, "",
			"", NoURI, enumservice.ErrNoE2U.Error() + "; " + enumservice.ErrNoService.Error(), "~ NAPTR"},
		{"R6116-65 the order of RFC 2916", `~ NAPTR 1 1 "u" "sip+E2U" "!^.*$!sip:a@example.com!" .`, "sip",
			"sip:a@example.com", Found, "", "~ NAPTR"},
		{"R6116-21 services in any case", `~ NAPTR 1 1 "u" "e2u+IM" "!^.*$!im:Fred@Example.com!" .`, "im",
			"im:Fred@Example.com", Found, "", "~ NAPTR"},
		{"a subtype stands for itself", `
			~ NAPTR 1 1 "u" "E2U+sms:mailto" "!^.*$!mailto:a@example.com!" .
			~ NAPTR 1 2 "u" "E2U+sms:tel" "!^(.*)$!tel:\\1!" .`, "sms:tel",
			"tel:" + number, Found, "its service is not the one that is wanted; ", "~ NAPTR"},
		{"R6116-64 compound", `~ NAPTR 1 1 "u" "E2U+x-new+voice:tel+sms:tel" "!^(.*)$!tel:\\1!" .`, "sms:tel",
			"tel:" + number, Found, "", "~ NAPTR"},
		{"R6117-06 service, not scheme", `
			~ NAPTR 1 1 "u" "E2U+sip" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "u" "E2U+pstn:tel" "!^(.*)$!tel:\\1!" .`, "pstn:tel",
			"tel:" + number, Found, "its service is not the one that is wanted; ", "~ NAPTR"},
		{"a type stands for its subtypes", `
			~ NAPTR 1 1 "u" "E2U+sms:tel" "!^(.*)$!tel:\\1!" .
			~ NAPTR 1 2 "u" "E2U+sms:mailto" "!^.*$!mailto:a@example.com!" .`, "sms",
			"tel:" + number + " mailto:a@example.com", Found, "; ", "~ NAPTR"},
		{"R6116-18 private type", `
			~ NAPTR 1 1 "u" "E2U+P-own" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "u" "E2U+im+p-own" "!^.*$!im:b@example.com!" .`, "",
			"", NoURI, "private Enumservice in a public tree; private Enumservice in a public tree", "~ NAPTR"},
		{"R6116-18 asked for by name", `~ NAPTR 1 1 "u" "E2U+im+P-own" "!^.*$!im:a@example.com!" .`, "p-own",
			"im:a@example.com", Found, "", "~ NAPTR"},
		{"R6116-18 beside what is asked for", `~ NAPTR 1 1 "u" "E2U+im+P-own" "!^.*$!im:a@example.com!" .`, "im",
			"", NoURI, "private Enumservice in a public tree", "~ NAPTR"},
		{"R6116-50 bad expressions", `
			~ NAPTR 1 1 "u" "E2U+im" "!^+44(.*)$!im:\\1@example.com!" .
			~ NAPTR 1 2 "u" "E2U+im" "!^\\+1(.*)$!im:\\1@example.com!" .
			~ NAPTR 1 3 "u" "E2U+im" "" .
			~ NAPTR 1 4 "u" "E2U+im" "!^\\+44(.*)$!im:0\\1@example.com!i" .`, "",
			"im:01632960083@example.com", Found, `character 3: repetition operator with nothing before it to repeat: a literal plus is written "\+"; its expression does not match the number; ` +
				`character 1: empty expression: write "!^.*$!uri!"; `, "~ NAPTR"},
		{"R6116-59 other delimiters", `~ NAPTR 1 1 "u" "E2U+im" "/^.*$/im:a@example.com/" .`, "",
			"im:a@example.com", Found, "", "~ NAPTR"},
		{"R3403-08 both set", `~ NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" example.com.`, "",
			"", NoURI, "regexp and replacement are both set", "~ NAPTR"},
		{"R3403-08 replacement alone", `~ NAPTR 1 1 "u" "E2U+im" "" example.com.`, "",
			"", NoURI, "it has a replacement and no regexp, which alone gives a URI", "~ NAPTR"},
		{"R6116-08 no URI", `
			~ NAPTR 1 1 "u" "E2U+im" "!^.*$!fred@example.com!" .
			~ NAPTR 1 2 "u" "E2U+im" "!^.*$!:fred!" .
			~ NAPTR 1 3 "u" "E2U+im" "!^.*$!1m:fred!" .
			~ NAPTR 1 4 "u" "E2U+im" "!^.*$!im:fr ed@example.com!" .
			~ NAPTR 1 5 "u" "E2U+im" "!^.*$!im:\027[31mfred@example.com!" .
			~ NAPTR 1 6 "u" "E2U+im" "!^.*$!im:fr\127ed@example.com!" .`, "",
			"", NoURI, strings.TrimSuffix(strings.Repeat("what it gives is not a URI; ", 6), "; "), "~ NAPTR"},
		{"R6116-51 octets above ASCII", `~ NAPTR 1 1 "u" "E2U+im" "!^.*$!im:fr\195\169d@example.com!" .`, "",
			"im:fr\xc3\xa9d@example.com", Found, "", "~ NAPTR"},

		{"R6116-68 non-terminal", `
			~ NAPTR 1 1 "" "" "" next.example.com.
			next.example.com. NAPTR 1 1 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .`, "",
			"im:" + number + "@example.com", Found, "; ", "~ NAPTR, next.example.com. NAPTR"},
		{"R6116-67 its services and regexp are ignored", `
			~ NAPTR 1 1 "" "E2U+sip" "!^.*$!sip:x@example.com!" next.example.com.
			next.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "im",
			"im:a@example.com", Found, "; ", "~ NAPTR, next.example.com. NAPTR"},
		{"R6116-57 order ends at the non-terminal", `
			~ NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" .
			~ NAPTR 2 1 "" "" "" next.example.com.
			~ NAPTR 3 1 "u" "E2U+im" "!^.*$!im:d@example.com!" .
			next.example.com. NAPTR 9 1 "u" "E2U+im" "!^.*$!im:b@example.com!" .
			next.example.com. NAPTR 9 2 "u" "E2U+im" "!^.*$!im:c@example.com!" .`, "",
			"im:a@example.com im:b@example.com im:c@example.com im:d@example.com", Found, "; ; ; ; ", "~ NAPTR, next.example.com. NAPTR"},
		{"R6116-68 no target", `
			~ NAPTR 1 1 "" "" "!^.*$!next.example.com!" .
			~ NAPTR 1 2 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "",
			"im:a@example.com", Found, "non-terminal without a name to go on with; ", "~ NAPTR"},
		{"R6116-69 nothing behind it", `
			~ NAPTR 1 1 "" "" "" absent.example.com.
			~ NAPTR 1 2 "" "" "" empty.example.com.
			~ NAPTR 1 3 "" "" "" other.example.com.
			~ NAPTR 1 4 "u" "E2U+im" "!^.*$!im:a@example.com!" .
			empty.example.com. TXT "x"
			other.example.com. NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.example.com.`, "",
			"im:a@example.com", Found, "it leads to nothing: no name; it leads to nothing: no data; it leads to nothing: no URI; ; its flag is not one of ENUM",
			"~ NAPTR, absent.example.com. NAPTR, empty.example.com. NAPTR, other.example.com. NAPTR"},
		{"R6116-70 loop to itself", `
			~ NAPTR 1 1 "" "" "" ~
			~ NAPTR 1 2 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "",
			"im:a@example.com", Found, "loop: it leads back to a name on the way to it; ", "~ NAPTR"},
		{"R6116-72 loop of three, not asked again", `
			~ NAPTR 1 1 "" "" "" a.example.com.
			a.example.com. NAPTR 1 1 "" "" "" B.example.com.
			b.example.com. NAPTR 1 1 "" "" "" A.EXAMPLE.com.
			b.example.com. NAPTR 1 2 "" "" "" ~`, "",
			"", NoURI, "it leads to nothing: no URI; it leads to nothing: no URI; loop: it leads back to a name on the way to it; loop: it leads back to a name on the way to it",
			"~ NAPTR, a.example.com. NAPTR, b.example.com. NAPTR"},
		{"loop through an alias", `
			~ NAPTR 1 1 "" "" "" a.example.com.
			a.example.com. CNAME b.example.com.
			b.example.com. NAPTR 1 1 "" "" "" b.example.com.`, "",
			"", NoURI, "it leads to nothing: no URI; ; loop: it leads back to a name on the way to it", "~ NAPTR, a.example.com. NAPTR"},
		{"loop through an alias, back to the number", `
			~ NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" .
			~ NAPTR 1 2 "" "" "" back.example.com.
			back.example.com. CNAME ~`, "",
			"im:a@example.com", Found, "; loop: it leads back to a name on the way to it; ; the same record as before; the same record as before",
			"~ NAPTR, back.example.com. NAPTR"},
		{"two ways to one name are no loop", `
			~ NAPTR 1 1 "" "" "" a.example.com.
			~ NAPTR 2 1 "" "" "" A.example.com.
			~ NAPTR 3 1 "" "" "" b.example.com.
			a.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" .
			b.example.com. NAPTR 1 1 "" "" "" a.example.com.
			b.example.com. NAPTR 1 2 "u" "E2U+im" "!^.*$!im:b@example.com!" .`, "",
			"im:a@example.com im:b@example.com", Found, "; it leads to the same name as an earlier record; ; ; it leads to the same name as an earlier record; ",
			"~ NAPTR, a.example.com. NAPTR, b.example.com. NAPTR"},
		{"two names, one set", `
			~ NAPTR 1 1 "" "" "" a.example.com.
			~ NAPTR 2 1 "" "" "" b.example.com.
			~ NAPTR 3 1 "" "" "" c.example.com.
			b.example.com. CNAME a.example.com.
			c.example.com. NAPTR 1 1 "" "" "" a.example.com.
			a.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "",
			"im:a@example.com", Found, "; it leads to the same name as an earlier record; it leads to nothing that was not found before; ; ; the same record as before; it leads to the same name as an earlier record",
			"~ NAPTR, a.example.com. NAPTR, b.example.com. NAPTR, c.example.com. NAPTR"},
		{"two ways to one name without a URI", `
			~ NAPTR 1 1 "" "" "" a.example.com.
			~ NAPTR 2 1 "" "" "" a.example.com.`, "",
			"", NoURI, "it leads to nothing: no name; it leads to nothing: no name", "~ NAPTR, a.example.com. NAPTR"},
		{"a shorter way leads further", `
			~ NAPTR 1 1 "" "" "" n1.example.com.
			~ NAPTR 1 2 "" "" "" n5.example.com.
			n1.example.com. NAPTR 1 1 "" "" "" n2.example.com.
			n2.example.com. NAPTR 1 1 "" "" "" n3.example.com.
			n3.example.com. NAPTR 1 1 "" "" "" n4.example.com.
			n4.example.com. NAPTR 1 1 "" "" "" n5.example.com.
			n5.example.com. NAPTR 1 1 "" "" "" n6.example.com.
			n5.example.com. NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:x@example.com!" .
			n6.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:six@example.com!" .`, "im",
			"im:six@example.com", Found, "it leads to nothing within 5 non-terminals; ; it leads to nothing within 5 non-terminals; it leads to nothing within 5 non-terminals; " +
				"it leads to nothing within 5 non-terminals; it leads to nothing within 5 non-terminals; ; its service is not the one that is wanted; ",
			"~ NAPTR, n1.example.com. NAPTR, n2.example.com. NAPTR, n3.example.com. NAPTR, n4.example.com. NAPTR, n5.example.com. NAPTR, n6.example.com. NAPTR"},
		{"a shorter way ends, too", `
			~ NAPTR 1 1 "" "" "" n1.example.com.
			~ NAPTR 1 2 "" "" "" n5.example.com.
			n1.example.com. NAPTR 1 1 "" "" "" n2.example.com.
			n2.example.com. NAPTR 1 1 "" "" "" n3.example.com.
			n3.example.com. NAPTR 1 1 "" "" "" n4.example.com.
			n4.example.com. NAPTR 1 1 "" "" "" n5.example.com.
			n5.example.com. NAPTR 1 1 "" "" "" n6.example.com.`, "",
			"", NoURI, "it leads to nothing within 5 non-terminals; it leads to nothing: no URI; it leads to nothing within 5 non-terminals; it leads to nothing within 5 non-terminals; " +
				"it leads to nothing within 5 non-terminals; it leads to nothing within 5 non-terminals; it leads to nothing: no name",
			"~ NAPTR, n1.example.com. NAPTR, n2.example.com. NAPTR, n3.example.com. NAPTR, n4.example.com. NAPTR, n5.example.com. NAPTR, n6.example.com. NAPTR"},
		{"a shorter way does not list twice", `
			~ NAPTR 1 1 "" "" "" n1.example.com.
			~ NAPTR 1 2 "" "" "" n2.example.com.
			n1.example.com. NAPTR 1 1 "" "" "" n2.example.com.
			n2.example.com. NAPTR 1 1 "" "" "" n3.example.com.
			n2.example.com. NAPTR 1 2 "u" "E2U+im" "!^.*$!im:two@example.com!" .
			n3.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:three@example.com!" .`, "",
			"im:three@example.com im:two@example.com", Found, "; it leads to nothing that was not found before; ; ; ; ",
			"~ NAPTR, n1.example.com. NAPTR, n2.example.com. NAPTR, n3.example.com. NAPTR"},
		{"R6116-71 six in a row", `
			~ NAPTR 1 1 "" "" "" n1.example.com.
			n1.example.com. NAPTR 1 1 "" "" "" n2.example.com.
			n2.example.com. NAPTR 1 1 "" "" "" n3.example.com.
			n3.example.com. NAPTR 1 1 "" "" "" n4.example.com.
			n4.example.com. NAPTR 1 1 "" "" "" n5.example.com.
			n5.example.com. NAPTR 1 1 "" "" "" n6.example.com.
			n5.example.com. NAPTR 1 2 "u" "E2U+im" "!^.*$!im:five@example.com!" .
			n6.example.com. NAPTR 1 1 "u" "E2U+im" "!^.*$!im:six@example.com!" .`, "",
			"im:five@example.com", Found, "; ; ; ; ; loop: more than 5 non-terminals; ",
			"~ NAPTR, n1.example.com. NAPTR, n2.example.com. NAPTR, n3.example.com. NAPTR, n4.example.com. NAPTR, n5.example.com. NAPTR"},

		{"R3402-01 alias, the AUS stays", `
			~ CNAME 7.1.3.6.9.7.0.2.4.4.e164.arpa.
			7.1.3.6.9.7.0.2.4.4.e164.arpa. NAPTR 1 1 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .`, "",
			"im:" + number + "@example.com", Found, "; ", "~ NAPTR"},
		{"alias to nothing", `~ CNAME absent.example.com.`, "", "", NoName, "", "~ NAPTR"},
		{"NXDOMAIN", `1.4.4.e164.arpa. TXT "x"`, "", "", NoName, "", "~ NAPTR"},
		{"NODATA", `~ TXT "not in service"`, "", "", NoData, "", "~ NAPTR"},
		{"NODATA, empty non-terminal", `1.~ TXT "x"`, "", "", NoData, "", "~ NAPTR"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			d := zone(t, c.zone)
			client := patient(serve(t, d.ServeDNS))
			if c.services != "" {
				services, err := enumservice.ParseServices(nil, "E2U+"+c.services)
				if err != nil {
					t.Fatal(err)
				}
				client.Services = services
			}
			res, err := client.Lookup(t.Context(), fred)
			if err != nil {
				t.Fatal(err)
			}
			if got := list(res); got != c.want || res.Status != c.status {
				t.Errorf("%s %q\nwant %s %q", res.Status, got, c.status, c.want)
			}
			if got := why(res.Trail); got != c.why {
				t.Errorf("said of the records: %s\nwant                %s", got, c.why)
			}
			if got := d.names(); got != c.asked {
				t.Errorf("asked %s\nwant  %s", got, c.asked)
			}
		})
	}
}

// A result names the record it came from, where that stands and which of its services are wanted.
func TestResult(t *testing.T) {
	d := zone(t, `
		~ 600 CNAME Alias.example.com.
		alias.example.com. 60 NAPTR 100 10 "u" "E2U+voice:tel+sms:tel+sms:mailto" "!^(.*)$!tel:\\1!" .`)
	client := patient(serve(t, d.ServeDNS))
	client.Services = []enumservice.Service{{Type: "SMS"}}
	res, err := client.Lookup(t.Context(), fred)
	if err != nil || len(res.URIs) != 1 {
		t.Fatal(res.URIs, err)
	}
	u := res.URIs[0]
	if u.URI != "tel:"+number || u.Owner != "alias.example.com." || u.TTL != 60 || u.Record.Regexp != `!^(.*)$!tel:\1!` || u.Record.Order != 100 ||
		fmt.Sprint(u.Services) != "[sms:tel sms:mailto]" {
		t.Errorf("%+v", u)
	}
	if res.AUS != number || res.Number != fred || len(res.Trees) != 1 || res.Trees[0].Name != domain || res.Trees[0].Status != Found {
		t.Errorf("%+v", res)
	}
	x := res.Trail[0]
	if len(res.Trail) != 1 || x.Name != domain || x.Type != dns.TypeNAPTR || x.Size == 0 || !x.EDNS || x.Transport != UDP ||
		!x.Header.RecursionAvailable || len(x.Records) != 2 || x.Records[1].URI != u.URI || x.Records[0].URI != "" || x.Time <= 0 {
		t.Errorf("%+v", x)
	}
}

// Trees are asked in order until one has URIs; one that cannot be told ends the search.
func TestApexes(t *testing.T) {
	own, public, uk := apex(t, "own.example"), apex(t, "e164.arpa"), apex(t, "4.4.e164.arpa")
	other := apex(t, "1.e164.arpa")
	const naptr = ` NAPTR 1 1 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .`
	const mine = "3.8.0.0.6.9.2.3.6.1.4.4.own.example."
	for _, c := range []struct {
		what, zone string
		apexes     []e164.Apex
		want       string
		statuses   []Status
	}{
		{"the first has it", mine + naptr + "\n~" + naptr, []e164.Apex{own, public}, "im:" + number + "@example.com", []Status{Found}},
		{"the second has it", "~" + naptr, []e164.Apex{own, public}, "im:" + number + "@example.com", []Status{NoName, Found}},
		{"NODATA in the first", mine + " TXT x\n~" + naptr, []e164.Apex{own, public}, "im:" + number + "@example.com", []Status{NoData, Found}},
		{"the better of two", mine + " TXT x", []e164.Apex{own, public}, "", []Status{NoData, NoName}},
		{"none has it", "1.~ TXT x", []e164.Apex{own, public}, "", []Status{NoName, NoData}},
		{"an apex with digits", "~" + naptr, []e164.Apex{uk}, "im:" + number + "@example.com", []Status{Found}},
		{"an apex of other numbers is left out", "~" + naptr, []e164.Apex{other, public}, "im:" + number + "@example.com", []Status{Found}},
		{"private types where the tree is private", mine + ` NAPTR 1 1 "u" "E2U+P-own" "!^.*$!own:x!" .`, []e164.Apex{own}, "own:x", []Status{Found}},
	} {
		t.Run(c.what, func(t *testing.T) {
			client := patient(serve(t, zone(t, c.zone).ServeDNS))
			client.Apexes = c.apexes
			res, err := client.Lookup(t.Context(), fred)
			if err != nil {
				t.Fatal(err)
			}
			var statuses []Status
			best := Unknown
			for _, tree := range res.Trees {
				statuses = append(statuses, tree.Status)
				best = max(best, tree.Status)
			}
			if list(res) != c.want || !slices.Equal(statuses, c.statuses) || res.Status != best {
				t.Errorf("%q, %v, %s; want %q, %v", list(res), statuses, res.Status, c.want, c.statuses)
			}
		})
	}
	t.Run("below none", func(t *testing.T) {
		client := patient(Server{Host: "127.0.0.1", Port: 9})
		client.Apexes = []e164.Apex{other}
		if res, err := client.Lookup(t.Context(), fred); !errors.Is(err, ErrNumber) || res == nil || len(res.Trail) > 0 {
			t.Errorf("%v, %v", res, err)
		}
		if _, err := client.Lookup(t.Context(), 0); !errors.Is(err, ErrNumber) {
			t.Errorf("no number: %v", err)
		}
	})
	t.Run("the first cannot be told", func(t *testing.T) {
		d := zone(t, "~"+naptr)
		server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			if dns.IsSubDomain("example.", q.Question[0].Name) {
				w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
				return
			}
			d.ServeDNS(w, q)
		})
		client := patient(server)
		client.Apexes = []e164.Apex{own, public}
		res, err := client.Lookup(t.Context(), fred)
		if !errors.Is(err, ErrRcode) || res.Status != Unknown || len(res.URIs) > 0 || len(res.Trees) != 1 {
			t.Errorf("%+v, %v", res, err)
		}
	})
}

func apex(tb testing.TB, name string) e164.Apex {
	tb.Helper()
	a, err := e164.ParseApex(name)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// In a dial plan there is no "+" (RFC 6116 section 3.7).
func TestDialPlan(t *testing.T) {
	d := zone(t, `2.1.5.own.example. NAPTR 1 1 "u" "E2U+sip" "!^([0-9]+)$!sip:\\1@example.com!" .`)
	client := patient(serve(t, d.ServeDNS))
	client.Apexes, client.DialPlan = []e164.Apex{apex(t, "own.example")}, true
	n, err := e164.ParseDigits("512")
	if err != nil {
		t.Fatal(err)
	}
	if res, err := client.Lookup(t.Context(), n); err != nil || list(res) != "sip:512@example.com" || res.AUS != "512" {
		t.Errorf("%+v, %v", res, err)
	}
}

// Trouble behind a non-terminal ends that branch alone; where nothing else has a URI it cannot be told
// whether there is one (RFC 6116 section 5.2.1).
func TestTroubleBehindNonTerminal(t *testing.T) {
	for _, c := range []struct {
		what, more, want string
		err              error
	}{
		{"another record", `~ NAPTR 1 2 "u" "E2U+im" "!^.*$!im:a@example.com!" .`, "im:a@example.com", nil},
		{"none", ``, "", ErrRcode},
		{"none that fits", `~ NAPTR 1 2 "s" "SIP+D2U" "" x.example.com.`, "", ErrRcode},
		{"two ways to the same trouble", `~ NAPTR 1 2 "" "" "" broken.example.com.`, "", ErrRcode},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := zone(t, `~ NAPTR 1 1 "" "" "" broken.example.com.`+"\n"+c.more)
			client := patient(serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
				if strings.HasPrefix(q.Question[0].Name, "broken") {
					w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
					return
				}
				d.ServeDNS(w, q)
			}))
			res, err := client.Lookup(t.Context(), fred)
			if list(res) != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("%q, %v", list(res), err)
			}
			if len(res.Trail) != 2 {
				t.Errorf("%d queries", len(res.Trail))
			}
			if got := why(res.Trail[:1]); !strings.HasPrefix(got, "what it leads to cannot be told") {
				t.Error(got)
			}
		})
	}
}

// However many names the records of a number lead to, few are asked.
func TestManyNonTerminals(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if w.RemoteAddr().Network() == "udp" {
			m.Truncated = true
			w.WriteMsg(m)
			return
		}
		for i := range 60 {
			m.Answer = append(m.Answer, &dns.NAPTR{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET},
				Order: uint16(i), Replacement: fmt.Sprintf("n%d.%s", i, q.Question[0].Name)})
		}
		w.WriteMsg(m)
	})
	res, err := patient(server).Lookup(t.Context(), fred)
	if !errors.Is(err, ErrTooMany) {
		t.Errorf("error %v", err)
	}
	names := map[string]bool{}
	for _, x := range res.Trail {
		names[x.Name] = true
	}
	if len(names) != 32 || len(res.Trail) != 2*32 { // each over UDP and TCP
		t.Errorf("%d names asked in %d queries", len(names), len(res.Trail))
	}
}

// Sorting leaves many records of one rank as they came.
func TestManyOfOneRank(t *testing.T) {
	var text strings.Builder
	var ranks [3]string
	for i := range 90 {
		fmt.Fprintf(&text, "~ NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!im:%d@example.com!\" .\n", i%3, i)
		ranks[i%3] += fmt.Sprintf("im:%d@example.com ", i)
	}
	want := ranks[0] + ranks[1] + ranks[2]
	server := serve(t, zone(t, text.String()).ServeDNS)
	server.Transport = TCP
	res, err := patient(server).Lookup(t.Context(), fred)
	if got := list(res) + " "; err != nil || got != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

// A look-up that is given up asks nothing more.
func TestGivenUpWithin(t *testing.T) {
	d := zone(t, "~ NAPTR 1 1 \"\" \"\" \"\" a.example.com.\n~ NAPTR 1 2 \"\" \"\" \"\" b.example.com.\n~ NAPTR 1 3 \"u\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if q.Question[0].Name == domain {
			d.ServeDNS(w, q)
			return
		}
		cancel()
	})
	res, err := patient(server).Lookup(ctx, fred)
	if !errors.Is(err, context.Canceled) || len(res.Trail) != 2 || len(res.URIs) > 0 {
		t.Errorf("%q, %v after %d queries", list(res), err, len(res.Trail))
	}
}

// The context bounds a look-up, and says why.
func TestContext(t *testing.T) {
	server := serve(t, func(dns.ResponseWriter, *dns.Msg) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := patient(server)
	client.Timeout = 0
	if res, err := client.Lookup(ctx, fred); !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) || len(res.Trail) != 1 {
		t.Errorf("cancelled: %v after %d queries", err, len(res.Trail))
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50_000_000)
	defer cancel()
	if res, err := client.Lookup(ctx, fred); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || len(res.Trail) != 1 {
		t.Errorf("deadline: %v after %d queries", err, len(res.Trail))
	}
}
