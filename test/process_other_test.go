//go:build !linux

package test

import (
	"os"
	"os/exec"
)

func dieWithParent(*exec.Cmd) {}

func terminate(cmd *exec.Cmd) { cmd.Process.Signal(os.Interrupt) }
