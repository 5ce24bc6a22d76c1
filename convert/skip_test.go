package convert

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// What an entry hides stays hidden when the entry is left out.
func TestSkippedStillHides(t *testing.T) {
	const hidden = "3.2.1 60 NAPTR 1 1 u E2U+sip !^.*$!sip:a@example.com! .\n"
	for _, c := range []struct{ name, text string }{
		{"DNAME", "2.1 60 DNAME a.example.\n"},
		{"delegation with two TTLs", "2.1 600 NS a.example.net.\n2.1 60 DS 1 8 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD\n"},
		{"DNAME at the apex", "@ 60 DNAME a.example.\n"},
	} {
		for _, pipe := range []bool{false, true} {
			var in io.Reader = strings.NewReader(soa + hidden + c.text)
			if pipe {
				in = io.MultiReader(in)
			}
			var out bytes.Buffer
			report, err := Convert(context.Background(), &out, in, Options{From: Zone, To: Numbers, Skip: true})
			if err != nil || strings.Contains(out.String(), "sip:") || report.Skipped == 0 || report.Entries != 0 {
				t.Errorf("%s, from a pipe %v: %v, %+v\n%s", c.name, pipe, err, report, out.String())
			}
		}
	}
}

// The records of one name are left out together, wherever they stand, from a file as from a pipe.
func TestSkippedWhole(t *testing.T) {
	const naptr = " 60 NAPTR 1 1 u E2U+sip !^.*$!sip:a@example.com! .\n"
	text := soa + "2.1" + naptr + "3.1" + naptr + "2.1 60 NAPTR 1 2 u E2U+sip !^.*$!sip:b@example.com! .\n2.1 60 TXT x\n"
	for _, pipe := range []bool{false, true} {
		var in io.Reader = strings.NewReader(text)
		if pipe {
			in = io.MultiReader(in)
		}
		var out bytes.Buffer
		report, err := Convert(context.Background(), &out, in, Options{From: Zone, To: Numbers, Skip: true})
		if err != nil || strings.Contains(out.String(), "+12\t") || !strings.Contains(out.String(), "+13\t") || report.Skipped != 1 || report.Entries != 1 {
			t.Errorf("from a pipe %v: %v, %+v\n%s", pipe, err, report, out.String())
		}
	}
}

// Nothing else answers for what is left out: a block around it would.
func TestSkippedInABlock(t *testing.T) {
	const block = `{"kind":"block","number":"+12","min":4,"max":5,"records":[{"uri":"sip:pbx@example.com"}]}` + "\n"
	for _, c := range []struct {
		name, line string
		skipped    bool
	}{
		{"number", `{"kind":"number","number":"+1234","records":[{"uri":"sip:a@example.com"}],"sets":[{"type":"TXT","data":["x"]}]}`, false},
		{"number of another length", `{"kind":"number","number":"+123","records":[{"uri":"sip:a@example.com"}],"sets":[{"type":"TXT","data":["x"]}]}`, true},
		{"number elsewhere", `{"kind":"number","number":"+1334","records":[{"uri":"sip:a@example.com"}],"sets":[{"type":"TXT","data":["x"]}]}`, true},
		{"wildcard", `{"kind":"wildcard","number":"+123","records":[{"uri":"sip:a@example.com"}]}`, false},
		{"wildcard behind the longest number", `{"kind":"wildcard","number":"+12345","records":[{"uri":"sip:a@example.com"}]}`, true},
		{"DNAME", `{"kind":"rename","number":"+12345","sets":[{"type":"DNAME","data":["a."]}]}`, false},
		{"delegation", `{"kind":"delegation","number":"+123","sets":[{"type":"NS","ttl":1,"data":["a."]},{"type":"DS","data":["12345 8 99 ab"]}]}`, false},
		{"block", `{"kind":"block","number":"+123","min":5,"max":6,"records":[{"uri":"sip:a@example.com"},{"uri":"sip:a@example.com"}]}`, false},
		{"block of other lengths", `{"kind":"block","number":"+123","min":6,"max":6,"records":[{"regexp":"!^.*$!sip:\u0001@example.com!","services":"E2U+sip"}]}`, true},
		{"label", `{"kind":"number","number":"+1234","name":"x","sets":[{"type":"TXT","data":["x"]}]}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{From: JSONLines, To: Numbers, Skip: true, Apex: mustApex("e164.arpa")}
			if c.skipped {
				if got, report := turned(t, block+c.line+"\n", o); report.Skipped != 1 || report.Entries != 1 || !strings.Contains(got, "+12x{2,3}\t") {
					t.Errorf("%+v\n%s", report, got)
				}
				return
			}
			err := refused(t, block+c.line+"\n", o)
			if err.Error() != "in:2: --skip cannot leave this out: the block in line 1 lies around it and would answer instead; take out one of the two" {
				t.Error(err)
			}
		})
	}
}

// A zone that enumim made folds with --skip, too.
func TestSkipFolds(t *testing.T) {
	text := `{"kind":"block","number":"+12","min":4,"max":4,"records":[{"uri":"sip:pbx@example.com"}]}` + "\n" +
		`{"kind":"number","number":"+123","sets":[{"type":"TXT","data":["x"]}]}` + "\n"
	zone := turn(t, text, Options{From: JSONLines, To: Zone})
	if got, report := turned(t, zone, Options{From: Zone, To: Numbers, Skip: true}); report.Skipped != 1 || !strings.Contains(got, "+12xx\tsip:pbx@example.com\n") {
		t.Errorf("%+v\n%s", report, got)
	}
}

// The place of an entry is that of its file, also where $INCLUDE names it, and marks are those of the zone
// alone.
func TestIncluded(t *testing.T) {
	open := func(text string) func(string) (io.ReadCloser, error) {
		return func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	const uri = " 60 NAPTR 1 1 u E2U+sip !^.*$!sip:a@example.com! .\n"
	err := refused(t, soa+"$INCLUDE inc.zone\n1.1"+uri, Options{From: Zone, To: Numbers, Open: open("2.2 60 TXT x\n")})
	if !strings.HasPrefix(err.Error(), "inc.zone:1: a numbers file cannot hold records of type TXT") {
		t.Error(err)
	}
	err = refused(t, soa+"$INCLUDE inc.zone\n1.1"+uri, Options{From: Zone, To: Numbers, Open: open("\n2.2 60 NAPTR 1 1 u E2U+sip !^.*$!sip:a\\001@example.com! .\n")})
	if !strings.HasPrefix(err.Error(), "inc.zone:2: ") {
		t.Error(err)
	}
	_, report := turned(t, soa+"2 60 NS a.\n$INCLUDE inc.zone\n", Options{From: Zone, To: JSONLines, Open: open("\n\n2.2 60 TXT x\n")})
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "(line 3 of inc.zone, 1 in all)") {
		t.Errorf("%q", report.Notes)
	}
	// Lines 5 and 6 of the zone are a mark and what it stands for; line 6 of the other file is neither.
	zone := soa + "; enumim: {\"kind\":\"number\",\"number\":\"+20\",\"none\":true}\n; enumim: made\n0.2 300 IN TXT none\n$INCLUDE inc.zone\n"
	got := turn(t, zone, Options{From: Zone, To: JSONLines, Open: open("\n\n\n\n\nhost.9 60 A 192.0.2.1\n")})
	if !strings.Contains(got, `"number":"+9","name":"host"`) || !strings.Contains(got, `"number":"+20","none":true`) {
		t.Errorf("got %s", got)
	}
}
