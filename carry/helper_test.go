package carry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// model is a store in memory, as backend.Writer has it.
type model struct {
	held   map[Key]backend.Entry
	atomic bool
	batch  int // changes that become visible together, where it is not atomic
	failAt int // the change before which writing fails; 0 for none
	writes int // calls of Write
	extra  []backend.Entry
}

var errLost = errors.New("connection lost")

func (m *model) Walk(context.Context) iter.Seq2[backend.Entry, error] {
	all := append(slices.Collect(maps.Values(m.held)), m.extra...)
	slices.SortStableFunc(all, func(a, b backend.Entry) int { return KeyOf(&a).Compare(KeyOf(&b)) })
	return walk(all...)
}

func (m *model) Write(_ context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	m.writes++
	held := maps.Clone(m.held)
	if held == nil {
		held = map[Key]backend.Entry{}
	}
	n, batch := 0, 0
	var last *Key
	for c, err := range changes {
		if err != nil {
			return err
		}
		key := KeyOf(&c.Entry)
		if last != nil && last.Compare(key) >= 0 {
			return fmt.Errorf("change %d is out of order", n)
		}
		last = &key
		if n++; n == m.failAt {
			return errLost
		}
		if c.Delete {
			delete(held, key)
		} else {
			held[key] = c.Entry
		}
		if batch++; batch == m.batch && !m.atomic {
			m.held = maps.Clone(held)
			done(batch)
			batch = 0
		}
	}
	m.held = held
	done(batch)
	return nil
}

func (m *model) Atomic() bool { return m.atomic }
func (m *model) Close() error { return nil }

func walk(list ...backend.Entry) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func digits(t testing.TB, text string) e164.Number {
	t.Helper()
	var n e164.Number
	for i := range len(text) {
		var ok bool
		if n, ok = n.Child(text[i]); !ok {
			t.Fatalf("%q is no number", text)
		}
	}
	return n
}

func number(t testing.TB, text, uri string) backend.Entry {
	t.Helper()
	return backend.Entry{Name: e164.Name{Number: digits(t, text)}, TTL: 60, Records: []naptr.Record{
		{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!" + uri + "!"},
	}}
}

func block(t testing.TB, text string, least, most int) backend.Entry {
	t.Helper()
	e := number(t, text, "im:info@example.com")
	e.Kind, e.Min, e.Max = backend.Block, least, most
	return e
}

func cut(t testing.TB, text string) backend.Entry {
	t.Helper()
	return backend.Entry{Kind: backend.Delegation, Name: e164.Name{Number: digits(t, text)}, Sets: []backend.RRset{
		{Type: rr.TypeNS, TTL: 60, Data: []string{"\x02ns\x07example\x00"}},
	}}
}

// tree returns a tree of random entries that do not contradict each other, in order.
func tree(t testing.TB, r *rand.Rand) []backend.Entry {
	t.Helper()
	all := map[Key]backend.Entry{}
	add := func(e backend.Entry) { all[KeyOf(&e)] = e }
	for range r.IntN(60) {
		text := "1" + strconv.Itoa(r.IntN(300))
		switch r.IntN(4) {
		case 0:
			least := len(text) + r.IntN(2)
			e := block(t, text, least, least+r.IntN(3))
			overlaps := false
			for k := range all {
				overlaps = overlaps || k.Kind == backend.Block && k.Name == e.Name && k.Min <= e.Max && e.Min <= k.Max
			}
			if !overlaps {
				add(e)
			}
		case 1:
			add(cut(t, "2"+strconv.Itoa(10+r.IntN(40))))
		default:
			add(number(t, text, "im:"+strconv.Itoa(r.IntN(3))+"@example.com"))
		}
	}
	list := slices.Collect(maps.Values(all))
	slices.SortFunc(list, func(a, b backend.Entry) int { return KeyOf(&a).Compare(KeyOf(&b)) })
	return list
}

// holds fails the test unless the store holds exactly the tree.
func (m *model) holds(t testing.TB, want []backend.Entry) {
	t.Helper()
	for d, err := range Diff(walk(want...), m.Walk(t.Context())) {
		if err != nil || d.Verdict != Same {
			t.Errorf("the store differs: %v %v %v", d.Verdict, d.Key, err)
		}
	}
}
