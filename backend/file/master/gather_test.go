package master

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

// entriesOf returns the entries of a text, sorted as texts, and what else is known of it.
func entriesOf(t *testing.T, src string, unordered bool) (entries []string, rest string) {
	t.Helper()
	zone, apex, st, err := Parse([]byte(src), Options{File: "zone", Unordered: unordered}, func(e *backend.Entry, line int) error {
		entries = append(entries, fmt.Sprintf("%d %+v", line, *e)) // a copy
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(entries)
	slices.SortFunc(st.Findings, func(a, b Finding) int { return strings.Compare(a.Rule, b.Rule) })
	return entries, fmt.Sprintf("%+v %v %+v", *zone, apex, st)
}

// What stands together in a file is the same whether it is handed out as it comes or in order.
func TestUnordered(t *testing.T) {
	const uri = ` NAPTR 1 %d u E2U+im "!^.*$!im:user%d@example.com!" .` + "\n"
	kinds := []func(r *rand.Rand, b *strings.Builder, name string){
		func(r *rand.Rand, b *strings.Builder, name string) {
			b.WriteString(name)
			for range 1 + r.IntN(3) {
				fmt.Fprintf(b, " %d"+uri, 300+r.IntN(2), r.IntN(3), r.IntN(2))
			}
		},
		func(r *rand.Rand, b *strings.Builder, name string) {
			fmt.Fprintf(b, name+uri+" TXT a\n", 1, 1)
		},
		func(_ *rand.Rand, b *strings.Builder, name string) {
			b.WriteString(name + " NS ns." + name + "\nns." + name + " A 192.0.2.1\n")
		},
		func(_ *rand.Rand, b *strings.Builder, name string) { b.WriteString(name + " CNAME 1.1\n") },
		func(_ *rand.Rand, b *strings.Builder, name string) { fmt.Fprintf(b, "*."+name+uri, 1, 1) },
		func(_ *rand.Rand, b *strings.Builder, name string) { fmt.Fprintf(b, "x."+name+uri, 1, 1) },
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		b.WriteString(frame)
		if seed%3 == 0 {
			fmt.Fprintf(&b, "@"+uri+uri, 1, 1, 2, 2)
		}
		for _, i := range r.Perm(900)[:20] {
			kind := kinds[0]
			if r.IntN(3) == 0 {
				kind = kinds[r.IntN(len(kinds))]
			}
			kind(r, &b, fmt.Sprintf("%d.%d.%d", i/100, i/10%10, i%10))
		}
		want, wantRest := entriesOf(t, b.String(), false)
		got, gotRest := entriesOf(t, b.String(), true)
		if !slices.Equal(got, want) || gotRest != wantRest {
			t.Fatalf("%s\ngot\n%s\n%s\nwant\n%s\n%s", b.String(), strings.Join(got, "\n"), gotRest, strings.Join(want, "\n"), wantRest)
		}
	}
}

// Nothing of what is handed out at once is kept, and what a number has beside that elsewhere comes as an
// entry of its own.
func TestUnorderedKeepsNothing(t *testing.T) {
	p := newParser(Options{Unordered: true})
	entries := 0
	src := append(generated(5000, true), "0.0.0.0.0.0.0.5.5.5.2.0.2 TXT a\n"...)
	if _, _, _, err := p.read(source.Whole(src), func(*backend.Entry, int) error { entries++; return nil }); err != nil {
		t.Fatal(err)
	}
	if entries != 5001 || cap(p.refs) > 10 || len(p.arena.done) > 1 {
		t.Errorf("%d entries, kept %d records in %d chunks", entries, len(p.refs), len(p.arena.done))
	}
}
