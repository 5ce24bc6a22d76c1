package table

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// zoneOf returns a mirror's table with a zone that has the entries.
func zoneOf(t *testing.T, explicit bool, entries ...backend.Entry) *Table {
	t.Helper()
	tab := New(Options{Lenient: true, Apexes: []e164.Apex{apexOf(t, "e164.arpa.")}})
	zone := &backend.Zone{SOA: backend.RRset{Type: rr.TypeSOA, Data: []string{"soa"}}, Serial: 7, Explicit: explicit}
	err := tab.ReplaceZone(func() *backend.Zone { return zone }, func(yield func(backend.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func apexOf(t *testing.T, name string) e164.Apex {
	t.Helper()
	a, err := e164.ParseApex(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// at returns an entry at the name of a zone e164.arpa.
func at(t *testing.T, kind backend.EntryKind, name string, broken bool) backend.Entry {
	t.Helper()
	n, err := apexOf(t, "e164.arpa.").Parse(name + "e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	e := backend.Entry{Kind: kind, Name: n, Broken: broken}
	if !broken {
		e.Records = []naptr.Record{{Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:x@example.com!"}}
	}
	return e
}

// TestZoneExplicit: where names count that have something of their own, a wildcard reaches past those that exist only
// for others below them; by RFC 4592 it does not.
func TestZoneExplicit(t *testing.T) {
	entries := []backend.Entry{
		at(t, backend.Wildcard, "4.4.", false), at(t, backend.Number, "1.2.3.4.4.", false),
		at(t, backend.Number, "9.4.4.", false), at(t, backend.Number, "x.8.4.4.", false), at(t, backend.Wildcard, "y.8.4.4.", false),
	}
	for name, want := range map[string][2]backend.Kind{ // by RFC 4592, explicit
		"7.4.4.":     {backend.Found, backend.Found},
		"9.2.3.4.4.": {backend.Absent, backend.Found},
		"3.4.4.":     {backend.Descendants, backend.Found},
		"1.9.4.4.":   {backend.Absent, backend.Absent},
		"8.4.4.":     {backend.Descendants, backend.Found},
		"z.8.4.4.":   {backend.Absent, backend.Found},
		"a.x.8.4.4.": {backend.Absent, backend.Absent},
		"a.y.8.4.4.": {backend.Found, backend.Found},
		"4.":         {backend.Descendants, backend.Descendants},
		"a.4.":       {backend.Absent, backend.Absent},
		"5.":         {backend.Absent, backend.Absent},
	} {
		n, err := apexOf(t, "e164.arpa.").Parse(name + "e164.arpa.")
		if err != nil {
			t.Fatal(err)
		}
		for i, explicit := range []bool{false, true} {
			a, err := zoneOf(t, explicit, entries...).Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: n})
			if err != nil || a.Kind != want[i] {
				t.Errorf("%s, explicit %t: kind %d, %v, and %d was expected", name, explicit, a.Kind, err, want[i])
			}
		}
	}
}

// TestZoneBroken: in a zone any name can be broken. It is an error for what it decides, wildcards end at it, and it is
// counted.
func TestZoneBroken(t *testing.T) {
	entries := []backend.Entry{
		at(t, backend.Wildcard, "4.", false), at(t, backend.Number, "1.4.", true), at(t, backend.Number, "x.2.4.", true),
		at(t, backend.Delegation, "3.4.", true), at(t, backend.Number, "1.3.4.", false), at(t, backend.Wildcard, "5.4.", true),
		at(t, backend.Delegation, "d.6.4.", true), at(t, backend.Number, "7.4.", false),
	}
	for _, explicit := range []bool{false, true} {
		tab := zoneOf(t, explicit, entries...)
		below := backend.Absent
		if explicit { // as PowerDNS has it
			below = backend.Unknown
		}
		for name, want := range map[string]backend.Kind{ // Unknown for an error
			"2.1.4.": below, "y.x.2.4.": below,
			"1.4.": backend.Unknown, "x.2.4.": backend.Unknown,
			"3.4.": backend.Unknown, "1.3.4.": backend.Unknown, "x.3.4.": backend.Unknown, "5.5.4.": backend.Unknown, "x.5.4.": backend.Unknown,
			"d.6.4.": backend.Unknown, "a.d.6.4.": backend.Unknown, "7.4.": backend.Found, "8.4.": backend.Found,
		} {
			n, err := apexOf(t, "e164.arpa.").Parse(name + "e164.arpa.")
			if err != nil {
				t.Fatal(err)
			}
			a, err := tab.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: n})
			if want == backend.Unknown && !errors.Is(err, backend.ErrInvalidData) || want != backend.Unknown && (err != nil || a.Kind != want) {
				t.Errorf("%s, explicit %t: kind %d, %v, and %d was expected", name, explicit, a.Kind, err, want)
			}
		}
		if tab.Broken() != 5 || tab.Stats().Broken != 5 || tab.Len() != 7 {
			t.Errorf("%d of %d entries are broken, and 5 of 7 are", tab.Broken(), tab.Len())
		}
		broken := 0
		for e, err := range tab.Walk(context.Background(), "e164.arpa.") {
			if err != nil {
				t.Fatal(err)
			}
			if e.Broken {
				broken++
			}
		}
		if broken != 5 {
			t.Errorf("a walk lists %d broken entries of 5", broken)
		}
	}
}

// TestZoneJoins: what cannot be read spoils what can at the same name, and entries of a name are joined.
func TestZoneJoins(t *testing.T) {
	for _, broken := range []bool{false, true} {
		entries := []backend.Entry{at(t, backend.Number, "1.", false), at(t, backend.Number, "1.", broken)}
		for range 2 {
			slices.Reverse(entries)
			tab := zoneOf(t, true, entries...)
			_, err := tab.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: entries[0].Name})
			if broken != errors.Is(err, backend.ErrInvalidData) {
				t.Errorf("broken %t: %v", broken, err)
			}
		}
	}
}

// TestZoneWithoutFrame: a zone without SOA is none.
func TestZoneWithoutFrame(t *testing.T) {
	tab := New(Options{})
	if err := tab.ReplaceZone(func() *backend.Zone { return nil }, func(func(backend.Entry, error) bool) {}); err == nil {
		t.Error("it was published")
	}
	if err := tab.Check(context.Background()); !errors.Is(err, backend.ErrNotReady) {
		t.Error(err)
	}
}
