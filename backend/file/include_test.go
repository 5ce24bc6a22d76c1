package file

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// including returns a file of each format that includes "more", and text for "more" with one URI for
// the number first; text has an end marker.
var including = map[string]struct {
	main func(version int) string
	more func(user string) string
	end  string
}{
	"numbers": {
		func(v int) string { return fmt.Sprintf("# %d\n%s$INCLUDE more\n$END\n", v, two) },
		func(user string) string { return fmt.Sprintf("%s im:%s@example.com\n", first, user) }, "$END\n",
	},
	"zone": {
		func(v int) string { return "$ORIGIN e164.arpa.\n" + zoneText(v, 0) + "$INCLUDE more\n; $END\n" },
		func(user string) string {
			return "0.0.1.0.5.5.5.2.0.2.1 NAPTR 1 1 \"u\" \"E2U+im\" \"!^.*$!im:" + user + "@example.com!\" .\n"
		}, "; $END\n",
	},
}

// once returns a loader that is driven by hand.
func once(t *testing.T, rest time.Duration, path string, lines ...string) (*loader, *recorder, *served) {
	t.Helper()
	o, err := parse(path, lines...)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	r, tables := &recorder{}, &served{}
	return newLoader(o, rest, r.observe, func(s served) { *tables = s }), r, tables
}

// sealedSwap puts a file in place of which the system can tell that its writer was done with it.
func sealedSwap(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	must(t, os.Chtimes(path+".new", time.Now(), time.Now().Add(-time.Hour)))
	must(t, os.Rename(path+".new", path))
}

// An included file that is being written is neither read nor refused, whatever the including file
// looks like; it is taken when it has rested, by its own time or by when it was seen.
func TestIncludeAtRest(t *testing.T) {
	for name, f := range including {
		for _, future := range []bool{false, true} {
			dir := t.TempDir()
			main, more := filepath.Join(dir, "main"), filepath.Join(dir, "more")
			const rest = 30 * time.Minute
			l, r, tables := once(t, rest, main, "include")
			sealedSwap(t, more, f.more("old"))
			sealedSwap(t, main, f.main(1))
			l.round(t.Context())
			if n := r.count(backend.Loaded); n != 1 {
				t.Fatalf("%s: %+v", name, r.take())
			}
			r.take()
			was := (*tables)[apex]
			serial, _ := was.Serial(t.Context(), apex)
			write(t, more, "")
			sealedSwap(t, main, f.main(2))
			for range 3 {
				if !l.round(t.Context()) {
					t.Errorf("%s: not looked at again soon", name)
				}
			}
			if events := r.take(); len(events) != 0 {
				t.Errorf("%s: taken while it was written: %+v", name, events)
			}
			write(t, more, f.more("new"))
			if future { // a clock that is ahead must not hold the file back for ever
				must(t, os.Chtimes(more, time.Now(), time.Now().Add(24*time.Hour)))
			}
			l.round(t.Context())
			if events := r.take(); len(events) != 0 {
				t.Errorf("%s: taken before it rested: %+v", name, events)
			}
			for range 2 { // the file has rested, and then what it includes
				l.files[0].since = l.files[0].since.Add(-rest)
				for i := range l.files[0].included {
					l.files[0].included[i].since = l.files[0].included[i].since.Add(-rest)
				}
				l.round(t.Context())
			}
			if now, _ := (*tables)[apex].Serial(t.Context(), apex); r.count(backend.Loaded) != 1 || now == serial {
				t.Errorf("%s: not taken when it had rested: %+v", name, r.take())
			}
		}
	}
}

// An included file of no octets is taken for an accident, and one without end marker is refused where
// the markers are asked for.
func TestIncludeRefused(t *testing.T) {
	for name, f := range including {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, more := filepath.Join(dir, "main"), filepath.Join(dir, "more")
			write(t, more, f.more("old")+f.end)
			write(t, main, f.main(1))
			s, r := setup(t, apex, []string{main}, "include", "require_end")
			eventually(t, s, apex, first, "im:old@example.com")
			write(t, more, "")
			refused(t, r, "is empty: if that is meant, write a comment into it")
			write(t, more, f.more("cut"))
			refused(t, r, "includes more, which does not end in $END")
			if got := ask(t, s, apex, first); got != "im:old@example.com" {
				t.Errorf("got %q", got)
			}
			write(t, more, f.more("new")+f.end)
			eventually(t, s, apex, first, "im:new@example.com")
		})
	}
}

// Opening a pipe waits for a writer, and a link may lead anywhere: neither is included.
func TestIncludeRegularFilesBelow(t *testing.T) {
	for name, f := range including {
		dir := t.TempDir()
		main, more := filepath.Join(dir, "in", "main"), filepath.Join(dir, "in", "more")
		must(t, os.Mkdir(filepath.Dir(main), 0o755))
		sealedSwap(t, main, f.main(1))
		sealedSwap(t, filepath.Join(dir, "outside"), f.more("outside"))
		for want, put := range map[string]func(){
			"is a named pipe":         func() { must(t, mkfifo(more)) },
			"is a directory":          func() { must(t, os.Mkdir(more, 0o755)) },
			"no such file":            func() {},
			"escapes from parent":     func() { must(t, os.Symlink("../outside", more)) },
			"path escapes from paren": func() { must(t, os.Symlink(filepath.Join(dir, "outside"), more)) },
		} {
			put()
			l, r, _ := once(t, rest, main, "include")
			l.round(t.Context())
			if e := r.take(); len(e) == 0 || e[0].Kind != backend.Refused || !strings.Contains(e[0].Err.Error(), want) {
				t.Errorf("%s: %+v, want %q", name, e, want)
			}
			must(t, os.RemoveAll(more))
		}
	}
}

// A file and what it includes are of one generation, though the files change after they were read.
func TestIncludeGenerations(t *testing.T) {
	for name, f := range including {
		for _, changes := range []string{"main", "more"} {
			dir := t.TempDir()
			main, more := filepath.Join(dir, "main"), filepath.Join(dir, "more")
			sealedSwap(t, more, f.more("old"))
			sealedSwap(t, filepath.Join(dir, "also"), "\n")
			sealedSwap(t, main, strings.Replace(f.main(1), "more\n", "more\n$INCLUDE also\n", 1))
			l, r, _ := once(t, rest, main, "include")
			// Asked at the second $INCLUDE, when the first is read.
			ctx, done := &asked{Context: t.Context()}, false
			ctx.at = func(int64) error {
				switch {
				case done || len(l.files[0].included) == 0:
				case changes == "main":
					sealedSwap(t, main, f.main(2))
					done = true
				default:
					sealedSwap(t, more, f.more("new"))
					done = true
				}
				return nil
			}
			l.round(ctx)
			if n := r.count(backend.Loaded); n != 0 {
				t.Errorf("%s, %s: two generations were published: %+v", name, changes, r.take())
			}
			for l.round(t.Context()) {
				time.Sleep(rest)
			}
			if r.count(backend.Loaded) != 1 {
				t.Errorf("%s, %s: not loaded: %+v", name, changes, r.take())
			}
		}
	}
}

// A bad version in between, without $INCLUDE, does not make a zone forget what it includes.
func TestIncludeIsNotForgotten(t *testing.T) {
	for name, f := range including {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, more := filepath.Join(dir, "main"), filepath.Join(dir, "more")
			write(t, more, f.more("one"))
			write(t, main, f.main(1))
			s, r := setup(t, apex, []string{main}, "include")
			eventually(t, s, apex, first, "im:one@example.com")
			swap(t, main, strings.Replace(f.main(2), "$INCLUDE", "broken", 1))
			refused(t, r, "main:")
			swap(t, more, f.more("two"))
			swap(t, main, f.main(1))
			eventually(t, s, apex, first, "im:two@example.com")
			swap(t, more, f.more("three"))
			eventually(t, s, apex, first, "im:three@example.com")
		})
	}
}

// asked is a context that counts how often it is asked.
type asked struct {
	context.Context
	n  atomic.Int64
	at func(n int64) error
}

func (c *asked) Err() error { return c.at(c.n.Add(1)) }

// Closing does not wait for a large file to be parsed: the parsers ask now and then, also where the
// file is faulty and where no line is an entry, and end when they are told to.
func TestParsingStops(t *testing.T) {
	const lines = 100_000
	number := func(i int) string { return fmt.Sprintf("+1202555%06d none\n", i) }
	record := func(i int) string {
		return fmt.Sprintf("%d.%d.%d.%d.%d.1 TXT x\n", i%10, i/10%10, i/100%10, i/1000%10, i/10000%10)
	}
	repeat := func(head string, line func(int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range lines {
			b.WriteString(line(i))
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"numbers":               repeat("", number),
		"numbers, all faulty":   repeat("", func(int) string { return "+1202555 x\n" }),
		"numbers, all comments": repeat(one, func(int) string { return "# comment\n" }),
		"zone":                  repeat(zoneText(1, 0), record),
		"zone, one fault":       repeat(zoneText(1, 0)+"x\n", record),
		"zone, all comments":    repeat(zoneText(1, 0), func(int) string { return "; comment\n" }),
		"zone, generated":       zoneText(1, 0) + "$GENERATE 0-99999 ${0,5,n}.1 TXT x\n",
	} {
		path := filepath.Join(t.TempDir(), "data")
		sealedSwap(t, path, text)
		l, r, _ := once(t, rest, path, "generate")
		ctx := &asked{Context: t.Context(), at: func(int64) error { return nil }}
		l.round(ctx)
		all, want := ctx.n.Load(), int64(lines/4096)
		switch name {
		case "zone", "zone, one fault", "zone, generated":
			want *= 2 // records are read, and then put in order and handed out
		}
		if all < want {
			t.Errorf("%s: asked %d times", name, all)
		}
		r.take()
		l, r, _ = once(t, rest, path, "generate")
		stopped := &asked{Context: t.Context(), at: func(n int64) error {
			if n > 3 {
				return context.Canceled
			}
			return nil
		}}
		l.round(stopped)
		if n := stopped.n.Load(); n > 10 || len(r.take()) != 0 {
			t.Errorf("%s: went on when it was to stop; asked %d times", name, n)
		}
	}
}

// Close returns when the goroutine has ended, not before: what it publishes and observes must be over.
func TestCloseWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers")
	write(t, path, one)
	o, err := parse(path)
	must(t, err)
	o.apexes = apexesOf(t, apex)
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	var over atomic.Bool
	s := open(ctx, o, rest, func(backend.Event) {
		cancel()
		<-release
		time.Sleep(20 * time.Millisecond)
		over.Store(true)
	})
	time.AfterFunc(20*time.Millisecond, func() { close(release) })
	must(t, s.Close())
	if !over.Load() {
		t.Error("Close did not wait")
	}
}

// changing is a file that changes behind its last octet.
type changing struct {
	*os.File
	change func()
}

func (f changing) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	f.change()
	return n, err
}

var _ fs.File = changing{}

// A file that changed while it was read may be half of one version and half of another.
func TestReadUnchangedThroughout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	write(t, path, "one\n")
	f, err := os.Open(path)
	must(t, err)
	s := look(path)
	r, err := startOpen(changing{f, func() { appendTo(t, path, "two\n") }}, s)
	must(t, err)
	if data, err := drain(r); err != errMoving {
		t.Errorf("got %q, %v, want errMoving", data, err)
	}
}

// A folder that goes away and comes back within one look is the same folder, but its watch is gone.
func TestFolderGoesAndComesBack(t *testing.T) {
	dir := t.TempDir()
	folder, away := filepath.Join(dir, "folder"), filepath.Join(dir, "away")
	must(t, os.Mkdir(folder, 0o755))
	path := filepath.Join(folder, "numbers")
	write(t, path, one)
	s, _ := setup(t, apex, []string{path}, "reload 24h") // so that a notification it is
	time.Sleep(50 * time.Millisecond)                    // the watches stand
	must(t, os.Rename(folder, away))
	must(t, os.Rename(away, folder))
	quiet()
	swap(t, path, one+two)
	eventually(t, s, apex, second, "im:two@example.com")
}

// A change of an included file is noticed, not only found by looking, in a folder of its own, too.
func TestIncludeIsNoticed(t *testing.T) {
	for name, f := range including {
		dir := t.TempDir()
		main, sub := filepath.Join(dir, "main"), filepath.Join(dir, "sub")
		must(t, os.Mkdir(sub, 0o755))
		text := func(version int) string { return strings.Replace(f.main(version), "more", "sub/more", 1) }
		write(t, main, text(1))
		write(t, filepath.Join(sub, "more"), f.more("old"))
		s, _ := setup(t, apex, []string{main}, "reload 1h", "include")
		eventually(t, s, apex, first, "im:old@example.com")
		write(t, filepath.Join(sub, "more"), f.more("new"))
		eventually(t, s, apex, first, "im:new@example.com")
		must(t, os.Mkdir(filepath.Join(dir, "other"), 0o755))
		write(t, filepath.Join(dir, "other", "more"), f.more("other"))
		swap(t, main, strings.Replace(f.main(2), "more", "other/more", 1))
		eventually(t, s, apex, first, "im:other@example.com")
		write(t, filepath.Join(dir, "other", "more"), f.more(name))
		eventually(t, s, apex, first, "im:"+name+"@example.com")
	}
}
