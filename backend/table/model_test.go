package table

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

const (
	typeNS  = 2
	typeTXT = 16
)

var testApex = func() e164.Apex {
	a, err := e164.ParseApex("example.com")
	if err != nil {
		panic(err)
	}
	return a
}()

// nameOf parses a name relative to the apex; "" is the apex.
func nameOf(t testing.TB, rel string) e164.Name {
	if rel != "" {
		rel += "."
	}
	n, err := testApex.Parse(rel + "example.com.")
	if err != nil {
		t.Fatalf("%q: %v", rel, err)
	}
	return n
}

var long = flag.Bool("long", false, "run what takes long: ten million numbers (a minute), all small worlds (hours)")

// model answers slowly from a list of entries, straight from the rules.
type model []backend.Entry

func (m model) owner(e *backend.Entry) e164.Name {
	if e.Kind == backend.Wildcard {
		return e.Name.Wildcard()
	}
	return e.Name
}

func contains(e *backend.Entry, q e164.Name, least int) bool {
	return e.Kind == backend.Block && q.IsNumber() && q.Number.HasPrefix(e.Name.Number) &&
		q.Number.Len() >= least && q.Number.Len() <= e.Max
}

// exists: a name exists when it or something below it has data (RFC 8020, RFC 4592 section 2.2.2);
// the numbers of a block and their prefixes do.
func (m model) exists(q e164.Name) bool {
	if q == (e164.Name{}) {
		return true
	}
	for i := range m {
		if m.owner(&m[i]).Under(q) || contains(&m[i], q, 0) {
			return true
		}
	}
	return false
}

// want is what a look-up is compared by; id is the TTL that tells entries apart.
type want struct {
	kind  backend.Kind
	id    uint32
	owner e164.Name
}

func (w want) String() string {
	return fmt.Sprintf("kind %d, entry %d, owner %q", w.kind, w.id, w.owner)
}

func (m model) lookup(q e164.Name) want {
	var up []e164.Name
	for n := q; ; n = n.Parent() {
		up = append(up, n)
		if n == (e164.Name{}) {
			break
		}
	}
	for _, n := range slices.Backward(up) {
		for i := range m {
			switch e := &m[i]; {
			case e.Name != n:
			case e.Kind == backend.Delegation:
				return want{backend.Delegated, e.Sets[0].TTL, n}
			case e.Kind == backend.Rename && n != q:
				return want{backend.Renamed, e.Sets[0].TTL, n}
			}
		}
	}
	found := func(e *backend.Entry, owner e164.Name) want {
		switch {
		case len(e.Records) > 0:
			return want{backend.Found, e.TTL, owner}
		case len(e.Sets) > 0:
			return want{backend.Found, e.Sets[0].TTL, owner}
		}
		return want{kind: backend.Empty}
	}
	for i := range m {
		if e := &m[i]; e.Kind != backend.Block && m.owner(e) == q {
			return found(e, e164.Name{})
		}
	}
	if q == (e164.Name{}) {
		return want{kind: backend.Empty}
	}
	var best *backend.Entry
	for i := range m {
		if e := &m[i]; contains(e, q, e.Min) && (best == nil || e.Name.Number.Len() > best.Name.Number.Len()) {
			best = e
		}
	}
	if best != nil {
		return found(best, e164.Name{})
	}
	if m.exists(q) {
		return want{kind: backend.Descendants}
	}
	encloser := q.Parent()
	for !m.exists(encloser) {
		encloser = encloser.Parent()
	}
	for i := range m {
		if e := &m[i]; e.Kind == backend.Wildcard && e.Name == encloser {
			return found(e, encloser.Wildcard())
		}
	}
	if m.exists(encloser.Wildcard()) { // RFC 4592 section 4.9
		return want{kind: backend.Empty}
	}
	return want{kind: backend.Absent}
}

// admits reports whether e conflicts with nothing in m.
func (m model) admits(e *backend.Entry) bool {
	if e.Kind == backend.Delegation && e.Name == (e164.Name{}) {
		return false
	}
	hides := func(a, b *backend.Entry) bool {
		owner := m.owner(b)
		return a.Kind == backend.Delegation && owner.Under(a.Name) ||
			a.Kind == backend.Rename && owner.Under(a.Name) && owner != a.Name
	}
	for i := range m {
		f := &m[i]
		switch {
		case hides(e, f), hides(f, e):
			return false
		case e.Kind == backend.Block && f.Kind == backend.Block:
			if e.Name == f.Name && e.Min <= f.Max && f.Min <= e.Max {
				return false
			}
		case e.Kind == backend.Block || f.Kind == backend.Block:
			// A DNAME at a block's prefix hides the numbers of the block.
			if e.Name == f.Name && (e.Kind == backend.Rename || f.Kind == backend.Rename) {
				return false
			}
		case m.owner(e) == m.owner(f):
			return false
		}
	}
	return true
}

// got turns an answer into what is compared.
func got(a backend.Answer) want {
	w := want{kind: a.Kind, owner: a.Owner}
	switch {
	case len(a.Rules) > 0:
		w.id = a.TTL
	case len(a.Sets) > 0:
		w.id = a.Sets[0].TTL
	}
	return w
}

func lookup(t testing.TB, tab *Table, q e164.Name) backend.Answer {
	t.Helper()
	a, err := tab.Lookup(context.Background(), backend.Query{Apex: "example.com.", Name: q})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func entryOf(kind backend.EntryKind, name e164.Name, id uint32) backend.Entry {
	e := backend.Entry{Kind: kind, Name: name}
	switch kind {
	case backend.Delegation:
		e.Sets = []backend.RRset{{Type: typeNS, TTL: id, Data: []string{"\x02ns\x07example\x03net\x00"}}}
	case backend.Rename:
		e.Sets = []backend.RRset{{Type: typeDNAME, TTL: id, Data: []string{"\x07example\x03net\x00"}}}
	default:
		e.TTL = id
		e.Records = []naptr.Record{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im",
			Regexp: fmt.Sprintf("!^.*$!im:user%d@example.com!", id)}}
	}
	return e
}

func build(t testing.TB, entries []backend.Entry) *Table {
	t.Helper()
	tab := New(Options{Apexes: []e164.Apex{testApex}})
	b := tab.Builder()
	for i := range entries {
		if err := b.Add(&entries[i], uint32(i+1)); err != nil {
			t.Fatalf("%+v: %v", entries[i], err)
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	return tab
}

// world is a random tree of few digits and labels, so that everything gets in the way of everything.
type world struct {
	r      *rand.Rand
	digits int
	depth  int
	labels bool
	id     uint32
}

func newWorld(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 77))
	return &world{r: r, digits: 1 + r.IntN(3), depth: 1 + r.IntN(6), labels: r.IntN(2) == 0}
}

func (w *world) name() e164.Name {
	var n e164.Name
	depth := w.r.IntN(w.depth + 1)
	if w.r.IntN(20) == 0 {
		depth = 13 + w.r.IntN(4)
	}
	for range depth {
		if child, ok := n.Number.Child('1' + byte(w.r.IntN(w.digits))); ok {
			n.Number = child
		} else {
			n.Labels = "\x011" + n.Labels
		}
	}
	if w.labels && w.r.IntN(3) == 0 {
		for range 1 + w.r.IntN(3) {
			n.Labels = []string{"\x01a", "\x02bc", "\x01*", "\x011", "\x02\x00\x01"}[w.r.IntN(5)] + n.Labels
		}
		if n.Labels[len(n.Labels)-1] == '1' && n.Labels[len(n.Labels)-2] == 1 {
			n.Labels += "\x01x"
		}
	}
	return n
}

func (w *world) entry() backend.Entry {
	w.id++
	kinds := []backend.EntryKind{
		backend.Number, backend.Number, backend.Number, backend.Number,
		backend.Block, backend.Block, backend.Wildcard, backend.Wildcard, backend.Delegation, backend.Rename,
	}
	e := entryOf(kinds[w.r.IntN(len(kinds))], w.name(), w.id)
	switch {
	case e.Kind == backend.Block:
		e.Name.Labels = ""
		e.Min = min(15, max(1, e.Name.Number.Len()+w.r.IntN(4)))
		e.Max = min(15, e.Min+w.r.IntN(3))
	case e.Kind == backend.Number && e.Name.IsWildcard():
		e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
	case e.Kind == backend.Rename && e.Name.IsWildcard():
		e.Name = e.Name.Parent()
	}
	if w.r.IntN(6) == 0 && (e.Kind == backend.Number || e.Kind == backend.Wildcard) {
		e.Records, e.TTL = nil, 0
		if w.r.IntN(2) == 0 {
			e.Sets = []backend.RRset{{Type: typeTXT, TTL: w.id, Data: []string{"\x02hi"}}}
		}
	}
	return e
}

func (w *world) entries(n int) model {
	var m model
	for range n {
		e := w.entry()
		if e.Kind == backend.Rename && e.Name.IsWildcard() || e.Kind == backend.Delegation && e.Name.IsWildcard() {
			continue
		}
		if m.admits(&e) {
			m = append(m, e)
		}
	}
	return m
}

// queries are all names near the entries and some that are not.
func (w *world) queries(m model) []e164.Name {
	set := map[e164.Name]bool{{}: true}
	add := func(n e164.Name) {
		for ; !set[n]; n = n.Parent() {
			set[n] = true
			set[n.Wildcard()] = true
			for d := range byte(w.digits + 1) {
				if child, ok := n.Number.Child('1' + d); ok && n.Labels == "" {
					set[e164.Name{Number: child}] = true
				}
			}
			set[e164.Name{Number: n.Number, Labels: "\x01a" + n.Labels}] = true
			set[e164.Name{Number: n.Number, Labels: "\x01q" + n.Labels}] = true
		}
	}
	for i := range m {
		add(m.owner(&m[i]))
	}
	for range 20 {
		add(w.name())
	}
	out := make([]e164.Name, 0, len(set))
	for n := range set {
		out = append(out, n)
	}
	return out
}

// compare checks every answer of tab against the model.
func compare(t *testing.T, label string, tab *Table, m model, queries []e164.Name) {
	t.Helper()
	for _, q := range queries {
		if g, w := got(lookup(t, tab, q)), m.lookup(q); g != w {
			for _, e := range m {
				t.Logf("entry %d at %s %q, %d..%d: id %d %v", e.Kind, e.Name.Number, e.Name.Labels, e.Min, e.Max, e.TTL, e.Sets)
			}
			t.Fatalf("%s: %s %q: got %s; want %s", label, q.Number, q.Labels, g, w)
		}
	}
}

// TestRandomWorlds: numbers, blocks, delegations, wildcards, DNAMEs and labels in each other's way
// give the answers of the rules, in whatever order they were added.
func TestRandomWorlds(t *testing.T) {
	rounds := uint64(3000)
	if testing.Short() {
		rounds = 300
	}
	for seed := range rounds {
		w := newWorld(seed)
		m := w.entries(w.r.IntN(25))
		if w.r.IntN(2) == 0 {
			slices.SortStableFunc(m, func(a, b backend.Entry) int { return cmp.Compare(a.Name.Number, b.Name.Number) })
		}
		compare(t, fmt.Sprintf("world %d", seed), build(t, m), m, w.queries(m))
	}
}

// TestSmallWorldsSampled draws zones of four names to depth 4, of which there are eight million.
func TestSmallWorldsSampled(t *testing.T) {
	zones := 5000
	if testing.Short() {
		zones = 200
	}
	r := rand.New(rand.NewPCG(11, 12))
	names := smallNames(t, 4)
	queries := append(smallNames(t, 5), e164.Name{})
	for range zones {
		var zone model
		for len(zone) < 4 {
			e := entryOf(backend.Number, names[r.IntN(len(names))], uint32(len(zone)+1))
			if e.Name.IsWildcard() {
				e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
			}
			if zone.admits(&e) {
				zone = append(zone, e)
			}
		}
		compare(t, "four names to depth 4", build(t, zone), zone, queries)
	}
}

// smallNames are all names over the labels up to a depth, ancestors first.
func smallNames(t testing.TB, depth int) []e164.Name {
	level := []string{""}
	var out []e164.Name
	for range depth {
		var next []string
		for _, base := range level {
			for _, label := range []string{"1", "2", "*"} {
				rel := label
				if base != "" {
					rel += "." + base
				}
				next = append(next, rel)
				out = append(out, nameOf(t, rel))
			}
		}
		level = next
	}
	return out
}

// TestSmallWorlds: every zone of a few names over the labels 1, 2 and * answers as RFC 4592 says,
// for every name one label deeper.
func TestSmallWorlds(t *testing.T) {
	type size struct{ names, depth int }
	sizes := []size{{4, 2}, {3, 3}, {2, 4}}
	switch {
	case *long:
		sizes = append(sizes, size{4, 3}, size{3, 4}, size{4, 4})
	case testing.Short():
		sizes = sizes[:1]
	}
	for _, size := range sizes {
		names := smallNames(t, size.depth)
		queries := append(smallNames(t, size.depth+1), e164.Name{})
		var zone model
		var each func(from int)
		each = func(from int) {
			compare(t, fmt.Sprintf("%d names to depth %d", size.names, size.depth), build(t, zone), zone, queries)
			if len(zone) == size.names {
				return
			}
			for i := from; i < len(names); i++ {
				e := entryOf(backend.Number, names[i], uint32(len(zone)+1))
				if e.Name.IsWildcard() {
					e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
				}
				zone = append(zone, e)
				each(i + 1)
				zone = zone[:len(zone)-1]
			}
		}
		each(0)
	}
}
