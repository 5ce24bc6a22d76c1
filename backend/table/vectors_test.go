package table

import (
	"context"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// TestVectors is the zone of the fixture: what the index decides of D01 to D29. SOA, types and
// messages are the handler's.
func TestVectors(t *testing.T) {
	apex, err := e164.ParseApex("4.4.e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	name := func(rel string) e164.Name {
		if rel != "" {
			rel += "."
		}
		n, err := apex.Parse(rel + "4.4.e164.arpa.")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	im := func(regexp string) []naptr.Record {
		return []naptr.Record{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: regexp}}
	}
	tab := New(Options{Apexes: []e164.Apex{apex}, Form: backend.Stored})
	b := tab.Builder()
	b.Merge = true
	b.Zone = &backend.Zone{
		SOA:    backend.RRset{Type: 6, TTL: 3600, Data: []string{"soa"}},
		Sets:   []backend.RRset{{Type: typeNS, TTL: 3600, Data: []string{"\x03ns1\x03nic\x07example\x00"}}},
		Serial: 1,
	}
	glue := []backend.Host{{Name: "ns", Sets: []backend.RRset{{Type: 1, TTL: 3600, Data: []string{"\xc0\x00\x02\x35"}}}}}
	for i, e := range []backend.Entry{
		{Name: name("3.8.0.0.6.9.2.3.6.1"), TTL: 300, Records: im("!^.*$!im:alice@example.com!")},
		{Name: name("4.8.0.0.6.9.2.3.6.1"), Sets: []backend.RRset{{Type: typeTXT, TTL: 300, Data: []string{"\x0enot in service"}}}},
		{Name: name("*.1.3.6.9.7.0.2"), TTL: 300, Records: im(`!^\+(.*)$!im:\1@ddi.example.net!`)},
		{Name: name("5.1.3.6.9.7.0.2"), TTL: 300, Records: im("!^.*$!im:bob@example.com!")},
		{Kind: backend.Delegation, Name: name("6.6.7.7"), Sets: []backend.RRset{{Type: typeNS, TTL: 3600, Data: []string{"ns"}}}, Glue: glue},
		{Name: name("ns.6.6.7.7"), Sets: glue[0].Sets},
		{Kind: backend.Rename, Name: name("i"), Sets: []backend.RRset{{Type: typeDNAME, TTL: 3600, Data: []string{"ienum"}}}},
	} {
		if err := b.Add(&e, uint32(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish(true); err != nil {
		t.Fatal(err)
	}
	if b.Occluded() != 1 {
		t.Errorf("%d entries hidden by the delegation, want the glue", b.Occluded())
	}
	alice, bob := "!^.*$!im:alice@example.com!", "!^.*$!im:bob@example.com!"
	ddi := `!^\+(.*)$!im:\1@ddi.example.net!`
	for _, v := range []struct {
		id, name string
		kind     backend.Kind
		regexp   string
		owner    string
	}{
		{"D01", "3.8.0.0.6.9.2.3.6.1", backend.Found, alice, ""},
		{"D03", "4.8.0.0.6.9.2.3.6.1", backend.Found, "", ""},
		{"D04", "5.8.0.0.6.9.2.3.6.1", backend.Absent, "", ""},
		{"D05", "8.0.0.6.9.2.3.6.1", backend.Descendants, "", ""},
		{"D06", "6.1", backend.Descendants, "", ""},
		{"D06b", "1", backend.Descendants, "", ""},
		{"D07", "5.6.1", backend.Absent, "", ""},
		{"D08", "7.1.3.6.9.7.0.2", backend.Found, ddi, "*.1.3.6.9.7.0.2"},
		{"D09", "9.8.7.1.3.6.9.7.0.2", backend.Found, ddi, "*.1.3.6.9.7.0.2"},
		{"D10", "5.1.3.6.9.7.0.2", backend.Found, bob, ""},
		{"D11", "9.5.1.3.6.9.7.0.2", backend.Absent, "", ""},
		{"D12", "1.3.6.9.7.0.2", backend.Descendants, "", ""},
		{"D13", "*.1.3.6.9.7.0.2", backend.Found, ddi, ""},
		{"D14", "2.*.1.3.6.9.7.0.2", backend.Absent, "", ""},
		{"D16", "foo.1.3.6.9.7.0.2", backend.Found, ddi, "*.1.3.6.9.7.0.2"},
		{"D17", "_im.7.1.3.6.9.7.0.2", backend.Found, ddi, "*.1.3.6.9.7.0.2"},
		{"D18", "_im.3.8.0.0.6.9.2.3.6.1", backend.Absent, "", ""},
		{"D19", "1.3.8.0.0.6.9.2.3.6.1", backend.Absent, "", ""},
		{"D20", "83.0.0.6.9.2.3.6.1", backend.Absent, "", ""},
		{"D21", "3.2.1.6.6.7.7", backend.Delegated, "", "6.6.7.7"},
		{"D22", "6.6.7.7", backend.Delegated, "", "6.6.7.7"},
		{"D24", "6.7.7", backend.Descendants, "", ""},
		{"D25", "3.2.1.i", backend.Renamed, "", "i"},
		{"D26", "i", backend.Found, "", ""},
		{"D27", "", backend.Found, "", ""},
	} {
		t.Run(v.id, func(t *testing.T) {
			q := backend.Query{Apex: apex.String(), Name: name(v.name)}
			a, err := tab.Lookup(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Kind != v.kind || a.Form != backend.Stored || a.Zone != b.Zone {
				t.Fatalf("kind %d, form %d, zone %v; want kind %d, stored, the zone", a.Kind, a.Form, a.Zone, v.kind)
			}
			owner := e164.Name{}
			if v.owner != "" {
				owner = name(v.owner)
			}
			if a.Owner != owner {
				t.Errorf("owner %v, want %v", a.Owner, owner)
			}
			regexp := ""
			for i := range a.Rules {
				out, _ := a.Rules[i].AppendStored(nil, []byte(q.Name.Number.String()), a.Text)
				regexp += string(out)
			}
			if regexp != v.regexp {
				t.Errorf("regexp %q, want %q", regexp, v.regexp)
			}
			switch v.kind {
			case backend.Delegated:
				if a.Sets[0].Type != typeNS || !slices.EqualFunc(a.Glue, glue, func(x, y backend.Host) bool { return x.Name == y.Name }) {
					t.Errorf("sets %v, glue %v: a referral needs NS and glue", a.Sets, a.Glue)
				}
			case backend.Renamed:
				if len(a.Sets) != 1 || a.Sets[0].Type != typeDNAME {
					t.Errorf("sets %v, want the DNAME", a.Sets)
				}
			}
		})
	}
	t.Run("D28", func(t *testing.T) {
		a := mustLookup(t, tab, apex.String(), name(""))
		if len(a.Sets) != 1 || a.Sets[0].Type != typeNS {
			t.Errorf("the apex has %v, want its NS", a.Sets)
		}
	})
}

func mustLookup(t testing.TB, tab backend.Backend, apex string, n e164.Name) backend.Answer {
	t.Helper()
	a, err := tab.Lookup(context.Background(), backend.Query{Apex: apex, Name: n})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
