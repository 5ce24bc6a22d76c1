package servers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	attempts = 5 // with other ports, when somebody else was faster
	pause    = 10 * time.Millisecond
)

// process is a server as the system sees it. Nothing runs beside a test for it: no goroutine that a test of
// leaks would count.
type process struct {
	cmd     *exec.Cmd // nil while stopped
	guard   *exec.Cmd
	release io.Closer // ends the guard
	held    claims    // its ports
}

// claim takes a name that one process of the machine can have at a time, until it is given back or the process ends: that of a
// socket of which no file stays.
func claim(name string) (io.Closer, error) { return net.Listen("unix", "@enumim-test-servers-"+name) }

// owner is the user that a program runs as, who owns its data; the zero owner is who runs the test.
type owner struct{ credential *syscall.Credential }

// attributes bind a child to the test: the kernel kills it when the test ends. Its own process group keeps it
// from signals of a terminal.
func (o owner) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true, Credential: o.credential}
}

// give makes the owner own a file or folder and all that is in it.
func (o owner) give(path string) error {
	if o.credential == nil {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(o.credential.Uid), int(o.credential.Gid))
	})
}

// guardian ends what a test leaves: when its input ends, which happens when the test does, however it does, it
// kills what works in the folder, and takes away the folder and the piece of shared memory by which PostgreSQL
// knows that its data is in use.
const guardian = `base=$1
cat >/dev/null
set -- $(sed -n 7p "$base/data/postmaster.pid" 2>/dev/null)
for again in 1 2 3; do
	for p in /proc/[0-9]*; do
		case $(readlink "$p/cwd") in "$base"/*) kill -9 "${p#/proc/}" ;; esac
	done
done 2>/dev/null
[ -z "$2" ] || ipcrm -m "$2" 2>/dev/null
umount -l "$base/data" 2>/dev/null
rm -rf "$base" || { sleep 1; rm -rf "$base"; }
`

// folder makes a folder with a data folder that belongs to the owner, and its guard.
func folder(o owner) (base string, guard *exec.Cmd, release io.Closer, err error) {
	if base, err = os.MkdirTemp("", "enumim-servers-"); err != nil {
		return "", nil, nil, err
	}
	if err = os.Mkdir(filepath.Join(base, "data"), 0o700); err == nil {
		err = o.give(base)
	}
	if err != nil {
		os.RemoveAll(base)
		return "", nil, nil, err
	}
	guard = exec.Command("/bin/sh", "-c", guardian, "guardian", base)
	guard.Dir = "/"
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	release, err = guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	return base, guard, release, err
}

// start starts a server with data in a new folder, after prepare, and waits until it answers.
func start(t testing.TB, k kind, prepare func(s *Server) error) *Server {
	t.Helper()
	s := &Server{tb: t, kind: k, process: &process{}}
	var err error
	if s.base, s.guard, s.release, err = folder(k.owner); err != nil {
		t.Fatal(err)
	}
	s.Dir = filepath.Join(s.base, "data")
	t.Cleanup(s.end)
	if k.disk != "" {
		options := "mode=0700,size=" + k.disk
		if k.owner.credential != nil {
			options += fmt.Sprintf(",uid=%d,gid=%d", k.owner.credential.Uid, k.owner.credential.Gid)
		}
		lacks(t, "mounts", "unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
		if err := unix.Mount("tmpfs", s.Dir, "tmpfs", 0, options); err != nil {
			t.Fatalf("a disk of its own for a server: mount: %v", err)
		}
	}
	if prepare != nil {
		if err := prepare(s); err != nil {
			t.Fatal(err)
		}
	}
	for range attempts {
		s.held.Close()
		if s.kind.fixed, s.held, err = freePorts(k.ports); err != nil {
			t.Fatal(err)
		}
		s.Addr = k.network.host() + ":" + s.kind.fixed[0]
		if err = s.run(); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run starts the program and waits until it answers.
func (s *Server) run() error {
	log, err := os.Create(filepath.Join(s.base, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.kind.program, append(s.kind.command(s, s.kind.fixed), s.Extra...)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.Dir, log, log
	s.cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	if runtime.GOARCH != "amd64" {
		s.cmd.Env = append(s.cmd.Env, "ETCD_UNSUPPORTED_ARCH="+runtime.GOARCH) // else etcd 3.4 refuses to run
	}
	s.cmd.SysProcAttr = s.kind.owner.attributes()
	if err := s.kind.network.enter(s.cmd.Start); err != nil {
		s.cmd = nil
		return err
	}
	what := "does not answer"
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(pause) {
		err = s.kind.ready(s)
		if ended(s.cmd.Process.Pid) {
			if what = "ended"; err == nil {
				err = errors.New("another program answers in its place")
			}
			break
		}
		if err == nil {
			return nil
		}
	}
	s.kill()
	text, _ := os.ReadFile(log.Name())
	if bytes.Contains(bytes.ToLower(text), []byte("address already in use")) {
		err = syscall.EADDRINUSE
	}
	return fmt.Errorf("%s %s: %w\n%s", s.kind.program, what, err, text[max(0, len(text)-4000):])
}

// kill ends all processes of the server.
func (s *Server) kill() {
	if s.cmd == nil {
		return
	}
	s.signal(syscall.SIGKILL)
	s.cmd.Wait() // it was killed
	s.cmd = nil
}

// end ends the server for good.
func (s *Server) end() {
	s.kill()
	if s.kind.disk != "" {
		unix.Unmount(s.Dir, unix.MNT_DETACH)
	}
	s.release.Close()
	s.guard.Wait()
	s.held.Close()
}

// signal sends a signal to all processes of the server, the first one first. Those of PostgreSQL are no
// process group, but descendants; while their parent is stopped there come no new ones.
func (s *Server) signal(sig syscall.Signal) {
	seen := map[int]bool{}
	next := []int{s.cmd.Process.Pid}
	for len(next) > 0 {
		for _, pid := range next {
			seen[pid] = true
		}
		below := children(seen)
		for _, pid := range next {
			syscall.Kill(pid, sig)
		}
		// Those that came until the parent had the signal.
		if sig == syscall.SIGSTOP {
			below = children(seen)
		}
		next = below
	}
}

// children returns the processes that have a parent among those given, and are not among them.
func children(of map[int]bool) (pids []int) {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		if _, parent := stat(pid); of[parent] && !of[pid] {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat returns the state of a process, "" when there is none, and its parent.
func stat(pid int) (state string, parent int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// The name of the program stands in brackets and may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

func ended(pid int) bool {
	state, _ := stat(pid)
	return state == "" || state == "Z"
}

// Stop ends all processes of the server as kill -9 does. Its data stays.
func (s *Server) Stop() { s.kill() }

// Start starts a stopped server again, at the same address and with the same data, and waits until it answers.
func (s *Server) Start() {
	s.tb.Helper()
	if s.cmd != nil {
		s.tb.Fatal("the server runs")
	}
	var err error
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(pause) {
		if err = s.run(); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		s.tb.Fatal(err)
	}
}

// Pause stops all processes of the server where they are: it does not answer, and its connections stay.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume continues a paused server.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// PIDs returns the processes of the server, the first one first; none while it is stopped.
func (s *Server) PIDs() []int {
	if s.cmd == nil {
		return nil
	}
	pids := []int{s.cmd.Process.Pid}
	for seen := map[int]bool{pids[0]: true}; ; {
		below := children(seen)
		if len(below) == 0 {
			return pids
		}
		for _, pid := range below {
			seen[pid] = true
		}
		pids = append(pids, below...)
	}
}
