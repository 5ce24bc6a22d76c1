package test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// apart keeps the test on one processor and the server on another one, so that neither has the time of the other. It
// reports whether there are two.
func (d *daemon) apart(t *testing.T) bool {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < 2 && cpu < 1024; cpu++ {
		if all.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	if len(cpus) < 2 {
		return false
	}
	for i, pid := range []int{os.Getpid(), d.cmd.Process.Pid} {
		var set unix.CPUSet
		set.Set(cpus[i])
		keep(t, pid, set)
	}
	t.Cleanup(func() { keep(t, os.Getpid(), all) })
	return true
}

// keep has all threads of a process, and those to come, run on these processors.
func keep(tb testing.TB, pid int, on unix.CPUSet) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err == nil {
			err = unix.SchedSetaffinity(id, &on)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) {
			tb.Fatal(err)
		}
	}
}

// ran returns for how long the threads of the server have run.
func (d *daemon) ran() (sum time.Duration) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", d.cmd.Process.Pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		var ns int64
		fmt.Sscan(string(text), &ns)
		sum += time.Duration(ns)
	}
	return sum
}
