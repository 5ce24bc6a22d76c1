package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programs are those of this module that tests ran, each built once: linking takes seconds.
var programs struct {
	sync.Mutex
	dir string
}

// built returns the path of a program of cmd/, or of examples/, which is built when a test first asks for it. All users may run it.
func built(tb testing.TB, name string) string {
	tb.Helper()
	programs.Lock()
	defer programs.Unlock()
	path := filepath.Join(programs.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	source := "../cmd/" + name
	if _, err := os.Stat(source); err != nil {
		source = "../examples/" + name
	}
	if out, err := exec.Command("go", "build", "-o", path, source).CombinedOutput(); err != nil {
		os.Remove(path)
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "enumim-programs-")
	if err == nil {
		programs.dir, err = dir, os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
