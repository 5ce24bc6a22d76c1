package table

import (
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// smallWorld answers for zones over the labels 1, 2 and * as model does, but fast enough for millions
// of zones: a name is its place in a list, and what is above it and beside it is known beforehand.
// TestSmallWorldModels holds it to model.
type smallWorld struct {
	names  []e164.Name // ancestors first; the apex is 0
	parent []int
	star   []int // the wildcard below a name; 0 where that is too deep
	leaves int   // names[1:leaves] may be in a zone

	entry []uint32 // of the zone: the id of what stands at a name, 0 for nothing
	exist []bool   // of the zone: the name or something below it is there
}

func newSmallWorld(t *testing.T, depth int) *smallWorld {
	t.Helper()
	w := &smallWorld{names: append([]e164.Name{{}}, smallNames(t, depth+1)...)}
	at := make(map[e164.Name]int)
	for i, n := range w.names {
		at[n] = i
		if n.Depth() <= depth {
			w.leaves = i + 1
		}
	}
	for _, n := range w.names {
		w.parent = append(w.parent, at[n.Parent()])
		w.star = append(w.star, at[n.Wildcard()])
	}
	w.entry = make([]uint32, len(w.names))
	w.exist = make([]bool, len(w.names))
	w.exist[0] = true
	return w
}

// set makes the zone: the names at the places in zone, with ids from 1.
func (w *smallWorld) set(zone []int) {
	clear(w.entry)
	clear(w.exist)
	w.exist[0] = true
	for id, at := range zone {
		w.entry[at] = uint32(id + 1)
		for ; at != 0; at = w.parent[at] {
			w.exist[at] = true
		}
	}
}

// lookup is RFC 4592 for the zone.
func (w *smallWorld) lookup(q int) want {
	switch {
	case w.entry[q] != 0:
		return want{kind: backend.Found, id: w.entry[q]}
	case q == 0:
		return want{kind: backend.Empty}
	case w.exist[q]:
		return want{kind: backend.Descendants}
	}
	encloser := w.parent[q]
	for !w.exist[encloser] {
		encloser = w.parent[encloser]
	}
	switch star := w.star[encloser]; {
	case star == 0 || !w.exist[star]:
		return want{kind: backend.Absent}
	case w.entry[star] == 0:
		return want{kind: backend.Empty} // RFC 4592 section 4.9
	default:
		return want{backend.Found, w.entry[star], w.names[star]}
	}
}

// entries returns the zone as entries.
func (w *smallWorld) entries(zone []int) model {
	var m model
	for id, at := range zone {
		e := entryOf(backend.Number, w.names[at], uint32(id+1))
		if e.Name.IsWildcard() {
			e.Kind, e.Name = backend.Wildcard, e.Name.Parent()
		}
		m = append(m, e)
	}
	return m
}

// The two models agree.
func TestSmallWorldModels(t *testing.T) {
	w := newSmallWorld(t, 4)
	r := rand.New(rand.NewPCG(4, 592))
	for range 300 {
		zone := make([]int, 0, 4)
		for _, i := range r.Perm(w.leaves - 1)[:r.IntN(5)] {
			zone = append(zone, i+1)
		}
		w.set(zone)
		slow := w.entries(zone)
		for q, name := range w.names {
			if fast, slow := w.lookup(q), slow.lookup(name); fast != slow {
				t.Fatalf("%s %q: %s by places, %s by the rules; entries %v", name.Number, name.Labels, fast, slow, w.entries(zone))
			}
		}
	}
}

// Every zone of up to four names over the labels 1, 2 and *, up to four labels deep, answers as RFC
// 4592 says, for every name up to five labels deep. A plain run leaves out zones in which a "*"
// stands below another label's left, such as 1.*.2, which no tree of numbers has; -long runs all of
// the eight million.
func TestSmallWorldsComplete(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("150,000 zones on one goroutine: make test runs them without the race detector")
	}
	w := newSmallWorld(t, 4)
	var places, queries []int
	for i, n := range w.names {
		ordinary := n.IsNumber() || n.IsWildcard() && n.Parent().IsNumber()
		if ordinary || *long {
			queries = append(queries, i)
			if i > 0 && i < w.leaves {
				places = append(places, i)
			}
		}
	}
	zones := 0
	var zone []int
	var each func(from int)
	each = func(from int) {
		zones++
		w.set(zone)
		tab := build(t, w.entries(zone))
		for _, q := range queries {
			if g, want := got(lookup(t, tab, w.names[q])), w.lookup(q); g != want {
				t.Fatalf("%s %q: got %s; want %s; entries %v", w.names[q].Number, w.names[q].Labels, g, want, w.entries(zone))
			}
		}
		if len(zone) == 4 {
			return
		}
		for i := from; i < len(places); i++ {
			zone = append(zone, places[i])
			each(i + 1)
			zone = zone[:len(zone)-1]
		}
	}
	each(0)
	t.Logf("%d zones, %d questions each", zones, len(queries))
}
