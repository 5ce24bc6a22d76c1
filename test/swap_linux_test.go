package test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// swapped puts something else in the place of a lane's file.
type swapped struct {
	name string
	says string // in the log, of why it is not taken
	// What put returns takes it away again, where a rename over it cannot.
	put func(t *testing.T, l *lane) (undo func())
}

// swap renames what create makes over the file of the lane.
func swap(name, says string, create func(aside string, l *lane) error) swapped {
	return swapped{name, says, func(t *testing.T, l *lane) func() {
		aside := filepath.Join(filepath.Dir(l.path), "aside")
		if err := create(aside, l); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(aside, l.path); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}}
}

// contents swaps in what is a regular file.
func contents(name, says string, of func(l *lane) string) swapped {
	return swapped{name, says, func(t *testing.T, l *lane) func() {
		l.place(t, of(l))
		return func() {}
	}}
}

// upcoming is the next version of a lane, which is legal.
func upcoming(l *lane) string { return l.file(l.high.Load() + 1) }

// junk returns n octets of anything.
func junk(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return string(b)
}

func swaps() []swapped {
	all := []swapped{
		{"vanished", "no such file", func(t *testing.T, l *lane) func() {
			if err := os.Remove(l.path); err != nil {
				t.Fatal(err)
			}
			return func() {}
		}},
		{"emptied in place", "is empty", func(t *testing.T, l *lane) func() {
			if err := os.Truncate(l.path, 0); err != nil {
				t.Fatal(err)
			}
			return func() {}
		}},
		{"stopped in the middle of writing", "newline", func(t *testing.T, l *lane) func() {
			if err := os.WriteFile(l.path, []byte(upcoming(l)[:2000]), 0o644); err != nil {
				t.Fatal(err)
			}
			return func() {}
		}},
		{"directory", "is a directory", func(t *testing.T, l *lane) func() {
			os.Remove(l.path)
			if err := os.Mkdir(l.path, 0o755); err != nil {
				t.Fatal(err)
			}
			return func() { os.Remove(l.path) }
		}},
		{"FIFO whose writer is slow", "named pipe", func(t *testing.T, l *lane) func() {
			aside := filepath.Join(filepath.Dir(l.path), "aside")
			if err := syscall.Mkfifo(aside, 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(aside, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(aside, l.path); err != nil {
				t.Fatal(err)
			}
			quit, text := make(chan struct{}), upcoming(l)
			var wg sync.WaitGroup
			wg.Go(func() {
				defer f.Close()
				for i := range len(text) {
					f.WriteString(text[i : i+1])
					select {
					case <-quit:
						return
					case <-time.After(time.Millisecond):
					}
				}
				<-quit
			})
			return func() { close(quit); wg.Wait() }
		}},
		{"folder without permission", "permission denied", func(t *testing.T, l *lane) func() {
			l.place(t, junk(100)) // so that there is something to look at
			folder := filepath.Dir(l.path)
			if err := os.Chmod(folder, 0); err != nil {
				t.Fatal(err)
			}
			return func() { os.Chmod(folder, 0o755) }
		}},
		swap("FIFO", "named pipe", func(aside string, _ *lane) error { return syscall.Mkfifo(aside, 0o644) }),
		swap("socket", "is a socket", func(aside string, _ *lane) error {
			// A listener would remove the socket at its end, by its first name.
			s, err := net.ListenUnix("unix", &net.UnixAddr{Name: aside})
			if err != nil {
				return err
			}
			s.SetUnlinkOnClose(false)
			return s.Close()
		}),
		swap("link to itself", "too many links", func(aside string, l *lane) error { return os.Symlink(filepath.Base(l.path), aside) }),
		swap("link to nothing", "no such file", func(aside string, _ *lane) error { return os.Symlink("nothing", aside) }),
		swap("link to a device", "is a device", func(aside string, _ *lane) error { return os.Symlink("/dev/zero", aside) }),
		swap("file without permission", "permission denied", func(aside string, l *lane) error {
			if err := os.WriteFile(aside, []byte(upcoming(l)), 0o644); err != nil {
				return err
			}
			return os.Chmod(aside, 0)
		}),
		swap("file of 5 GiB", "split it", func(aside string, _ *lane) error { return sparse(aside, 5<<30) }),
		swap("file of 32 MiB zeros", "", func(aside string, _ *lane) error { return sparse(aside, 32<<20) }),
		contents("empty file", "is empty", func(*lane) string { return "" }),
		contents("junk", "", func(*lane) string { return junk(1 << 16) }),
		contents("junk with an end marker", "", func(l *lane) string {
			return junk(1<<16) + map[bool]string{false: "\n$END\n", true: "\n; $END\n"}[l.zone]
		}),
		// Within quotes a zone file may hold any octets, but they end in their line.
		contents("junk in the middle", "", func(l *lane) string {
			before, behind, _ := strings.Cut(upcoming(l), "r0.")
			return before + "\n" + junk(100) + "\n" + behind
		}),
		contents("no newline at the end", "newline", func(l *lane) string { return strings.TrimSuffix(upcoming(l), "\n") }),
		contents("no end marker", "lost its end marker", func(l *lane) string { return strings.TrimSuffix(strings.TrimSuffix(upcoming(l), "$END\n"), "; ") }),
		contents("comments only", "", func(*lane) string { return "; nothing\n" }),
		contents("the other format", "restart the server or give the file another name", func(l *lane) string {
			other := &lane{apex: l.apex, zone: !l.zone, size: l.size}
			return other.file(l.high.Load() + 1)
		}),
		contents("much smaller", "set shrink off", func(l *lane) string {
			small := &lane{apex: l.apex, zone: l.zone, size: l.size / 2}
			return small.file(l.high.Load() + 1)
		}),
	}
	return all
}

// sparse makes a file of n octets that takes no room.
func sparse(path string, n int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(n)
}

// Whatever stands where a data file should be, the last good data stays, the log and the metrics tell,
// and when there is a good file again it is served.
func TestSwappedFiles(t *testing.T) {
	rounds := 1
	if *long {
		rounds = 20
	}
	d, lanes := startDamage(t, 1, 150)
	load := startLoad(t, d.at, lanes)
	all := swaps()
	for _, f := range all[:2] { // to know what the server holds after such things
		d.suffers(t, lanes, f)
	}
	load.stop(t)
	before := d.rests(t, lanes)
	load = startLoad(t, d.at, lanes)
	r := load.counted()
	for range rounds {
		for _, f := range all {
			d.suffers(t, lanes, f)
		}
	}
	t.Logf("%d faults in %d files", rounds*len(all), len(lanes))
	load.stop(t)
	d.returnsTo(t, before, lanes, 4<<20)
	load.noteAs(t, r, "F19", "something else in the place of the file", "file", rounds*len(all))
}

// suffers swaps the files and checks all that is promised.
func (d *daemon) suffers(t *testing.T, lanes []*lane, f swapped) {
	t.Helper()
	const up, refused = "coredns_enumim_backend_up", "coredns_enumim_backend_refused_loads_total"
	page := d.fetch(t, d.metrics+"/metrics")
	t.Log(f.name)
	n := d.journal.len()
	var undos []func()
	for _, l := range lanes {
		undos = append(undos, sync.OnceFunc(f.put(t, l)))
		t.Cleanup(undos[len(undos)-1]) // where the test ends here
	}
	for _, l := range lanes {
		if d.verdict(t, n, l) {
			t.Fatalf("%s: taken", f.name)
		}
		d.awaitLog(t, n, l.path, f.says)
		if err := d.serves(l.high.Load(), l.queries()...); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		now, source := d.fetch(t, d.metrics+"/metrics"), fmt.Sprintf("source=%q", l.path)
		if had, has := metric(page, refused, source), metric(now, refused, source); has <= had {
			t.Errorf("%s: %g loads refused, before it %g", f.name, has, had)
		}
		if is := metric(now, up, source); is != 0 {
			t.Errorf("%s: up is %g", f.name, is)
		}
	}
	for _, undo := range undos {
		undo()
	}
	d.renew(t, lanes)
	page = d.fetch(t, d.metrics+"/metrics")
	for _, l := range lanes {
		if is := metric(page, up, fmt.Sprintf("source=%q", l.path)); is != 1 {
			t.Errorf("after %s: up is %g", f.name, is)
		}
	}
}
