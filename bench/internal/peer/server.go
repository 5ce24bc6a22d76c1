//go:build linux

package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/proc"
)

// How long a server may take, ten million numbers and a busy machine included.
const (
	startTime = 10 * time.Minute
	stopTime  = 30 * time.Second
	pollTime  = 5 * time.Millisecond
)

// The servers run on one core, whatever loads them on the other.
const (
	ServerCore = 0
	LoadCore   = 1
)

// Server is a server that runs.
type Server struct {
	Spec
	Files data.Files
	// Ready is how long it took from the start of the process to the first answer; LoadCPU is the
	// time it ran until then.
	Ready, LoadCPU time.Duration

	build   *Build
	dir     string
	port    int
	control int
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// Start starts the server and waits until it answers. dir is for its files.
func (b *Build) Start(ctx context.Context, s Spec) (_ *Server, err error) {
	v := &Server{Spec: s, build: b}
	if v.Files, err = s.Data.Make(b.Data); err != nil {
		return nil, err
	}
	if v.dir, err = os.MkdirTemp(b.dir, "server"); err != nil {
		return nil, err
	}
	if v.port, err = FreePort(); err != nil {
		return nil, err
	}
	if v.control, err = FreePort(); err != nil {
		return nil, err
	}
	// A link: to replace the file leaves the common one as it is.
	if err = link(v.Original(), v.data()); err != nil {
		return nil, err
	}
	args, err := v.configure()
	if err != nil {
		return nil, err
	}
	return v, v.run(ctx, args)
}

// Original is the file of the set that the server serves.
func (v *Server) Original() string {
	if v.Kind == Derived || v.Kind == Distinct {
		return v.Files.Numbers
	}
	return v.Files.Zone
}

func (v *Server) run(ctx context.Context, args []string) error {
	stderr, err := os.Create(v.path("stderr"))
	if err != nil {
		return err
	}
	defer stderr.Close()
	v.cmd = exec.Command("taskset", append([]string{"-c", strconv.Itoa(ServerCore)}, args...)...)
	v.cmd.Dir = v.dir
	v.cmd.Stderr = stderr
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us alone
	began := time.Now()
	if err := v.cmd.Start(); err != nil {
		return err
	}
	v.ended = make(chan struct{})
	go func() {
		_ = v.cmd.Wait() // how a server ends is of no interest, when it ends is
		close(v.ended)
	}()
	for !v.Serves("") {
		select {
		case <-v.ended:
			said, _ := os.ReadFile(stderr.Name())
			return fmt.Errorf("%s ended at its start: %s", v, said)
		case <-ctx.Done():
			v.Stop()
			return ctx.Err()
		case <-time.After(pollTime):
		}
		if time.Since(began) > startTime {
			v.Stop()
			return fmt.Errorf("%s does not answer", v)
		}
	}
	v.Ready, v.LoadCPU = time.Since(began), proc.CPU(v.PIDs())
	return nil
}

// PIDs are the processes of the server.
func (v *Server) PIDs() []int { return proc.Tree(v.cmd.Process.Pid) }

// Address is where the server answers.
func (v *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", v.port) }

// Control is the address of the plugin pprof or prometheus.
func (v *Server) Control() string { return fmt.Sprintf("127.0.0.1:%d", v.control) }

// Serves reports whether the answer for the number that data.Change changes has the text.
func (v *Server) Serves(text string) bool {
	m := new(dns.Msg)
	m.SetQuestion(v.Files.Changed, dns.TypeNAPTR)
	c := dns.Client{Timeout: 500 * time.Millisecond}
	r, _, err := c.Exchange(m, v.Address())
	return err == nil && slices.ContainsFunc(r.Answer, func(rr dns.RR) bool { return strings.Contains(rr.String(), text) })
}

// Replace puts another file in the place of the server's, and tells it so where it needs to be told.
func (v *Server) Replace(path string) error {
	if v.Kind == BIND { // it leaves alone what is not younger than its last load, by whole seconds
		later := time.Now().Add(2 * time.Second)
		if err := os.Chtimes(path, later, later); err != nil {
			return err
		}
	}
	if err := os.Rename(path, v.data()); err != nil {
		return err
	}
	args := v.reload()
	if args == nil {
		return nil
	}
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return nil
}

// Scratch is a path for a file that is to be given to Replace.
func (v *Server) Scratch() string { return v.path("next") }

// Stop ends the server and removes its files.
func (v *Server) Stop() {
	pids := v.PIDs()
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-v.ended:
	case <-time.After(stopTime):
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-v.ended
	}
	_ = os.RemoveAll(v.dir)
}

// link makes to another name of the file from, or a copy of it on another file system.
func link(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(to), text, 0o600)
}

// FreePort returns a port of 127.0.0.1 that is free for UDP and TCP now; another process may take it.
func FreePort() (int, error) {
	for range 100 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		c, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		l.Close()
		if err == nil {
			c.Close()
			return port, nil
		}
	}
	return 0, errors.New("no free port")
}
