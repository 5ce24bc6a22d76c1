package backendtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// walker returns what walks b; rules that need it do not apply to others.
func walker(t testing.TB, b backend.Backend) backend.Walker {
	t.Helper()
	w, ok := backend.As[backend.Walker](b)
	if !ok {
		t.Skip("the backend is no Walker")
	}
	return w
}

// walk lists what b holds below the apex, which itself is left out: the plugin answers it.
func (s *suite) walk(t testing.TB, b backend.Backend) []backend.Entry {
	t.Helper()
	var entries []backend.Entry
	for e, err := range walker(t, b).Walk(t.Context(), s.apex.String()) {
		if err != nil {
			t.Errorf("Walk: %v", err)
			return nil
		}
		if e.Name != (e164.Name{}) || e.Kind == backend.Wildcard {
			entries = append(entries, clone(e))
		}
	}
	return entries
}

// wantWalk compares what b lists with what a model of the same entries lists, in any order.
func (s *suite) wantWalk(t testing.TB, b backend.Backend, want []backend.Entry) {
	t.Helper()
	list := func(entries []backend.Entry) map[string]int {
		seen := make(map[string]int)
		for _, e := range entries {
			seen[showEntry(e)]++
		}
		return seen
	}
	got, wanted := list(s.walk(t, b)), list(want)
	for e, n := range wanted {
		if got[e] != n {
			t.Errorf("Walk yields %d times, want %d times\n  %s", got[e], n, e)
		}
	}
	for e, n := range got {
		if wanted[e] == 0 {
			t.Errorf("Walk yields %d times what is not in the store\n  %s", n, e)
		}
	}
}

// many is a tree large enough that a walk has pages.
func many() []backend.Entry {
	entries := world()
	for i := range 500 {
		n, _ := num("4930").Number.Child('0' + byte(i%10))
		n, _ = n.Child('0' + byte(i/10%10))
		n, _ = n.Child('0' + byte(i/100))
		entries = append(entries, number(n.Digits(), "u"+n.Digits()))
	}
	return entries
}

var walkRules = []rule{{
	"walk-complete",
	"Walk yields every entry once, with all that belongs to it: it is what a zone transfer sends",
	func(t testing.TB, s *suite) {
		b := s.open(t, many()...)
		s.wantWalk(t, b, many())
	},
}, {
	"walk-ascending",
	"Walk is in ascending order of the numbers, so that two lists can be compared as they come",
	func(t testing.TB, s *suite) {
		b := s.open(t, many()...)
		entries := s.walk(t, b)
		byNumber := func(a, b backend.Entry) int { return cmp.Compare(a.Name.Number, b.Name.Number) }
		for i := 1; i < len(entries); i++ {
			if byNumber(entries[i-1], entries[i]) > 0 {
				t.Errorf("Walk yields %s after %s", showName(entries[i].Name), showName(entries[i-1].Name))
				return
			}
		}
	},
}, {
	"walk-as-lookup",
	"what Walk lists and what Lookup answers is the same data",
	func(t testing.TB, s *suite) {
		b := s.open(t, many()...)
		for _, e := range s.walk(t, b) {
			switch e.Kind {
			case backend.Number:
				s.want(t, b, e.Name, foundOf(e))
			case backend.Delegation:
				s.want(t, b, e.Name, delegatedOf(e))
			}
		}
	},
}, {
	"walk-stops",
	"a walk may be left at any entry; the backend then answers and walks as before",
	func(t testing.TB, s *suite) {
		b := s.open(t, many()...)
		w := walker(t, b)
		for _, after := range []int{1, 2, 100} {
			s.within(t, "a walk that is left early", func() {
				defer func() {
					if v := recover(); v != nil {
						t.Errorf("a walk that is left after %d entries panics: %v", after, v)
					}
				}()
				n := 0
				for range w.Walk(t.Context(), s.apex.String()) {
					if n++; n == after {
						break
					}
				}
			})
		}
		s.wantWalk(t, b, many())
	},
}, {
	"walk-context",
	"a walk whose context ends yields an error: a list that ends early without one would be taken for the whole tree",
	func(t testing.TB, s *suite) {
		b := s.open(t, many()...)
		w := walker(t, b)
		for _, after := range []int{0, 1, 50} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if after == 0 {
				cancel()
			}
			s.within(t, "a walk whose context has ended", func() {
				n, failed := 0, false
				for _, err := range w.Walk(ctx, s.apex.String()) {
					if err != nil {
						failed = true
						break
					}
					if n++; n == after {
						cancel()
					}
				}
				if !failed && (after == 0 || n < len(many())) {
					t.Errorf("the context ended after %d entries: the walk yields %d of %d entries and no error", after, n, len(many()))
				}
			})
		}
	},
}, {
	"walk-snapshot",
	"a walk lists one generation: changes that are made meanwhile are in it together or not at all",
	func(t testing.TB, s *suite) {
		entries := many()
		b := s.open(t, entries...)
		w := walker(t, b)
		first, last := entries[0], number("999999999999999", "old")
		s.update(t, b, set(last))
		for round := range 3 {
			users := map[string]bool{}
			n := 0
			for e, err := range w.Walk(t.Context(), s.apex.String()) {
				if err != nil {
					t.Errorf("Walk: %v", err)
					return
				}
				if n++; n == 1 {
					user := "round" + string(rune('0'+round))
					first.Records, last.Records = im(user), im(user)
					s.within(t, "a change during a walk", func() { s.update(t, b, set(first), set(last)) })
				}
				if e.Name == first.Name || e.Name == last.Name {
					users[e.Records[0].Regexp] = true
				}
			}
			if round > 0 && len(users) != 1 {
				t.Errorf("a walk mixes two generations: %q", slices.Sorted(maps.Keys(users)))
			}
		}
	},
}, {
	"trace-as-walk",
	"Trace lists what Walk lists at a name and above it, the shortest name first: an explanation that leaves out an entry is wrong",
	func(t testing.TB, s *suite) {
		b := s.open(t, append(many(),
			block("4989", 8, 9, "open"), block("49891", 8, 8, "of"), number("49891111", "one"), number("498911112", "more"))...)
		tracer, ok := backend.As[backend.Tracer](b)
		if !ok {
			t.Skip("the backend is no Tracer")
		}
		all := s.walk(t, b)
		for _, e := range all {
			names := []e164.Name{e.Name, e.Name.Wildcard()}
			if n, ok := e.Name.Number.Child('7'); ok && e.Name.Labels == "" {
				names = append(names, e164.Name{Number: n})
			}
			for _, name := range names {
				var want, got []string
				for _, other := range all {
					if name.Under(other.Name) {
						want = append(want, showEntry(other))
					}
				}
				traced, err := tracer.Trace(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
				if err != nil {
					t.Errorf("Trace: %v", err)
					return
				}
				depth := 0
				for _, e := range traced {
					if e.Name.Depth() < depth {
						t.Errorf("Trace of %s lists %s behind a longer name", showName(name), showName(e.Name))
					}
					depth = e.Name.Depth()
					if e.Name != (e164.Name{}) || e.Kind == backend.Wildcard {
						got = append(got, showEntry(e))
					}
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("Trace of %s lists\n  %q\nwant\n  %q", showName(name), got, want)
					return
				}
			}
		}
	},
}}
