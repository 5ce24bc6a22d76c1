package table

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// TestBytesPerNumber: at most 6 bytes a number where the URI is made of the number, at most 16 and
// the text otherwise, in any distribution.
func TestBytesPerNumber(t *testing.T) {
	const size = 200_000
	random15 := make([]e164.Number, size)
	for i := range random15 {
		random15[i] = number(1e14+uint64(i)*4_499_999_999, 15)
	}
	mixed := make([]e164.Number, size)
	for i := range mixed { // neighbours of different lengths, as in open numbering plans
		mixed[i] = number(49_30_000_000+uint64(i/3), 10)
		if l := i % 3; l > 0 {
			mixed[i], _ = mixed[i].Child('0' + byte(l))
		}
	}
	for name, numbers := range map[string][]e164.Number{
		"dense": denseNumbers(size), "sparse": sparseNumbers(size), "spread": random15, "mixed": mixed,
	} {
		derived := buildNumbers(t, numbers, derivedEntry).Stats()
		if per := float64(derived.Bytes) / size; per > 6 || derived.TextBytes != 0 || derived.Numbers != size {
			t.Errorf("%s: %.2f bytes a number, want at most 6; %+v", name, per, derived)
		}
		own := buildNumbers(t, numbers, ownEntry).Stats()
		if per := float64(own.Bytes-own.TextBytes) / size; per > 16 || own.TextBytes < size*len("user00000000") {
			t.Errorf("%s: %.2f bytes a number beside the text, want at most 16; %+v", name, per, own)
		}
		pattern := buildNumbers(t, numbers, patternEntry).Stats()
		if per := float64(pattern.Bytes) / size; per > 6 || pattern.TextBytes != 0 {
			t.Errorf("%s: %.2f bytes a number in pattern and URI, want at most 6; %+v", name, per, pattern)
		}
		pattern = buildNumbers(t, numbers, ownPatternEntry).Stats()
		if per := float64(pattern.Bytes-pattern.TextBytes) / size; per > 16 || pattern.TextBytes < size*len("user00000000") {
			t.Errorf("%s: %.2f bytes a number in the pattern beside the text, want at most 16; %+v", name, per, pattern)
		}
		t.Logf("%s: %.2f bytes derived, %.2f and %.2f of text otherwise", name, float64(derived.Bytes)/size,
			float64(own.Bytes-own.TextBytes)/size, float64(own.TextBytes)/size)
	}
}

// patternEntry is derivedEntry, and ownPatternEntry is ownEntry, with a pattern that matches the number only.
func patternEntry(e *backend.Entry, n e164.Number, i int) {
	derivedEntry(e, n, i)
	anchor(e, n)
}

func ownPatternEntry(e *backend.Entry, n e164.Number, i int) {
	ownEntry(e, n, i)
	anchor(e, n)
}

func anchor(e *backend.Entry, n e164.Number) {
	r := &e.Records[0]
	r.Regexp = strings.Replace(r.Regexp, "^.*$", `^\+`+n.Digits()+"$", 1)
}

// TestPublishLetsGo: what a build needs beside the index is gone when it is published, or a number
// would cost twice the memory.
func TestPublishLetsGo(t *testing.T) {
	publish := func(tab *Table, order []uint64) weak.Pointer[Builder] {
		b := tab.Builder()
		for i, d := range order {
			var e backend.Entry
			derivedEntry(&e, number(12025550100+d, 11), i)
			if err := b.Add(&e, uint32(i+1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(false); err != nil {
			t.Fatal(err)
		}
		return weak.Make(b)
	}
	for _, order := range [][]uint64{{1, 2, 3}, {2, 3, 1}} {
		tab := New(Options{Apexes: []e164.Apex{testApex}})
		gone := publish(tab, order)
		runtime.GC()
		if gone.Value() != nil {
			t.Errorf("%d: the published data keeps its Builder", order)
		}
		runtime.KeepAlive(tab)
	}
}

// TestLookupDoesNotAllocate: whatever the answer for a number is, it is made of shared parts.
func TestLookupDoesNotAllocate(t *testing.T) {
	var m model
	for i, rel := range []string{"1.2", "3.3.3.3", "x.9"} {
		m = append(m, entryOf(backend.Number, nameOf(t, rel), uint32(i+1)))
	}
	block := entryOf(backend.Block, nameOf(t, "4"), 10)
	block.Min, block.Max = 3, 5
	m = append(m, block, entryOf(backend.Wildcard, nameOf(t, "5"), 11), entryOf(backend.Delegation, nameOf(t, "6"), 12),
		entryOf(backend.Rename, nameOf(t, "7"), 13))
	tab := build(t, m)
	ctx := context.Background()
	for rel, kind := range map[string]backend.Kind{
		"": backend.Empty, "1.2": backend.Found, "2": backend.Descendants, "3.3": backend.Descendants, "8": backend.Absent,
		"1.2.3.4": backend.Found, "1.4": backend.Descendants, "1.2.3.4.5.4": backend.Absent, "9.8.5": backend.Found,
		"1.1.6": backend.Delegated, "6": backend.Delegated, "2.7": backend.Renamed, "7": backend.Found, "9": backend.Descendants,
	} {
		q := backend.Query{Apex: "example.com.", Name: nameOf(t, rel)}
		var a backend.Answer
		allocs := testing.AllocsPerRun(100, func() { a, _ = tab.Lookup(ctx, q) })
		if a.Kind != kind || allocs != 0 {
			t.Errorf("%q: kind %d with %v allocations, want kind %d without", rel, a.Kind, allocs, kind)
		}
	}
}

// TestApex: the apex exists, with what the zone brings and what was added there; and each of several
// trees has its own.
func TestApex(t *testing.T) {
	inner, err := e164.ParseApex("4.4.example.org.")
	if err != nil {
		t.Fatal(err)
	}
	tab := New(Options{Apexes: []e164.Apex{testApex, inner}})
	ask := func(apex string, n e164.Name) backend.Answer { return mustLookup(t, tab, apex, n) }
	publish := func(zone *backend.Zone, entries ...backend.Entry) {
		b := tab.Builder()
		b.Zone = zone
		for i := range entries {
			if err := b.Add(&entries[i], uint32(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(false); err != nil {
			t.Fatal(err)
		}
	}
	top, n44 := e164.Name{}, nameOf(t, "4.4")
	publish(nil)
	for _, c := range []struct {
		apex string
		name e164.Name
		want backend.Kind
	}{{"example.com.", top, backend.Empty}, {"example.com.", n44, backend.Absent}, {"4.4.example.org.", n44, backend.Empty}} {
		if a := ask(c.apex, c.name); a.Kind != c.want {
			t.Errorf("%s, %s: kind %d, want %d", c.apex, c.name.Number, a.Kind, c.want)
		}
	}
	ns := backend.RRset{Type: typeNS, TTL: 5, Data: []string{"ns"}}
	txt := backend.RRset{Type: typeTXT, TTL: 6, Data: []string{"txt"}}
	own := entryOf(backend.Number, top, 7)
	own.Sets = []backend.RRset{txt}
	zone := &backend.Zone{Sets: []backend.RRset{ns}}
	publish(zone, own)
	if a := ask("example.com.", top); a.Kind != backend.Found || len(a.Rules) != 1 || fmt.Sprint(a.Sets) != fmt.Sprint([]backend.RRset{ns, txt}) || a.Zone != zone {
		t.Errorf("the apex answers %+v", a)
	}
	if len(zone.Sets) != 1 {
		t.Error("the zone was changed")
	}
	dname := backend.RRset{Type: typeDNAME, TTL: 5, Data: []string{"d"}}
	publish(&backend.Zone{Sets: []backend.RRset{ns, dname}})
	if a := ask("example.com.", n44); a.Kind != backend.Renamed || a.Owner != top || fmt.Sprint(a.Sets) != fmt.Sprint([]backend.RRset{dname}) {
		t.Errorf("below a DNAME at the apex: %+v", a)
	}
	if a := ask("example.com.", top); a.Kind != backend.Found || len(a.Sets) != 2 {
		t.Errorf("the apex with a DNAME: %+v", a)
	}
}
