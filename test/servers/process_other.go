//go:build !linux

package servers

import (
	"errors"
	"io"
	"os/exec"
	"syscall"
	"testing"
)

var errSystem = errors.New("servers are started on Linux only")

type process struct{}

type owner struct{}

func unprivileged() owner { return owner{} }

func (owner) attributes() *syscall.SysProcAttr { return nil }

func (owner) give(string) error { return errSystem }

func ended(int) bool { return true }

func claim(string) (io.Closer, error) { return nil, errSystem }

func folder(owner) (string, *exec.Cmd, io.Closer, error) { return "", nil, nil, errSystem }

func start(t testing.TB, _ kind, _ func(*Server) error) *Server {
	t.Skip(errSystem)
	return nil
}

// Stop, Start, Pause, Resume and PIDs are documented for Linux: here there is no server to call them on.
func (s *Server) Stop()       {}
func (s *Server) Start()      {}
func (s *Server) Pause()      {}
func (s *Server) Resume()     {}
func (s *Server) PIDs() []int { return nil }
