package file

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the user reads of a path that leads to no file of data. Nothing of it may hang: a named pipe
// without writer would for ever.
func TestPathsThatAreNoFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.Mkdir(at("folder"), 0o755))
	must(t, syscall.Mkfifo(at("pipe"), 0o644))
	must(t, os.Symlink("loop", at("loop")))
	must(t, os.Symlink("nowhere", at("dangling")))
	write(t, at("plain"), "x\n")
	for _, c := range []struct{ path, want string }{
		{at("none"), "no such file"},
		{at("*.txt"), "no such file (wildcards are not expanded: name each file)"},
		{at("dangling"), "no such file"},
		{at("folder"), "is a directory: name the files in it"},
		{at("pipe"), "is a named pipe, not a regular file"},
		{at("loop"), "too many links"},
		{at("plain/below"), "not a directory"},
		{"/dev/null", "is a device, not a regular file"},
	} {
		s := look(c.path)
		_, err := readAll(s)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", filepath.Base(c.path), err, c.want)
		}
	}
}

// readAll reads the file that s was taken of.
func readAll(s stamp) ([]byte, error) {
	r, err := start(s, os.OpenFile)
	if err != nil {
		return nil, err
	}
	return drain(r)
}

func drain(r *reading) ([]byte, error) {
	data, err := io.ReadAll(r)
	if closed := r.Close(); closed != nil && err == nil {
		err = closed
	}
	return data, err
}

// A pipe that takes the place of a file between the look and the reading is not read either.
func TestReadOnlyWhatWasLookedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	for name, change := range map[string]func(){
		"pipe": func() {
			must(t, os.Remove(path))
			must(t, syscall.Mkfifo(path, 0o644))
		},
		"gone":   func() { must(t, os.Remove(path)) },
		"longer": func() { write(t, path, "one\ntwo\n") },
		"rename": func() { write(t, path+".new", "one\n"); must(t, os.Rename(path+".new", path)) },
	} {
		_ = os.Remove(path)
		write(t, path, "one\n")
		s := look(path)
		if data, err := readAll(s); err != nil || string(data) != "one\n" {
			t.Fatalf("unchanged: got %q, %v", data, err)
		}
		change()
		if data, err := readAll(s); err != errMoving {
			t.Errorf("%s: got %q, %v, want errMoving", name, data, err)
		}
	}
	huge := stamp{size: maxSize + 1}
	if _, err := readAll(huge); err == nil || !strings.Contains(err.Error(), "split it") {
		t.Errorf("huge file: got error %v", err)
	}
}

// Every folder in which a rename can change where a path leads has to be watched.
func TestFoldersOf(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	must(t, os.MkdirAll(at("map", "..2024"), 0o755))
	must(t, os.MkdirAll(at("far", "away"), 0o755))
	write(t, at("map", "..2024", "numbers.txt"), "")
	must(t, os.Symlink("..2024", at("map", "..data")))
	must(t, os.Symlink("..data/numbers.txt", at("map", "numbers.txt")))
	must(t, os.Symlink(at("far", "away", "x"), at("absolute")))
	must(t, os.Symlink("loop", at("loop")))
	must(t, os.Symlink("../map/numbers.txt", at("far", "up")))
	for _, c := range []struct {
		path string
		want []string
	}{
		{at("map", "numbers.txt"), []string{at("map"), at("map"), at("map", "..2024")}},
		{at("absolute"), []string{dir, at("far", "away")}},
		{at("none"), []string{dir}},
		{at("none", "deeper", "x"), []string{dir}},
		{at("far", "up"), []string{at("far"), at("map"), at("map"), at("map", "..2024")}},
	} {
		if got := foldersOf(c.path); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.path, got, c.want)
		}
	}
	if got := foldersOf(at("loop")); len(got) != maxLinks+1 || got[0] != dir {
		t.Errorf("loop: got %d folders", len(got))
	}
}

// A file that was put in place whole is taken at once, one that was written to has to rest.
func TestSettled(t *testing.T) {
	const rest = time.Minute
	dir := t.TempDir()
	path, aside := filepath.Join(dir, "data"), filepath.Join(dir, "aside")
	start := func() *dataFile {
		_ = os.Remove(path)
		write(t, path, "old\n")
		must(t, os.Chtimes(path, time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)))
		f := &dataFile{path: path}
		f.look(time.Now(), rest)
		if !f.settled(time.Now(), rest) {
			t.Fatal("an old file was not taken at the first look")
		}
		f.tried = f.seen
		return f
	}
	for _, c := range []struct {
		name   string
		change func()
		want   bool
	}{
		{"written in place", func() { write(t, path, "new\n") }, false},
		{"appended to", func() { appendTo(t, path, "new\n") }, false},
		{"deleted", func() { must(t, os.Remove(path)) }, false},
		{"deleted and written", func() { must(t, os.Remove(path)); keep(t, dir); write(t, path, "new\n") }, false},
		{"renamed over", func() {
			write(t, aside, "new\n")
			time.Sleep(20 * time.Millisecond) // the clock of the file system ticks every 4 ms or so
			must(t, os.Rename(aside, path))
		}, true},
		{"link turned", func() {
			must(t, os.Remove(path))
			write(t, aside, "new\n")
			must(t, os.Symlink(aside, path))
		}, true},
	} {
		f := start()
		c.change()
		now := time.Now()
		f.look(now, rest)
		if !f.changed() {
			t.Errorf("%s: the change was not noticed", c.name)
		}
		if got := f.settled(now, rest); got != c.want {
			t.Errorf("%s: got settled %v, want %v", c.name, got, c.want)
		}
		if !f.settled(now.Add(rest), rest) {
			t.Errorf("%s: not settled after it rested", c.name)
		}
		_ = os.Remove(aside)
	}
	fresh := &dataFile{path: path}
	_ = os.Remove(path)
	write(t, path, "fresh\n")
	fresh.look(time.Now(), rest)
	if fresh.settled(time.Now(), rest) {
		t.Error("a file that was written just now was taken at the first look")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func appendTo(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}

// keep takes an inode, so that the next file does not get that of the last one.
func keep(t testing.TB, dir string) {
	t.Helper()
	f, err := os.CreateTemp(dir, "keep")
	must(t, err)
	must(t, f.Close())
}
