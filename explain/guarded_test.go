package explain

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// The policy of a guard decides what is sent of the records, twins among them; the reply has no AD bit, for the
// answer is the server's own.
func TestJudge(t *testing.T) {
	const (
		imURI   = "!^.*$!im:n@example.com!"
		sipURI  = "!^.*$!sip:n@example.com!"
		flagged = "!^.*$!xmpp:n@example.com!i" // R05
	)
	record := func(preference uint16, services, regexp string) naptr.Record {
		return naptr.Record{Order: 100, Preference: preference, Flags: "u", Services: services, Regexp: regexp}
	}
	apex := mustApex(t, "e164.arpa")
	q := Question{Apex: apex, Number: e164.MustParse("+442012"), Twins: []im.Protocol{im.SIP}}
	b := tableOf(t, backend.Stored, backend.Entry{
		Name: digits(t, "442012"), TTL: 3600, Records: []naptr.Record{record(10, "E2U+im", imURI), record(20, "E2U+xmpp", flagged)},
	})
	r, err := Of(t.Context(), b, q)
	if err != nil || len(r.Records) != 3 {
		t.Fatal(r, err)
	}
	for _, c := range []struct {
		name       string
		policy     guard.Policy
		action     guard.Action
		sent, kept string // expressions
		failed     bool
		told       string
		ede        uint16
	}{
		{"nothing offends", guard.Policy{Mode: guard.Enforce}, guard.Passed, imURI + flagged + sipURI, "", false, "", 0},
		{"observed", guard.Policy{Mode: guard.Observe, Rules: map[string]enumservice.Severity{"R05": enumservice.Error}},
			guard.Told, imURI + flagged + sipURI, "", false, "R05", 0},
		{"annotated", guard.Policy{Mode: guard.Annotate, DenyDomains: []string{"example.com"}},
			guard.Told, imURI + flagged + sipURI, "", false, "domain", 0},
		{"a domain", guard.Policy{Mode: guard.Enforce, DenyDomains: []string{"example.com"}},
			guard.Withheld, flagged + sipURI, imURI, false, "domain", 4},
		{"services, the twin's not among them", guard.Policy{Mode: guard.Enforce, Services: []enumservice.Service{{Type: "im"}}},
			guard.Withheld, imURI, flagged + sipURI, false, "service", 4},
		{"repaired", guard.Policy{Mode: guard.Enforce, Repair: true, Clients: enumservice.ClientsOf(enumservice.Asterisk)},
			guard.Repaired, imURI + strings.TrimSuffix(flagged, "i") + sipURI, flagged, false, "R05", 4},
		{"no AD", guard.Policy{Mode: guard.Enforce, RequireAuthenticated: true},
			guard.Emptied, "", imURI + flagged + sipURI, true, "unauthenticated", 15},
		{"no AD, and NODATA for nothing", guard.Policy{Mode: guard.Enforce, RequireAuthenticated: true, Empty: guard.NoData},
			guard.Emptied, "", imURI + flagged + sipURI, false, "unauthenticated", 15},
		{"no AD, annotated", guard.Policy{Mode: guard.Annotate, RequireAuthenticated: true},
			guard.Told, imURI + flagged + sipURI, "", false, "unauthenticated", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := r.Judge(apex, c.policy)
			if err != nil {
				t.Fatal(err)
			}
			if g.Action != c.action || g.Failed != c.failed || g.EDE.Code != c.ede || (g.EDE.Text == "") != (c.told == "" || c.policy.Mode == guard.Observe) {
				t.Errorf("%s, failed %v, %+v", g.Action, g.Failed, g.EDE)
			}
			if sent, kept := expressions(g.Records), expressions(g.Kept); sent != c.sent || kept != c.kept {
				t.Errorf("sent %s, kept back %s", sent, kept)
			}
			told := ""
			for _, count := range g.Told {
				told += count.Rule
			}
			if told != c.told {
				t.Errorf("told of %q, want %q", told, c.told)
			}
		})
	}
}

// Where an alias leads, the guard applies expressions to the number asked, as clients do (RFC 3402 section 3).
func TestJudgeAlias(t *testing.T) {
	b := tableOf(t, backend.Stored,
		backend.Entry{Name: digits(t, "442012"), Sets: []backend.RRset{nameSet(t, 5, "3.1.0.2.4.4.e164.arpa.")}},
		backend.Entry{Name: digits(t, "442013"), Records: imRecord(`!^\+44(2012)$!im:\1@example.com!`)},
	)
	r := of(t, b, "+442012")
	g, err := r.Judge(r.Apex, guard.Policy{Mode: guard.Enforce}) // R18: expression does not match its own number
	if err != nil || g.Action != guard.Passed || len(g.Records) != 1 {
		t.Errorf("%+v, %v", g, err)
	}
}

func expressions(records []naptr.Record) (all string) {
	for _, r := range records {
		all += r.Regexp
	}
	return all
}
