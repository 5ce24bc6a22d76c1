package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// lacks leaves a test out where this machine does not let anybody do what the test needs. The probe is a command that
// has nothing of ours in it: what is broken in a script of ours makes a test fail.
func lacks(t testing.TB, what string, probe ...string) {
	t.Helper()
	if out, err := run("/", nil, probe[0], probe[1:]...); err != nil {
		t.Skipf("this machine has no %s: %s: %v\n%s", what, strings.Join(probe, " "), err, out)
	}
}

// needNamespaces leaves out what has a network and a tree of processes of its own.
func needNamespaces(t testing.TB) {
	t.Helper()
	lacks(t, "namespaces", "unshare", "-n", "-m", "-p", "-f", "--mount-proc", "true")
}

// needSystemd leaves out what starts a systemd, which wants namespaces of each kind, a tree of control groups to itself,
// a group on this machine for it, and a root to write to.
func needSystemd(t testing.TB) {
	t.Helper()
	all := []string{"unshare", "-m", "-p", "-f", "-n", "-u", "-i", "-C", "--mount-proc"}
	lacks(t, "namespaces for a systemd", append(all, "true")...)
	lacks(t, "control groups for a systemd", append(all, "mount", "-t", "cgroup2", "none", "/mnt")...)
	lacks(t, "control group of its own for a systemd", "sh", "-euc", `mkdir "$0"; rmdir "$0"`, group("probe"))
	lacks(t, "file system of layers", append(all, "sh", "-euc",
		"mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/root; mount -t overlay -o lowerdir=/usr,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root")...)
}

// group is the path of a control group, which need not exist.
func group(name string) string {
	top := "/sys/fs/cgroup"
	if exists(top + "/unified") {
		top += "/unified"
	}
	return filepath.Join(top, "enumim-"+name+"-"+strconv.Itoa(os.Getpid()))
}

// needContainers leaves out what starts a container: where none runs, whatever is in it.
func needContainers(t testing.TB) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "nothing.go"), []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(folder, []string{"CGO_ENABLED=0"}, "go", "build", "-o", "root/nothing", "nothing.go"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// crun refuses a mixture of both versions of control groups, but not where it sees one of them.
	lacks(t, "containers", "unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child", "sh", "-euc", `
		[ ! -d /sys/fs/cgroup/unified ] || { umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; }
		mount -t tmpfs tmpfs /run
		podman --root "$0/store" --runroot /run/store run --rm --cgroups=disabled --network=none --ulimit=host --rootfs "$0/root" /nothing`, folder)
}

// recorder is a test that records how it ends. It is for a goroutine of its own.
type recorder struct {
	testing.TB
	how, text string
}

func (r *recorder) end(how, format string, args []any) {
	r.how, r.text = how, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any)                 { r.end("failed", "%v", args) }
func (r *recorder) Fatalf(format string, args ...any) { r.end("failed", format, args) }
func (r *recorder) Skip(args ...any)                  { r.end("skipped", "%v", args) }
func (r *recorder) Skipf(format string, args ...any)  { r.end("skipped", format, args) }

// recorded says how a test of what f does would end.
func recorded(t *testing.T, f func(t testing.TB)) *recorder {
	t.Helper()
	r, ended := &recorder{TB: t}, make(chan struct{})
	go func() {
		defer close(ended)
		f(r)
	}()
	<-ended
	return r
}

// TestLacks leaves out what a machine does not have, and says what that is.
func TestLacks(t *testing.T) {
	if r := recorded(t, func(t testing.TB) { lacks(t, "wings", "false") }); r.how != "skipped" || !strings.Contains(r.text, "no wings: false") {
		t.Errorf("%s: %s", r.how, r.text)
	}
	if r := recorded(t, func(t testing.TB) { lacks(t, "air", "true") }); r.how != "" {
		t.Errorf("%s: %s", r.how, r.text)
	}
}

// TestBrokenBoot has a script that starts no systemd: that is no machine without one.
func TestBrokenBoot(t *testing.T) {
	need(t, "unshare")
	needSystemd(t)
	script := filepath.Join(t.TempDir(), "boot.sh")
	if err := os.WriteFile(script, []byte("echo broken; exit 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := recorded(t, func(tb testing.TB) { boot(tb, t.TempDir(), script) }); r.how != "failed" || !strings.Contains(r.text, "broken") {
		t.Errorf("%s: %s", r.how, r.text)
	}
}
