package table

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// few returns a random number of up to three digits, of few different ones, so that entries meet.
func few(random *rand.Rand) e164.Number {
	n := e164.MustParse("+1")
	for range random.IntN(4) {
		n, _ = n.Child('0' + byte(random.IntN(3)))
	}
	return n
}

// someEntries returns entries of which none contradict each other, broken ones among them.
func someEntries(t *testing.T, random *rand.Rand) []backend.Entry {
	t.Helper()
	var list []backend.Entry
	seen := map[brokenKey]bool{}
	for i := range 1 + random.IntN(12) {
		n := few(random)
		e := entryOf(backend.EntryKind([]int{0, 0, 0, 1, 1, 3}[random.IntN(6)]), e164.Name{Number: n}, uint32(i+1))
		if e.Kind == backend.Block {
			e.Min = n.Len() + random.IntN(2)
			e.Max = e.Min + random.IntN(3)
		}
		key, _ := brokenKeyOf(&e)
		if seen[key] {
			continue
		}
		if random.IntN(2) == 0 {
			e = key.entry()
		}
		tab := New(Options{})
		b := tab.Builder()
		for _, e := range append(slices.Clone(list), e) {
			if err := b.Add(&e, 1); err != nil {
				t.Fatal(err)
			}
		}
		if b.Publish(false) == nil {
			seen[key] = true
			list = append(list, e)
		}
	}
	return list
}

// holding is what a store would say of a number.
func holding(list []backend.Entry, n e164.Number) *backend.Holding {
	h := &backend.Holding{}
	for _, e := range list {
		if n.HasPrefix(e.Name.Number) {
			h.Entries = append(h.Entries, e)
		}
		h.Below = h.Below || e.Name.Number.Len() > n.Len() && e.Name.Number.HasPrefix(n)
	}
	return h
}

func inOrder(a, b backend.Entry) int {
	return cmp.Or(cmp.Compare(a.Name.Number, b.Name.Number), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Min, b.Min), cmp.Compare(a.Max, b.Max))
}

func sameEntries(t *testing.T, what string, got, want []backend.Entry) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b backend.Entry) bool {
		return a.Broken == b.Broken && a.Kind == b.Kind && a.Name == b.Name && a.Min == b.Min && a.Max == b.Max && len(a.Records) == len(b.Records)
	}) {
		t.Fatalf("%s: got %+v\nwant %+v", what, got, want)
	}
}

// checkBroken compares a table with backend.Decide for all numbers that the entries may be about.
func checkBroken(t *testing.T, tab *Table, list []backend.Entry) {
	t.Helper()
	var ask func(n e164.Number)
	ask = func(n e164.Number) {
		q := backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: n}}
		want, wantErr := backend.Decide(n, holding(list, n))
		got, err := tab.Lookup(context.Background(), q)
		if (err != nil) != (wantErr != nil) || err != nil && !errors.Is(err, backend.ErrInvalidData) {
			t.Fatalf("%s: %v, want %v, of %+v", n, err, wantErr, list)
		}
		if err == nil && (got.Kind != want.Kind || got.Owner != want.Owner || got.TTL != want.TTL) {
			t.Fatalf("%s: %+v, want %+v, of %+v", n, got, want, list)
		}
		if n.Len() < 7 {
			for d := range byte(3) {
				child, _ := n.Child('0' + d)
				ask(child)
			}
		}
	}
	ask(e164.MustParse("+1"))
	sorted := slices.SortedFunc(slices.Values(list), inOrder)
	var walked []backend.Entry
	for e, err := range tab.Walk(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		walked = append(walked, e)
	}
	sameEntries(t, "walk", walked, sorted)
	brokenOnes := 0
	for _, e := range list {
		if e.Broken {
			brokenOnes++
		}
	}
	if tab.Len() != len(list) || tab.Broken() != brokenOnes || tab.Stats().Entries() != len(list) || tab.Stats().Broken != brokenOnes {
		t.Fatalf("Len %d, Broken %d of %d and %d", tab.Len(), tab.Broken(), len(list), brokenOnes)
	}
	n := few(rand.New(rand.NewPCG(1, uint64(len(list)))))
	trace, err := tab.Trace(context.Background(), backend.Query{Name: e164.Name{Number: n}})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(trace, inOrder)
	sameEntries(t, "trace", trace, slices.DeleteFunc(sorted, func(e backend.Entry) bool { return !n.HasPrefix(e.Name.Number) }))
}

// TestBroken: an entry that cannot be read decides what it would decide if it could, with ErrInvalidData,
// whether it was there from the beginning or came as a change, and is listed as what it is.
func TestBroken(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 6))
		list := someEntries(t, random)
		built := New(Options{})
		if err := built.Replace(seqOf(list)); err != nil {
			t.Fatal(err)
		}
		checkBroken(t, built, list)
		// From other data, in two steps.
		changed := New(Options{})
		before := someEntries(t, random)
		if err := changed.Replace(seqOf(before)); err != nil {
			t.Fatal(err)
		}
		var changes []backend.Change
		for _, e := range before {
			changes = append(changes, backend.Change{Entry: e, Delete: true})
		}
		for _, e := range list {
			changes = append(changes, backend.Change{Entry: e})
		}
		if err := changed.Apply(changes); err != nil {
			t.Fatal(err)
		}
		checkBroken(t, changed, list)
	}
}

func seqOf(list []backend.Entry) func(yield func(backend.Entry, error) bool) {
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestBrokenTakesThePlace: an entry that becomes unreadable is not answered any more, and one that becomes
// readable is.
func TestBrokenTakesThePlace(t *testing.T) {
	n := e164.MustParse("+12")
	good := entryOf(backend.Number, e164.Name{Number: n}, 1)
	bad := backend.Entry{Name: e164.Name{Number: n}, Broken: true}
	tab := New(Options{})
	if err := tab.Replace(seqOf([]backend.Entry{good})); err != nil {
		t.Fatal(err)
	}
	for i, e := range []backend.Entry{bad, bad, good, bad, good} {
		if err := tab.Apply([]backend.Change{{Entry: e}}); err != nil {
			t.Fatal(err)
		}
		_, err := tab.Lookup(t.Context(), backend.Query{Name: e164.Name{Number: n}})
		if errors.Is(err, backend.ErrInvalidData) != e.Broken || tab.Len() != 1 {
			t.Errorf("step %d: %v, %d entries", i, err, tab.Len())
		}
	}
	// In one batch the last one counts, and what is deleted is gone.
	if err := tab.Apply([]backend.Change{{Entry: bad}, {Entry: bad, Delete: true}}); err != nil || tab.Len() != 0 {
		t.Errorf("%v, %d entries", err, tab.Len())
	}
}

// TestBrokenElsewhere: broken entries are refused where no look-up would find them.
func TestBrokenElsewhere(t *testing.T) {
	n := e164.MustParse("+12")
	for _, e := range []backend.Entry{
		{Kind: backend.Number}, {Kind: backend.Delegation}, {Kind: backend.Block}, {Kind: backend.Block, Name: e164.Name{Number: n}, Min: 1, Max: 2},
		{Kind: backend.Block, Name: e164.Name{Number: n}, Min: 3, Max: 16}, {Kind: backend.Wildcard, Name: e164.Name{Number: n}},
		{Kind: backend.Rename, Name: e164.Name{Number: n}}, {Name: e164.Name{Number: n, Labels: "\x01a"}},
	} {
		e.Broken = true
		tab := New(Options{})
		if err := tab.Builder().Add(&e, 1); !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%+v: %v", e, err)
		}
		if err := tab.Replace(seqOf(nil)); err != nil {
			t.Fatal(err)
		}
		if err := tab.Apply([]backend.Change{{Entry: e}}); !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}
