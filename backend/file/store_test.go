package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// rest is the settling time of tests, reload how often they look besides notifications.
const (
	rest   = 40 * time.Millisecond
	reload = "100ms"
)

// recorder keeps the events of a backend.
type recorder struct {
	mu     sync.Mutex
	events []backend.Event
}

func (r *recorder) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// take returns the events so far and forgets them.
func (r *recorder) take() []backend.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

func (r *recorder) count(kind backend.EventKind) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func apexesOf(t testing.TB, names ...string) []e164.Apex {
	t.Helper()
	var apexes []e164.Apex
	for _, n := range names {
		a, err := e164.ParseApex(n)
		must(t, err)
		apexes = append(apexes, a)
	}
	return apexes
}

// setup opens the files for the apexes. lines are lines of the brace block.
func setup(t testing.TB, apex string, paths []string, lines ...string) (*store, *recorder) {
	t.Helper()
	c := backend.Config{Args: paths, Apexes: apexesOf(t, strings.Fields(apex)...), Pos: backend.Pos{File: "Corefile", Line: 1}}
	all := "reload " + reload
	for _, line := range append([]string{all}, lines...) {
		f := strings.Fields(line)
		if f[0] == "reload" && len(c.Options) > 0 {
			c.Options = c.Options[1:]
		}
		c.Options = append(c.Options, backend.Option{Name: f[0], Args: f[1:], Pos: c.Pos})
	}
	o, err := Driver{}.Parse(c)
	must(t, err)
	r := &recorder{}
	s := open(t.Context(), o.(*options), rest, r.observe)
	t.Cleanup(func() { must(t, s.Close()) })
	return s, r
}

// ask returns what is answered for a number: the URI of the first rule, else the kind or the error.
func ask(t testing.TB, s backend.Backend, apex, number string) string {
	t.Helper()
	n, err := e164.Parse(number)
	must(t, err)
	a, err := s.Lookup(t.Context(), backend.Query{Apex: apex, Name: e164.Name{Number: n}})
	switch {
	case err != nil:
		return err.Error()
	case a.Kind != backend.Found:
		return fmt.Sprintf("kind %d", a.Kind)
	case len(a.Rules) == 0:
		return "no rules"
	}
	regexp, _, ok := a.Rules[0].AppendPlain(nil, []byte(number), a.Text)
	uri, found := strings.CutPrefix(string(regexp), "!^.*$!")
	if !ok || !found {
		t.Fatalf("%s: regexp %q", number, regexp)
	}
	return strings.TrimSuffix(uri, "!")
}

var (
	absent   = fmt.Sprintf("kind %d", backend.Absent)
	notReady = backend.ErrNotReady.Error()
)

// eventually waits until the number is answered so.
func eventually(t testing.TB, s backend.Backend, apex, number, want string) {
	t.Helper()
	var got string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if got = ask(t, s, apex, number); got == want {
			return
		}
	}
	t.Fatalf("got %q, want %q", got, want)
}

// refused waits for the event that a version was refused with want in its error.
func refused(t testing.TB, r *recorder, want string) {
	t.Helper()
	var seen []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		for _, e := range r.take() {
			seen = append(seen, fmt.Sprintf("%+v", e))
			if e.Kind == backend.Refused && strings.Contains(e.Source+": "+e.Err.Error(), want) {
				return
			}
		}
	}
	t.Fatalf("not refused with %q; events:\n%s", want, strings.Join(seen, "\n"))
}

// quiet is long enough for a look at the files and for settling.
func quiet() { time.Sleep(300 * time.Millisecond) }

// swap puts a new file in the place of the old one, as programs should.
func swap(t testing.TB, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	must(t, os.Rename(path+".new", path))
}

const (
	apex   = "e164.arpa."
	first  = "+12025550100"
	second = "+12025550101"
	one    = first + " im:one@example.com\n"
	two    = second + " im:two@example.com\n"
)

func TestServesNumbersAtOnceAndFollowsChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, r := setup(t, apex, []string{path})
	if got := ask(t, s, apex, first); got != "im:one@example.com" {
		t.Fatalf("right after Open: got %q", got)
	}
	must(t, s.Check(t.Context()))
	events := r.take()
	if len(events) != 1 || events[0].Kind != backend.Loaded || events[0].Source != path || events[0].Entries != 1 || events[0].Serial == 0 {
		t.Errorf("events %+v", events)
	}
	if got := ask(t, s, apex, second); got != absent {
		t.Errorf("unknown number: got %q", got)
	}
	serial, err := s.Serial(t.Context(), apex)
	must(t, err)

	changed := make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error)
	go func() { watched <- s.Watch(ctx, func() { changed <- struct{}{} }) }()
	for {
		s.mu.Lock()
		n := len(s.watchers)
		s.mu.Unlock()
		if n == 1 {
			break
		}
		runtime.Gosched()
	}
	swap(t, path, one+two)
	eventually(t, s, apex, second, "im:two@example.com")
	<-changed
	if now, err := s.Serial(t.Context(), apex); err != nil || int32(now-serial) <= 0 {
		t.Errorf("serial %d after %d, %v", now, serial, err)
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v", err)
	}
	count := 0
	for e, err := range s.Walk(t.Context(), apex) {
		must(t, err)
		if e.Kind != backend.Number {
			t.Errorf("walked %+v", e)
		}
		count++
	}
	if count != 2 {
		t.Errorf("walked %d entries", count)
	}
}

// The same content, written again, is not published again: caches and secondaries would notice.
func TestSameContentIsNotPublished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, r := setup(t, apex, []string{path})
	serial, _ := s.Serial(t.Context(), apex)
	r.take()
	swap(t, path, one)
	quiet()
	if events := r.take(); len(events) != 0 {
		t.Errorf("events %+v", events)
	}
	if now, _ := s.Serial(t.Context(), apex); now != serial {
		t.Errorf("serial went from %d to %d", serial, now)
	}
}

// F19: whatever takes the place of the file, the old data stays, and one event says why.
func TestBadReplacementKeepsData(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(path string)
		want   string
	}{
		{"deleted", func(p string) {}, ": no such file"},
		{"directory", func(p string) { must(t, os.Mkdir(p, 0o755)) }, "is a directory"},
		{"pipe", func(p string) { must(t, mkfifo(p)) }, "is a named pipe"},
		{"loop", func(p string) { must(t, os.Symlink(filepath.Base(p), p)) }, "too many links"},
		{"device", func(p string) { must(t, os.Symlink("/dev/zero", p)) }, "is a device"},
		{"file of the kernel", func(p string) { must(t, os.Symlink("/proc/self/mem", p)) }, "is empty"},
		{"empty", func(p string) { write(t, p, "") }, "is empty: write $END alone to publish no numbers"},
		{"comments only", func(p string) { write(t, p, "# nothing\n") }, "holds no entries"},
		{"no newline", func(p string) { write(t, p, strings.TrimSuffix(one, "\n")) }, "the file ends without a newline"},
		{"garbage", func(p string) { write(t, p, "x\n") }, "numbers.txt:1"},
		{"UTF-16", func(p string) { write(t, p, "\xff\xfe+\x001\x00") }, "UTF-16"},
		{"NUL", func(p string) { write(t, p, one+strings.Repeat("\x00", 100)) }, "NUL"},
		{"CR only", func(p string) { write(t, p, strings.ReplaceAll(one+two, "\n", "\r")) }, "CR alone"},
		{"zone", func(p string) { write(t, p, zoneText(1, 1)) }, "is no numbers file any more, but a zone file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "numbers.txt")
			write(t, path, one)
			s, r := setup(t, apex, []string{path})
			must(t, os.Remove(path))
			c.change(path)
			refused(t, r, c.want)
			quiet()
			if n := r.count(backend.Refused); n != 0 {
				t.Errorf("told %d times more", n)
			}
			if got := ask(t, s, apex, first); got != "im:one@example.com" {
				t.Errorf("got %q", got)
			}
			must(t, s.Check(t.Context()))
			must(t, os.RemoveAll(path))
			write(t, path, one+two)
			eventually(t, s, apex, second, "im:two@example.com")
		})
	}
}

// A file that comes back as it was is not published again, but that it is good again is told.
func TestRecoveryIsTold(t *testing.T) {
	for name, text := range map[string]string{"numbers": one, "zone": zoneText(1, 3)} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, text)
		_, r := setup(t, apex, []string{path})
		swap(t, path, "bad\n")
		refused(t, r, path)
		swap(t, path, text)
		for end := time.Now().Add(5 * time.Second); r.count(backend.Loaded) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: no event", name)
			}
		}
	}
}

// The start: nothing of a bad file is served, no number is denied, and the file is taken as soon as
// it is good.
func TestOpenWithoutGoodFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "later", "numbers.txt")
	s, r := setup(t, apex, []string{path}, "reload 24h") // so that a notification it is
	refused(t, r, "no such file")
	if got := ask(t, s, apex, first); got != notReady {
		t.Errorf("got %q", got)
	}
	if err := s.Check(t.Context()); !errors.Is(err, backend.ErrNotReady) {
		t.Errorf("Check: %v", err)
	}
	if _, err := s.Serial(t.Context(), apex); !errors.Is(err, backend.ErrNotReady) {
		t.Errorf("Serial: %v", err)
	}
	must(t, os.Mkdir(filepath.Dir(path), 0o755))
	time.Sleep(50 * time.Millisecond)
	write(t, path, one+"bad\n")
	refused(t, r, "numbers.txt:2")
	if got := ask(t, s, apex, first); got != notReady {
		t.Errorf("got %q", got)
	}
	write(t, path, one)
	eventually(t, s, apex, first, "im:one@example.com")
	must(t, os.Rename(filepath.Dir(path), filepath.Join(dir, "away")))
	refused(t, r, "no such file")
	must(t, os.Mkdir(filepath.Dir(path), 0o755))
	time.Sleep(50 * time.Millisecond)
	write(t, path, two)
	eventually(t, s, apex, second, "im:two@example.com")
}

// With reload 0 nothing is noticed, and nothing is left running.
func TestReloadZeroLooksOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, _ := setup(t, apex, []string{path}, "reload 0")
	<-s.done
	swap(t, path, one+two)
	quiet()
	if got := ask(t, s, apex, second); got != absent {
		t.Errorf("got %q", got)
	}
}

func TestClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, _ := setup(t, apex, []string{path})
	watched := make(chan error)
	go func() { watched <- s.Watch(t.Context(), func() {}) }()
	must(t, s.Close())
	must(t, s.Close())
	if err := <-watched; err != backend.ErrClosed {
		t.Errorf("Watch: %v", err)
	}
	if got := ask(t, s, apex, first); got != backend.ErrClosed.Error() {
		t.Errorf("Lookup: %s", got)
	}
	if err := s.Check(t.Context()); !errors.Is(err, backend.ErrClosed) {
		t.Errorf("Check: %v", err)
	}
	for _, err := range s.Walk(t.Context(), apex) {
		if err != backend.ErrClosed {
			t.Errorf("Walk: %v", err)
		}
	}
}

// Nothing is left of a backend that was closed: no goroutine, no descriptor, no inotify instance.
func TestNoLeaks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	descriptors := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(names)
	}
	cycle := func() {
		s, _ := setup(t, apex, []string{path})
		time.Sleep(2 * time.Millisecond)
		must(t, s.Close())
	}
	time.Sleep(2 * rest)
	cycle()
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for range 50 {
		cycle()
	}
	for end := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := descriptors(); n > files {
		t.Errorf("%d descriptors, %d before", n, files)
	}
}

// An answer has its records in the order in which clients are to try them, equal ones as they stand in the file:
// some clients take the first that they like.
func TestRecordsInOrder(t *testing.T) {
	for name, text := range map[string]string{
		"numbers": "+12025550100 order=200 pref=5 sip:e@example.com\n  order=100 pref=20 sip:c@example.com\n" +
			"  order=100 pref=10 sip:a@example.com\n  order=100 pref=10 sip:b@example.com\n  order=100 pref=30 sip:d@example.com\n",
		"zone": "$ORIGIN e164.arpa.\n@ 60 IN SOA ns. hm. 1 2 3 4 5\n@ 60 IN NS ns.\n$ORIGIN 0.0.1.0.5.5.5.2.0.2.1.e164.arpa.\n" +
			"@ 60 IN NAPTR 200 5 \"u\" \"E2U+sip\" \"!^.*$!sip:e@example.com!\" .\n" +
			"@ 60 IN NAPTR 100 20 \"u\" \"E2U+sip\" \"!^.*$!sip:c@example.com!\" .\n" +
			"@ 60 IN NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n" +
			"@ 60 IN NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:b@example.com!\" .\n" +
			"@ 60 IN NAPTR 100 30 \"u\" \"E2U+sip\" \"!^.*$!sip:d@example.com!\" .\n",
	} {
		path := filepath.Join(t.TempDir(), "data")
		write(t, path, text)
		o, err := parse(path, "reload 0")
		must(t, err)
		o.apexes = apexesOf(t, "e164.arpa")
		b := open(t.Context(), o, 0, nil)
		defer b.Close()
		a, err := b.Lookup(t.Context(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: e164.MustParse("+12025550100")}})
		must(t, err)
		var users string
		rest := a.Text
		for i := range a.Rules {
			var regexp []byte
			regexp, rest = a.Rules[i].AppendStored(nil, []byte("+12025550100"), rest)
			users += string(regexp[len("!^.*$!sip:")])
		}
		if users != "abcde" {
			t.Errorf("%s: records are in the order %q", name, users)
		}
	}
}
