//go:build linux

// Package proc reads what Linux tells of a process and its children.
package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tree returns pid and all processes below it.
func Tree(pid int) []int {
	pids := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		list, _ := os.ReadFile(t)
		for f := range strings.FieldsSeq(string(list)) {
			if child, err := strconv.Atoi(f); err == nil {
				pids = append(pids, Tree(child)...)
			}
		}
	}
	return pids
}

// CPU returns the time that the threads of the processes have run. Unlike the times in
// /proc/PID/stat it does not count in ticks.
func CPU(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, t := range tasks {
			text, _ := os.ReadFile(t)
			ran, _, _ := strings.Cut(string(text), " ")
			ns, _ := strconv.ParseInt(ran, 10, 64)
			sum += time.Duration(ns)
		}
	}
	return sum
}

// System returns which share of their time the processes ran in the kernel, in all their life, as
// ticks of user and system time.
func System(pids []int) (user, system int64) {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(f) > 12 {
			u, _ := strconv.ParseInt(f[11], 10, 64)
			s, _ := strconv.ParseInt(f[12], 10, 64)
			user, system = user+u, system+s
		}
	}
	return user, system
}

// PSS returns the memory of the processes, in octets; what they share counts once.
func PSS(pids []int) (sum int64) {
	for _, pid := range pids {
		sum += field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
	}
	return sum
}

// ResetPeak makes Peak begin anew.
func ResetPeak(pids []int) error {
	for _, pid := range pids {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
			return err
		}
	}
	return nil
}

// Peak returns the most memory that a process had resident, in octets.
func Peak(pid int) int64 { return field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:") }

// Resident returns the memory that a process has resident, in octets.
func Resident(pid int) int64 { return field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:") }

// field returns the value, in octets, of a line "Name: N kB".
func field(path, name string) int64 {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// Machine describes the machine in a few lines.
func Machine() string {
	cpu := "unknown processor"
	text, _ := os.ReadFile("/proc/cpuinfo")
	var cores int
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			switch strings.TrimSpace(name) {
			case "model name":
				cpu = strings.TrimSpace(value)
			case "processor":
				cores++
			}
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	kernel := slices.Concat(strings.SplitN(strings.TrimSpace(string(release)), ".", 3), []string{"", ""})
	virtual := ""
	if strings.Contains(string(text), " hypervisor") {
		virtual = ", a virtual machine"
	}
	return fmt.Sprintf("%d processors of %s%s, %d GiB, Linux %s.%s", cores, cpu, virtual,
		(field("/proc/meminfo", "MemTotal:")+1<<29)>>30, kernel[0], kernel[1])
}
