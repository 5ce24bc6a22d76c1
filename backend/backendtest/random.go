package backendtest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

var modelRules = []rule{{
	"model-of-numbers",
	"in random trees of numbers the backend answers as the model does",
	func(t testing.TB, s *suite) { s.modelled(t, 1, genNumber) },
}, {
	"model-of-blocks",
	"in random trees of numbers and blocks the backend answers as the model does",
	func(t testing.TB, s *suite) { s.modelled(t, 2, genNumber, genBlock) },
}, {
	"model-of-delegations",
	"in random trees of numbers, blocks and delegations the backend answers as the model does",
	func(t testing.TB, s *suite) { s.modelled(t, 3, genNumber, genBlock, genDelegation) },
}, {
	"model-of-zones",
	"in random zones, with labels, wildcards, delegations and DNAMEs, the backend answers as the model does",
	func(t testing.TB, s *suite) { s.modelled(t, 4, genNamed, genNamed, genNamed, genDelegation, genRename) },
}, {
	"model-of-changes",
	"through random changes of numbers and blocks the backend answers, and lists, as the model does",
	func(t testing.TB, s *suite) { s.changed(t) },
}}

// gen makes a random entry. Names are short and of few digits, so that they meet.
type gen func(s *suite, t testing.TB, r *rand.Rand) backend.Entry

func digits(r *rand.Rand, least, most int) string {
	b := make([]byte, least+r.IntN(most-least+1))
	for i := range b {
		b[i] = "1122345"[r.IntN(7)]
	}
	return string(b)
}

func records(r *rand.Rand) []naptr.Record {
	var records []naptr.Record
	for i := range r.IntN(4) {
		service := []string{"E2U+im", "E2U+sip", "E2U+pres"}[r.IntN(3)]
		records = append(records, naptr.Record{
			Order: uint16(10 * (1 + r.IntN(2))), Preference: uint16(10 * (1 + r.IntN(3))), Flags: "u", Services: service,
			// One URI twice at a number is a mistake in the data that a backend may refuse.
			Regexp: fmt.Sprintf("!^.*$!%s:u%d@example.com!", service[4:], 4*r.IntN(5)+i), Replacement: "\x00",
		})
	}
	return sortRecords(records)
}

func genNumber(_ *suite, _ testing.TB, r *rand.Rand) backend.Entry {
	e := number(digits(r, 1, 5))
	e.Records = records(r)
	return e
}

func genBlock(_ *suite, _ testing.TB, r *rand.Rand) backend.Entry {
	prefix := digits(r, 1, 3)
	least := len(prefix) + r.IntN(4)
	e := block(prefix, least, least+r.IntN(2)*r.IntN(3))
	e.Records = records(r)
	return e
}

func genDelegation(_ *suite, _ testing.TB, r *rand.Rand) backend.Entry {
	return delegation(digits(r, 2, 4), []string{"one", "two"}[r.IntN(2)])
}

func genNamed(s *suite, t testing.TB, r *rand.Rand) backend.Entry {
	labels := make([]string, 1+r.IntN(4))
	for i := range labels {
		labels[i] = []string{"1", "1", "2", "2", "*", "a"}[r.IntN(6)]
	}
	e := normal(backend.Entry{Kind: backend.Number, Name: s.name(t, strings.Join(labels, ".")), TTL: 3600, Records: records(r)})
	if e.Records == nil || r.IntN(3) == 0 { // a name of a zone owns something
		e.Sets = []backend.RRset{txt(fmt.Sprint("t", r.IntN(5)))}
	}
	return e
}

func genRename(s *suite, t testing.TB, r *rand.Rand) backend.Entry {
	return backend.Entry{Kind: backend.Rename, Name: num(digits(r, 2, 4)),
		Sets: []backend.RRset{{Type: typeDNAME, TTL: 60, Data: []string{wire("target", "example")}}}}
}

// fits reports whether e can stand in a tree with entries: once, and nothing below a cut, which is
// a mistake in the data that a backend may refuse.
func fits(entries []backend.Entry, e backend.Entry) bool {
	isCut := func(e *backend.Entry) bool { return e.Kind == backend.Delegation || e.Kind == backend.Rename }
	for i := range entries {
		o := &entries[i]
		switch {
		case isCut(o) && owner(&e).Under(o.Name), isCut(&e) && owner(o).Under(e.Name):
			return false
		case o.Kind == backend.Block && e.Kind == backend.Block:
			if o.Name == e.Name && o.Min <= e.Max && e.Min <= o.Max {
				return false
			}
		case o.Kind != backend.Block && e.Kind != backend.Block && owner(o) == owner(&e):
			return false
		}
	}
	return true
}

// few reports whether fewer trees are tried: where one waits for a store, each question is a round trip.
func (s *suite) few() bool { return s.short || s.Stall != nil }

// modelled compares the backend with the model in trees that grow from one entry to many.
func (s *suite) modelled(t testing.TB, seed uint64, gens ...gen) {
	const most = 40
	step := 1
	if s.few() {
		step = 4
	}
	for i := 0; i < most; i += step {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		var entries []backend.Entry
		for range 1 + i {
			if e := gens[r.IntN(len(gens))](s, t, r); fits(entries, e) {
				entries = append(entries, e)
			}
		}
		b := s.open(t, entries...)
		s.compare(t, b, NewModel(entries), 0)
		b.Close()
		if t.Failed() {
			t.Logf("in this tree (seed %d, %d):\n%s", seed, i, showEntries(entries))
			return
		}
	}
}

// changed compares the backend with the model through random changes.
func (s *suite) changed(t testing.TB) {
	r := rand.New(rand.NewPCG(5, 5))
	rounds := 60
	if s.few() {
		rounds = 15
	}
	b, model := s.open(t), NewModel(nil)
	for range rounds {
		var changes []backend.Change
		for range 1 + r.IntN(4) {
			var held []backend.Entry
			for e := range model.Walk(t.Context(), "") {
				held = append(held, e)
			}
			e := []gen{genNumber, genBlock}[r.IntN(2)](s, t, r)
			c := set(e)
			switch {
			case len(held) > 0 && r.IntN(3) == 0:
				c = drop(held[r.IntN(len(held))])
			case !fits(slices.DeleteFunc(held, func(o backend.Entry) bool { return sameEntry(&o, &e) }), e):
				continue
			}
			if slices.ContainsFunc(changes, func(o backend.Change) bool { return o.Name == c.Name }) {
				continue
			}
			changes = append(changes, c)
		}
		if len(changes) == 0 {
			continue
		}
		s.update(t, b, changes...)
		model.Apply(changes)
		s.compare(t, b, model, r.Uint64())
		if _, ok := backend.As[backend.Walker](b); ok {
			var want []backend.Entry
			for e := range model.Walk(t.Context(), "") {
				want = append(want, e)
			}
			s.wantWalk(t, b, want)
		}
		if t.Failed() {
			var list []backend.Entry
			for e := range model.Walk(t.Context(), "") {
				list = append(list, e)
			}
			t.Logf("after changes, in this tree:\n%s", showEntries(list))
			return
		}
	}
}

// compare asks both for every name in and around the tree of the model, and for some at random.
func (s *suite) compare(t testing.TB, b backend.Backend, model *Model, seed uint64) {
	t.Helper()
	names := make(map[e164.Name]bool)
	around := func(n e164.Name) {
		for ; n != (e164.Name{}); n = n.Parent() {
			names[n] = true
			names[n.Wildcard()] = true
			names[e164.Name{Number: n.Number, Labels: "\x01a" + n.Labels}] = true
			for _, d := range []byte("125") {
				child := e164.Name{Number: n.Number, Labels: "\x01" + string(d) + n.Labels}
				if number, ok := n.Number.Child(d); ok && n.IsNumber() {
					child = e164.Name{Number: number}
				}
				names[child] = true
			}
		}
	}
	for e := range model.Walk(t.Context(), "") {
		around(owner(&e))
		if e.Kind == backend.Block {
			n := e.Name
			for n.Number.Len() <= e.Max && n.Number.Len() < e164.MaxDigits {
				n.Number, _ = n.Number.Child("12"[n.Number.Len()%2])
				around(n)
			}
		}
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		around(num(digits(r, 1, 6)))
	}
	shortestFirst := func(a, b e164.Name) int {
		return cmp.Or(cmp.Compare(a.Depth(), b.Depth()), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Labels, b.Labels))
	}
	for _, name := range slices.SortedFunc(maps.Keys(names), shortestFirst) {
		want, err := model.Lookup(t.Context(), backend.Query{Name: name})
		_, below := model.Lookup(t.Context(), backend.Query{Name: e164.Name{Number: name.Number}})
		switch {
		case !name.IsNumber() && below != nil && err == nil:
			// Beside a number that cannot be read both are right: that it has no such names is true of any.
		case errors.Is(err, backend.ErrInvalidData):
			s.wantInvalid(t, b, name)
		case err != nil:
			t.Fatalf("the model: %v", err)
		default:
			s.want(t, b, name, want)
		}
		if t.Failed() {
			return
		}
	}
}
