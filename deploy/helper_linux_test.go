package deploy

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// record is what stands behind the number that the tests ask for, one of the examples.
const record = `100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .`

// need leaves a test out where programs are missing, or who runs it is not root; in CI that is a failure.
func need(t testing.TB, programs ...string) {
	t.Helper()
	leave := t.Skipf
	if os.Getenv("CI") != "" {
		leave = t.Fatalf
	}
	if testing.Short() {
		t.Skip("builds what is released")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			leave("%s is not installed", p)
		}
	}
	if len(programs) > 0 && os.Geteuid() != 0 {
		leave("only root makes containers here")
	}
}

// temporary is the folder that all tests share.
var temporary string

func TestMain(m *testing.M) {
	var err error
	if temporary, err = os.MkdirTemp("", "enumim-deploy-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(temporary)
	os.Exit(code)
}

// run runs a program in a folder and returns what it writes.
func run(dir string, env []string, name string, args ...string) (string, error) {
	limit := 10 * time.Minute
	if *whole {
		limit = 50 * time.Minute // all of CoreDNS, on a machine with other work
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second // what it started may live on, and would be waited for
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var buildOnce = sync.OnceValues(func() (string, error) {
	dist := filepath.Join(temporary, "dist")
	return run(".", []string{"DIST=" + dist}, "./dist.sh", runtime.GOARCH)
})

// dist returns the folder with what is released for this machine's architecture.
func dist(t *testing.T) string {
	t.Helper()
	need(t)
	if out, err := buildOnce(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(temporary, "dist")
}

// one returns the only file that fits a pattern.
func one(t *testing.T, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %q, %v", pattern, paths, err)
	}
	return paths[0]
}

// read returns a file's text.
func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wants reports what of a text is missing.
func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, bytes.TrimSpace([]byte(text)))
		}
	}
}
