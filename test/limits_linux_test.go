package test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// limit lowers the limit of descriptors of the running server to what it has open, and some; it returns what lifts it.
func (h *host) limit(t *testing.T, more int) func() {
	t.Helper()
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", h.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	taken := make(map[string]bool)
	for _, fd := range open {
		taken[filepath.Base(fd)] = true
	}
	most := 0 // a limit is one of numbers, and a new descriptor gets the lowest that is free
	for ; more > 0 || taken[strconv.Itoa(most)]; most++ {
		if !taken[strconv.Itoa(most)] {
			more--
		}
	}
	return h.prlimit(t, "nofile", strconv.Itoa(most))
}

// lacks skips a test where the machine does not let anybody do what a command does that has nothing of ours in it. What
// fails all the same is a fault here.
func lacks(t testing.TB, what string, probe *exec.Cmd) {
	t.Helper()
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this machine has no %s: %q: %v: %s", what, probe.Args, err, out)
	}
}

// asServer has a command run as the user of the server.
func asServer(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}}
	}
	return cmd
}

// prlimit sets a limit of the running server, and returns what sets it to what it was. It is done as the user of the server,
// who may do it without any rights.
func (h *host) prlimit(t *testing.T, what, to string) (back func()) {
	t.Helper()
	needs(t, "prlimit")
	lacks(t, "limits of other processes that can be set", asServer("sh", "-c", `sleep 60 & prlimit --pid $! --nofile=64: --fsize=4096:; ok=$?; kill $!; exit $ok`))
	run := func(args ...string) (string, error) {
		cmd := asServer("prlimit", append([]string{"--pid", strconv.Itoa(h.cmd.Process.Pid)}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("prlimit: %w: %s", err, out)
		}
		return strings.TrimSpace(string(out)), err
	}
	was, err := run("--"+what, "--output", "SOFT", "--noheadings")
	if err == nil {
		_, err = run("--" + what + "=" + to + ":")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := run("--" + what + "=" + was + ":"); err != nil {
			t.Error(err)
		}
	}
}

// group is a control group.
type group struct{ path, above string }

// newGroup makes a control group of the first version below that of the test, where there are such.
func newGroup(t *testing.T, controller string) group {
	t.Helper()
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var g group
	for line := range strings.Lines(string(text)) {
		if parts := strings.SplitN(strings.TrimSpace(line), ":", 3); len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			g.above = filepath.Join("/sys/fs/cgroup", controller, parts[2])
		}
	}
	var fs unix.Statfs_t
	if g.above == "" || unix.Statfs(g.above, &fs) != nil || fs.Type != unix.CGROUP_SUPER_MAGIC {
		t.Skipf("this machine has no control group for %s that is to be seen", controller)
	}
	g.path = filepath.Join(g.above, fmt.Sprintf("enumim-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	err = os.Mkdir(g.path, 0o755)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS) {
		t.Skipf("this machine lets nobody make a control group for %s: %v", controller, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// setGroup writes a setting of the control group at a path.
func setGroup(path, name, value string) error {
	file, err := os.OpenFile(filepath.Join(path, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

// take makes settings, and moves a process into the group.
func (g group) take(pid int, settings ...string) error {
	for i := 0; i < len(settings); i += 2 {
		if err := setGroup(g.path, settings[i], settings[i+1]); err != nil {
			return err
		}
	}
	if err := setGroup(g.path, "cgroup.procs", strconv.Itoa(pid)); err != nil {
		return err
	}
	in, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err == nil && !strings.Contains(string(in), filepath.Base(g.path)) {
		err = fmt.Errorf("the process is not in its control group: %s", in)
	}
	return err
}

// leave moves a process back, and takes the group away.
func (g group) leave(t *testing.T, pid int) {
	if err := setGroup(g.above, "cgroup.procs", strconv.Itoa(pid)); err != nil {
		t.Log("the process stays in its control group: ", err)
	}
	g.remove(t)
}

func (g group) remove(t *testing.T) {
	var err error
	for range 100 {
		if err = os.Remove(g.path); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Log("the control group stays: ", err)
}

// cgroup makes a control group below that of the test, and moves the server there. Where that cannot be done with a process that
// only sleeps, the test is skipped.
func (h *host) cgroup(t *testing.T, controller string, settings ...string) (path string, leave func()) {
	t.Helper()
	probe := newGroup(t, controller)
	sleeper := exec.Command("sleep", "60")
	dieWithParent(sleeper)
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	err := probe.take(sleeper.Process.Pid, settings...)
	sleeper.Process.Kill()
	sleeper.Wait()
	probe.remove(t)
	if err != nil {
		t.Skipf("this machine has no control group for %s that holds a process: %v", controller, err)
	}
	g, pid := newGroup(t, controller), h.cmd.Process.Pid
	if err := g.take(pid, settings...); err != nil {
		g.leave(t, pid)
		t.Fatalf("the server is not in a control group for %s: %v", controller, err)
	}
	return g.path, func() { g.leave(t, pid) }
}
