package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// TestApplyEqualsFreshBuild: after any sequence of changes the table answers, walks and counts as
// one built of the result, and earlier snapshots still give what they gave.
func TestApplyEqualsFreshBuild(t *testing.T) {
	rounds := uint64(150)
	if testing.Short() {
		rounds = 20
	}
	for seed := range rounds {
		w := newWorld(seed + 9000)
		m := w.entries(w.r.IntN(30))
		tab := build(t, m)
		first, before := tab.current.Load(), slices.Clone(m)
		for step := range 25 {
			var changes []backend.Change
			for range 1 + w.r.IntN(4) {
				if len(m) > 0 && w.r.IntN(2) == 0 {
					i := w.r.IntN(len(m))
					changes = append(changes, backend.Change{Entry: m[i], Delete: true})
					m = slices.Delete(slices.Clone(m), i, i+1)
					continue
				}
				e := w.entry()
				if m.admits(&e) && !e.Name.IsWildcard() {
					m = append(slices.Clone(m), e)
					changes = append(changes, backend.Change{Entry: e})
				}
			}
			if err := tab.Apply(changes); err != nil {
				t.Fatalf("world %d, step %d: %v", seed, step, err)
			}
			fresh := build(t, m)
			if got, want := walk(t, tab), walk(t, fresh); !reflect.DeepEqual(got, want) {
				t.Fatalf("world %d, step %d: walk gives\n%+v\nwant\n%+v", seed, step, got, want)
			}
			a, b := tab.Stats(), fresh.Stats()
			if a.Entries() != len(m) || a.Numbers != b.Numbers || a.Blocks != b.Blocks || a.Wildcards != b.Wildcards ||
				a.Delegations != b.Delegations || a.Renames != b.Renames || a.Shapes != b.Shapes {
				t.Fatalf("world %d, step %d: %+v, want %+v", seed, step, a, b)
			}
			if step%5 == 0 {
				compare(t, fmt.Sprintf("world %d, step %d", seed, step), tab, m, w.queries(m))
			}
		}
		old := New(Options{Apexes: []e164.Apex{testApex}})
		old.current.Store(first)
		if got, want := walk(t, old), sorted(before); len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("world %d: the first snapshot changed", seed)
		}
	}
}

// TestApplyAcrossChunks: a table of many chunks keeps every number while chunks split, shrink and
// vanish.
func TestApplyAcrossChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	numbers := sparseNumbers(40000)
	tab := buildNumbers(t, numbers[:20000], derivedEntry)
	have := map[e164.Number]int{}
	for i, n := range numbers[:20000] {
		have[n] = i
	}
	verify := func() {
		t.Helper()
		if tab.Len() != len(have) {
			t.Fatalf("%d numbers, want %d", tab.Len(), len(have))
		}
		x := tab.current.Load().numbers
		total := 0
		for i, c := range x.chunks {
			total += c.len()
			if c.len() == 0 || c.len() > largeChunk || c.first != rankOf(c.blocks[0].first) {
				t.Fatalf("chunk %d has %d numbers and starts at %s, by the index at %d", i, c.len(), c.blocks[0].first, c.first)
			}
		}
		if total != len(have) || x.len != total {
			t.Fatalf("%d numbers in chunks, %d by the index, want %d", total, x.len, len(have))
		}
		if len(x.chunks) > 3+2*total/smallChunk {
			t.Fatalf("%d chunks for %d numbers", len(x.chunks), total)
		}
		for i, n := range numbers {
			a := lookup(t, tab, e164.Name{Number: n})
			if _, ok := have[n]; ok != (a.Kind == backend.Found) {
				t.Fatalf("number %d: kind %d, there: %v", i, a.Kind, ok)
			}
		}
	}
	verify()
	for range 12 {
		var changes []backend.Change
		lo := r.IntN(len(numbers))
		hi := min(len(numbers), lo+r.IntN(20000))
		drop := r.IntN(2) == 0
		every := 1 + r.IntN(3)
		for i := lo; i < hi; i += every {
			ch := backend.Change{Delete: drop}
			ownEntry(&ch.Entry, numbers[i], i)
			changes = append(changes, ch)
			if drop {
				delete(have, numbers[i])
			} else {
				have[numbers[i]] = i
			}
		}
		r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		if err := tab.Apply(changes); err != nil {
			t.Fatal(err)
		}
		verify()
	}
}

// TestSmallChunksJoin: a table that loses most of its numbers, in many changes, has few chunks left.
func TestSmallChunksJoin(t *testing.T) {
	numbers := sparseNumbers(20 * chunkSize)
	tab := buildNumbers(t, numbers, derivedEntry)
	for ; len(numbers) > 0; numbers = numbers[chunkSize:] {
		var changes []backend.Change
		for _, n := range numbers[10:chunkSize] {
			changes = append(changes, backend.Change{Entry: backend.Entry{Name: e164.Name{Number: n}}, Delete: true})
		}
		if err := tab.Apply(changes); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tab.current.Load().numbers.chunks); n > 3 || tab.Len() != 200 {
		t.Errorf("%d chunks for %d numbers", n, tab.Len())
	}
}

// TestSmallChunkLeavesChangedChunks: a chunk that became small does not take in one that has changes of
// its own waiting.
func TestSmallChunkLeavesChangedChunks(t *testing.T) {
	numbers := sparseNumbers(3 * chunkSize)
	tab := buildNumbers(t, numbers, derivedEntry)
	first := sort.Search(len(numbers), func(i int) bool { return numbers[i] >= tab.current.Load().numbers.chunks[1].blocks[0].first })
	gone := append(slices.Clone(numbers[10:first]), numbers[first+1])
	var changes []backend.Change
	for _, n := range gone {
		changes = append(changes, backend.Change{Entry: backend.Entry{Name: e164.Name{Number: n}}, Delete: true})
	}
	if err := tab.Apply(changes); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for e, err := range tab.Walk(t.Context(), "example.com.") {
		if err != nil || slices.Contains(gone, e.Name.Number) {
			t.Fatalf("%v: %v is still listed", err, e.Name.Number.Masked())
		}
		kept++
	}
	if want := len(numbers) - len(gone); kept != want || tab.Len() != want {
		t.Errorf("%d entries are listed, %d counted, want %d", kept, tab.Len(), want)
	}
}

// TestApplySharesChunks: one changed number costs one chunk, whatever the size of the table.
func TestApplySharesChunks(t *testing.T) {
	numbers := denseNumbers(100000)
	tab := buildNumbers(t, numbers, derivedEntry)
	old := tab.current.Load().numbers
	var e backend.Entry
	ownEntry(&e, numbers[50000], 1)
	if err := tab.Apply([]backend.Change{{Entry: e}}); err != nil {
		t.Fatal(err)
	}
	now := tab.current.Load().numbers
	changed := 0
	for i := range old.chunks {
		if &now.chunks[i].blocks[0] != &old.chunks[i].blocks[0] {
			changed++
		}
	}
	if len(now.chunks) != len(old.chunks) || changed != 1 {
		t.Errorf("%d of %d chunks are new, want 1", changed, len(now.chunks))
	}
}

// TestApplyRefuses: a change that cannot be is refused with all that came with it.
func TestApplyRefuses(t *testing.T) {
	entry := func(kind backend.EntryKind, rel string) backend.Entry { return entryOf(kind, nameOf(t, rel), 9) }
	block := func(rel string, lo, hi int) backend.Entry {
		e := entry(backend.Block, rel)
		e.Min, e.Max = lo, hi
		return e
	}
	start := model{
		entry(backend.Delegation, "1"), entry(backend.Number, "3.2"), block("4", 4, 6),
		entry(backend.Rename, "5"), entry(backend.Delegation, "x.6"), entry(backend.Number, "y.7"),
	}
	for name, c := range map[string]struct {
		e    backend.Entry
		want error
	}{
		"below a delegation":             {entry(backend.Number, "2.1"), ErrOccluded},
		"at a delegation":                {entry(backend.Number, "1"), ErrOccluded},
		"labels below a delegation":      {entry(backend.Number, "z.2.1"), ErrOccluded},
		"below a DNAME":                  {entry(backend.Number, "2.5"), ErrOccluded},
		"a delegation above":             {entry(backend.Delegation, "2"), ErrOccluded},
		"a delegation above labels":      {entry(backend.Delegation, "7"), ErrOccluded},
		"a DNAME above":                  {entry(backend.Rename, "2"), ErrOccluded},
		"below a delegation with labels": {entry(backend.Number, "z.x.6"), ErrOccluded},
		"lengths overlap":                {block("4", 6, 7), ErrDuplicate},
		"a bad block":                    {block("4", 0, 1), backend.ErrInvalidData},
		"an unknown kind":                {backend.Entry{Kind: 42}, backend.ErrInvalidData},
	} {
		t.Run(name, func(t *testing.T) {
			tab := build(t, start)
			before := tab.current.Load()
			err := tab.Apply([]backend.Change{{Entry: entry(backend.Number, "9")}, {Entry: c.e}})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if tab.current.Load() != before {
				t.Error("something was published")
			}
		})
	}
	t.Run("no data", func(t *testing.T) {
		if err := New(Options{}).Apply(nil); err != backend.ErrNotReady {
			t.Errorf("%v, want ErrNotReady", err)
		}
	})
	t.Run("delegation under label in one change", func(t *testing.T) {
		tab := build(t, nil)
		err := tab.Apply([]backend.Change{{Entry: entry(backend.Delegation, "x.1")}, {Entry: entry(backend.Number, "y.x.1")}})
		if !errors.Is(err, ErrOccluded) {
			t.Errorf("%v, want ErrOccluded", err)
		}
	})
}

// TestShapesOfChangesGo: a table whose shapes change for ever does not keep those out of use.
func TestShapesOfChangesGo(t *testing.T) {
	tab := build(t, nil)
	for i := range 6 * leastSweep {
		e := entryOf(backend.Number, nameOf(t, "2.1"), uint32(i+1)) // another TTL each time
		if err := tab.Apply([]backend.Change{{Entry: e}}); err != nil {
			t.Fatal(err)
		}
		if i%leastSweep == 0 {
			runtime.GC()
		}
	}
	if n := len(tab.shapes.nodes); n > 4*leastSweep {
		t.Errorf("%d shapes are kept, 1 is in use", n)
	}
	if n := tab.Stats().Shapes; n != 1 {
		t.Errorf("%d shapes are served, want 1", n)
	}
}

// TestReadersBesideWriters: look-ups during changes and loads see one consistent state: here two
// numbers that always change together.
func TestReadersBesideWriters(t *testing.T) {
	numbers := denseNumbers(9000)
	a, b := numbers[10], numbers[8900] // in different chunks
	tab := buildNumbers(t, numbers, derivedEntry)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := tab.current.Load()
				var x, y backend.Answer
				s.lookup(&x, e164.Name{Number: a})
				s.lookup(&y, e164.Name{Number: b})
				if x.TTL != y.TTL || x.Kind != backend.Found {
					t.Errorf("one snapshot has TTL %d and %d", x.TTL, y.TTL)
					return
				}
				lookup(t, tab, e164.Name{Number: a})
			}
		})
	}
	for i := range 40 {
		var changes []backend.Change
		for _, n := range []e164.Number{a, b} {
			changes = append(changes, backend.Change{Entry: entryOf(backend.Number, e164.Name{Number: n}, uint32(i+5))})
		}
		if err := tab.Apply(changes); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			bld := tab.Builder()
			var e backend.Entry
			for j, n := range numbers {
				derivedEntry(&e, n, j)
				if err := bld.Add(&e, uint32(j)); err != nil {
					t.Fatal(err)
				}
			}
			if err := bld.Publish(true); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	wg.Wait()
}

// TestLife: no data, data, closed.
func TestLife(t *testing.T) {
	ctx := context.Background()
	tab := New(Options{})
	ask := func() error {
		_, err := tab.Lookup(ctx, backend.Query{Name: nameOf(t, "1")})
		return err
	}
	state := func(want error) {
		t.Helper()
		if err := ask(); err != want {
			t.Errorf("Lookup: %v, want %v", err, want)
		}
		if err := tab.Check(ctx); err != want {
			t.Errorf("Check: %v, want %v", err, want)
		}
		var walked error
		for _, walked = range tab.Walk(ctx, "") {
		}
		if walked != want {
			t.Errorf("Walk: %v, want %v", walked, want)
		}
	}
	state(backend.ErrNotReady)
	if tab.Stats() != (Stats{}) || tab.Len() != 0 {
		t.Error("a table without data counts entries")
	}
	bld := tab.Builder()
	if err := tab.Builder().Publish(true); err != nil {
		t.Fatal(err)
	}
	state(nil)
	for range 2 {
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
	}
	state(backend.ErrClosed)
	if err := tab.Apply(nil); err != backend.ErrClosed {
		t.Errorf("Apply: %v", err)
	}
	if err := bld.Publish(false); err != backend.ErrClosed {
		t.Errorf("Publish: %v", err)
	}
	if err := tab.Watch(ctx, func() {}); err != backend.ErrClosed {
		t.Errorf("Watch: %v", err)
	}
}

// TestWatch: changes may be gathered, but the last is always told.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := build(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var told uint32
		done := make(chan error)
		go func() {
			done <- tab.Watch(ctx, func() {
				told, _ = tab.Serial(ctx, "")
				time.Sleep(time.Second)
			})
		}()
		for i := range 20 {
			synctest.Wait()
			if i%3 == 0 {
				time.Sleep(2 * time.Second)
			}
			if err := tab.Apply([]backend.Change{{Entry: entryOf(backend.Number, nameOf(t, "1"), uint32(i))}}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if want, _ := tab.Serial(ctx, ""); told != want {
			t.Errorf("serial %d was told last, want %d", told, want)
		}
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("Watch returns %v", err)
		}
	})
}

func TestWalkStopsWithContext(t *testing.T) {
	tab := buildNumbers(t, denseNumbers(100), derivedEntry)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	count := 0
	var last error
	for _, err := range tab.Walk(ctx, "") {
		if count++; count == 10 {
			cancel()
		}
		last = err
	}
	if count != 11 || last != context.Canceled {
		t.Errorf("%d steps, then %v", count, last)
	}
}
