package backendtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	mu              sync.Mutex
	failed, skipped bool
	log             []string
}

func (r *recorder) Helper() {}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skip(...any) {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

// record checks one rule against a backend and returns what came of it.
func record(t *testing.T, s *suite, name string) *recorder {
	i := slices.IndexFunc(rules(), func(r rule) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("there is no rule %q", name)
	}
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.run(r, rules()[i])
	}()
	<-done
	return r
}

// mutant is a model with one defect; hooks that are nil are the model's own.
type mutant struct {
	*Model
	lookup func(*Model, context.Context, backend.Query) (backend.Answer, error)
	walk   func(*Model, context.Context) iter.Seq2[backend.Entry, error]
	trace  func([]backend.Entry) []backend.Entry
	serial func(*Model) uint32
	watch  func(*Model, context.Context, func()) error
	close  func(*Model) error
}

func (m *mutant) Unwrap() backend.Backend { return m.Model }

func (m *mutant) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	if m.lookup == nil {
		return m.Model.Lookup(ctx, q)
	}
	return m.lookup(m.Model, ctx, q)
}

func (m *mutant) Walk(ctx context.Context, apex string) iter.Seq2[backend.Entry, error] {
	if m.walk == nil {
		return m.Model.Walk(ctx, apex)
	}
	return m.walk(m.Model, ctx)
}

func (m *mutant) Trace(ctx context.Context, q backend.Query) ([]backend.Entry, error) {
	entries, err := m.Model.Trace(ctx, q)
	if m.trace != nil {
		entries = m.trace(entries)
	}
	return entries, err
}

func (m *mutant) Serial(ctx context.Context, apex string) (uint32, error) {
	if m.serial == nil {
		return m.Model.Serial(ctx, apex)
	}
	return m.serial(m.Model), nil
}

func (m *mutant) Watch(ctx context.Context, changed func()) error {
	if m.watch == nil {
		return m.Model.Watch(ctx, changed)
	}
	return m.watch(m.Model, ctx, changed)
}

func (m *mutant) Close() error {
	if m.close == nil {
		return m.Model.Close()
	}
	return m.close(m.Model)
}

// after changes the answers of the model.
func after(change func(q backend.Query, a *backend.Answer)) mutant {
	return mutant{lookup: func(m *Model, ctx context.Context, q backend.Query) (backend.Answer, error) {
		a, err := m.Lookup(ctx, q)
		if err == nil {
			change(q, &a)
		}
		return a, err
	}}
}

// instead asks the model for another name.
func instead(other func(m *Model, n e164.Name) e164.Name) mutant {
	return mutant{lookup: func(m *Model, ctx context.Context, q backend.Query) (backend.Answer, error) {
		q.Name = other(m, q.Name)
		return m.Lookup(ctx, q)
	}}
}

// loaded changes the entries before the model gets them.
func loaded(change func(*backend.Entry)) func([]backend.Entry) []backend.Entry {
	return func(entries []backend.Entry) []backend.Entry {
		for i := range entries {
			entries[i] = clone(entries[i])
			change(&entries[i])
		}
		return entries
	}
}

// octets changes every field of every record.
func octets(change func(string) string) func([]backend.Entry) []backend.Entry {
	return loaded(func(e *backend.Entry) {
		for i := range e.Records {
			r := &e.Records[i]
			r.Flags, r.Services, r.Regexp = change(r.Flags), change(r.Services), change(r.Regexp)
		}
	})
}

// as answers one kind as another.
func as(from, to backend.Kind) mutant {
	return after(func(_ backend.Query, a *backend.Answer) {
		if a.Kind == from {
			*a = backend.Answer{Kind: to}
		}
	})
}

// pick makes the model answer from the entry that the function picks, where it picks one.
func pick(choose func(entries []backend.Entry, n e164.Name) *backend.Entry) mutant {
	return mutant{lookup: func(m *Model, ctx context.Context, q backend.Query) (backend.Answer, error) {
		if e := choose(m.entries, q.Name); e != nil {
			a := existing(e)
			switch e.Kind {
			case backend.Delegation:
				a = delegatedOf(*e)
			case backend.Wildcard:
				a.Owner = owner(e)
			}
			return a, nil
		}
		return m.Lookup(ctx, q)
	}}
}

// contains reports whether a block holds the name, were its lengths off by the given ones.
func contains(e *backend.Entry, n e164.Name, below, above int) bool {
	l := n.Number.Len()
	return e.Kind == backend.Block && n.IsNumber() && n.Number.HasPrefix(e.Name.Number) && e.Min-below <= l && l <= e.Max+above
}

// mutantCase is a defect, and the rule that must notice it.
type mutantCase struct {
	defect  string
	rule    string // that must fail
	mutant  mutant
	prepare func([]backend.Entry) []backend.Entry
}

func TestMutants(t *testing.T) {
	var leak = make(chan struct{})
	defer close(leak)
	later := func() { time.Sleep(300 * time.Millisecond) }
	type Q = backend.Query
	type A = backend.Answer
	cases := []mutantCase{
		{"an empty non-terminal is Absent", "empty-non-terminals", as(backend.Descendants, backend.Absent), nil},
		{"a number without records is Absent", "number-without-records", as(backend.Empty, backend.Absent), nil},
		{"a number without records is an empty non-terminal", "number-without-records", as(backend.Empty, backend.Descendants), nil},
		{"Absent is no answer", "empty-store", as(backend.Absent, backend.Unknown), nil},
		{"Absent is an error", "absent", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			if a.Kind == backend.Absent {
				err = errors.New("no rows")
			}
			return a, err
		}}, nil},
		{"nothing is found", "exact-number", as(backend.Found, backend.Absent), nil},
		{"what begins a longer number is an empty non-terminal", "prefix-with-records", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if m.anythingBelow(q.Name) {
				return A{Kind: backend.Descendants}, nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"numbers have two digits at least", "one-digit", after(func(q Q, a *A) {
			if q.Name.Number.Len() < 2 && a.Kind == backend.Found {
				*a = A{Kind: backend.Descendants}
			}
		}), nil},
		{"15 digits overflow", "fifteen-digits", instead(func(_ *Model, n e164.Name) e164.Name {
			if n.Number.Len() == 15 {
				n.Number = n.Number &^ 0x10 // the last digit's lowest bit
			}
			return n
		}), nil},
		{"the sixteenth digit is cut off", "fifteen-digits", instead(func(_ *Model, n e164.Name) e164.Name {
			if n.Labels == "\x019" {
				n.Labels = ""
			}
			return n
		}), nil},
		{"a number answers all that begin with it", "sibling-prefixes", pick(func(entries []backend.Entry, n e164.Name) *backend.Entry {
			for i := range entries {
				if e := &entries[i]; e.Kind == backend.Number && strings.HasPrefix(n.Number.Digits(), e.Name.Number.Digits()) {
					return e
				}
			}
			return nil
		}), nil},
		{"zeros at the end do not count", "leading-zeros", instead(func(_ *Model, n e164.Name) e164.Name {
			if n.Number.Len() > 1 && n.Number.Digit(n.Number.Len()-1) == '0' {
				n.Number = n.Number.Prefix(n.Number.Len() - 1)
			}
			return n
		}), nil},
		{"labels are dropped", "labels-below-a-number", instead(func(_ *Model, n e164.Name) e164.Name { n.Labels = ""; return n }), nil},
		{"a block is one digit too long", "block-longer", pick(func(entries []backend.Entry, n e164.Name) *backend.Entry {
			for i := range entries {
				if contains(&entries[i], n, 0, 1) {
					return &entries[i]
				}
			}
			return nil
		}), nil},
		{"a block is one digit too short", "block-shorter", pick(func(entries []backend.Entry, n e164.Name) *backend.Entry {
			for i := range entries {
				if contains(&entries[i], n, 1, 0) {
					return &entries[i]
				}
			}
			return nil
		}), nil},
		{"a block answers at its prefix", "block-shorter", pick(func(entries []backend.Entry, n e164.Name) *backend.Entry {
			for i := range entries {
				if e := &entries[i]; e.Kind == backend.Block && e.Name == n {
					return e
				}
			}
			return nil
		}), nil},
		{"on the way to a block nothing exists", "block-shorter", after(func(q Q, a *A) {
			if a.Kind == backend.Descendants && q.Name.Number.Len() > 7 {
				a.Kind = backend.Absent
			}
		}), nil},
		{"blocks have one length", "block-open-length", mutant{}, loaded(func(e *backend.Entry) { e.Max = e.Min })},
		{"a block of one number is forgotten", "block-of-one-number", mutant{}, func(entries []backend.Entry) []backend.Entry {
			return slices.DeleteFunc(entries, func(e backend.Entry) bool {
				return e.Kind == backend.Block && e.Name.Number.Len() == e.Max
			})
		}},
		{"blocks are forgotten", "block-fixed-length", mutant{}, func(entries []backend.Entry) []backend.Entry {
			return slices.DeleteFunc(entries, func(e backend.Entry) bool { return e.Kind == backend.Block })
		}},
		{"an exact number hides the block, as in RFC 4592", "block-exception", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			e := m.block(q.Name)
			if e == nil || m.exact(q.Name) != nil {
				return m.Lookup(ctx, q)
			}
			for n := q.Name.Parent(); n.Number.Len() > e.Name.Number.Len(); n = n.Parent() {
				for i := range m.entries {
					if o := &m.entries[i]; o.Kind == backend.Number && o.Name.Under(n) {
						return A{Kind: backend.Absent}, nil
					}
				}
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"the shortest prefix wins", "block-longest-prefix", pick(func(entries []backend.Entry, n e164.Name) (shortest *backend.Entry) {
			for i := range entries {
				if e := &entries[i]; contains(e, n, 0, 0) && (shortest == nil || e.Name.Number.Len() < shortest.Name.Number.Len()) {
					shortest = e
				}
			}
			return shortest
		}), nil},
		{"the longest prefix wins, whether its length fits or not", "block-of-other-length-inside", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			var longest *backend.Entry
			for i := range m.entries {
				if e := &m.entries[i]; contains(e, q.Name, 15, 15) && (longest == nil || e.Name.Number.Len() > longest.Name.Number.Len()) {
					longest = e
				}
			}
			if longest != nil && m.block(q.Name) != nil && m.block(q.Name) != longest {
				return A{Kind: backend.Descendants}, nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"one block a prefix", "blocks-with-one-prefix", mutant{}, func(entries []backend.Entry) []backend.Entry {
			return slices.CompactFunc(entries, func(a, b backend.Entry) bool {
				return a.Kind == backend.Block && b.Kind == backend.Block && a.Name == b.Name
			})
		}},
		{"a block without records is forgotten", "block-without-records", mutant{}, func(entries []backend.Entry) []backend.Entry {
			return slices.DeleteFunc(entries, func(e backend.Entry) bool { return e.Kind == backend.Block && len(e.Records) == 0 })
		}},
		{"a block ends the tree", "number-below-a-block", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			for n := q.Name.Parent(); n.Number.IsValid(); n = n.Parent() {
				if m.block(n) != nil {
					return A{Kind: backend.Absent}, nil
				}
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"glue is dropped", "delegation", after(func(_ Q, a *A) { a.Glue = nil }), nil},
		{"DS is dropped", "delegation", after(func(_ Q, a *A) {
			a.Sets = slices.DeleteFunc(a.Sets, func(s backend.RRset) bool { return s.Type == typeDS })
		}), nil},
		{"the owner of a delegation is the name asked", "delegation-covers", after(func(q Q, a *A) {
			if a.Kind == backend.Delegated {
				a.Owner = q.Name
			}
		}), nil},
		{"a delegation covers digits only", "delegation-covers", after(func(q Q, a *A) {
			if a.Kind == backend.Delegated && !q.Name.IsNumber() {
				*a = A{Kind: backend.Absent}
			}
		}), nil},
		{"the deepest delegation wins", "delegation-hides", pick(func(entries []backend.Entry, n e164.Name) (deepest *backend.Entry) {
			for i := range entries {
				if e := &entries[i]; e.Kind == backend.Delegation && n.Under(e.Name) && (deepest == nil || e.Name.Depth() > deepest.Name.Depth()) {
					deepest = e
				}
			}
			return deepest
		}), nil},
		{"a block wins over a delegation", "delegation-in-a-block", pick(func(entries []backend.Entry, n e164.Name) *backend.Entry {
			return (&Model{entries: entries}).block(n)
		}), nil},
		{"escapes are taken out once", "octets", mutant{}, octets(func(s string) string { return strings.ReplaceAll(s, `\\`, `\`) })},
		{"backslashes are doubled", "octets", mutant{}, octets(func(s string) string { return strings.ReplaceAll(s, `\`, `\\`) })},
		{"fields end at NUL", "octets", mutant{}, octets(func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s })},
		{"fields are made valid UTF-8", "octets", mutant{}, octets(func(s string) string { return strings.ToValidUTF8(s, "?") })},
		{"fields are trimmed", "octets", mutant{}, octets(strings.TrimSpace)},
		{"fields hold 254 octets", "octets", mutant{}, octets(func(s string) string { return s[:min(len(s), 254)] })},
		{"the digits of the number asked are written over another's", "own-digits", mutant{}, loaded(func(e *backend.Entry) {
			for i := range e.Records {
				e.Records[i].Regexp = strings.ReplaceAll(e.Records[i].Regexp, "12025550101", "12025550100")
			}
		})},
		{"every replacement is the root", "replacement", mutant{}, loaded(func(e *backend.Entry) {
			for i := range e.Records {
				e.Records[i].Replacement = ""
			}
		})},
		{"a record is lost", "exact-number", after(func(_ Q, a *A) {
			if len(a.Rules) > 1 {
				a.Rules = a.Rules[1:]
			}
		}), nil},
		{"records come in reverse", "record-order", after(func(_ Q, a *A) { slices.Reverse(a.Rules) }), nil},
		{"order is an octet", "record-order", mutant{}, loaded(func(e *backend.Entry) {
			for i := range e.Records {
				e.Records[i].Order &= 0xff
			}
		})},
		{"255 records at most", "many-records", after(func(_ Q, a *A) { a.Rules = a.Rules[:min(len(a.Rules), 255)] }), nil},
		{"no TTL", "ttl", after(func(_ Q, a *A) { a.TTL = 0 }), nil},
		{"other types are dropped", "other-types", after(func(_ Q, a *A) { a.Sets = nil }), nil},
		{"a name with labels is dropped", "labelled-names", after(func(q Q, a *A) {
			if !q.Name.IsNumber() {
				*a = A{Kind: backend.Absent}
			}
		}), nil},
		{"a wildcard covers one level", "wildcard", after(func(q Q, a *A) {
			if a.Owner.IsWildcard() && q.Name.Depth() > a.Owner.Depth() {
				*a = A{Kind: backend.Absent}
			}
		}), nil},
		{"a wildcard does not tell its owner", "wildcard", after(func(_ Q, a *A) {
			if a.Kind == backend.Found {
				a.Owner = e164.Name{}
			}
		}), nil},
		{"the longest wildcard answers, as blocks do", "wildcard-closest-encloser", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			for n := q.Name.Parent(); a.Kind == backend.Absent; n = n.Parent() {
				if e := m.exact(n.Wildcard()); e != nil {
					return synthesised(*e), nil
				}
				if n == n.Parent() {
					break
				}
			}
			return a, err
		}}, nil},
		{"a wildcard answers below itself", "wildcard-itself", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if p := q.Name.Parent(); p.IsWildcard() && m.exact(q.Name) == nil && m.exact(p) != nil {
				return synthesised(*m.exact(p)), nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a wildcard without records is none", "wildcard-without-records", as(backend.Empty, backend.Absent), nil},
		{"a DNAME covers its own name", "dname", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.exact(q.Name); e != nil && e.Kind == backend.Rename {
				return A{Kind: backend.Renamed, Owner: e.Name, Sets: e.Sets[:1]}, nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a DNAME covers nothing", "dname", as(backend.Renamed, backend.Absent), nil},
		{"look-ups share a variable", "concurrent", func() mutant {
			var shared atomic.Pointer[Q]
			return mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
				shared.Store(&q)
				runtime.Gosched()
				return m.Lookup(ctx, *shared.Load())
			}}
		}(), nil},
		{"a cancelled look-up is a denial", "context", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if ctx.Err() != nil {
				return A{Kind: backend.Absent}, nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a cancelled look-up waits", "context", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if ctx.Err() != nil {
				later()
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"Close fails the second time", "close-twice", mutant{close: func(m *Model) error {
			if m.closed {
				return errors.New("already closed")
			}
			return m.Close()
		}}, nil},
		{"Close hangs the second time", "close-twice", mutant{close: func(m *Model) error {
			if m.closed {
				later()
			}
			return m.Close()
		}}, nil},
		{"answers after Close", "closed", mutant{close: func(*Model) error { return nil }}, nil},
		{"an own error after Close", "closed", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			if err != nil {
				err = errors.New("use of closed connection")
			}
			return a, err
		}}, nil},
		{"a denial beside Close", "close-while-asked", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			if err != nil {
				return A{Kind: backend.Absent}, nil
			}
			return a, nil
		}}, nil},
		{"a goroutine is left", "no-goroutine-left", mutant{close: func(m *Model) error {
			go func() { <-leak }()
			return m.Close()
		}}, nil},
		{"a walk left early leaves a goroutine", "no-goroutine-left", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				entries := make(chan backend.Entry)
				go func() {
					defer close(entries)
					for e := range m.Walk(ctx, "") {
						select {
						case entries <- e:
						case <-leak:
							return
						}
					}
				}()
				for e := range entries {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}, nil},
		{"the walk is unsorted", "walk-ascending", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for _, e := range slices.Backward(slices.Collect(first(m.Walk(ctx, "")))) {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}, nil},
		{"the walk loses what is at the end of a page", "walk-complete", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				n := 0
				for e, err := range m.Walk(ctx, "") {
					if n++; n%100 != 0 && !yield(e, err) {
						return
					}
				}
			}
		}}, nil},
		{"the walk repeats what is at the end of a page", "walk-complete", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				n := 0
				for e, err := range m.Walk(ctx, "") {
					if n++; !yield(e, err) || n%100 == 0 && !yield(e, err) {
						return
					}
				}
			}
		}}, nil},
		{"the walk shows other records than look-ups", "walk-as-lookup", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for e, err := range m.Walk(ctx, "") {
					if e.TTL++; !yield(e, err) {
						return
					}
				}
			}
		}}, nil},
		{"an explanation leaves out blocks", "trace-as-walk", mutant{trace: func(entries []backend.Entry) []backend.Entry {
			return slices.DeleteFunc(entries, func(e backend.Entry) bool { return e.Kind == backend.Block })
		}}, nil},
		{"an explanation begins at the wrong end", "trace-as-walk", mutant{trace: func(entries []backend.Entry) []backend.Entry {
			slices.Reverse(entries)
			return entries
		}}, nil},
		{"the walk goes on when it is left", "walk-stops", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for e, err := range m.Walk(ctx, "") {
					yield(e, err)
				}
			}
		}}, nil},
		{"the walk ends without error when its context does", "walk-context", mutant{walk: func(m *Model, ctx context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				for e, err := range m.Walk(ctx, "") {
					if err != nil || !yield(e, nil) {
						return
					}
				}
			}
		}}, nil},
		{"the walk sees changes", "walk-snapshot", mutant{walk: func(m *Model, _ context.Context) iter.Seq2[backend.Entry, error] {
			return func(yield func(backend.Entry, error) bool) {
				all := slices.SortedFunc(slices.Values(m.entries), compareEntries)
				for _, e := range all {
					for i := range m.entries {
						if sameEntry(&m.entries[i], &e) {
							if !yield(m.entries[i], nil) {
								return
							}
							break
						}
					}
				}
			}
		}}, nil},
		{"changes are not seen", "change", func() mutant {
			var mu sync.Mutex
			seen := map[e164.Name]A{}
			return mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
				mu.Lock()
				defer mu.Unlock()
				if a, ok := seen[q.Name]; ok {
					return a, nil
				}
				a, err := m.Lookup(ctx, q)
				seen[q.Name] = a
				return a, err
			}}
		}(), nil},
		{"answers share memory", "answers-unchanged", func() mutant {
			buffer := make([]naptr.Rule, 10)
			return mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
				a, err := m.Lookup(ctx, q)
				a.Rules = buffer[:copy(buffer, a.Rules)]
				return a, err
			}}
		}(), nil},
		{"nothing is there beside a change", "change-while-asked", func() mutant {
			var last atomic.Uint32
			return mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
				if n, _ := m.Serial(ctx, ""); last.Swap(n) != n {
					return A{Kind: backend.Absent}, nil
				}
				return m.Lookup(ctx, q)
			}}
		}(), nil},
		{"the serial is constant", "serial", mutant{serial: func(*Model) uint32 { return 1 }}, nil},
		{"the serial goes down", "serial", mutant{serial: func(m *Model) uint32 { n, _ := m.Serial(context.Background(), ""); return -n }}, nil},
		{"the serial grows by itself", "serial", func() mutant {
			var n atomic.Uint32
			return mutant{serial: func(*Model) uint32 { return n.Add(1) }}
		}(), nil},
		{"a watch tells once", "watch", mutant{watch: func(m *Model, ctx context.Context, changed func()) error {
			return m.Watch(ctx, sync.OnceFunc(changed))
		}}, nil},
		{"a watch tells nothing", "watch", mutant{watch: func(m *Model, ctx context.Context, _ func()) error {
			return m.Watch(ctx, func() {})
		}}, nil},
		{"a watch does not end", "watch-ends", mutant{watch: func(m *Model, ctx context.Context, changed func()) error {
			m.Watch(ctx, changed)
			<-leak
			return nil
		}}, nil},
		{"a watch tells after its end", "watch-ends", mutant{watch: func(m *Model, ctx context.Context, changed func()) error {
			go m.Watch(context.WithoutCancel(ctx), func() {
				select {
				case <-leak:
				default:
					changed()
				}
			})
			<-ctx.Done()
			return nil
		}}, nil},
		{"a watch has an error of its own", "watch-ends", mutant{watch: func(m *Model, ctx context.Context, changed func()) error {
			m.Watch(ctx, changed)
			return errors.New("watch closed")
		}}, nil},
		{"two digits make a panic", "model-of-numbers", after(func(q Q, _ *A) {
			if q.Name.Number.Len() == 2 {
				panic("two digits")
			}
		}), nil},
		{"siblings of a number in a block of open length are lost", "model-of-blocks", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.block(q.Name); e != nil && e.Min < e.Max && m.exact(q.Name) == nil && m.exact(q.Name.Parent()) != nil {
				return A{Kind: backend.Absent}, nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a block's prefix that is delegated is not", "model-of-delegations", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			if e := m.cut(q.Name); e != nil && m.block(q.Name) != nil {
				return existing(m.block(q.Name)), nil
			}
			return m.Lookup(ctx, q)
		}}, nil},
		{"a wildcard hides a DNAME", "model-of-zones", mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
			a, err := m.Lookup(ctx, q)
			if a.Kind == backend.Renamed {
				if e := m.exact(a.Owner.Parent().Wildcard()); e != nil {
					return synthesised(*e), nil
				}
			}
			return a, err
		}}, nil},
		{"a deletion keeps the way to what was there", "model-of-changes", func() mutant {
			var mu sync.Mutex
			been := map[e164.Name]bool{}
			return mutant{lookup: func(m *Model, ctx context.Context, q Q) (A, error) {
				mu.Lock()
				defer mu.Unlock()
				a, err := m.Lookup(ctx, q)
				been[q.Name] = been[q.Name] || a.Kind == backend.Descendants
				if a.Kind == backend.Absent && been[q.Name] {
					a.Kind = backend.Descendants
				}
				return a, err
			}}
		}(), nil},
	}
	cases = append(cases, brokenMutants()...)
	caught := map[string]bool{"deadline": true} // TestStalled
	for _, c := range cases {
		caught[c.rule] = true
		t.Run(c.defect, func(t *testing.T) {
			h := modelHarness()
			h.Open = func(_ testing.TB, entries []backend.Entry) backend.Backend {
				if c.prepare != nil {
					entries = c.prepare(entries)
				}
				m := c.mutant
				m.Model = NewModel(entries)
				return &m
			}
			s := newSuite(t, h)
			s.bound, s.short = 200*time.Millisecond, false
			r := record(t, s, c.rule)
			if !r.Failed() {
				t.Fatalf("the rule %s does not notice (skipped %v)", c.rule, r.skipped)
			}
			if last := r.log[len(r.log)-1]; !strings.HasPrefix(last, "the rule: ") {
				t.Errorf("the rule is not explained; last line %q", last)
			}
		})
	}
	for _, r := range rules() {
		if !caught[r.name] {
			t.Errorf("no mutant shows that the rule %s can fail", r.name)
		}
	}
	t.Logf("%d mutants, %d rules", len(cases), len(slices.Collect(maps.Keys(caught))))
}

func first[A, B any](seq iter.Seq2[A, B]) iter.Seq[A] {
	return func(yield func(A) bool) {
		for a := range seq {
			if !yield(a) {
				return
			}
		}
	}
}

// staller is a store that can hang.
type staller struct {
	*Model
	gate    atomic.Pointer[chan struct{}]
	ignores bool // look-ups ignore their context
	sticky  bool // Close waits for the store
	denies  bool // a look-up past its context is a denial
}

func (s *staller) Unwrap() backend.Backend { return s.Model }

func (s *staller) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	if gate := s.gate.Load(); gate != nil {
		done := ctx.Done()
		if s.ignores {
			done = nil
		}
		select {
		case <-*gate:
		case <-done:
			if s.denies {
				return backend.Answer{Kind: backend.Absent}, nil
			}
			return backend.Answer{}, ctx.Err()
		}
	}
	return s.Model.Lookup(ctx, q)
}

func (s *staller) Close() error {
	if gate := s.gate.Load(); gate != nil && s.sticky {
		<-*gate
	}
	return s.Model.Close()
}

func TestStalled(t *testing.T) {
	for name, broken := range map[string]func(*staller){
		"sound":                       nil,
		"look-ups ignore the context": func(s *staller) { s.ignores = true },
		"Close waits for the store":   func(s *staller) { s.sticky = true },
		"a time-out is a denial":      func(s *staller) { s.denies = true },
	} {
		t.Run(name, func(t *testing.T) {
			h := modelHarness()
			h.Open = func(_ testing.TB, entries []backend.Entry) backend.Backend {
				store := &staller{Model: NewModel(entries)}
				if broken != nil {
					broken(store)
				}
				return store
			}
			h.Stall = func(_ testing.TB, b backend.Backend) func() {
				gate := make(chan struct{})
				b.(*staller).gate.Store(&gate)
				return sync.OnceFunc(func() { close(gate) })
			}
			s := newSuite(t, h)
			s.bound = 200 * time.Millisecond
			if r := record(t, s, "deadline"); r.Failed() != (broken != nil) || r.skipped {
				t.Errorf("failed %v, skipped %v: %v", r.Failed(), r.skipped, r.log)
			}
		})
	}
}

// What a backend cannot do is skipped: it does not fail.
func TestCapabilitiesAreOptional(t *testing.T) {
	h := Harness{Apex: "enum.example.net", Open: func(_ testing.TB, entries []backend.Entry) backend.Backend {
		m := NewModel(entries)
		return struct{ backend.Backend }{m}
	}}
	s := newSuite(t, h)
	var skipped []string
	for _, r := range rules() {
		got := record(t, s, r.name)
		if got.Failed() {
			t.Errorf("%s: %v", r.name, got.log)
		}
		if got.skipped {
			skipped = append(skipped, r.name)
		}
	}
	want := []string{
		"deadline", "walk-complete", "walk-ascending", "walk-as-lookup", "walk-stops", "walk-context", "walk-snapshot", "trace-as-walk",
		"change", "answers-unchanged", "change-while-asked", "serial", "watch", "watch-ends", "model-of-changes",
		"broken-number", "broken-alone", "broken-block", "broken-block-inside", "blocks-overlap", "broken-delegation", "broken-changes", "broken-walk", "model-of-broken",
	}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped %v\nwant %v", skipped, want)
	}
}

func TestRulesAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] {
			t.Errorf("two rules %s", r.name)
		}
		seen[r.name] = true
		if strings.Trim(r.name, "abcdefghijklmnopqrstuvwxyz-") != "" || len(r.why) < 40 {
			t.Errorf("%q: %q", r.name, r.why)
		}
	}
}
