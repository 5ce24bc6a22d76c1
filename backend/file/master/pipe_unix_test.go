//go:build unix

package master

import (
	"path/filepath"
	"syscall"
	"testing"
)

// Opening a pipe waits for a writer: a load must not.
func TestIncludePipe(t *testing.T) {
	file := folder(t, nil)
	if err := syscall.Mkfifo(filepath.Join(filepath.Dir(file), "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := zoneText(t, frame+"$INCLUDE pipe\n", Options{File: file, Include: true})
	if want := file + `:5:10: "pipe": expected a regular file`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
