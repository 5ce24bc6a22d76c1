package table

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// anyEntry returns a random entry, which may contradict others.
func anyEntry(random *rand.Rand, id uint32) backend.Entry {
	n := few(random)
	e := entryOf(backend.EntryKind([]int{0, 0, 0, 1, 1, 3}[random.IntN(6)]), e164.Name{Number: n}, id)
	if e.Kind == backend.Block {
		e.Min = n.Len() + random.IntN(2)
		e.Max = e.Min + random.IntN(3)
	}
	switch random.IntN(8) {
	case 0:
		e = backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max, Broken: true}
	case 1:
		e.Sets = []backend.RRset{{Type: typeNS, Data: []string{"\x03no"}}} // cannot be indexed, but in a number
	}
	return e
}

// checkLenient compares a table with backend.Decide: what that cannot tell the table cannot, and what it tells the
// table tells, too.
func checkLenient(t *testing.T, tab *Table, list []backend.Entry) (undecided int) {
	t.Helper()
	var ask func(n e164.Number)
	ask = func(n e164.Number) {
		want, wantErr := backend.Decide(n, holding(list, n))
		got, err := tab.Lookup(t.Context(), backend.Query{Name: e164.Name{Number: n}})
		switch {
		case err != nil && wantErr != nil:
			undecided++
		case err != nil || wantErr != nil:
			t.Fatalf("%s: %v, want %v, of %+v", n, err, wantErr, list)
		case got.Kind != want.Kind || got.Owner != want.Owner || got.TTL != want.TTL:
			t.Fatalf("%s: %+v, want %+v, of %+v", n, got, want, list)
		}
		if n.Len() < 6 {
			for d := range byte(3) {
				child, _ := n.Child('0' + d)
				ask(child)
			}
		}
	}
	ask(e164.MustParse("+1"))
	return undecided
}

// TestLenient: entries that contradict each other cost themselves and nothing else, through changes, too.
func TestLenient(t *testing.T) {
	undecided, anew, applied := 0, 0, 0
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 7))
		var list []backend.Entry
		for i := range random.IntN(14) {
			list = append(list, anyEntry(random, uint32(i+1)))
		}
		tab := New(Options{Lenient: true})
		load := func() {
			t.Helper()
			if err := tab.Replace(seqOf(list)); err != nil {
				t.Fatalf("%v, of %+v", err, list)
			}
		}
		load()
		undecided += checkLenient(t, tab, list)
		for range 5 {
			var c backend.Change
			if len(list) > 0 && random.IntN(2) == 0 {
				i := random.IntN(len(list))
				c = backend.Change{Entry: list[i], Delete: true}
				list = append(list[:i:i], list[i+1:]...)
			} else {
				c.Entry = anyEntry(random, uint32(100+seed))
				for i := range list {
					if a, b := &list[i], &c.Entry; a.Kind == b.Kind && a.Name == b.Name && a.Min == b.Min && a.Max == b.Max {
						list = append(list[:i:i], list[i+1:]...)
						break
					}
				}
				list = append(list, c.Entry)
			}
			switch err := tab.Apply([]backend.Change{c}); {
			case errors.Is(err, errAgain):
				anew++
				load()
			case err != nil:
				t.Fatal(err)
			default:
				applied++
			}
			checkLenient(t, tab, list)
		}
	}
	if undecided == 0 || anew == 0 || applied == 0 {
		t.Errorf("%d undecided, %d loaded anew, %d applied: this shows nothing", undecided, anew, applied)
	}
}

// TestMirrorContradictions: a mirror serves what is not contradicted, tells how much is, and has the feed deliver
// all again when a change concerns that, without calling it an outage.
func TestMirrorContradictions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Observe: events.observe})
		defer m.Close()
		list := numbersFrom(3)
		list = append(list, list[1])
		feed.do(replace(list...))
		wantKinds(t, "loading", events, backend.Loaded, backend.Finding)
		if a, err := asked(t, m); err != nil || a.Kind != backend.Found {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := m.Lookup(t.Context(), backend.Query{Name: list[1].Name}); !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("a number with two entries: %v", err)
		}
		feed.do(func(s backend.Sink) error {
			err := s.Apply([]backend.Change{{Entry: list[1]}})
			if !errors.Is(err, errAgain) {
				t.Error(err)
			}
			return err
		})
		feed.do(replace(list[:3]...))
		wantKinds(t, "mending", events, backend.Loaded)
		if _, err := m.Lookup(t.Context(), backend.Query{Name: list[1].Name}); err != nil {
			t.Error(err)
		}
	})
}
