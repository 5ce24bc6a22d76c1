package bolt

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/enumim/enumim/backend"
)

// mount gives the test a disk of its own.
func mount(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a disk of its own needs root")
	}
	// What has nothing of ours in it tells whether the machine lets anybody do that.
	if out, err := exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("this machine has no mounts: %v: %s", err, out)
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("a disk of its own for the test: mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// When the disk is full, changes fail with a reason and change nothing, and serving goes on; with room again, they go on.
func TestDiskFull(t *testing.T) {
	dir := mount(t, "4m")
	o := &options{path: filepath.Join(dir, "numbers.db")}
	entries, asked := crowd(t, 3000)
	write(t, o, sets(entries)...)
	b := open(t, o)
	listening(t, o)
	want, _ := answers(b, asked)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	change := func(count int) error {
		w := openWriter(t, o)
		defer w.Close()
		more, _ := crowd(t, count)
		for i := range more {
			more[i].TTL = 60
		}
		return w.Write(t.Context(), each(sets(more)), func(int) {})
	}
	for name, count := range map[string]int{"in place": 3000, "by a new file": 5000 * 2} {
		err := change(count)
		if !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "no space") || !strings.Contains(err.Error(), "nothing is changed") {
			t.Errorf("%s: %v", name, err)
		}
		if failed := compare(t, name, b, asked, want); failed > 0 {
			t.Errorf("%s: %d numbers are not answered any more", name, failed)
		}
	}
	if _, err := os.Lstat(o.path + newSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is left: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := change(100); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if a, err := ask(t, b, asked[0]); err != nil || a.TTL != 60 {
		t.Errorf("with room again: ttl %d, %v", a.TTL, err)
	}
}

// From a read-only file system numbers are served, and a change fails with the reason.
func TestReadOnlyDisk(t *testing.T) {
	dir := mount(t, "64m")
	o := &options{path: filepath.Join(dir, "numbers.db")}
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 { // several servers may read it
		b := open(t, o)
		if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
			t.Errorf("%v, %v", a.Kind, err)
		}
	}
	w, err := o.OpenWriter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Write(t.Context(), each(sets([]backend.Entry{user(number, "2")})), func(int) {})
	if !errors.Is(err, backend.ErrUnavailable) || !errors.Is(err, errStatic) && !errors.Is(err, syscall.EROFS) {
		t.Errorf("a change: %v", err)
	}
}
