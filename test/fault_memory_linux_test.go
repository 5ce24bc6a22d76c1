package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestLittleMemory (F27): with 100,000 numbers the server stays within 170 MiB, while the file is loaded anew and queries
// come. Without control groups of memory the test is skipped.
func TestLittleMemory(t *testing.T) {
	dir := home(t)
	l := newLane(t, dir, 0, 1000, false)
	h := &host{lanes: []*lane{l}, memory: []*lane{l}, daemon: startLanes(t, dir, []*lane{l}, "GOMEMLIMIT=150MiB")}
	group, leave := h.cgroup(t, "memory", "memory.limit_in_bytes", strconv.Itoa(170<<20))
	t.Cleanup(leave)
	big := filepath.Join(dir, "big")
	many := func(round int) {
		var b strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&b, "+4479460%05d im:u%d.%d@example.com sip:u%d@example.net\n", i, i, round, i)
		}
		b.WriteString("$END\n")
		(&lane{path: big}).place(t, b.String())
	}
	many(0)
	text, err := os.ReadFile(h.corefile)
	if err != nil {
		t.Fatal(err)
	}
	h.write(t, strings.Replace(string(text), "\n errors\n", "\n errors\n enumim big.example.net. {\n backend file "+big+"\n }\n", 1))
	h.awaitStore(t, l, 1)
	h.reload(t, "[INFO] Reloading complete")
	h.load = startUDP(t, h.at, h.lanes)
	r := h.load.counted()
	for round := range 1 + 2**faultRounds {
		logged := h.journal.len()
		many(round + 1)
		h.awaitStore(t, l, l.next(t))
		h.awaitLog(t, logged, "loaded "+big)
	}
	h.load.stop(t)
	r.take(h.load)
	most, err := os.ReadFile(filepath.Join(group, "memory.max_usage_in_bytes"))
	if err != nil {
		t.Fatal(err)
	}
	peak, _ := strconv.Atoi(strings.TrimSpace(string(most)))
	t.Logf("%d MiB at most, of the files that were read too", peak>>20)
	if err := h.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Error("the server is gone: ", err)
	}
	r.Fault, r.Name, r.Store, r.Rounds = "F27", "170 MiB of memory", "file", 1+2**faultRounds
	if !t.Failed() {
		note(t, r)
	}
}
