package bolt

import (
	"context"
	"iter"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/e164"
)

// options of a file in a folder of the test.
func newOptions(t testing.TB) *options {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	o, err := Driver{}.Parse(backend.Config{Args: []string{"numbers.db"}, Root: t.TempDir(), Apexes: []e164.Apex{apex}})
	if err != nil {
		t.Fatal(err)
	}
	return o.(*options)
}

// inMemory gives a test temporary files that no disk is waited for, where there are such: what the disk does is not what
// the test is about.
func inMemory(t *testing.T) {
	t.Helper()
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", memory)
	}
}

// openWriter opens a writer, as the tool does, and closes it with the test.
func openWriter(t testing.TB, o *options) backend.Writer {
	t.Helper()
	w, err := o.OpenWriter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// write makes changes by a writer of their own.
func write(t testing.TB, o *options, changes ...backend.Change) {
	t.Helper()
	w := openWriter(t, o)
	defer w.Close()
	if err := w.Write(t.Context(), each(changes), func(int) {}); err != nil {
		t.Fatal(err)
	}
}

// each yields changes in the order of Walk, of equal ones the last.
func each(changes []backend.Change) iter.Seq2[backend.Change, error] {
	keyed := map[string]backend.Change{}
	for _, c := range changes {
		keyed[string(appendKey(nil, c.Kind, c.Name.Number, c.Min, c.Max))] = c
	}
	keys := make([]string, 0, len(keyed))
	for key := range keyed {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return func(yield func(backend.Change, error) bool) {
		for _, key := range keys {
			if !yield(keyed[key], nil) {
				return
			}
		}
	}
}

func sets(entries []backend.Entry) []backend.Change {
	changes := make([]backend.Change, len(entries))
	for i, e := range entries {
		changes[i].Entry = e
	}
	return changes
}

// ready waits until a backend has data.
func ready(t testing.TB, b backend.Backend) {
	t.Helper()
	c, _ := backend.As[backend.Checker](b)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		err := c.Check(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// open opens the backend of a file.
func open(t testing.TB, o *options) backend.Backend {
	t.Helper()
	b, err := o.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// listening waits until changes go through the socket.
func listening(t testing.TB, o *options) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		w, err := o.openWriter(t.Context())
		if err == nil {
			_, ok := w.(*remoteWriter)
			w.Close()
			if ok {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens: %v", err)
		}
	}
}

const (
	held  = "what is written is held to the rules of numbers files"
	zones = "stores hold numbers, blocks and delegations: digits and no other labels"
)

var skipped = map[string]string{
	"octets": held, "ttl": held + ": a week is the most", "other-types": held, "labelled-names": zones, "wildcard": zones,
	"wildcard-closest-encloser": zones, "wildcard-itself": zones, "wildcard-without-records": zones, "dname": zones,
	"model-of-zones": zones,
}

// Numbers are written into the file, and changed through its socket while it is served.
func TestConformance(t *testing.T) {
	inMemory(t)
	of := map[backend.Backend]*options{}
	backendtest.Run(t, backendtest.Harness{
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			o := newOptions(t)
			write(t, o, sets(entries)...)
			b := open(t, o)
			ready(t, b)
			of[b] = o
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			listening(t, of[b])
			write(t, of[b], changes...)
		},
		Skip: skipped,
	})
}

// The same with entries that came by changes, which bbolt puts where there is room.
func TestConformanceByChanges(t *testing.T) {
	inMemory(t)
	backendtest.Run(t, backendtest.Harness{
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			o := newOptions(t)
			all := sets(entries)
			write(t, o, all[:min(1, len(all))]...)
			b := open(t, o)
			listening(t, o)
			write(t, o, all...)
			return b
		},
		Skip: skipped,
	})
}
