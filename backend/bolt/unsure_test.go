package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// A change that was committed and cannot be looked up is told as one that was not made, and so it is: those that come
// later stand by themselves, and what they do not concern stays.
func TestChangeThatCannotBeRead(t *testing.T) {
	o := &options{path: filepath.Join(t.TempDir(), "numbers.db")}
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	b := open(t, o)
	listening(t, o)
	closed, err := os.Open(o.path)
	if err == nil {
		err = closed.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	served, _ := backend.As[*store](b)
	d := served.server.current.Load()
	swap := func(f *os.File) (was *os.File) {
		d.mu.Lock()
		defer d.mu.Unlock()
		was, d.file = d.file, f
		return was
	}
	change := func(e backend.Entry) error {
		w := openWriter(t, o)
		defer w.Close()
		return w.Write(t.Context(), each(sets([]backend.Entry{e})), func(int) {})
	}
	block := user(e164.MustParse("+44113"), "block")
	block.Kind, block.Min, block.Max = backend.Block, 8, 12
	inside, other := e164.MustParse("+441134960123"), e164.MustParse("+442079460000")

	was := swap(closed)
	if err := change(block); !errors.Is(err, backend.ErrUnavailable) {
		t.Errorf("a change that cannot be read: %v", err)
	}
	swap(was)
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
		t.Errorf("what was there: %v, %v", a.Kind, err)
	}
	if err := change(user(other, "2")); err != nil {
		t.Errorf("the next change: %v", err)
	}
	if a, err := ask(t, b, inside); err != nil || a.Kind != backend.Absent {
		t.Errorf("a change that was told not to be made: %v, %v", a.Kind, err)
	}
	if err := change(block); err != nil {
		t.Errorf("the same change again: %v", err)
	}
	for _, n := range []e164.Number{number, other, inside} {
		if a, err := ask(t, b, n); err != nil || a.Kind != backend.Found {
			t.Errorf("%v: %v, %v", n, a.Kind, err)
		}
	}
	if n := served.State().Entries; n != 3 {
		t.Errorf("%d entries are counted, want 3", n)
	}
}
