package convert

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
)

var formats = []Format{Numbers, Zone, CSV, JSONLines}

// meaning returns what a text in a format says: each entry in canonical form, as the table walks it.
func meaning(tb testing.TB, text string, from Format, o Options) (entries []string, shown []string) {
	tb.Helper()
	o.From, o.To, o.File = from, Zone, "in" // which holds what any other does
	l := &loading{o: o, ctx: context.Background(), from: from, ttl: 3600, known: o.Apex}
	if err := l.load(Input{Src: strings.NewReader(text), File: "in", From: from}); err != nil {
		tb.Fatalf("%s: %v", from, err)
	}
	if !l.ended {
		tb.Errorf("%s: no end marker", from)
	}
	return walked(tb, l.table, o.DialPlan)
}

func walked(tb testing.TB, t *table.Table, dialPlan bool) (entries, shown []string) {
	tb.Helper()
	var c canonical
	js := jsonText{notation.Codec{DialPlan: dialPlan}}
	for e, err := range t.Walk(context.Background(), "") {
		if err != nil {
			tb.Fatal(err)
		}
		entries = append(entries, string(c.bytes(&e)))
		shown = append(shown, string(js.append(nil, &e)))
	}
	return entries, shown
}

func same(tb testing.TB, what string, got, gotShown, want, wantShown []string) {
	tb.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			tb.Fatalf("%s: entry %d:\n got %s\nwant %s", what, i, gotShown[i], wantShown[i])
		}
	}
	if len(got) != len(want) {
		tb.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
}

// Whatever a numbers file can hold comes back from every other format, by every way.
func TestRoundTrip(t *testing.T) {
	size := 2000 // of which some are ranges, with many blocks each
	if text := os.Getenv("CONVERT_ENTRIES"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(1, size)
	o := Options{Apex: mustApex("e164.arpa")}
	want, wantShown := meaning(t, w.text.String(), Numbers, o)
	kinds := map[backend.EntryKind]int{}
	for _, e := range want {
		kinds[backend.EntryKind(e[0])]++
	}
	t.Logf("%d entries, by kind %v", len(want), kinds)
	if kinds[backend.Block] < size/10 || kinds[backend.Delegation] < size/100 {
		t.Fatal("too few blocks or delegations")
	}
	texts := map[Format]string{Numbers: w.text.String()}
	for _, to := range formats {
		o.To = to
		texts[to] = turn(t, w.text.String(), o)
	}
	for _, from := range formats {
		for _, to := range formats {
			if from == Numbers && to == Numbers {
				continue
			}
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				o := o
				o.From, o.To = from, to
				got, gotShown := meaning(t, turn(t, texts[from], o), to, o)
				same(t, "after", got, gotShown, want, wantShown)
			})
		}
	}
}

// The same text comes out again: what was written is written the same way.
func TestFixedPoint(t *testing.T) {
	w := newWorld(2, 3000)
	o := Options{Apex: mustApex("e164.arpa"), NameServers: []string{"ns1.example.net"}}
	for _, to := range formats {
		o.To = to
		once := turn(t, w.text.String(), o)
		back := o
		back.From = to
		if twice := turn(t, once, back); once != twice {
			t.Errorf("%s changes when it is written once more", to)
		}
	}
}
