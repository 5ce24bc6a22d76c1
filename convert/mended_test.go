package convert

import (
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// One octet that no numbers file can hold is the fault of its entry alone.
func TestGoodEntriesStayGood(t *testing.T) {
	const record = ` 60 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .` + "\n"
	err := refused(t, soa+strings.Replace("1.1"+record, "a@", `a\000b@`, 1)+"2.1"+record+"3.1"+record, Options{From: Zone, To: Numbers})
	if got := faultsOf(err); len(got) != 1 || !strings.HasPrefix(got[0], "in:4: ") {
		t.Errorf("got %q", got)
	}
}

// A TTL that belongs to nothing is not lost without a word.
func TestTTLOfNothing(t *testing.T) {
	err := refused(t, `{"kind":"delegation","number":"+4420","ttl":60,"sets":[{"type":"NS","data":["a."]}]}`+"\n", Options{From: JSONLines, To: CSV})
	if !strings.Contains(err.Error(), `in:1: "ttl" is that of "records", and there are none`) {
		t.Error(err)
	}
}

// The name of a zone is no formula either, and comes back.
func TestFormulaAsZone(t *testing.T) {
	zone := turn(t, "12 none\n", Options{To: Zone, DialPlan: true, Apex: mustApex("=cmd.example.net")})
	rows := turn(t, zone, Options{From: Zone, To: CSV, DialPlan: true})
	if strings.Contains(rows, ",=") || strings.Contains(rows, "\n=") {
		t.Errorf("got %s", rows)
	}
	if got := turn(t, rows, Options{From: CSV, To: Zone, DialPlan: true}); got != zone {
		t.Errorf("got\n%s\nwant\n%s", got, zone)
	}
}

// Name servers of a zone are names of hosts, each once.
func TestFrameNames(t *testing.T) {
	for _, c := range []struct {
		servers    []string
		hostmaster string
		want       string
	}{
		{[]string{"192.0.2.1"}, "", `name server "192.0.2.1": an address: expected the name of the host that has it`},
		{[]string{"2001:db8::1"}, "", `name server "2001:db8::1": an address`},
		{[]string{"ns1 evil.example.net"}, "", `name server "ns1 evil.example.net": expected a domain name`},
		{[]string{"."}, "", `name server ".": expected a domain name`},
		{[]string{"ns1.example.net", "NS1.example.net."}, "", `name server "NS1.example.net.": named twice`},
		{nil, "me@example.net", `hostmaster "me@example.net": a mail address is written with a dot for its @ here`},
	} {
		if err := refused(t, "+12 none\n", Options{To: Zone, NameServers: c.servers, Hostmaster: c.hostmaster}); !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	_, report := turned(t, "+12 none\n", Options{To: Zone, Apex: mustApex("x.example.net"), NameServers: []string{"ns1.x.example.net"}})
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "lies in the zone, which needs its addresses") {
		t.Errorf("%q", report.Notes)
	}
	_, report = turned(t, `{"kind":"zone","apex":"e164.arpa.","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}`+"\n{\"kind\":\"end\",\"entries\":0}\n", Options{To: Zone})
	if !slices.Contains(report.Notes, "the zone has no NS records at its apex: name servers do not load it") {
		t.Errorf("%q", report.Notes)
	}
}

// Delegations at names with labels whose name servers differ are refused with their places, before
// anything is written.
func TestServersThatDiffer(t *testing.T) {
	text := ""
	for _, name := range []string{"a", "b"} {
		text += `{"kind":"delegation","number":"+12","name":"` + name + `","sets":[{"type":"NS","data":["ns.3.e164.arpa."]}],"hosts":[{"name":"ns.3.e164.arpa.","sets":[{"type":"A","data":["192.0.2.` + map[string]string{"a": "1", "b": "2"}[name] + `"]}]}]}` + "\n"
	}
	err := refused(t, text, Options{From: JSONLines, To: Zone})
	if got := faultsOf(err); len(got) != 2 || !strings.HasPrefix(got[0], "in:1: a name server has different addresses") {
		t.Errorf("got %q", got)
	}
}

// Tabs stand between cells where they are asked for, and are read again.
func TestTabs(t *testing.T) {
	text := "$TTL 3600\n+12\tim:a@example.com\n$END\n"
	rows := turn(t, text, Options{To: CSV, Tabs: true})
	if !strings.HasPrefix(rows, "kind\tnumber\tmin\t") || strings.Contains(rows, ",") {
		t.Errorf("got %s", rows)
	}
	if got := turn(t, rows, Options{From: CSV, To: Numbers}); got != text {
		t.Errorf("got %s", got)
	}
}

// A record that stands there twice is told of, as in other RRsets.
func TestRecordTwice(t *testing.T) {
	const one = `{"order":1,"preference":1,"uri":"im:a@example.com"}`
	err := refused(t, `{"kind":"number","number":"+12","records":[`+one+","+one+"]}\n"+`{"kind":"end","entries":1}`+"\n", Options{From: JSONLines, To: Zone})
	if got := faultsOf(err); len(got) != 1 || got[0] != "in:1: this record stands there twice" {
		t.Errorf("got %q", got)
	}
}

// All blocks that meet are told of at once, each of them once.
func TestMeetings(t *testing.T) {
	const meets = "x{2,4} NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\+1(.+)$!sip:\\1@example.com!\" .\n"
	text := ""
	for _, n := range []string{"+12", "+13"} {
		text += n + meets + n + "4xx im:a@example.com\n" + n + "455 im:b@example.com\n"
	}
	err := refused(t, text, Options{To: Zone})
	if got := faultsOf(err); len(got) != 2 || !strings.HasPrefix(got[0], "in:2: blocks of different lengths meet") || !strings.HasPrefix(got[1], "in:5: ") {
		t.Errorf("got %q", got)
	}
}

// What could not be read again is not written: an E.164 number that begins with 0.
func TestLeadingZero(t *testing.T) {
	text := soa + "0 60 TXT x\n"
	for _, to := range []Format{CSV, JSONLines} {
		if err := refused(t, text, Options{From: Zone, To: to}); !strings.Contains(err.Error(), "in:4: "+e164.ErrLeadingZero.Error()) {
			t.Error(err)
		}
	}
	text = strings.ReplaceAll(text, "e164.arpa", "plan.example")
	if got := turn(t, text, Options{From: Zone, To: JSONLines, DialPlan: true}); !strings.Contains(got, `"number":"0"`) {
		t.Errorf("got %s", got)
	}
}
