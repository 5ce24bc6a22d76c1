package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

func walk(t testing.TB, tab *Table) []backend.Entry {
	t.Helper()
	var out []backend.Entry
	for e, err := range tab.Walk(context.Background(), "example.com.") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// sorted puts entries into the order of Walk.
func sorted(m []backend.Entry) []backend.Entry {
	out := slices.Clone(m)
	order := func(k backend.EntryKind) int {
		return [...]int{backend.Number: 0, backend.Rename: 0, backend.Block: 1, backend.Wildcard: 2, backend.Delegation: 3}[k]
	}
	slices.SortFunc(out, func(a, b backend.Entry) int {
		return cmp.Or(a.Name.Number.Compare(b.Name.Number), cmp.Compare(labelKey(a.Name.Labels), labelKey(b.Name.Labels)),
			cmp.Compare(order(a.Kind), order(b.Kind)), cmp.Compare(a.Min, b.Min))
	})
	return out
}

// TestWalkGivesWhatWasAdded: every entry comes back as it was provisioned, once, in order.
func TestWalkGivesWhatWasAdded(t *testing.T) {
	for seed := range uint64(300) {
		w := newWorld(seed + 5000)
		m := w.entries(w.r.IntN(40))
		if got, want := walk(t, build(t, m)), sorted(m); !reflect.DeepEqual(got, want) && len(want) > 0 {
			t.Fatalf("world %d: walk gives\n%+v\nwant\n%+v", seed, got, want)
		}
	}
}

// TestOrderDoesNotMatter: hundreds of thousands of entries in ascending, descending or random order,
// or ascending but for a few, make the same table.
func TestOrderDoesNotMatter(t *testing.T) {
	size := 2*stageSize + 5000
	if testing.Short() {
		size = stageSize + 5000
	}
	numbers := sparseNumbers(size)
	orders := map[string]func(){
		"ascending":  func() {},
		"descending": func() { slices.Reverse(numbers) },
		"random": func() {
			rand.New(rand.NewPCG(1, 1)).Shuffle(size, func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
		},
		"one too late": func() { slices.Sort(numbers); numbers = append(numbers[1:], numbers[0]) },
	}
	want := slices.Clone(numbers)
	for name, arrange := range orders {
		t.Run(name, func(t *testing.T) {
			arrange()
			tab := New(Options{})
			b := tab.Builder()
			var e backend.Entry
			for i, n := range numbers {
				derivedEntry(&e, n, i)
				if err := b.Add(&e, uint32(i+1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Publish(false); err != nil {
				t.Fatal(err)
			}
			if tab.Len() != size || b.Len() != size {
				t.Fatalf("%d entries, builder %d, want %d", tab.Len(), b.Len(), size)
			}
			i := 0
			for e, err := range tab.Walk(context.Background(), "") {
				if err != nil || e.Name.Number != want[i] {
					t.Fatalf("entry %d is %s, want %s (%v)", i, e.Name.Number, want[i], err)
				}
				if r := e.Records[0].Regexp; r != "!^.*$!im:+"+want[i].Digits()+"@example.com!" {
					t.Fatalf("%s has %q", want[i], r)
				}
				i++
			}
			if i != size {
				t.Fatalf("walk gives %d entries, want %d", i, size)
			}
		})
	}
}

// TestConflicts: entries that contradict each other are refused with the refs of both, whatever the
// order and distance they come in.
func TestConflicts(t *testing.T) {
	n := func(rel string) e164.Name { return nameOf(t, rel) }
	block := func(rel string, lo, hi int) backend.Entry {
		e := entryOf(backend.Block, n(rel), 1)
		e.Min, e.Max = lo, hi
		return e
	}
	number := func(rel string) backend.Entry { return entryOf(backend.Number, n(rel), 1) }
	cut := func(rel string) backend.Entry { return entryOf(backend.Delegation, n(rel), 1) }
	dname := func(rel string) backend.Entry { return entryOf(backend.Rename, n(rel), 1) }
	wild := func(rel string) backend.Entry { return entryOf(backend.Wildcard, n(rel), 1) }
	dup, occ := func(a, b uint32) error { return &DuplicateError{a, b} }, func(a, b uint32) error { return &OccludedError{a, b} }
	for name, c := range map[string]struct {
		entries []backend.Entry
		want    error
	}{
		"number twice":             {[]backend.Entry{number("1.2"), number("1.2")}, dup(1, 2)},
		"number twice, apart":      {[]backend.Entry{number("1.2"), number("2.2"), number("1.2")}, dup(1, 3)},
		"number twice, descending": {[]backend.Entry{number("9"), number("1.2"), number("1.2")}, dup(2, 3)},
		"number and DNAME":         {[]backend.Entry{number("1.2"), dname("1.2")}, dup(1, 2)},
		"labels twice":             {[]backend.Entry{number("x.1"), number("1"), number("x.1")}, dup(1, 3)},
		"wildcard twice":           {[]backend.Entry{wild("1"), number("*.1")}, dup(1, 2)},
		"block twice":              {[]backend.Entry{block("1", 4, 4), block("1", 4, 4)}, dup(1, 2)},
		"blocks overlap":           {[]backend.Entry{block("1", 4, 6), block("1", 6, 8)}, dup(1, 2)},
		"number below delegation":  {[]backend.Entry{cut("1"), number("2.1")}, occ(2, 1)},
		"delegation comes last":    {[]backend.Entry{number("2.1"), cut("1")}, occ(1, 2)},
		"block below delegation":   {[]backend.Entry{cut("1"), block("2.1", 5, 5)}, occ(2, 1)},
		"number at delegation":     {[]backend.Entry{cut("1"), number("1")}, occ(1, 1)},
		"delegation below another": {[]backend.Entry{cut("1"), cut("2.1")}, occ(2, 1)},
		"labels below delegation":  {[]backend.Entry{number("x.2.1"), cut("1")}, occ(1, 2)},
		"labels at delegation":     {[]backend.Entry{cut("x.1"), number("y.x.1")}, occ(2, 1)},
		"number below DNAME":       {[]backend.Entry{dname("1"), number("2.1")}, occ(2, 1)},
		"wildcard below DNAME":     {[]backend.Entry{dname("1"), wild("1")}, occ(1, 1)},
		"labels below DNAME":       {[]backend.Entry{dname("1"), number("x.1")}, occ(2, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			tab := New(Options{Apexes: []e164.Apex{testApex}})
			b := tab.Builder()
			for i := range c.entries {
				if err := b.Add(&c.entries[i], uint32(i+1)); err != nil {
					t.Fatal(err)
				}
			}
			err := b.Publish(false)
			if err == nil || err.Error() != c.want.Error() {
				t.Errorf("Publish: %v, want %v", err, c.want)
			}
			if !errors.Is(err, ErrDuplicate) && !errors.Is(err, ErrOccluded) {
				t.Errorf("%v wraps no sentinel", err)
			}
			if tab.Check(context.Background()) != backend.ErrNotReady {
				t.Error("something was published")
			}
		})
	}
}

func TestAddRefusesWhatCannotBe(t *testing.T) {
	long := string(make([]byte, 256))
	n := nameOf(t, "2.1")
	for name, e := range map[string]backend.Entry{
		"block with labels":        {Kind: backend.Block, Name: nameOf(t, "x.1"), Min: 3, Max: 4},
		"block shorter than it is": {Kind: backend.Block, Name: n, Min: 1, Max: 4},
		"block upside down":        {Kind: backend.Block, Name: n, Min: 5, Max: 4},
		"block too long":           {Kind: backend.Block, Name: n, Min: 5, Max: 16},
		"number with lengths":      {Name: n, Min: 2, Max: 2},
		"unknown kind":             {Kind: 99, Name: n},
		"services too long":        {Name: n, Records: []naptr.Record{{Services: long}}},
		"regexp too long":          {Name: n, Records: []naptr.Record{{Regexp: long}}},
	} {
		b := New(Options{}).Builder()
		if err := b.Add(&e, 1); !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%s: %v, want ErrInvalidData", name, err)
		}
		if b.Len() != 0 {
			t.Errorf("%s: added all the same", name)
		}
	}
}

// TestMergeJoinsRRs: the RRs of one name come one by one, in any order, as in a zone file.
func TestMergeJoinsRRs(t *testing.T) {
	record := func(user string) naptr.Record {
		return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + user + "@example.com!"}
	}
	one := func(ttl uint32, user string) backend.Entry {
		return backend.Entry{Name: nameOf(t, "2.1"), TTL: ttl, Records: []naptr.Record{record(user)}}
	}
	set := func(name string, kind backend.EntryKind, typ uint16, ttl uint32, data ...string) backend.Entry {
		return backend.Entry{Kind: kind, Name: nameOf(t, name), Sets: []backend.RRset{{Type: typ, TTL: ttl, Data: data}}}
	}
	host := func(name string, typ uint16, data string) backend.Entry {
		return backend.Entry{Kind: backend.Delegation, Name: nameOf(t, "3.1"),
			Glue: []backend.Host{{Name: name, Sets: []backend.RRset{{Type: typ, TTL: 60, Data: []string{data}}}}}}
	}
	entries := []backend.Entry{
		one(300, "alice"), one(60, "bob"), one(300, "alice"),
		set("2.1", backend.Number, typeTXT, 500, "a"), set("2.1", backend.Number, typeTXT, 400, "b", "a"),
		set("4.1", backend.Number, typeTXT, 9, "t"), set("4.1", backend.Rename, typeDNAME, 8, "d"),
		set("3.1", backend.Delegation, typeNS, 70, "n"), host("n", 1, "v4"), host("n", 28, "v6"), host("m", 1, "v4"),
		set("x.1", backend.Number, typeTXT, 9, "t"), set("x.1", backend.Number, 1, 9, "a"),
	}
	want := sorted([]backend.Entry{
		{Name: nameOf(t, "2.1"), TTL: 60, Records: []naptr.Record{record("alice"), record("bob")},
			Sets: []backend.RRset{{Type: typeTXT, TTL: 400, Data: []string{"a", "b"}}}},
		{Kind: backend.Rename, Name: nameOf(t, "4.1"), Sets: []backend.RRset{
			{Type: typeTXT, TTL: 9, Data: []string{"t"}}, {Type: typeDNAME, TTL: 8, Data: []string{"d"}}}},
		{Kind: backend.Delegation, Name: nameOf(t, "3.1"), Sets: []backend.RRset{{Type: typeNS, TTL: 70, Data: []string{"n"}}},
			Glue: []backend.Host{
				{Name: "n", Sets: []backend.RRset{{Type: 1, TTL: 60, Data: []string{"v4"}}, {Type: 28, TTL: 60, Data: []string{"v6"}}}},
				{Name: "m", Sets: []backend.RRset{{Type: 1, TTL: 60, Data: []string{"v4"}}}},
			}},
		{Name: nameOf(t, "x.1"), Sets: []backend.RRset{{Type: typeTXT, TTL: 9, Data: []string{"t"}}, {Type: 1, TTL: 9, Data: []string{"a"}}}},
	})
	for name, put := range map[string]func(b *Builder){
		"together": func(b *Builder) {
			for i := range entries {
				b.Add(&entries[i], uint32(i))
			}
		},
		"apart": func(b *Builder) {
			far := entryOf(backend.Number, nameOf(t, "9"), 1)
			b.Add(&far, 0)
			for i := range entries {
				b.Add(&entries[i], uint32(i))
				b.stageForTest()
			}
		},
	} {
		tab := New(Options{Apexes: []e164.Apex{testApex}})
		b := tab.Builder()
		b.Merge = true
		put(b)
		if err := b.Publish(false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := slices.DeleteFunc(walk(t, tab), func(e backend.Entry) bool { return e.Name == nameOf(t, "9") })
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

// stageForTest makes a run of what is staged, as a full stage does.
func (b *Builder) stageForTest() {
	if b.stage != nil {
		b.drain()
	}
}

// TestMergeKeepsTheOrderOfRecords: they are answered in the order of the file, wherever they stand.
func TestMergeKeepsTheOrderOfRecords(t *testing.T) {
	numbers := denseNumbers(100)
	slices.Reverse(numbers)
	tab := New(Options{})
	b := tab.Builder()
	b.Merge = true
	for round := range 6 {
		for _, n := range numbers {
			e := backend.Entry{Name: e164.Name{Number: n}, TTL: 1, Records: []naptr.Record{{Order: uint16(9 - round)}}}
			if err := b.Add(&e, 0); err != nil {
				t.Fatal(err)
			}
		}
		if round == 3 {
			b.stageForTest()
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		a := mustLookup(t, tab, "", e164.Name{Number: n})
		var got []uint16
		for _, r := range a.Rules {
			got = append(got, r.Order)
		}
		if !slices.Equal(got, []uint16{9, 8, 7, 6, 5, 4}) {
			t.Fatalf("%s: orders %v", n, got)
		}
	}
}

// TestMergeLeavesOutWhatIsHidden: a zone may hold what its delegations and DNAMEs hide; it is not
// answered.
func TestMergeLeavesOutWhatIsHidden(t *testing.T) {
	var entries []backend.Entry
	add := func(kind backend.EntryKind, rel string) {
		entries = append(entries, entryOf(kind, nameOf(t, rel), uint32(len(entries)+1)))
	}
	add(backend.Number, "1")
	add(backend.Delegation, "1")
	add(backend.Number, "2.1")
	add(backend.Number, "x.2.1")
	add(backend.Rename, "2")
	add(backend.Wildcard, "2")
	add(backend.Number, "1.2")
	add(backend.Number, "3")
	tab := New(Options{Apexes: []e164.Apex{testApex}})
	b := tab.Builder()
	b.Merge = true
	for i := range entries {
		if err := b.Add(&entries[i], uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	if b.Occluded() != 5 || tab.Len() != 3 {
		t.Errorf("%d hidden, %d served, want 5 and 3", b.Occluded(), tab.Len())
	}
	var kept model
	for _, i := range []int{1, 4, 7} {
		kept = append(kept, entries[i])
	}
	compare(t, "hidden", tab, kept, newWorld(1).queries(entries))
}

// TestShrinkGuard: a refresh that lost too much is held back, and what was served still is.
func TestShrinkGuard(t *testing.T) {
	tree := func(n int) iter.Seq2[backend.Entry, error] {
		return func(yield func(backend.Entry, error) bool) {
			for i, number := range denseNumbers(n) {
				var e backend.Entry
				derivedEntry(&e, number, i)
				if !yield(e, nil) {
					return
				}
			}
		}
	}
	tab := New(Options{})
	for _, step := range []struct {
		entries, served int
		shrunk          bool
	}{{200, 200, false}, {159, 200, true}, {160, 160, false}, {90, 160, true}, {130, 130, false}, {104, 104, false}, {100, 100, false}, {1, 1, false}} {
		err := tab.Replace(tree(step.entries))
		if errors.Is(err, backend.ErrShrunk) != step.shrunk || !step.shrunk && err != nil {
			t.Errorf("%d entries: %v", step.entries, err)
		}
		if tab.Len() != step.served {
			t.Errorf("%d entries: %d served, want %d", step.entries, tab.Len(), step.served)
		}
	}
	broken := errors.New("broken")
	err := tab.Replace(func(yield func(backend.Entry, error) bool) {
		if yield(entryOf(backend.Number, nameOf(t, "1"), 1), nil) {
			yield(backend.Entry{}, broken)
		}
	})
	if !errors.Is(err, broken) || tab.Len() != 1 {
		t.Errorf("a tree that breaks off: %v, %d served", err, tab.Len())
	}
	if err := tab.Replace(func(yield func(backend.Entry, error) bool) { yield(backend.Entry{Kind: 77}, nil) }); !errors.Is(err, backend.ErrInvalidData) {
		t.Errorf("a bad entry: %v", err)
	}
}

// TestSerial: the zone's own, else the time, but always later than the last (RFC 1982).
func TestSerial(t *testing.T) {
	now := time.Unix(5000, 0)
	tab := New(Options{Now: func() time.Time { return now }})
	if _, err := tab.Serial(context.Background(), ""); err != backend.ErrNotReady {
		t.Errorf("before data: %v", err)
	}
	check := func(want uint32) {
		t.Helper()
		if got, err := tab.Serial(context.Background(), ""); got != want || err != nil {
			t.Errorf("serial %d, %v; want %d", got, err, want)
		}
	}
	publish := func(zone *backend.Zone) {
		b := tab.Builder()
		b.Zone = zone
		if err := b.Publish(true); err != nil {
			t.Fatal(err)
		}
	}
	publish(nil)
	check(5000)
	publish(nil)
	check(5001)
	if err := tab.Apply([]backend.Change{{Entry: entryOf(backend.Number, nameOf(t, "1"), 1)}}); err != nil {
		t.Fatal(err)
	}
	check(5002)
	if err := tab.Apply(nil); err != nil { // nothing changes
		t.Fatal(err)
	}
	check(5002)
	now = time.Unix(6000, 0)
	publish(nil)
	check(6000)
	now = time.Unix(1<<32-1, 0)
	publish(nil) // earlier, in serial arithmetic, than 6000
	check(6001)
	publish(&backend.Zone{Serial: 2026112201})
	check(2026112201)
}

// TestShapesStayFew: domains that hardly repeat do not make a shape each.
func TestShapesStayFew(t *testing.T) {
	tab := buildNumbers(t, denseNumbers(20000), func(e *backend.Entry, n e164.Number, i int) {
		*e = backend.Entry{Name: e164.Name{Number: n}, TTL: 60, Records: []naptr.Record{{Order: 1, Flags: "u", Services: "E2U+im",
			Regexp: fmt.Sprintf("!^.*$!im:user@host%d.example.com!", i)}}}
	})
	if st := tab.Stats(); st.Shapes > freeShapes+20000/entriesPerNode+2 {
		t.Errorf("%d shapes for 20000 domains", st.Shapes)
	}
	for i, n := range denseNumbers(20000) {
		a := lookup(t, tab, e164.Name{Number: n})
		if out, _ := a.Rules[0].AppendStored(nil, []byte(n.String()), a.Text); string(out) != fmt.Sprintf("!^.*$!im:user@host%d.example.com!", i) {
			t.Fatalf("%s has %q", n, out)
		}
	}
}

// TestReloadSharesChunks: what a load does not change costs no memory, wherever it puts in or takes out,
// and in whichever order the entries come.
func TestReloadSharesChunks(t *testing.T) {
	numbers := denseNumbers(20 * chunkSize)
	for _, order := range []string{"ascending", "mixed"} {
		tab := New(Options{})
		load := func(numbers []e164.Number, user string) []chunk {
			t.Helper()
			numbers = slices.Clone(numbers)
			if order == "mixed" {
				rand.New(rand.NewPCG(1, 2)).Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
			}
			b := tab.Builder()
			for i, n := range numbers {
				e := backend.Entry{Name: e164.Name{Number: n}, TTL: 1, Records: []naptr.Record{{Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + user + n.Digits()[5:] + "x@example.com!"}}}
				if err := b.Add(&e, uint32(i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Publish(false); err != nil {
				t.Fatal(err)
			}
			if got := tab.Len(); got != len(numbers) {
				t.Fatalf("%d numbers, want %d", got, len(numbers))
			}
			return tab.current.Load().numbers.chunks
		}
		old := load(numbers, "a")
		for name, change := range map[string]func([]e164.Number) []e164.Number{
			"nothing":           func(s []e164.Number) []e164.Number { return s },
			"one less":          func(s []e164.Number) []e164.Number { return slices.Delete(s, 7*chunkSize+5, 7*chunkSize+6) },
			"one chunk less":    func(s []e164.Number) []e164.Number { return slices.Delete(s, 7*chunkSize, 8*chunkSize) },
			"the first is gone": func(s []e164.Number) []e164.Number { return s[1:] },
		} {
			now := load(change(slices.Clone(numbers)), "a")
			shared := 0
			for i := range now {
				if slices.ContainsFunc(old, func(c chunk) bool { return unsafe.StringData(c.data) == unsafe.StringData(now[i].data) }) {
					shared++
				}
			}
			if shared < len(old)-3 {
				t.Errorf("%s, %s: %d of %d chunks are shared", order, name, shared, len(now))
			}
			old = load(numbers, "a")
		}
		for i, c := range load(numbers, "b") {
			if c.data == old[min(i, len(old)-1)].data {
				t.Errorf("%s: an old chunk is served", order)
			}
		}
		for i, n := range numbers {
			if i%100 == 0 {
				a := mustLookup(t, tab, "", e164.Name{Number: n})
				if len(a.Rules) != 1 {
					t.Fatalf("%s: %+v", n, a)
				}
			}
		}
	}
}
