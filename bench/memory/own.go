//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/enumim/enumim/bench/internal/proc"
)

// patience is how long numbers may take to be loaded.
const patience = 30 * time.Minute

// spent is what a server takes, in octets of resident memory, until it is ready and from then on.
type spent struct {
	start, cpu  time.Duration // until all numbers are there; how long the process ran for that
	rest, most  int64         // afterwards, and at most until then
	again, then int64         // at most while it is loaded anew beside what is served, and afterwards
}

// program is the server that users have, cmd/coredns, in a folder of its own.
type program struct{ dir, path string }

func buildProgram(ctx context.Context) (p program, err error) {
	if p.dir, err = os.MkdirTemp("", "enumim-bench-memory"); err != nil {
		return p, err
	}
	p.path = filepath.Join(p.dir, "coredns")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", p.path, "github.com/enumim/enumim/cmd/coredns")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.close()
		return p, fmt.Errorf("go build ./cmd/coredns: %w\n%s", err, out)
	}
	return p, nil
}

func (p program) close() { _ = os.RemoveAll(p.dir) }

// lines writes a backend line of one line as a Corefile has it.
var lines = strings.NewReplacer("{", "{\n", ";", "\n", "}", "\n}")

// corefile serves a tree from a backend; round makes one that differs from that of another round, so that the backend is opened anew.
func corefile(apex, backend string, port, control, round int) string {
	return fmt.Sprintf("%s:%d {\n bind 127.0.0.1\n ready 127.0.0.1:%d\n errors\n enumim {\n backend %s\n timeout %dms\n }\n}\n",
		apex, port, control, lines.Replace(backend), 500+round)
}

// spends runs the server with a backend line until its numbers are there, and has it load them anew: by change, or, where
// that is nil, by a reload that opens the backend a second time.
func (p program) spends(ctx context.Context, apex, backend string, change func() error) (s spent, err error) {
	r, err := p.start(apex, backend)
	if err != nil {
		return s, err
	}
	defer r.stop()
	pids := []int{r.pid()}
	if err := r.await(ctx, "does not become ready", r.ready); err != nil {
		return s, err
	}
	s.start, s.cpu, s.most = time.Since(r.began), proc.CPU(pids), proc.Peak(r.pid())
	time.Sleep(2 * time.Second) // for what ends behind the start
	s.rest = proc.Resident(r.pid())
	done := "Reloading complete"
	if change != nil {
		done = "loaded "
	} else {
		change = func() error {
			return errors.Join(r.configure(apex, backend, 1), r.cmd.Process.Signal(syscall.SIGUSR1))
		}
	}
	before := len(r.said())
	if err := errors.Join(proc.ResetPeak(pids), change()); err != nil {
		return s, err
	}
	if err := r.await(ctx, "does not load again", func() bool { return strings.Contains(r.said()[before:], done) }); err != nil {
		return s, err
	}
	// The old backend answers until the new one has its data.
	if err := r.await(ctx, "is not ready after a reload", r.ready); err != nil {
		return s, err
	}
	time.Sleep(5 * time.Second)
	s.again, s.then = proc.Peak(r.pid()), proc.Resident(r.pid())
	return s, nil
}
