package file

import (
	"path/filepath"
	"testing"

	"github.com/enumim/enumim/backend"
)

// Who saves a file that is as faulty as before looks into the log for what became of it. A file that is only tried
// again is told of once.
func TestSavedAgainIsToldAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, path, one)
	s, r := setup(t, apex, []string{path})
	r.take()
	for range 2 {
		swap(t, path, "garbage\n")
		refused(t, r, "numbers.txt:1")
		quiet()
		if n := r.count(backend.Refused); n != 0 {
			t.Errorf("told %d times more", n)
		}
	}
	if got := ask(t, s, apex, first); got != "im:one@example.com" {
		t.Errorf("got %q", got)
	}
}
