package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoRoom (F25): on a disk that is full, read-only, or with a limit to the size of files, the last good data that was kept
// stays whole, serving goes on, and a start without the store has what was kept.
func TestNoRoom(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a disk of its own needs root")
	}
	lacks(t, "mounts", exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"))
	ways := slices.DeleteFunc(slices.Clone(storeWays), func(w way) bool { return w.name != "redis feed" })
	for _, c := range []struct {
		name string
		take func(t *testing.T, h *host, disk string) (give func())
	}{
		{"disk full", func(t *testing.T, h *host, disk string) func() {
			ballast := filepath.Join(disk, "ballast")
			if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("the disk is not full: %v", err)
			}
			return func() { os.Remove(ballast) }
		}},
		{"read-only", func(t *testing.T, h *host, disk string) func() {
			if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			return func() { unix.Mount("", disk, "", unix.MS_REMOUNT, "") }
		}},
		{"file size limited", func(t *testing.T, h *host, disk string) func() {
			return h.prlimit(t, "fsize", "4096")
		}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := home(t)
			disk := filepath.Join(dir, "disk")
			if err := os.Mkdir(disk, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=2m,mode=0777"); err != nil {
				t.Fatalf("a disk of its own for the test: mount: %v", err)
			}
			t.Cleanup(func() { unix.Unmount(disk, unix.MNT_DETACH) })
			l := newStoreLane(t, ways[0], 100)
			kept := filepath.Join(disk, "kept")
			l.store.options = append(l.store.options, "snapshot "+kept)
			h := &host{lanes: []*lane{l}, daemon: startLanes(t, dir, []*lane{l})}
			h.awaitStore(t, l, 1)
			eventually(t, func() error { _, err := os.Stat(kept); return err })
			good, err := os.ReadFile(kept)
			if err != nil {
				t.Fatal(err)
			}
			give := c.take(t, h, disk)
			logged := h.journal.len()
			load := startUDP(t, h.at, h.lanes)
			h.awaitStore(t, l, l.put(t))
			// A reload of the Corefile has what is there saved at once: another backend takes over, and the first ends.
			l.store.block = []string{"timeout 400ms"}
			l.store.options = append(l.store.options, "stale 2h")
			h.configure(t, h.lanes)
			h.reload(t, "[INFO] Reloading complete")
			h.awaitLog(t, logged, "cannot be saved")
			if now, err := os.ReadFile(kept); err != nil || string(now) != string(good) {
				t.Errorf("what was kept is another one: %v", err)
			}
			if half, _ := filepath.Glob(filepath.Join(disk, ".enumim-*")); len(half) > 0 {
				t.Errorf("half a file is left: %q", half)
			}
			h.awaitStore(t, l, l.put(t))
			load.stop(t)
			give()
			h.tellsNoNumber(t, h.lanes)
			if !t.Failed() {
				note(t, result{Date: today(), Fault: "F25", Name: c.name, Store: "snapshot", Rounds: 1, Queries: load.answered.Load()})
			}
		})
	}
}
