package test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

const storesApex = "e164.arpa."

// newForest returns a tree with numbers of all lengths, nested blocks with exceptions in them, numbers without
// records and delegations; known are numbers that it has, and such of which a block or a delegation tells.
func newForest(seed uint64, size int) (w *tree, known []string) {
	w = newTree(seed)
	w.numbers.Reset()
	w.delegated = nil
	seen := map[string]bool{}
	fresh := func(n int) (string, bool) {
		digits := w.digits(n)
		ok := !seen[digits] && !w.covered(digits)
		if ok {
			known = append(known, digits)
		}
		seen[digits] = true
		return digits, ok
	}
	for i := range size / 10 {
		// The last digit is one that no other entry has: nothing lies below.
		d := w.digits(w.random.IntN(9)) + fmt.Sprint(6+i%4)
		if w.covered(d) {
			continue
		}
		w.delegated = append(w.delegated, d)
		known = append(known, d, d+w.digits(2)[2:])
		fmt.Fprintf(&w.numbers, "+%s NS ns.example.org", d)
		if i%2 == 1 {
			fmt.Fprintf(&w.numbers, "\n\tNS ns.%s%s 192.0.2.%d 2001:db8::%d", ownerBelow(d), storesApex, i%250, i%250)
		}
		if i%3 == 1 {
			w.numbers.WriteString("\n\tDS 12345 13 2 49FD46E6C4B45C55D4AC0000000000000000000000000000000000000000AAAA")
		}
		w.numbers.WriteString("\n")
	}
	for range size {
		if n, ok := fresh(2 + w.random.IntN(12)); ok {
			var rules []rule
			if w.random.IntN(6) > 0 {
				rules = w.rules(n, 0, 0)
			}
			w.entry("+"+n, rules)
		}
	}
	blocks := map[string]bool{}
	for range size / 5 {
		prefix := w.digits(2 + w.random.IntN(9))
		if blocks[prefix] || w.covered(prefix) {
			continue
		}
		blocks[prefix] = true
		room := 15 - len(prefix)
		least := 1 + w.random.IntN(min(4, room))
		most := least + w.random.IntN(min(4, room-least+1))
		key := "+" + prefix + strings.Repeat("x", least)
		if most > least {
			key = fmt.Sprintf("+%sx{%d,%d}", prefix, least, most)
		}
		var rules []rule
		if w.random.IntN(6) > 0 {
			rules = w.rules(prefix, least, most)
		}
		w.entry(key, rules)
		known = append(known, prefix+strings.Repeat("1", least), prefix+w.digits(most)[2:])
		// An exception in the block.
		if n := prefix + w.digits(least)[2:]; !seen[n] && !w.covered(n) {
			seen[n] = true
			known = append(known, n)
			w.entry("+"+n, w.rules(n, 0, 0))
		}
	}
	w.numbers.WriteString("$END\n")
	// The schema for PostgreSQL wants patterns of the simplest sort.
	text := strings.ReplaceAll(w.numbers.String(), "[0-4](.*)", "(0|1|2|3|4)(.*)")
	w.numbers.Reset()
	w.numbers.WriteString(text)
	return w, known
}

// ownerBelow returns the labels of digits, each with its dot.
func ownerBelow(digits string) string { return reversed(digits) + "." }

// name asks for a number of the forest or for something near it.
func (w *tree) name(t testing.TB, apex e164.Apex, known []string) e164.Name {
	digits := known[w.random.IntN(len(known))]
	switch w.random.IntN(8) {
	case 0: // half-dialled
		digits = digits[:1+w.random.IntN(len(digits))]
	case 1: // too long
		digits += fmt.Sprint(w.random.IntN(10000))
	case 2: // beside it
		digits = digits[:len(digits)-1] + fmt.Sprint(w.random.IntN(10))
	case 3: // in a block, or below another number
		at := 1 + w.random.IntN(len(digits))
		digits = digits[:at] + w.digits(w.random.IntN(8))[2:]
	case 4: // absent, as a rule
		digits = fmt.Sprint(1 + w.random.IntN(1_000_000))
	}
	text := ownerBelow(digits) + apex.String()
	if w.random.IntN(10) == 0 {
		text = []string{"x.", "_im.", "*.", "ns.", "ns1.", "12.", "_sip._udp."}[w.random.IntN(7)] + text
	}
	n, err := apex.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// The same questions get the same answers from every store in every mode, and from a file: 100,000 with `make
// differential`.
func TestStoresAnswerAlike(t *testing.T) {
	const size = 2000
	questions := number(t, questionsVar, 20_000)
	w, known := newForest(uint64(number(t, seedVar, 1)), size)
	file := &place{line: "file " + write(t, t.TempDir(), "numbers.txt", w.numbers.String())}
	reference := file.open(t, storesApex)
	entries := entriesOf(t, storesApex, strings.TrimPrefix(file.line, "file "))
	apex, err := e164.ParseApex(storesApex)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]e164.Name, questions)
	want := make([]string, questions)
	kinds := map[string]int{}
	for i := range names {
		names[i] = w.name(t, apex, known)
		want[i] = lookup(t, reference, names[i])
		kind, _, _ := strings.Cut(want[i], "\n")
		kinds[kind]++
	}
	t.Logf("%d entries, answers %v", len(entries), kinds)
	for _, kind := range []backend.Kind{backend.Found, backend.Empty, backend.Descendants, backend.Absent, backend.Delegated} {
		if kinds[fmt.Sprint(kind)] < questions/100 {
			t.Errorf("of %d answers %d are of kind %d: the test tells little", questions, kinds[fmt.Sprint(kind)], kind)
		}
	}
	eachWay(t, func(t *testing.T, way way) {
		p := way.start(t)
		if p.people {
			t.Skip("a directory has no blocks and delegations; what it has is asked for in backend/ldap")
		}
		p.fill(t, storesApex, entries)
		h := p.open(t, storesApex)
		// Many ask at once, as they do of a server.
		const askers = 64
		var asking sync.WaitGroup
		for a := range askers {
			asking.Go(func() {
				faults := 0
				for i := a; i < questions && faults < 3; i += askers {
					if got := lookup(t, h, names[i]); got != want[i] {
						faults++
						t.Errorf("%q %v\n%s says: %s\nthe file: %s", names[i].Labels, names[i].Number, way.name, got, want[i])
					}
				}
			})
		}
		asking.Wait()
	})
}

// lookup returns an answer in a form that can be compared: what a client sees of it, in either form of records.
func lookup(t testing.TB, h *backend.Handle, name e164.Name) string {
	var a backend.Answer
	err := h.Lookup(context.Background(), backend.Query{Apex: storesApex, Name: name}, &a)
	// A machine that is busy for a while is no fault of the store, and a sentinel then takes its master for dead.
	for until := time.Now().Add(20 * time.Second); errors.Is(err, backend.ErrUnavailable) && time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		err = h.Lookup(context.Background(), backend.Query{Apex: storesApex, Name: name}, &a)
	}
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d\nttl %d owner %v form %d stale %v\n", a.Kind, a.TTL, a.Owner, a.Form, a.Stale)
	stored, plain := a.Text, a.Text
	aus := []byte(name.Number.String())
	for i := range a.Rules {
		r := &a.Rules[i]
		var text, expanded []byte
		var ok bool
		text, stored = r.AppendStored(nil, aus, stored)
		expanded, plain, ok = r.AppendPlain(nil, aus, plain)
		fmt.Fprintf(&b, "%d %d %q %q %q %q %q %v\n", r.Order, r.Preference, r.Flags, r.Services, r.Replacement, text, expanded, ok)
	}
	var lines []string
	sets := func(of string, sets []backend.RRset) {
		for _, s := range sets {
			for _, data := range s.Data {
				lines = append(lines, fmt.Sprintf("%s%d %d %x\n", of, s.Type, s.TTL, data))
			}
		}
	}
	sets("", a.Sets)
	for _, host := range a.Glue {
		sets(fmt.Sprintf("%q ", host.Name), host.Sets)
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "")
}
