//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/enumim/enumim/bench/internal/peer"
)

// running is a server that runs.
type running struct {
	conf, log     string
	port, control int
	cmd           *exec.Cmd
	ended         chan struct{} // closed when the process has ended
	began         time.Time
}

// start runs the server with a Corefile.
func (p program) start(apex, backend string) (r *running, err error) {
	r = &running{conf: filepath.Join(p.dir, "Corefile"), log: filepath.Join(p.dir, "log"), ended: make(chan struct{})}
	if r.port, err = peer.FreePort(); err != nil {
		return nil, err
	}
	if r.control, err = peer.FreePort(); err != nil {
		return nil, err
	}
	if err := r.configure(apex, backend, 0); err != nil {
		return nil, err
	}
	out, err := os.Create(r.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	r.cmd = exec.Command(p.path, "-conf", r.conf)
	r.cmd.Stdout, r.cmd.Stderr = out, out
	r.began = time.Now()
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = r.cmd.Wait() // how it ends is of no interest, when it ends is
		close(r.ended)
	}()
	return r, nil
}

func (r *running) configure(apex, backend string, round int) error {
	return os.WriteFile(r.conf, []byte(corefile(apex, backend, r.port, r.control, round)), 0o600)
}

func (r *running) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.ended:
	case <-time.After(time.Minute):
		_ = r.cmd.Process.Kill()
		<-r.ended
	}
}

func (r *running) pid() int { return r.cmd.Process.Pid }

// said is what the server has logged.
func (r *running) said() string {
	text, _ := os.ReadFile(r.log)
	return string(text)
}

// await waits until something is; what says of the server that it is not.
func (r *running) await(ctx context.Context, what string, is func() bool) error {
	for !is() {
		select {
		case <-r.ended:
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
			if time.Since(r.began) < patience {
				continue
			}
		}
		return fmt.Errorf("the server %s:\n%s", what, r.said())
	}
	return nil
}

// ready reports whether all numbers are there.
func (r *running) ready() bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/ready", r.control))
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
