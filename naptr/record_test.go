package naptr_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/naptr"
)

const nextName = "\x04next\x07example\x03com\x00"

// TestWireFixtures holds the RDATA of vectors B01 and B04 to the octet.
func TestWireFixtures(t *testing.T) {
	for _, v := range []struct{ id, regexp, hex string }{
		{"B01", `!^.*$!im:alice@example.com!`,
			"0064000a0175064532552b696d1b215e2e2a2421696d3a616c696365406578616d706c652e636f6d2100"},
		{"B04", `!^(\+441632960083)$!im:\1@example.com!`,
			"0064000a0175064532552b696d26215e285c2b343431363332393630303833292421696d3a5c31406578616d706c652e636f6d2100"},
	} {
		t.Run(v.id, func(t *testing.T) {
			r := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: v.regexp}
			wire, err := r.AppendWire([]byte("before"))
			if err != nil || hex.EncodeToString(wire[6:]) != v.hex || string(wire[:6]) != "before" {
				t.Fatalf("got %x, %v", wire, err)
			}
			back, err := naptr.ParseRecord(wire[6:])
			if err != nil || back != r {
				t.Errorf("parsed %+v, %v", back, err)
			}
			for cut := range len(wire) - 6 {
				if _, err := naptr.ParseRecord(wire[6 : 6+cut]); err == nil {
					t.Errorf("RDATA cut to %d octets was accepted", cut)
				}
			}
			if _, err := naptr.ParseRecord(append(wire[6:], 0)); !errors.Is(err, naptr.ErrWire) {
				t.Errorf("an octet too many: %v", err)
			}
		})
	}
}

// TestRecordCheck: D14 and D21, and what no message can carry must be found before it is served.
func TestRecordCheck(t *testing.T) {
	long := strings.Repeat("x", 256)
	label := "\x3f" + strings.Repeat("a", 63)
	for _, v := range []struct {
		name string
		rec  naptr.Record
		want error
	}{
		{"zero", naptr.Record{}, nil},
		{"255 octets", naptr.Record{Flags: long[1:], Services: long[1:], Regexp: long[1:]}, nil},
		{"B84 regexp", naptr.Record{Regexp: long}, naptr.ErrTooLong},
		{"flags", naptr.Record{Flags: long}, naptr.ErrTooLong},
		{"services", naptr.Record{Services: long}, naptr.ErrTooLong},
		{"root", naptr.Record{Replacement: "\x00"}, nil},
		{"name", naptr.Record{Replacement: nextName}, nil},
		{"text instead of wire form", naptr.Record{Replacement: "example.com."}, naptr.ErrReplacement},
		{"no root", naptr.Record{Replacement: "\x03com"}, naptr.ErrReplacement},
		{"octets behind the root", naptr.Record{Replacement: "\x03com\x00\x00"}, naptr.ErrReplacement},
		{"label of 64", naptr.Record{Replacement: "\x40" + strings.Repeat("a", 64) + "\x00"}, naptr.ErrReplacement},
		{"compressed", naptr.Record{Replacement: "\xc0\x0c"}, naptr.ErrReplacement},
		{"255 octets of name", naptr.Record{Replacement: strings.Repeat(label, 3) + "\x3d" + strings.Repeat("a", 61) + "\x00"}, nil},
		{"256 octets of name", naptr.Record{Replacement: strings.Repeat(label, 3) + "\x3e" + strings.Repeat("a", 62) + "\x00"}, naptr.ErrReplacement},
	} {
		t.Run(v.name, func(t *testing.T) {
			if err := v.rec.Check(); !errors.Is(err, v.want) {
				t.Errorf("Check: %v, want %v", err, v.want)
			}
			wire, err := v.rec.AppendWire(nil)
			if !errors.Is(err, v.want) || (err != nil) != (wire == nil) {
				t.Errorf("AppendWire: %x, %v, want %v", wire, err, v.want)
			}
		})
	}
}

// TestParseRecordLongest: D14, a length octet of 255 is no special case.
func TestParseRecordLongest(t *testing.T) {
	long := strings.Repeat("x", 255)
	r := naptr.Record{Flags: long, Services: long, Regexp: long}
	wire, err := r.AppendWire(nil)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := naptr.ParseRecord(wire); err != nil || back != r {
		t.Errorf("got %+v, %v", back, err)
	}
	if _, err := naptr.ParseRecord(wire[:5]); !errors.Is(err, naptr.ErrWire) {
		t.Errorf("cut behind the length: %v", err)
	}
}

func TestParseRecordReplacement(t *testing.T) {
	head := "\x00\x01\x00\x02\x00\x00\x00"
	r, err := naptr.ParseRecord([]byte(head + nextName))
	if err != nil || r.Replacement != nextName || r.Order != 1 || r.Preference != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := naptr.ParseRecord([]byte(head + "\xc0\x0c")); !errors.Is(err, naptr.ErrReplacement) {
		t.Errorf("compressed name: %v", err)
	}
}

func TestRecordKinds(t *testing.T) {
	for _, v := range []struct {
		flags                 string
		terminal, nonTerminal bool
	}{
		{"u", true, false}, {"U", true, false}, {"", false, true},
		{"s", false, false}, {"uu", false, false}, {" u", false, false},
	} {
		r := naptr.Record{Flags: v.flags}
		if r.Terminal() != v.terminal || r.NonTerminal() != v.nonTerminal {
			t.Errorf("flags %q: terminal %v, non-terminal %v", v.flags, r.Terminal(), r.NonTerminal())
		}
	}
}

// TestCompare: order decides before preference (RFC 3403 section 4.1), and no two different records
// compare equal, so that a sorted set has one sequence.
func TestCompare(t *testing.T) {
	sorted := []naptr.Record{
		{Order: 1, Preference: 9},
		{Order: 2, Preference: 1, Flags: "u", Services: "E2U+sip", Regexp: "z"},
		{Order: 2, Preference: 2, Flags: "s"},
		{Order: 2, Preference: 2, Flags: "u", Services: "E2U+im"},
		{Order: 2, Preference: 2, Flags: "u", Services: "E2U+sip", Regexp: "a"},
		{Order: 2, Preference: 2, Flags: "u", Services: "E2U+sip", Regexp: "b"},
		{Order: 2, Preference: 2, Flags: "u", Services: "E2U+sip", Regexp: "b", Replacement: nextName},
	}
	got := slices.Clone(sorted)
	slices.Reverse(got)
	slices.SortFunc(got, naptr.Compare)
	if !slices.Equal(got, sorted) {
		t.Errorf("got %+v", got)
	}
	if naptr.Compare(naptr.Record{}, naptr.Record{Replacement: "\x00"}) != 0 {
		t.Error("the two spellings of the root differ")
	}
}
