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
	most := 0
	for _, fd := range open {
		n, _ := strconv.Atoi(filepath.Base(fd))
		most = max(most, n)
	}
	return h.prlimit(t, "nofile", strconv.Itoa(most+1+more))
}

// prlimit sets a limit of the running server, and returns what sets it to what it was. It is done as the user of the server,
// who may do it without any rights; where that is not allowed the test is skipped.
func (h *host) prlimit(t *testing.T, what, to string) (back func()) {
	t.Helper()
	run := func(args ...string) (string, error) {
		cmd := exec.Command("prlimit", append([]string{"--pid", strconv.Itoa(h.cmd.Process.Pid)}, args...)...)
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}}
		}
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
		t.Skip("the limits of the server cannot be set: ", err)
	}
	return func() {
		if _, err := run("--" + what + "=" + was + ":"); err != nil {
			t.Error(err)
		}
	}
}

// cgroup makes a control group below that of the test, and moves the server there. Where that is not allowed, or is not
// what it looks like, the test is skipped.
func (h *host) cgroup(t *testing.T, controller string, settings ...string) (path string, leave func()) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip("no control groups: ", err)
	}
	var above string
	for line := range strings.Lines(string(text)) {
		if parts := strings.SplitN(strings.TrimSpace(line), ":", 3); len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			above = filepath.Join("/sys/fs/cgroup", controller, parts[2])
		}
	}
	var fs unix.Statfs_t
	if above == "" || unix.Statfs(above, &fs) != nil || fs.Type != unix.CGROUP_SUPER_MAGIC {
		t.Skipf("no control group for %s is to be seen", controller)
	}
	path = filepath.Join(above, fmt.Sprintf("enumim-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Skipf("no control group for %s can be made: %v", controller, err)
	}
	set := func(path, name, value string) error {
		file, err := os.OpenFile(filepath.Join(path, name), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteString(value)
		return errors.Join(err, file.Close())
	}
	pid := strconv.Itoa(h.cmd.Process.Pid)
	leave = func() {
		if err := set(above, "cgroup.procs", pid); err != nil {
			t.Log("the server stays in its control group: ", err)
		}
		for range 100 {
			if err = os.Remove(path); err == nil || errors.Is(err, os.ErrNotExist) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Log("the control group stays: ", err)
	}
	for i := 0; err == nil && i < len(settings); i += 2 {
		err = set(path, settings[i], settings[i+1])
	}
	if err == nil {
		err = set(path, "cgroup.procs", pid)
	}
	in, _ := os.ReadFile(filepath.Join("/proc", pid, "cgroup"))
	if err != nil || !strings.Contains(string(in), filepath.Base(path)) {
		leave()
		t.Skipf("the server is not in a control group for %s: %v", controller, err)
	}
	return path, leave
}
