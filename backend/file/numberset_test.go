package file

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// Several numbers files are published together or not at all, and what two of them define is told
// with both places.
func TestSeveralNumbersFilesAreAtomic(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	write(t, a, "# one\n\n"+one)
	write(t, b, two)
	s, r := setup(t, apex, []string{a, b})
	if got := ask(t, s, apex, second); got != "im:two@example.com" {
		t.Fatalf("got %q", got)
	}
	if e := r.take(); len(e) != 1 || e[0].Source != a+" "+b || e[0].Entries != 2 {
		t.Errorf("events %+v", e)
	}

	swap(t, b, "bad\n")
	refused(t, r, b+":1")
	swap(t, a, strings.ReplaceAll(one, "one", "changed"))
	quiet()
	if got := ask(t, s, apex, first); got != "im:one@example.com" {
		t.Errorf("published beside a bad file: got %q", got)
	}
	swap(t, b, two)
	eventually(t, s, apex, first, "im:changed@example.com")

	swap(t, b, two+"# again\n"+one)
	refused(t, r, fmt.Sprintf("%s:3: already defined in %s:1: delete one of them", b, a))
	if n := r.count(backend.Refused); n != 0 {
		t.Errorf("told %d times more", n)
	}
	swap(t, a, "$END\n")
	eventually(t, s, apex, first, "im:one@example.com")
	must(t, os.Remove(a))
	refused(t, r, a+": no such file")
	swap(t, b, two)
	quiet()
	if got := ask(t, s, apex, first); got != "im:one@example.com" {
		t.Errorf("published although a file is missing: got %q", got)
	}
}

// Files that changed between the looks at them are of two generations; they are not published, but
// looked at again.
func TestGenerationsAreNotMixed(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	o, err := parse(a + " " + b)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	r := &recorder{}
	l := newLoader(o, 0, r.observe, func(served) {})
	swap(t, a, one)
	swap(t, b, two)
	a0, b0 := l.files[0], l.files[1]
	now := time.Now()
	a0.look(now, 0)
	if !a0.probe(now) {
		t.Fatal("not read")
	}
	swap(t, a, strings.ReplaceAll(one, "im:", "sip:"))
	swap(t, b, strings.ReplaceAll(two, "im:", "sip:"))
	b0.look(now, 0)
	if !b0.probe(now) {
		t.Fatal("not read")
	}
	l.load(t.Context(), []*dataFile{a0, b0})
	if events := r.take(); len(events) != 0 || !l.moved {
		t.Fatalf("moved %v, events %+v", l.moved, events)
	}
	l.round(t.Context())
	if n := r.count(backend.Loaded); n != 1 {
		t.Errorf("loaded %d times: %+v", n, r.take())
	}
}

// Faults of all files are told at once, the first 20 of each, without numbers.
func TestFaultsOfAllFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	write(t, a, strings.Repeat("+12025550100 what:ever\n", 30))
	write(t, b, "+1202555010012345 im:x@example.com\n")
	_, r := setup(t, apex, []string{a, b})
	events := r.take()
	if len(events) != 2 {
		t.Fatalf("events %+v", events)
	}
	if text := events[0].Err.Error(); strings.Count(text, "\n") != 20 || !strings.HasSuffix(text, "and 10 more") {
		t.Errorf("got %s", text)
	}
	for _, e := range events {
		if strings.Contains(e.Err.Error(), "2025550100") {
			t.Errorf("number in %s", e.Err)
		}
	}
}

// What a delegation hides is a fault of the file, told with both lines.
func TestOccludedEntry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, "$END\n")
	o, err := parse(path)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	var at places
	for _, lines := range []int{2, 1, 1} {
		at.add(fmt.Sprintf("file%d", len(at)))
		if !at.end(lines) {
			t.Error("too many lines")
		}
	}
	if many := slices.Clone(at); many.end(math.MaxUint32 - 7) {
		t.Error("more lines than can be counted")
	}
	for ref, want := range map[uint32]string{1: "file0:1", 2: "file0:2", 4: "file2:1", 6: "file3:1"} {
		if path, line := at.find(ref); fmt.Sprintf("%s:%d", path, line) != want {
			t.Errorf("ref %d: got %s:%d, want %s", ref, path, line, want)
		}
	}
	l := newLoader(o, 0, func(backend.Event) {}, func(served) {})
	b := l.newTable(backend.Plain).Builder()
	number := apexesOf(t, "0.0.1.0.5.5.5.2.0.2.1.e164.arpa")[0].Prefix()
	ns := []backend.RRset{{Type: 2, TTL: 1, Data: []string{"\x02ns\x00"}}}
	cut := backend.Entry{Kind: backend.Delegation, Sets: ns}
	cut.Name.Number = number.Prefix(8)
	must(t, b.Add(&cut, 2))
	below := backend.Entry{Kind: backend.Number}
	below.Name.Number = number
	must(t, b.Add(&below, 4))
	err = at.translate(b.Publish(false))
	if want := "file2:1: lies below what file0:2 gives away, so it can never be answered: delete one of them"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	b = l.newTable(backend.Plain).Builder()
	cut.Name.Number = number
	must(t, b.Add(&below, 3))
	must(t, b.Add(&cut, 4))
	err = at.translate(b.Publish(false))
	if err == nil || !strings.Contains(err.Error(), "these digits are delegated, by this line or a later one") {
		t.Errorf("got %v", err)
	}
	if err := at.translate(backend.ErrClosed); err != backend.ErrClosed {
		t.Errorf("got %v", err)
	}
}

// The shrink guard holds back what lost too much, once more than 100 entries are gone from sight.
func TestShrinkGuard(t *testing.T) {
	numbers := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "+1202555%04d im:user@example.com\n", i)
		}
		return b.String()
	}
	path := filepath.Join(t.TempDir(), "numbers.txt")
	const last = "+12025550999"
	for _, c := range []struct {
		option  string
		left    int
		refused bool
	}{
		{"shrink 20", 799, true},
		{"shrink 20", 800, false},
		{"shrink 50", 600, false},
		{"shrink 5", 940, true},
		{"shrink off", 1, false},
		{"shrink 20", 0, true},
	} {
		write(t, path, numbers(1000))
		s, r := setup(t, apex, []string{path}, c.option)
		if got := ask(t, s, apex, last); got != "im:user@example.com" {
			t.Fatalf("got %q", got)
		}
		swap(t, path, numbers(c.left)+"$END\n")
		if !c.refused {
			eventually(t, s, apex, last, absent)
			continue
		}
		refused(t, r, fmt.Sprintf("refresh lost too much of the data: %d entries where there were 1000: if that is meant, set shrink off", c.left))
		if got := ask(t, s, apex, last); got != "im:user@example.com" {
			t.Errorf("%s, %d left: got %q", c.option, c.left, got)
		}
	}
}

// F20: with its end marker, a numbers file that is cut anywhere is refused; so is the file that was
// cut where require_end is set.
func TestNumbersCutAtEveryOctet(t *testing.T) {
	text := one + two + "$END\n"
	path := filepath.Join(t.TempDir(), "numbers.txt")
	for _, first := range []bool{true, false} {
		o, err := parse(path)
		must(t, err)
		o.apexes, o.requireEnd = apexesOf(t, apex), first
		r := &recorder{}
		l := newLoader(o, 0, r.observe, func(served) {})
		if !first {
			swap(t, path, text)
			l.round(t.Context())
			if r.count(backend.Loaded) != 1 {
				t.Fatalf("events %+v", r.take())
			}
			r.take()
		}
		for n := range len(text) {
			swap(t, path, text[:n])
			l.round(t.Context())
			if r.count(backend.Loaded) != 0 {
				t.Fatalf("served when cut to %d octets: %q", n, text[:n])
			}
		}
	}
}

// F20: damage never panics, and never shows as anything but a refusal or a whole file.
func TestBitFlips(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for name, text := range map[string]string{
		"numbers": "$TTL 5m\n" + one + "+1202555xxxx sip:{digits}@example.net\n" + two + "$END\n",
		"zone":    zoneText(1, 5) + "; $END\n",
	} {
		path := filepath.Join(dir, name)
		o, err := parse(path)
		must(t, err)
		o.apexes = apexesOf(t, apex)
		for range 500 {
			data := []byte(text)
			for range 1 + random.IntN(3) {
				data[random.IntN(len(data))] ^= 1 << random.IntN(8)
			}
			swap(t, path, string(data))
			r := &recorder{}
			newLoader(o, 0, r.observe, func(served) {}).round(t.Context())
			events := r.take()
			if len(events) == 0 {
				t.Fatalf("no event for %q", data)
			}
			for _, e := range events {
				if errors.Is(e.Err, backend.ErrPanic) {
					t.Fatalf("%v for %q", e.Err, data)
				}
			}
		}
	}
}

// A panic in a parser is an error, and its text holds no data.
func TestPanicIsAnError(t *testing.T) {
	err := guarded(func() error { panic("+12025550100") })
	if err != backend.ErrPanic {
		t.Errorf("got %v", err)
	}
	var none []int
	err = guarded(func() error { none[0]++; return nil })
	if !errors.Is(err, backend.ErrPanic) || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("got %v", err)
	}
}

// Closing ends a load that is under way; nothing of it is published or told.
func TestCloseEndsLoad(t *testing.T) {
	var b strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&b, "+1202555%04d im:user@example.com\n", i)
	}
	path := filepath.Join(t.TempDir(), "numbers.txt")
	for _, text := range []string{b.String(), zoneText(1, 0) + "$GENERATE 0-9999 $.1.2.1 TXT x\n"} {
		write(t, path, text)
		o, err := parse(path, "generate")
		must(t, err)
		o.apexes = apexesOf(t, apex)
		r := &recorder{}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		newLoader(o, 0, r.observe, func(served) { t.Error("published") }).round(ctx)
		if events := r.take(); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
	}
}
