package convert

import (
	"fmt"
	"strings"
	"testing"
)

// What no zone may hold is refused, in whatever form it comes, as the reader of zone files refuses it.
func TestNoSuchZone(t *testing.T) {
	const im = `,"records":[{"uri":"im:a@example.com"}]`
	sets := func(kind, more string, sets ...string) string {
		return fmt.Sprintf(`{"kind":%q,"number":"+1234"%s,"sets":[%s]}`, kind, more, strings.Join(sets, ","))
	}
	const (
		cname = `{"type":"CNAME","data":["x.example.net."]}`
		ns    = `{"type":"NS","data":["ns1.example.net."]}`
		dname = `{"type":"DNAME","data":["x.example.net."]}`
		txt   = `{"type":"TXT","data":["x"]}`
	)
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf(`"%d%s"`, i, strings.Repeat("x", 250)))
	}
	for _, c := range []struct{ name, line, want string }{
		{"CNAME beside NAPTR", sets("number", im, cname), "nothing may stand beside a CNAME"},
		{"CNAME beside TXT", sets("number", "", txt, cname), "nothing may stand beside a CNAME"},
		{"CNAME beside DNAME", sets("rename", "", dname, cname), "nothing may stand beside a CNAME"},
		{"two CNAMEs", sets("number", "", `{"type":"CNAME","data":["x.","y."]}`), "a name has one CNAME"},
		{"two DNAMEs", sets("rename", "", `{"type":"DNAME","data":["x.","y."]}`), "a name has one DNAME"},
		{"SOA", sets("number", "", `{"type":"SOA","data":["a. b. 1 2 3 4 5"]}`), "the SOA of a zone is an entry of kind zone"},
		{"NS at a number", sets("number", im, ns), "NS records are for entries of kind delegation"},
		{"NS at a wildcard", sets("wildcard", im, ns), "NS records are for entries of kind delegation"},
		{"NS at a DNAME", sets("rename", "", dname, ns), "NS records are for entries of kind delegation"},
		{"TXT at a delegation", sets("delegation", "", ns, txt), "a delegation has NS records and perhaps DS: it would hide those of type TXT"},
		{"CNAME at a delegation", sets("delegation", "", ns, cname), "nothing may stand beside a CNAME"},
		{"too large", sets("number", "", `{"type":"TXT","data":[`+strings.Join(many, ",")+`]}`), "300 records of type TXT with"},
		{"a digit as label", sets("number", `,"name":"1"`, txt), "the last label of \"name\" is a digit"},
		{"a digit behind a label", sets("number", `,"name":"a.1"`, txt), "the last label of \"name\" is a digit"},
		{"an escaped digit", sets("number", `,"name":"a.\\049"`, txt), "the last label of \"name\" is a digit"},
		{"a star as label", sets("number", `,"name":"*"`, txt), "that is an entry of kind wildcard"},
		{"a star before a label", sets("number", `,"name":"*.a"`, txt), "that is an entry of kind wildcard"},
		{"a delegation at a star", sets("delegation", `,"name":"*"`, ns), "no NS or DNAME at a wildcard"},
		{"a long name", sets("number", `,"name":"`+strings.Repeat("a.", 126)+`"`, txt), "more than 255 octets"},
		{"CNAME of a zone", `{"kind":"zone","apex":"e164.arpa.","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]},` + cname + `]}`, "no CNAME at the apex"},
		{"DNAMEs of a zone", `{"kind":"zone","apex":"e164.arpa.","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]},{"type":"DNAME","data":["x.","y."]}]}`, "a name has one DNAME"},
		{"DS of a zone", `{"kind":"zone","apex":"e164.arpa.","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]},{"type":"DS","data":["12345 8 99 ab"]}]}`, "stand in the zone above"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, to := range []Format{Zone, CSV} {
				if err := refused(t, c.line+"\n", Options{From: JSONLines, To: to}); !strings.Contains(err.Error(), "in:1") || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v\nwant %s", err, c.want)
				}
			}
		})
	}
	for _, line := range []string{
		`{"kind":"number","number":"+123456789012345","name":"1","sets":[` + txt + `]}`, // the sixteenth digit is none
		`{"kind":"wildcard","number":"+12","name":"a","sets":[` + txt + `]}`,
		`{"kind":"number","number":"+12","name":"1.a","sets":[` + txt + `]}`,
		sets("rename", im, dname, txt),
		sets("number", "", cname, `{"type":"NSEC","data":["x. CNAME"]}`),
	} {
		o := Options{From: JSONLines, To: Zone}
		zone := turn(t, line+"\n", o)
		if got := turn(t, zone, Options{From: Zone, To: Zone}); got != zone {
			t.Errorf("%s: got\n%s\nwant\n%s", line, got, zone)
		}
	}
	// One owner in two lines of CSV is one entry, or none.
	err := refused(t, "number,name,uri\n+12,1,im:a@example.com\n+121,,im:b@example.com\n", Options{To: Zone})
	if !strings.Contains(err.Error(), "in:2") {
		t.Error(err)
	}
}

// The apex has one set of each type, and no delegation.
func TestApexOfOutput(t *testing.T) {
	const zone = `{"kind":"zone","apex":"4.4.e164.arpa.","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]},{"type":"NS","data":["a."]},{"type":"TXT","data":["x"]}]}` + "\n"
	for _, c := range []struct{ name, line, want string }{
		{"delegation", `{"kind":"delegation","number":"+44","sets":[{"type":"NS","data":["b."]}]}`, "the apex of the zone cannot be delegated"},
		{"CNAME", `{"kind":"number","number":"+44","sets":[{"type":"CNAME","data":["b."]}]}`, "no CNAME at the apex"},
		{"another TXT", `{"kind":"number","number":"+44","sets":[{"type":"TXT","data":["y"]}]}`, "the apex has other records of type TXT"},
	} {
		if err := refused(t, zone+c.line+"\n", Options{From: JSONLines, To: Zone}); !strings.Contains(err.Error(), "in:2: "+c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Without a frame in the input, too.
	err := refused(t, `{"kind":"delegation","number":"+44","sets":[{"type":"NS","data":["b."]}]}`+"\n", Options{From: JSONLines, To: Zone, Apex: mustApex("4.4.e164.arpa")})
	if !strings.Contains(err.Error(), "in:1: the apex of the zone cannot be delegated") {
		t.Error(err)
	}
}

// What a numbers file says does not depend on the options of the server that reads it.
func TestNumbersSayTheirTTL(t *testing.T) {
	if got := turn(t, "+12 ttl=3600 im:a@example.com\n", Options{To: Numbers}); got != "$TTL 3600\n+12\tim:a@example.com\n$END\n" {
		t.Error(got)
	}
}
