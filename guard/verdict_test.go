package guard

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// Clients are told the worst in words and the rest in codes, in little room, and no number or URI (RFC 8914
// section 6).
func TestText(t *testing.T) {
	r, m := answered(naptrRR("sip+E2U", "!^.*$!SIP:alice@example.com!i"), naptrRR("E2U+im", "!^.*$!im:alice!"))
	v := New(apex(t), Policy{Mode: Annotate}).Judge(r, m)
	if v.EDE.Code != dns.ExtendedErrorCodeOther || v.EDE.Text != "enumim: I11 no domain: write user@domain" {
		t.Errorf("EDE %d %q", v.EDE.Code, v.EDE.Text)
	}
	v = New(apex(t), Policy{Mode: Annotate, Severity: enumservice.Info, Clients: enumservice.AllClients}).Judge(r, m)
	if v.EDE.Text != "enumim: I11 no domain: write user@domain; and S02, R05, U06, O05" {
		t.Errorf("all told: EDE %q", v.EDE.Text)
	}
	for i, c := range v.Counts {
		if i > 0 && c.Tell == v.Counts[i-1].Tell && c.Severity > v.Counts[i-1].Severity || c.N < 1 {
			t.Errorf("%v", v.Counts)
		}
	}
	v = New(apex(t), Policy{Mode: Enforce, AllowDomains: []string{"example.net"}}).Judge(r, m)
	if v.EDE.Code != dns.ExtendedErrorCodeForgedAnswer || !strings.HasPrefix(v.EDE.Text, "enumim: domain of an im or pres URI is not allowed; and I11") {
		t.Errorf("EDE %d %q", v.EDE.Code, v.EDE.Text)
	}
	if v = New(apex(t), Policy{Mode: Observe}).Judge(r, m); v.EDE != (EDE{}) {
		t.Errorf("observed: EDE %v", v.EDE)
	}
}

// What is too slight for the policy, or hurts others than its clients, is counted and no more: an answer for
// other applications, or one with im alone, is none of the client's worry. severity, clients and rules have it
// told, in every mode that tells, without anything being changed.
func TestTellsByPolicy(t *testing.T) {
	im := naptrRR("E2U+im", "!^.*$!im:alice@example.com!")
	caseFlag := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!i") // hurts Asterisk and others, not Kamailio
	for _, c := range []struct {
		name   string
		policy Policy
		rr     dns.RR
		want   string
	}{
		{"another application", Policy{}, good()[5], ""},
		{"im alone", Policy{}, im, ""},
		{"im alone, information", Policy{Severity: enumservice.Info, Clients: enumservice.AllClients}, im, "S10"},
		{"a warning", Policy{}, caseFlag, ""},
		{"a warning to some", Policy{Clients: enumservice.ClientsOf(enumservice.Asterisk)}, caseFlag, "R05"},
		{"a warning to others", Policy{Clients: enumservice.ClientsOf(enumservice.Kamailio)}, caseFlag, ""},
		{"a warning made an error", Policy{Rules: map[string]enumservice.Severity{"R05": enumservice.Error}}, caseFlag, "R05"},
		{"a warning, and errors only", Policy{Severity: enumservice.Error, Clients: enumservice.ClientsOf(enumservice.Asterisk)}, caseFlag, ""},
	} {
		for _, mode := range []Mode{Observe, Annotate} {
			p := c.policy
			p.Mode = mode
			r, m := answered(c.rr)
			v := New(apex(t), p).Judge(r, m)
			if len(v.Counts) == 0 || v.Msg != m {
				t.Errorf("%s, mode %d: %v", c.name, mode, v.Counts)
			}
			if told := c.want != ""; (v.Action == Told) != told || v.Counts[0].Tell != told || (v.EDE != EDE{}) != (told && mode == Annotate) ||
				mode == Annotate && !strings.Contains(v.EDE.Text, c.want) {
				t.Errorf("%s, mode %d: %s %v, EDE %v", c.name, mode, v.Action, v.Counts, v.EDE)
			}
		}
	}
}

// A repair is told of by what was mended, however slight, and twins as what they are.
func TestTellsOfRepairs(t *testing.T) {
	for _, c := range []struct {
		rr     dns.RR
		policy Policy
		want   string
	}{
		{naptrRR("e2u+SIP", "!^.*$!sip:alice@example.com!"), Policy{}, "enumim: S11 "},
		{naptrRR("E2U+im", "!^.*$!im:alice@example.com!"), Policy{Twins: []im.Protocol{im.SIP}}, "enumim: records mended or added"},
	} {
		c.policy.Mode, c.policy.Repair = Enforce, true
		if v := New(apex(t), c.policy).Judge(answered(c.rr)); v.Action != Repaired || v.EDE.Code != dns.ExtendedErrorCodeForgedAnswer || !strings.HasPrefix(v.EDE.Text, c.want) {
			t.Errorf("%s %v, want %q", v.Action, v.EDE, c.want)
		}
	}
}

// However much is found, the text has its bound, and ends behind a code.
func TestTextBound(t *testing.T) {
	var counts []Count
	for _, f := range catalogue {
		counts = append(counts, Count{Rule: f.Code, Severity: f.Severity, Tell: true, N: 1})
		for i := range counts {
			text := text(counts[i:])
			if len(text) > maxText || strings.HasSuffix(text, ",") || !strings.HasPrefix(text, "enumim: ") {
				t.Fatalf("%q", text)
			}
		}
	}
}

// Counts tell how often, and how bad it is by the policy.
func TestCounts(t *testing.T) {
	r, m := answered(naptrRR("E2U+im", "!^.*$!im:alice!"), naptrRR("E2U+im", "!^.*$!im:bob!"))
	p := Policy{Mode: Observe, Rules: map[string]enumservice.Severity{"I11": enumservice.Info, "I02": 0, "S10": enumservice.Error}}
	v := New(apex(t), p).Judge(r, m)
	want := []Count{{"S10", enumservice.Error, true, 1}, {"I11", enumservice.Info, false, 2}}
	if len(v.Counts) != 2 || v.Counts[0] != want[0] || v.Counts[1] != want[1] {
		t.Errorf("%v, want %v", v.Counts, want)
	}
	g := New(apex(t), Policy{Mode: Observe}) // which counts one message after the other
	for range 10 {
		if v = g.Judge(r, m); !tells(v, "I11") {
			t.Errorf("%v", v.Counts)
		}
		if v = g.Judge(answered(naptrRR("sip+E2U", "!^.*$!sip:alice@example.com!"))); tells(v, "I11") || len(v.Counts) != 1 || v.Counts[0].N != 1 {
			t.Errorf("counts of another message: %v", v.Counts)
		}
	}
	if v = New(apex(t), Policy{Mode: Observe, Rules: map[string]enumservice.Severity{"I11": 0, "I02": 0, "S10": 0}}).Judge(r, m); v.Action != Passed || v.Counts != nil {
		t.Errorf("all off: %s: %v", v.Action, v.Counts)
	}
}

// The URIs are those of the records that are sent, the best rank first, and few.
func TestURIs(t *testing.T) {
	var answer []dns.RR
	for i, uri := range []string{"im:e@example.com", "sip:d@example.com", "pres:c@example.com", "im:b", "IM:a@example.com"} {
		record := naptrRR("E2U+im", "!^.*$!"+uri+"!").(*dns.NAPTR)
		record.Preference = uint16(50 - i)
		answer = append(answer, record)
	}
	r, m := answered(answer...)
	for mode, want := range map[Mode]string{
		Observe:  "",
		Annotate: "im:a@example.com pres:c@example.com im:e@example.com",
		Enforce:  "im:a@example.com im:e@example.com", // a pres URI is none for E2U+im
	} {
		var got []string
		for _, u := range New(apex(t), Policy{Mode: mode}).Judge(r, m).URIs {
			got = append(got, u.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("mode %d: %q, want %q", mode, got, want)
		}
	}
	if v := New(apex(t), Policy{Mode: Annotate, DenyDomains: []string{"example.com"}}).Judge(r, m); len(v.URIs) != 0 {
		t.Errorf("URIs of a denied domain: %v", v.URIs)
	}
	m.Answer = append(m.Answer, m.Answer...)
	if v := New(apex(t), Policy{Mode: Annotate}).Judge(r, m); len(v.URIs) != maxURIs {
		t.Errorf("%d URIs", len(v.URIs))
	}
}

// Actions have names for metrics.
func TestActions(t *testing.T) {
	seen := map[string]bool{"": true}
	for a := range Action(Actions) {
		if seen[a.String()] {
			t.Errorf("action %d: %q", a, a)
		}
		seen[a.String()] = true
	}
	if Action(Actions).String() != "" {
		t.Error("no action")
	}
	if !Concerns(dns.TypeNAPTR) || !Concerns(dns.TypeANY) || Concerns(dns.TypeTXT) {
		t.Error("types")
	}
}
