package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// limited has a program that is about to run begin in a control group of memory, so that all it takes counts. Where the
// machine has none, a test of its own that is skipped says so, and the group is empty.
func limited(t *testing.T, limit int) (g group) {
	t.Run("limit", func(t *testing.T) {
		probe := newGroup(t, "memory")
		sleeper := exec.Command("sleep", "60")
		dieWithParent(sleeper)
		if err := sleeper.Start(); err != nil {
			t.Fatal(err)
		}
		err := probe.take(sleeper.Process.Pid, "memory.limit_in_bytes", strconv.Itoa(limit))
		sleeper.Process.Kill()
		sleeper.Wait()
		if err != nil {
			probe.remove(t)
			t.Skipf("this machine has no control group for memory that holds a process: %v", err)
		}
		g = probe
	})
	if g.path != "" {
		t.Cleanup(func() { g.remove(t) })
	}
	return g
}

// begin has a command start in the group.
func (g group) begin(tb testing.TB, cmd *exec.Cmd) {
	procs := filepath.Join(g.path, "cgroup.procs")
	if cmd.SysProcAttr.Credential != nil {
		if err := os.Chown(procs, nobody, nobody); err != nil {
			tb.Fatal(err)
		}
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Args = slices.Concat([]string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, procs, cmd.Path}, cmd.Args[1:])
	cmd.Path = shell
}

// read returns a figure of the group, or that of a line which begins with its name.
func (g group) read(tb testing.TB, file, name string) int {
	text, err := os.ReadFile(filepath.Join(g.path, file))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
			n, err := strconv.Atoi(strings.TrimSpace(rest))
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatalf("%s has no %q", file, name)
	return 0
}
