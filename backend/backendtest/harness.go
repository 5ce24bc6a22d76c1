package backendtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Harness tells the suite how to make the backend under test.
type Harness struct {
	// Apex is the tree that the entries hang from; "" means "e164.arpa.". It must not itself stand
	// for digits.
	Apex string
	// Open returns a backend that holds just these entries and is ready to answer. The suite closes
	// it. Entries are valid, in no order; records of one entry are in order of naptr.Compare.
	Open func(t testing.TB, entries []backend.Entry) backend.Backend
	// Update makes the changes in the store of a backend that Open returned, and returns when
	// look-ups see them. nil where the data of a backend cannot change; the rules about change then
	// do not apply.
	Update func(t testing.TB, b backend.Backend, changes []backend.Change)
	// Broken says that Open and Update take entries with Broken set, and bring into the store what cannot be
	// read and has this kind, name and lengths. Without it the rules about such entries do not apply.
	Broken bool
	// Overlap says that Open takes blocks of the same digits with lengths in common, as a store may hold them whose
	// schema does not forbid it. Without it the rule about such entries does not apply.
	Overlap bool
	// Stall makes the store of a backend that Open returned hang until resume is called, so that
	// look-ups wait. nil for backends that never wait; the rules about waiting then do not apply.
	Stall func(t testing.TB, b backend.Backend) (resume func())
	// Skip declares rules that the backend does not keep: the name of the rule, and the reason. The
	// names are those of the subtests.
	Skip map[string]string
}

// rule is one promise of a backend.
type rule struct {
	name  string
	why   string // told when the rule is broken
	check func(t testing.TB, s *suite)
}

// suite is a harness in use.
type suite struct {
	Harness
	apex e164.Apex
	// bound is how long a backend may take for what is to be done promptly.
	bound time.Duration
	short bool
}

func newSuite(t testing.TB, h Harness) *suite {
	if h.Apex == "" {
		h.Apex = "e164.arpa."
	}
	apex, err := e164.ParseApex(h.Apex)
	if err != nil {
		t.Fatalf("Harness.Apex: %v", err)
	}
	if apex.Prefix().IsValid() {
		t.Fatalf("Harness.Apex %s stands for digits", apex)
	}
	if h.Open == nil {
		t.Fatalf("Harness.Open is nil")
	}
	return &suite{Harness: h, apex: apex, bound: 2 * time.Second, short: testing.Short()}
}

// rules returns all rules, in the order in which they are checked.
func rules() []rule {
	return slices.Concat(numberRules, blockRules, delegationRules, recordRules, zoneRules, lifeRules, walkRules, changeRules, modelRules, brokenRules)
}

// Run checks the backend of h against every rule, each as a subtest. It must not run in parallel
// with other tests, whose goroutines it would take for those of the backend.
func Run(t *testing.T, h Harness) {
	s := newSuite(t, h)
	all := rules()
	for _, name := range slices.Sorted(maps.Keys(h.Skip)) {
		if !slices.ContainsFunc(all, func(r rule) bool { return r.name == name }) {
			t.Errorf("Harness.Skip names %q, which is no rule", name)
		}
		if strings.TrimSpace(h.Skip[name]) == "" {
			t.Errorf("Harness.Skip gives no reason for %q", name)
		}
	}
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			if reason, ok := h.Skip[r.name]; ok {
				t.Skipf("declared: %s", reason)
			}
			s.run(t, r)
		})
	}
}

// run checks one rule and explains it when it is broken.
func (s *suite) run(t testing.TB, r rule) {
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("the backend panicked: %v", v)
		}
		if t.Failed() {
			t.Logf("the rule: %s", r.why)
		}
	}()
	r.check(t, s)
}

// open opens a backend and closes it when the rule is checked.
func (s *suite) open(t testing.TB, entries ...backend.Entry) backend.Backend {
	t.Helper()
	given := make([]backend.Entry, len(entries))
	for i, e := range entries {
		given[i] = clone(e) // whatever the harness does to it, the rule compares with its own
	}
	b := s.Open(t, given)
	if b == nil {
		t.Fatalf("Harness.Open returned no backend")
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// update makes a change; a rule that needs one does not apply where there is no Update.
func (s *suite) update(t testing.TB, b backend.Backend, changes ...backend.Change) {
	t.Helper()
	if s.Update == nil {
		t.Skip("the data of this backend cannot change (Harness.Update is nil)")
	}
	s.Update(t, b, changes)
}

// name reads the labels left of the apex: "1.2" is +21.
func (s *suite) name(t testing.TB, labels string) e164.Name {
	t.Helper()
	if labels != "" {
		labels += "."
	}
	n, err := s.apex.Parse(labels + s.apex.String())
	if err != nil {
		t.Fatalf("the suite asks for a name that is none: %q: %v", labels, err)
	}
	return n
}

// lookup asks b for a name and fails when it cannot tell.
func (s *suite) lookup(t testing.TB, b backend.Backend, name e164.Name) backend.Answer {
	t.Helper()
	a, err := b.Lookup(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
	if err != nil {
		t.Errorf("%s: error %v; that a name does not exist is an Answer", showName(name), err)
	}
	return a
}

// want asks b for a name and compares the answer.
func (s *suite) want(t testing.TB, b backend.Backend, name e164.Name, want backend.Answer) {
	t.Helper()
	got := show(name, s.lookup(t, b, name))
	if want := show(name, want); got != want {
		t.Errorf("%s is answered\n  %s\nwant\n  %s", showName(name), got, want)
	}
}

// wantKind asks b for an answer without records.
func (s *suite) wantKind(t testing.TB, b backend.Backend, kind backend.Kind, names ...e164.Name) {
	t.Helper()
	for _, name := range names {
		s.want(t, b, name, backend.Answer{Kind: kind})
	}
}

// within runs f and fails when it takes longer than the bound.
func (s *suite) within(t testing.TB, what string, f func()) bool {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(s.bound):
		t.Errorf("%s takes longer than %v", what, s.bound)
		select { // f may still report what it sees, while there is a test to report to
		case <-done:
		case <-time.After(5 * s.bound):
		}
		return false
	}
}
