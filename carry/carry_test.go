package carry

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Whatever the store held, it holds what is wanted afterwards, and a second time there is nothing to write.
func TestCarryMakesTheStoreEqual(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := &model{atomic: r.IntN(2) == 0, batch: 1 + r.IntN(8)}
		for range 3 {
			want := tree(t, r)
			told, said := 0, -1
			o := Options{Shrink: true, Writing: func(n int) func(int) {
				said = n
				return func(n int) { told += n }
			}}
			s, err := Carry(t.Context(), walk(want...), m, o)
			if err != nil {
				t.Fatal(err)
			}
			m.holds(t, want)
			if said >= 0 && (told != said || said != s.Total().Changes()) {
				t.Errorf("told of %d changes of %d, the summary has %d", told, said, s.Total().Changes())
			}
			writes := m.writes
			s, err = Carry(t.Context(), walk(want...), m, Options{})
			if err != nil || s.Total().Changes() != 0 || len(want) > 0 && m.writes != writes {
				t.Fatalf("the second run: %+v, %v, %d writes", s.Total(), err, m.writes-writes)
			}
			if s.Total().Same != len(want) {
				t.Errorf("%d are the same of %d", s.Total().Same, len(want))
			}
		}
	}
}

// After a failure at any change, an atomic store is as it was, another one is completed by the same again.
func TestCarryFailsAndGoesOn(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		before, want := tree(t, r), tree(t, r)
		m := &model{atomic: r.IntN(2) == 0, batch: 1 + r.IntN(8)}
		if _, err := Carry(t.Context(), walk(before...), m, Options{}); err != nil {
			t.Fatal(err)
		}
		s, err := Carry(t.Context(), walk(want...), m, Options{Shrink: true, DryRun: true})
		if err != nil || s.Total().Changes() == 0 {
			continue
		}
		m.failAt = 1 + r.IntN(s.Total().Changes())
		_, err = Carry(t.Context(), walk(want...), m, Options{Shrink: true})
		broken, ok := errors.AsType[*WriteError](err)
		switch {
		case !ok || !errors.Is(err, errLost) || broken.Atomic != m.atomic || broken.All != s.Total().Changes():
			t.Fatalf("got %v", err)
		case m.atomic:
			m.holds(t, before)
		case broken.Done != (m.failAt-1)/m.batch*m.batch:
			t.Errorf("%d changes are said to be written, batches of %d failed at change %d", broken.Done, m.batch, m.failAt)
		}
		m.failAt = 0
		if _, err := Carry(t.Context(), walk(want...), m, Options{Shrink: true}); err != nil {
			t.Fatal(err)
		}
		m.holds(t, want)
	}
}

// A dry run, and what is refused, write nothing.
func TestCarryRefuses(t *testing.T) {
	many := func(n int) (list []backend.Entry) {
		for i := range n {
			list = append(list, number(t, "1202555"+strconv.Itoa(1000+i), "im:a@example.com"))
		}
		return list
	}
	for name, c := range map[string]struct {
		have, want []backend.Entry
		o          Options
		err        error
	}{
		"a fifth and 100":                          {have: many(500), want: many(400)},
		"just a fifth":                             {have: many(1000), want: many(800)},
		"more than a fifth and 100":                {have: many(504), want: many(403), err: backend.ErrShrunk},
		"more than 100, less than a fifth":         {have: many(600), want: many(490)},
		"more than a fifth, 100":                   {have: many(200), want: many(100)},
		"all of a small store":                     {have: many(3), want: nil, err: backend.ErrShrunk},
		"all of a small store for others":          {have: many(3), want: []backend.Entry{number(t, "44", "im:a@example.com")}},
		"much, allowed":                            {have: many(504), want: nil, o: Options{Shrink: true}},
		"much, with --add":                         {have: many(504), want: many(1), o: Options{Add: true}},
		"a block that overlaps one that stays":     {have: []backend.Entry{block(t, "44", 5, 8)}, want: []backend.Entry{block(t, "44", 4, 5)}, o: Options{Add: true}, err: ErrConflict},
		"a block beside one that stays":            {have: []backend.Entry{block(t, "44", 5, 8)}, want: []backend.Entry{block(t, "44", 4, 4)}, o: Options{Add: true}},
		"a block in the place of another":          {have: []backend.Entry{block(t, "44", 5, 8)}, want: []backend.Entry{block(t, "44", 4, 5)}},
		"a number below a delegation that stays":   {have: []backend.Entry{cut(t, "44")}, want: []backend.Entry{number(t, "4420", "im:a@example.com")}, o: Options{Add: true}, err: ErrConflict},
		"a number at a delegation that stays":      {have: []backend.Entry{cut(t, "44")}, want: []backend.Entry{number(t, "44", "im:a@example.com")}, o: Options{Add: true}, err: ErrConflict},
		"a delegation above a number that stays":   {want: []backend.Entry{cut(t, "44")}, have: []backend.Entry{number(t, "4420", "im:a@example.com")}, o: Options{Add: true}, err: ErrConflict},
		"a number beside a delegation that stays":  {have: []backend.Entry{cut(t, "44")}, want: []backend.Entry{number(t, "45", "im:a@example.com")}, o: Options{Add: true}},
		"a delegation that is kept, and a number":  {have: []backend.Entry{cut(t, "44")}, want: []backend.Entry{number(t, "4420", "im:a@example.com")}, o: Options{Keep: func(Key) bool { return true }}, err: ErrConflict},
		"a name with labels, which no store holds": {want: []backend.Entry{{Name: e164.Name{Number: digits(t, "44"), Labels: "\x02ns"}}}, err: backend.ErrInvalidData},
		"entries out of order":                     {want: []backend.Entry{cut(t, "45"), cut(t, "44")}, err: backend.ErrInvalidData},
	} {
		t.Run(name, func(t *testing.T) {
			m := &model{atomic: true}
			if _, err := Carry(t.Context(), walk(c.have...), m, Options{}); err != nil {
				t.Fatal(err)
			}
			m.writes = 0
			dry := c.o
			dry.DryRun = true
			for _, o := range []Options{dry, c.o} {
				if _, err := Carry(t.Context(), walk(c.want...), m, o); !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				if (c.err != nil || o.DryRun) && m.writes != 0 {
					t.Error("it was written")
				}
			}
			if c.err != nil {
				m.holds(t, c.have)
			}
		})
	}
}

// What cannot be read is replaced or deleted, and counted: once where a number and a block stand for one value.
func TestCarryReplacesWhatIsBroken(t *testing.T) {
	a, b := number(t, "44201", "im:a@example.com"), number(t, "44202", "im:b@example.com")
	gone := backend.Entry{Name: e164.Name{Number: digits(t, "44203")}, Broken: true}
	around := backend.Entry{Kind: backend.Block, Name: gone.Name, Min: 6, Max: 15, Broken: true}
	unread := backend.Entry{Name: b.Name, Broken: true}
	m := &model{atomic: true, held: map[Key]backend.Entry{KeyOf(&a): a, KeyOf(&unread): unread, KeyOf(&gone): gone, KeyOf(&around): around}}
	s, err := Carry(t.Context(), walk(a, b), m, Options{})
	if err != nil || s.Broken != 2 || s.Total() != (Tally{Changed: 1, Deleted: 1, Same: 1}) {
		t.Errorf("got %+v, %v", s, err)
	}
	m.holds(t, []backend.Entry{a, b})
}

// An entry that stands there twice is written again, or deleted once, and counted as one that cannot be read.
func TestCarryOfTwins(t *testing.T) {
	a, b := number(t, "44201", "im:a@example.com"), number(t, "44202", "im:b@example.com")
	m := &model{atomic: true, held: map[Key]backend.Entry{KeyOf(&a): a, KeyOf(&b): b}, extra: []backend.Entry{a, b}}
	var all []Verdict
	s, err := Carry(t.Context(), walk(a), m, Options{Each: func(d *Difference) { all = append(all, d.Verdict) }})
	if err != nil || s.Broken != 2 || !slices.Equal(all, []Verdict{Changed, Deleted}) {
		t.Errorf("got %+v, %v, %v", s, all, err)
	}
}

// The order of records and the case of names are no difference; a TTL, a record more, another preference are.
func TestDiffTellsWhatAnswersTell(t *testing.T) {
	base := func() backend.Entry {
		e := number(t, "44201", "im:a@example.com")
		e.Records = append(e.Records, naptr.Record{Order: 100, Preference: 20, Services: "E2U+sip", Replacement: "\x02ns\x07example\x00"})
		return e
	}
	for name, c := range map[string]struct {
		change func(e *backend.Entry)
		want   Verdict
	}{
		"nothing":      {func(*backend.Entry) {}, Same},
		"order":        {func(e *backend.Entry) { slices.Reverse(e.Records) }, Same},
		"letter case":  {func(e *backend.Entry) { e.Records[1].Replacement = "\x02NS\x07example\x00" }, Same},
		"root":         {func(e *backend.Entry) { e.Records[0].Replacement = "\x00" }, Same},
		"ttl":          {func(e *backend.Entry) { e.TTL++ }, Changed},
		"preference":   {func(e *backend.Entry) { e.Records[0].Preference++ }, Changed},
		"record less":  {func(e *backend.Entry) { e.Records = e.Records[:1] }, Changed},
		"no records":   {func(e *backend.Entry) { e.Records = nil }, Changed},
		"unreadable":   {func(e *backend.Entry) { *e = backend.Entry{Name: e.Name, Broken: true} }, Changed},
		"other digits": {func(e *backend.Entry) { e.Name.Number = digits(t, "44200") }, Deleted},
	} {
		t.Run(name, func(t *testing.T) {
			have := base()
			c.change(&have)
			for d, err := range Diff(walk(base()), walk(have)) {
				if err != nil || d.Verdict != c.want {
					t.Errorf("got %v, %v", d.Verdict, err)
				}
				return
			}
		})
	}
}

// A store that lists out of order is not written to: its entries would be taken for others.
func TestCarryRefusesAStoreOutOfOrder(t *testing.T) {
	m := disordered{&model{atomic: true}}
	if _, err := Carry(t.Context(), walk(cut(t, "45")), m, Options{}); !errors.Is(err, backend.ErrInvalidData) || m.writes != 0 {
		t.Errorf("got %v, %d writes", err, m.writes)
	}
}

type disordered struct{ *model }

func (disordered) Walk(context.Context) iter.Seq2[backend.Entry, error] {
	at := func(n e164.Number) backend.Entry { return backend.Entry{Name: e164.Name{Number: n}} }
	one, _ := e164.Number(0).Child('1')
	two, _ := e164.Number(0).Child('2')
	return walk(at(two), at(one))
}

// A store without anything is written to also when nothing is wanted: it is filled then, and not forgotten.
func TestCarryOfNothing(t *testing.T) {
	m := &model{atomic: true}
	if _, err := Carry(t.Context(), walk(), m, Options{}); err != nil || m.writes != 1 {
		t.Errorf("got %v, %d writes", err, m.writes)
	}
}

// An error of either tree ends the comparison, and nothing is written.
func TestCarryPassesErrorsOn(t *testing.T) {
	odd := func(yield func(backend.Entry, error) bool) {
		if yield(number(t, "44201", "im:a@example.com"), nil) {
			yield(backend.Entry{}, errLost)
		}
	}
	m := &model{atomic: true}
	if _, err := Carry(t.Context(), odd, m, Options{}); !errors.Is(err, errLost) || m.writes != 0 {
		t.Errorf("got %v, %d writes", err, m.writes)
	}
	for d, err := range Diff(walk(), odd) {
		if err != nil {
			if !errors.Is(err, errLost) {
				t.Error(err)
			}
			return
		}
		if d.Verdict != Deleted {
			t.Error(d.Verdict)
		}
	}
	t.Error("no error")
}

// unmarked is a store whose first import ended before it was said to be whole.
type unmarked struct {
	*model
	marked bool
}

func (u *unmarked) Absent() error {
	if u.marked {
		return nil
	}
	return backend.ErrUnavailable
}

func (u *unmarked) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	u.marked = true
	return u.model.Write(ctx, changes, done)
}

// TestCarryEndsWhatWasCutOff: the same import again makes a tree of what the first one wrote, also where all of it is there.
func TestCarryEndsWhatWasCutOff(t *testing.T) {
	entries := []backend.Entry{number(t, "12", "sip:a@example.com"), number(t, "13", "sip:b@example.com")}
	u := &unmarked{model: &model{}}
	for range 3 {
		if _, err := Carry(t.Context(), walk(entries...), u, Options{}); err != nil || !u.marked {
			t.Fatalf("marked %t, %v", u.marked, err)
		}
		if u.writes == 1 {
			u.marked = false
		}
	}
	if u.writes != 2 {
		t.Errorf("written %d times; a tree that is whole is left alone", u.writes)
	}
}
