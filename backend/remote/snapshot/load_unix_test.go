//go:build unix

package snapshot

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// TestLoadOfAPipe: what is no file is refused, and does not keep the server waiting for a writer.
func TestLoadOfAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := New(path, source, &notation.Codec{}).Load()
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, backend.ErrInvalidData) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it hangs")
	}
}
