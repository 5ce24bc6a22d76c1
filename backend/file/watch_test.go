package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// F21: a file that is written in place, slowly, is published when it is complete and not before.
func TestSlowWriteInPlace(t *testing.T) {
	const late = "+12025550149"
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, "+120255501%02d im:new@example.com\n", i)
	}
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, r := setup(t, apex, []string{path})
	r.take()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	must(t, err)
	var pause time.Duration // the longest
	for line := range strings.Lines(b.String()) {
		began := time.Now()
		_, err := f.WriteString(line)
		must(t, err)
		time.Sleep(rest / 8)
		got := ask(t, s, apex, first)
		if pause = max(pause, time.Since(began)); got != "im:one@example.com" && pause > rest/2 {
			t.Skipf("the machine is too busy to write without a rest: once it took %v", pause)
		} else if got != "im:one@example.com" {
			t.Fatalf("published while it was written: got %q", got)
		}
	}
	must(t, f.Close())
	eventually(t, s, apex, late, "im:new@example.com")
	if n := r.count(backend.Refused); n != 0 {
		t.Errorf("refused %d times while it was written", n)
	}
}

// F22: the files of a Kubernetes ConfigMap change together when the link ..data turns. No reader
// sees anything but one whole generation, and the last one is what stays.
func TestConfigMapSwaps(t *testing.T) {
	dir := t.TempDir()
	swaps := 200
	generation := func(i int) {
		folder := fmt.Sprintf("..%d", i)
		must(t, os.Mkdir(filepath.Join(dir, folder), 0o755))
		write(t, filepath.Join(dir, folder, "a.txt"), fmt.Sprintf("%s im:%d@example.com\n", first, i))
		write(t, filepath.Join(dir, folder, "b.txt"), fmt.Sprintf("%s im:%d@example.com\n", second, i))
		must(t, os.Symlink(folder, filepath.Join(dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
		if i > 0 {
			must(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..%d", i-1))))
		}
	}
	generation(0)
	var paths []string
	for _, name := range []string{"a.txt", "b.txt"} {
		must(t, os.Symlink("..data/"+name, filepath.Join(dir, name)))
		paths = append(paths, filepath.Join(dir, name))
	}
	s, r := setup(t, apex, paths, "reload 24h") // so that a notification it is
	var readers sync.WaitGroup
	done := make(chan struct{})
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if got := ask(t, s, apex, first); !strings.HasPrefix(got, "im:") {
				t.Errorf("got %q", got)
				return
			}
			var uris []string
			for e, err := range s.Walk(t.Context(), apex) {
				if err != nil {
					t.Error(err)
					return
				}
				uris = append(uris, e.Records[0].Regexp)
			}
			if len(uris) != 2 || uris[0] != uris[1] {
				t.Errorf("two generations: %q", uris)
				return
			}
		}
	})
	for i := 1; i <= swaps; i++ {
		generation(i)
		time.Sleep(time.Duration(i%5) * time.Millisecond)
	}
	last := fmt.Sprintf("im:%d@example.com", swaps)
	eventually(t, s, apex, first, last)
	eventually(t, s, apex, second, last)
	close(done)
	readers.Wait()
	for _, e := range r.take() {
		if e.Kind != backend.Loaded {
			t.Errorf("event %+v", e)
		}
	}
}

// A symbolic link that turns to a file elsewhere, and a change of that file, are both noticed.
func TestLinkTurns(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.MkdirAll(at("x"), 0o755))
	must(t, os.MkdirAll(at("y"), 0o755))
	write(t, at("x/data"), one)
	write(t, at("y/data"), two)
	must(t, os.Symlink("x/data", at("link")))
	s, _ := setup(t, apex, []string{at("link")}, "reload 24h")
	time.Sleep(50 * time.Millisecond) // the watches stand
	swap(t, at("x/data"), strings.ReplaceAll(one, "one", "changed"))
	eventually(t, s, apex, first, "im:changed@example.com")
	must(t, os.Symlink("y/data", at("link.new")))
	must(t, os.Rename(at("link.new"), at("link")))
	eventually(t, s, apex, second, "im:two@example.com")
	time.Sleep(50 * time.Millisecond)
	swap(t, at("y/data"), strings.ReplaceAll(two, "two", "changed"))
	eventually(t, s, apex, second, "im:changed@example.com")
}

// Without notifications, as where the limits of inotify are reached, looking is enough; that is told
// once.
func TestPollingIsEnough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	o, err := parse(path, "reload 100ms")
	must(t, err)
	o.apexes = apexesOf(t, apex)
	r := &recorder{}
	l := newLoader(o, rest, r.observe, func(served) {})
	l.notify = func() *notifier { return &notifier{fault: "too many open files"} }
	first, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); l.run(t.Context(), first) }()
	<-first
	swap(t, path, one+two)
	for r.count(backend.Loaded) < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(250 * time.Millisecond)
	if n := r.count(backend.Finding); n != 1 {
		t.Errorf("told %d times", n)
	}
	for _, e := range r.take() {
		if e.Kind == backend.Finding && e.Text != "cannot be notified of changes (too many open files): the files are looked at every 100ms" {
			t.Errorf("got %q", e.Text)
		}
	}
}

// A file that never rests is told of in the end.
func TestRestlessFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	o, err := parse(path)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	r := &recorder{}
	l := newLoader(o, time.Hour, r.observe, func(served) {})
	for range 3 {
		appendTo(t, path, "# more\n")
		if !l.round(t.Context()) {
			t.Fatal("not busy")
		}
		if !l.files[0].restless.IsZero() {
			l.files[0].restless = l.files[0].restless.Add(-restlessTime)
		}
	}
	events := r.take()
	if len(events) != 1 || events[0].Kind != backend.Refused || !strings.Contains(events[0].Err.Error(), "without rest") {
		t.Errorf("events %+v", events)
	}
}

// Mode 000 is told like any other fault. Root reads what it likes, so this runs as another user.
func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads files of any mode")
	}
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, r := setup(t, apex, []string{path})
	must(t, os.Chmod(path, 0))
	refused(t, r, "permission denied")
	if got := ask(t, s, apex, first); got != "im:one@example.com" {
		t.Errorf("got %q", got)
	}
	must(t, os.Chmod(path, 0o644))
	swap(t, path, one+two)
	eventually(t, s, apex, second, "im:two@example.com")
}
