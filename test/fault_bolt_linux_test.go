package test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// boltPath returns the path of the file of a scene.
func (s *scene) boltPath() string { return strings.Fields(s.lane.store.line)[1] }

// kept copies the file aside, and returns what renames the copy into its place.
func (s *scene) kept(t testing.TB) (restore func()) {
	t.Helper()
	path := s.boltPath()
	if out, err := exec.Command("cp", "-a", path, path+".kept").CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	return func() {
		if at, err := os.Stat(path); err == nil && at.IsDir() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(path+".kept", path); err != nil {
			t.Fatal(err)
		}
	}
}

// damaged is a fault of the file that the server has open.
func damaged(name string, do func(f *os.File, size int64) error) fault {
	return fault{id: "F24", name: name, to: only("bolt"), inject: func(t testing.TB, s *scene) func() {
		restore := s.kept(t)
		f, err := os.OpenFile(s.boltPath(), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		at, err := f.Stat()
		if err == nil {
			err = do(f, at.Size())
		}
		if err != nil {
			t.Fatal(err)
		}
		return restore
	}}
}

// replaced is a fault of what stands in the place of the file, which is served on.
func replaced(name string, put func(path string) error) fault {
	return fault{id: "F24", name: name, to: only("bolt"), spares: true, inject: func(t testing.TB, s *scene) func() {
		restore := s.kept(t)
		if err := put(s.boltPath()); err != nil {
			t.Fatal(err)
		}
		return restore
	}}
}

// over puts octets into a file that is renamed over the path.
func over(path string, octets []byte) error {
	if err := os.WriteFile(path+".other", octets, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".other", path)
}

func noise(n int) []byte {
	octets := make([]byte, n)
	for i := range octets {
		octets[i] = byte(rand.Uint32())
	}
	return octets
}

// boltFaults befall the file of a data base.
var boltFaults = []fault{
	{id: "F23", name: "writer killed", to: only("bolt"), spares: true, inject: func(t testing.TB, s *scene) func() {
		v := s.lane.high.Load() + 1
		s.lane.high.Store(v)
		from := filepath.Join(t.TempDir(), "numbers.txt")
		if err := os.WriteFile(from, []byte(s.lane.file(v)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(built(t, "enumim"), "import", from, s.lane.store.one())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(60 * time.Millisecond))
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err) // it was faster
		}
		_ = cmd.Wait() // it was killed
		return func() {}
	}},
	damaged("truncated", func(f *os.File, size int64) error { return f.Truncate(rand.Int64N(size)) }),
	damaged("emptied", func(f *os.File, _ int64) error { return f.Truncate(0) }),
	damaged("garbage", func(f *os.File, size int64) error {
		_, err := f.WriteAt(noise(int(size)), 0)
		return err
	}),
	damaged("a page of garbage", func(f *os.File, size int64) error {
		_, err := f.WriteAt(noise(4096), rand.Int64N(size/4096)*4096)
		return err
	}),
	damaged("filled with zeros", func(f *os.File, size int64) error {
		_, err := f.WriteAt(make([]byte, size), 0)
		return err
	}),
	replaced("another file in its place", func(path string) error { return over(path, noise(1<<16)) }),
	replaced("a file of zeros in its place", func(path string) error { return over(path, make([]byte, 1<<16)) }),
	replaced("a part of it in its place", func(path string) error {
		octets, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return over(path, bytes.Clone(octets[:rand.IntN(len(octets))]))
	}),
	replaced("removed", os.Remove),
	replaced("a folder in its place", func(path string) error {
		if err := os.Rename(path, path+".moved"); err != nil {
			return err
		}
		return os.Mkdir(path, 0o755)
	}),
	{id: "F24", name: "replaced by one that another process holds", to: only("bolt"), spares: true, inject: func(t testing.TB, s *scene) func() {
		restore := s.kept(t)
		f, err := os.Open(s.boltPath() + ".kept")
		if err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		}
		if err != nil {
			t.Fatal(err)
		}
		restore()
		return func() { f.Close() }
	}},
}
