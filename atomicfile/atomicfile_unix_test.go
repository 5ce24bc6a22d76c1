//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// file makes a file.
func file(t *testing.T, name string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// holds checks what a file holds, and that nothing else is left in its folder.
func holds(t *testing.T, path, want string) {
	t.Helper()
	if have, err := os.ReadFile(path); err != nil || string(have) != want {
		t.Errorf("%q, %v, want %q", have, err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".enumim-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A new file has the mode that the umask leaves, one that is replaced the mode it had.
func TestMode(t *testing.T) {
	before := syscall.Umask(0o027)
	defer syscall.Umask(before)
	fresh := filepath.Join(t.TempDir(), "new")
	kept := file(t, "old", 0o664|fs.ModeSetgid)
	for path, mode := range map[string]fs.FileMode{fresh: 0o640, kept: 0o664 | fs.ModeSetgid} {
		if err := Write(path, text("new")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "new")
		if info, _ := os.Stat(path); info.Mode() != mode {
			t.Errorf("mode %v, want %v", info.Mode(), mode)
		}
	}
}

// Owner and group stay, where the one who runs it may give files away.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	path := file(t, "old", 0o640)
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Skip(err)
	}
	if err := Write(path, text("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "new")
	info, _ := os.Stat(path)
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || s.Gid != 23456 {
		t.Errorf("owner %d, group %d", s.Uid, s.Gid)
	}
}

// What must not be replaced stays, and the error says why.
func TestRefused(t *testing.T) {
	linked := file(t, "a", 0o600)
	if err := os.Link(linked, linked+".b"); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	readOnly := file(t, "r", 0o444)
	for _, tt := range []struct {
		path string
		want error
	}{{linked, ErrLinked}, {readOnly, ErrReadOnly}, {loop, nil}, {t.TempDir(), nil}, {"/nosuch/folder/file", nil}} {
		if err := Write(tt.path, text("new")); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.path, err, tt.want)
		}
	}
	holds(t, linked, "old")
	holds(t, readOnly, "old")
}

// An error in the middle leaves the old file, and nothing beside it.
func TestFailed(t *testing.T) {
	path := file(t, "a", 0o600)
	broken := errors.New("broken")
	err := Write(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half") // the error below counts
		return broken
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	holds(t, path, "old")
}

// Symbolic links stay and lead to the new text: also those to nothing, and through other folders.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"real/deep", "links"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) string {
		path := filepath.Join(dir, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link("../real/deep", "links/folder")
	for name, target := range map[string]string{
		link("real/new", "dangling"):                "real/new",
		link("../real/other", "links/dangling"):     "real/other",
		link("links/folder/../up", "through"):       "real/up", // not links/up
		link("dangling", "second"):                  "real/new",
		link(filepath.Join(dir, "absolute"), "abs"): "absolute",
	} {
		if err := Write(name, text(name)); err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Join(dir, target), name)
		if info, err := os.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", name)
		}
	}
}

// What is no regular file is written as it is, and stays what it is.
func TestDirect(t *testing.T) {
	if err := Write(os.DevNull, text("new")); err != nil {
		t.Error(err)
	}
	if info, _ := os.Stat(os.DevNull); info.Mode().IsRegular() {
		t.Error("the device is a file now")
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		have, _ := os.ReadFile(pipe) // the test sees what is missing
		read <- string(have)
	}()
	if err := Write(pipe, text("new")); err != nil {
		t.Error(err)
	}
	if have := <-read; have != "new" {
		t.Errorf("the pipe gave %q", have)
	}
	if info, _ := os.Lstat(pipe); info.Mode()&fs.ModeNamedPipe == 0 {
		t.Error("the pipe is gone")
	}
}

// A file that somebody holds open, as /dev/stdout does, goes on where it is.
func TestOpenFile(t *testing.T) {
	path := file(t, "a", 0o600)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	handle := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if _, err := os.Stat(handle); err != nil {
		t.Skip("no /proc")
	}
	before, _ := os.Stat(path)
	if err := Write(handle, text(" and new")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "old and new")
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("it is another file now")
	}
}

// A file that is no longer the one that was read stays, also where it changes while the new one is written.
func TestChanged(t *testing.T) {
	swap := func(path string) {
		other := path + ".other"
		if err := os.WriteFile(other, []byte("own"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(other, path); err != nil {
			t.Fatal(err)
		}
	}
	path := file(t, "a", 0o600)
	was, _ := os.Stat(path)
	err := Replace(path, was, func(io.Writer) error { swap(path); return nil })
	if !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	holds(t, path, "own")
	if err := Replace(path, was, text("new")); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	holds(t, path, "own")
	was, _ = os.Stat(path)
	if err := Replace(path, was, text("new")); err != nil {
		t.Error(err)
	}
	holds(t, path, "new")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, was, text("new")); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
}

// A private file is for its owner alone, whatever it was before, also behind a link; what is no file is refused.
func TestPrivate(t *testing.T) {
	path := file(t, "private.txt", 0o644)
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{path, link, path + ".new"} {
		if err := Private(to, text("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(to)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", to, info.Mode(), err)
		}
	}
	if err := Private(os.DevNull, text("new")); err == nil {
		t.Error("a device was taken")
	}
}
