package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/enumim/enumim/backend"
)

// errnosOf are what a call may fail with; in the short form only the first.
func errnosOf(call string) []unix.Errno {
	name, _, _ := strings.Cut(call, " ")
	if strings.HasSuffix(call, " store") { // the network
		return []unix.Errno{unix.ECONNRESET, unix.ETIMEDOUT, unix.EHOSTUNREACH, unix.ENOBUFS}
	}
	switch name {
	case "open":
		return []unix.Errno{unix.EMFILE, unix.EIO, unix.ENOMEM, unix.EACCES}
	case "write", "pwrite", "ftruncate", "rename":
		return []unix.Errno{unix.ENOSPC, unix.EIO, unix.EDQUOT}
	case "read", "pread":
		return []unix.Errno{unix.EIO, unix.EINTR}
	case "mmap":
		return []unix.Errno{unix.ENOMEM}
	case "flock":
		return []unix.Errno{unix.ENOLCK, unix.EINTR}
	case "inotify_add_watch":
		return []unix.Errno{unix.ENOSPC, unix.ENOMEM}
	default:
		return []unix.Errno{unix.EIO, unix.EACCES}
	}
}

// onDisk are the backends whose data is a file, and how that changes.
var onDisk = []struct {
	name   string
	start  func(t *testing.T, dir string) *lane
	change func(t *testing.T, l *lane)
}{
	{"numbers file", fileLane(false), changeFile},
	{"zone file", fileLane(true), changeFile},
	{"bolt", boltLane, changeBolt},
}

// fileLane returns what makes a lane with a data file; it has a place only for its server to be started.
func fileLane(zone bool) func(t *testing.T, dir string) *lane {
	return func(t *testing.T, dir string) *lane {
		l := newLane(t, dir, 0, 30, zone)
		l.store = &place{line: "file " + l.path}
		return l
	}
}

func changeFile(t *testing.T, l *lane) { l.place(t, l.file(l.high.Add(1))) }

func boltLane(t *testing.T, dir string) *lane {
	l := &lane{apex: "l0.example.net.", size: 30, store: startBolt(t)}
	l.path = strings.Fields(l.store.line)[1]
	l.put(t)
	l.raise(1)
	return l
}

// changeBolt writes the next version, as often as it takes: the server, which holds the file, writes it.
func changeBolt(t *testing.T, l *lane) {
	v := l.high.Add(1)
	eventually(t, func() error {
		err := writeTo(l.store.writer(t, l.apex), func(yield func(backend.Change, error) bool) {
			for i := range l.size {
				if has, had := l.has(v, i), l.has(v-1, i); (has || had) && !yield(backend.Change{Entry: l.entry(v, i), Delete: !has}, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Logf("a writer is told: %v", err)
			for i := range l.size {
				if strings.Contains(err.Error(), l.number(i)[:7]) {
					t.Fatalf("a writer is told a number: %v", err)
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
		return err
	})
}

// counts waits until the server counts as many entries as there are.
func (d *daemon) counts(t *testing.T, l *lane) {
	t.Helper()
	want := 0
	for i := range l.size {
		if l.has(l.high.Load(), i) {
			want++
		}
	}
	eventually(t, func() error {
		if n := int(metric(d.fetch(t, d.metrics+"/metrics"), "coredns_enumim_backend_entries", "")); n != want {
			return fmt.Errorf("there are %d entries, and %d are counted", want, n)
		}
		return nil
	})
}

// TestDiskCalls (F38) has each system call about a file, that a server makes to take new data, fail once: opening, reading,
// looking, mapping, locking, writing, syncing, watching. Meanwhile all is answered from the last good data, and the new data is
// served soon. In the short form a call that is made several times fails the first time, with one error.
func TestDiskCalls(t *testing.T) {
	for _, c := range onDisk {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := home(t)
			l := c.start(t, dir)
			place, root := l.store, filepath.Dir(l.path)
			var i *injector
			i, place.around = newInjector(t, root)
			d := launchLanes(t, dir, []*lane{l})
			if c.name != "bolt" {
				l.store = nil
			}
			d.awaitStore(t, l, l.high.Load())
			load := startPaced(t, d.at, []*lane{l}, 1, 8*breath)
			load.overlap.Store(true)
			r := load.counted()
			change := func() (calls []string, hit bool) {
				c.change(t, l)
				d.awaitStore(t, l, l.high.Load())
				time.Sleep(50 * time.Millisecond) // what it looks at afterwards
				return i.made()
			}
			change()
			i.set("", 0, 0)
			calls, _ := change()
			t.Logf("%d calls: %q", len(calls), calls)
			before, rounds, missed := d.usage(t), 0, 0
			seen := map[string]int{}
			for _, call := range calls {
				if seen[call]++; seen[call] > 1 && once() && !*long {
					continue
				}
				for n, errno := range errnosOf(call) {
					if n > 0 && once() && !*long {
						break
					}
					logged, began := d.journal.len(), time.Now()
					i.set(call, seen[call], errno)
					_, hit := change()
					took := time.Since(began)
					i.set("", 0, 0)
					if !hit {
						missed++
						continue
					}
					d.counts(t, l)
					rounds++
					t.Logf("%s, the %d.: %v: served after %v; %q", call, seen[call], errno, took, d.journal.since(logged))
					r.Recovery = max(r.Recovery, took.Milliseconds())
				}
			}
			if rounds < 4 || missed > rounds {
				t.Errorf("%d calls failed, %d were not made", rounds, missed)
			}
			load.stop(t)
			d.settles(t, before)
			d.tellsNoNumber(t, []*lane{l})
			load.noteAs(t, r, "F38", "each call about files fails once", c.name, rounds)
		})
	}
}
