package test

import (
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
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// host is a server with data of every kind, of which faults of its machine befall one after the other. The load comes over
// UDP: what comes over TCP needs a descriptor, which is what some of the faults are about.
type host struct {
	*daemon
	lanes []*lane
	// memory are the lanes whose data is in the server, so that no fault of the machine may cost an answer.
	memory []*lane
	load   *load
}

// newHost starts a server with a numbers file, a zone file, a data base in a file, and a store in both modes.
func newHost(t *testing.T) *host {
	t.Helper()
	dir := home(t)
	h := &host{lanes: []*lane{newLane(t, dir, 0, 40, false), newLane(t, dir, 1, 40, true)}}
	h.memory = slices.Clone(h.lanes)
	for _, w := range storeWays {
		if !slices.Contains([]string{"bolt", "redis feed", "redis store"}, w.name) {
			continue
		}
		l := &lane{apex: fmt.Sprintf("l%d.example.net.", len(h.lanes)), size: 40, store: w.start(t)}
		l.put(t)
		l.raise(1)
		h.lanes = append(h.lanes, l)
		if w.feed {
			h.memory = append(h.memory, l)
		}
	}
	h.daemon = startLanes(t, dir, h.lanes[:2])
	h.configure(t, h.lanes)
	h.reload(t, "[INFO] Reloading complete")
	for _, l := range h.lanes {
		h.awaitStore(t, l, 1)
	}
	return h
}

// startUDP asks over UDP alone until stop is called or the test ends.
func startUDP(tb testing.TB, at string, lanes []*lane) *load {
	l := &load{at: at, lanes: lanes, quit: make(chan struct{})}
	l.overlap.Store(true) // not each store makes a change visible at once
	for range 2 {
		l.wg.Go(func() { l.work("udp", udpWindow) })
	}
	tb.Cleanup(func() { l.stop(tb) })
	return l
}

// hostFault is something that goes wrong with the machine that the server runs on.
type hostFault struct {
	id, name string
	// inject does it, and returns what ends it.
	inject func(t *testing.T, h *host) (heal func())
	lasts  time.Duration // 0 is a second
	// slow says that the server gets too little time to reply within a second.
	slow bool
}

// hostFaults are those of the machine.
var hostFaults = []hostFault{
	{id: "F26", name: "no descriptor left", inject: noDescriptors},
	{id: "F26", name: "descriptors leaked to peers", inject: leakedPeers},
	{id: "F28", name: "a tenth of a processor", inject: littleTime, lasts: 3 * time.Second, slow: true},
	{id: "F28", name: "busy neighbours", inject: busyNeighbours, lasts: 3 * time.Second, slow: true},
	{id: "F29", name: "few threads", inject: fewThreads, lasts: 2 * time.Second},
}

// noDescriptors takes all descriptors but those that are open.
func noDescriptors(t *testing.T, h *host) func() { return h.limit(t, 0) }

// limit lowers the limit of descriptors of the running server to what it has open, and some; it returns what lifts it.
func (h *host) limit(t *testing.T, more int) func() {
	t.Helper()
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", h.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, fd := range open {
		n, _ := strconv.Atoi(filepath.Base(fd))
		most = max(most, n)
	}
	return h.prlimit(t, "nofile", strconv.Itoa(most+1+more))
}

// prlimit sets a limit of the running server, and returns what sets it to what it was. It is done as the user of the server,
// who may do it without any rights; where that is not allowed the test is skipped.
func (h *host) prlimit(t *testing.T, what, to string) (back func()) {
	t.Helper()
	run := func(args ...string) (string, error) {
		cmd := exec.Command("prlimit", append([]string{"--pid", strconv.Itoa(h.cmd.Process.Pid)}, args...)...)
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("prlimit: %w: %s", err, out)
		}
		return strings.TrimSpace(string(out)), err
	}
	was, err := run("--"+what, "--output", "SOFT", "--noheadings")
	if err == nil {
		_, err = run("--" + what + "=" + to + ":")
	}
	if err != nil {
		t.Skip("the limits of the server cannot be set: ", err)
	}
	return func() {
		if _, err := run("--" + what + "=" + was + ":"); err != nil {
			t.Error(err)
		}
	}
}

// leakedPeers has others take all descriptors that are left: connections that nobody closes.
func leakedPeers(t *testing.T, h *host) func() {
	heal := h.limit(t, 30)
	var peers []net.Conn
	for range 60 {
		c, err := net.DialTimeout("tcp", h.at, time.Second)
		if err != nil {
			break // as many as wait to be taken
		}
		peers = append(peers, c)
	}
	return func() {
		for _, c := range peers {
			c.Close()
		}
		heal()
	}
}

// cgroup makes a control group below that of the test, and moves the server there. Where that is not allowed, or is not
// what it looks like, the test is skipped.
func (h *host) cgroup(t *testing.T, controller string, settings ...string) (path string, leave func()) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip("no control groups: ", err)
	}
	var above string
	for line := range strings.Lines(string(text)) {
		if parts := strings.SplitN(strings.TrimSpace(line), ":", 3); len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			above = filepath.Join("/sys/fs/cgroup", controller, parts[2])
		}
	}
	var fs unix.Statfs_t
	if above == "" || unix.Statfs(above, &fs) != nil || fs.Type != unix.CGROUP_SUPER_MAGIC {
		t.Skipf("no control group for %s is to be seen", controller)
	}
	path = filepath.Join(above, fmt.Sprintf("enumim-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Skipf("no control group for %s can be made: %v", controller, err)
	}
	set := func(path, name, value string) error {
		file, err := os.OpenFile(filepath.Join(path, name), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteString(value)
		return errors.Join(err, file.Close())
	}
	pid := strconv.Itoa(h.cmd.Process.Pid)
	leave = func() {
		if err := set(above, "cgroup.procs", pid); err != nil {
			t.Log("the server stays in its control group: ", err)
		}
		for range 100 {
			if err = os.Remove(path); err == nil || errors.Is(err, os.ErrNotExist) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Log("the control group stays: ", err)
	}
	for i := 0; err == nil && i < len(settings); i += 2 {
		err = set(path, settings[i], settings[i+1])
	}
	if err == nil {
		err = set(path, "cgroup.procs", pid)
	}
	in, _ := os.ReadFile(filepath.Join("/proc", pid, "cgroup"))
	if err != nil || !strings.Contains(string(in), filepath.Base(path)) {
		leave()
		t.Skipf("the server is not in a control group for %s: %v", controller, err)
	}
	return path, leave
}

// littleTime gives the server 10 ms of each 100.
func littleTime(t *testing.T, h *host) func() {
	_, leave := h.cgroup(t, "cpu", "cpu.cfs_quota_us", "10000")
	return leave
}

// busyNeighbours has two processes run all the time that get some nine parts of ten of what the server would have.
func busyNeighbours(t *testing.T, _ *host) func() {
	var all []*exec.Cmd
	for range 2 {
		cmd := exec.Command("nice", "-n", "-10", "sh", "-c", "while :; do :; done")
		dieWithParent(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	return func() {
		for _, cmd := range all {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
}

// fewThreads lets the server make no threads but a few: the Go runtime ends a program that gets none when it needs one,
// so what is held here is that the server needs no more, also to load files and to talk to stores.
func fewThreads(t *testing.T, h *host) func() {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", h.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, leave := h.cgroup(t, "pids", "pids.max", strconv.Itoa(len(tasks)+8))
	return leave
}

// TestHostFaults injects faults of the machine (F26, F28, F29) under load: no wrong reply, none lost, and what is in memory
// is answered throughout; what changed meanwhile is served soon after.
func TestHostFaults(t *testing.T) {
	h := newHost(t)
	h.load = startUDP(t, h.at, h.lanes)
	h.load.aside.Store(true)
	for _, f := range hostFaults {
		t.Run(f.id+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { h.run(t, f) })
	}
	h.load.stop(t)
	h.tellsNoNumber(t, h.lanes)
}

// run is as that of scenes: what may be the doing of a machine that is busy anyway is tried again.
func (h *host) run(t *testing.T, f hostFault) {
	before := h.usage(t)
	for try := 1; ; try++ {
		r, slow := h.suffers(t, f)
		h.settles(t, before)
		for _, text := range slow {
			if once() && try < tries {
				t.Logf("try %d: %s", try, text)
			} else {
				t.Error(text)
			}
		}
		if len(slow) == 0 || t.Failed() {
			r.Broken = t.Failed()
			t.Logf("%+v", r)
			note(t, r)
			return
		}
	}
}

// suffers injects a fault as often as is wanted. It returns what was seen, and what took too long.
func (h *host) suffers(t *testing.T, f hostFault) (r result, slow []string) {
	l := h.load
	r = l.counted()
	r.Kind, r.Fault, r.Name, r.Store, r.Rounds = "fault", f.id, f.name, "all", *faultRounds
	logged := h.journal.len()
	for range *faultRounds {
		l.outage.Store(true)
		heal := f.inject(t, h)
		var changed []uint32
		for _, lane := range h.lanes {
			if lane.store == nil {
				lane.next(t)
			} else {
				lane.put(t)
			}
			changed = append(changed, lane.high.Load())
		}
		lasts := f.lasts
		if lasts == 0 {
			lasts = time.Second
		}
		for until := time.Now().Add(lasts); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			if err := h.answers(h.memory); err != nil {
				t.Error(err)
				break
			}
		}
		heal()
		began := time.Now()
		for i, lane := range h.lanes {
			h.awaitStore(t, lane, changed[i])
		}
		r.Recovery = max(r.Recovery, time.Since(began).Milliseconds())
		l.calms(t)
		l.outage.Store(false)
		eventually(t, func() error { return h.overTCP(h.lanes[0]) })
	}
	r.take(l)
	if r.Wrong > 0 || r.Lost > 0 {
		t.Errorf("%d replies are wrong, %d queries got none: %v", r.Wrong, r.Lost, l.faults)
	}
	if n := l.untimely.Swap(0); n > 0 {
		slow = append(slow, fmt.Sprintf("%d replies say that something is at fault, and nothing is", n))
	}
	if r.Slowest > within(time.Second).Milliseconds() && !f.slow {
		slow = append(slow, fmt.Sprintf("a reply took %d ms", r.Slowest))
	}
	// A store may be taken as down once in a round, and not again and again: each time is told.
	if told := strings.Count(h.journal.since(logged), ": is unavailable"); told > 2**faultRounds {
		slow = append(slow, fmt.Sprintf("stores were taken as down %d times in %d rounds:\n%s", told, *faultRounds, h.journal.since(logged)))
	}
	return r, slow
}

// today is the date in results.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// counted begins a result: take makes its counts what was counted since.
func (l *load) counted() result {
	l.slowest.Store(0)
	return result{Date: today(), Queries: l.answered.Load(), Failed: l.failed.Load(),
		Stale: l.stale.Load(), Wrong: l.wrong.Load(), Lost: l.lost.Load()}
}

// take makes the counts what was counted since.
func (r *result) take(l *load) {
	r.Queries, r.Failed, r.Stale = l.answered.Load()-r.Queries, l.failed.Load()-r.Failed, l.stale.Load()-r.Stale
	r.Wrong, r.Lost, r.Slowest = l.wrong.Load()-r.Wrong, l.lost.Load()-r.Lost, l.slowest.Load()/int64(time.Millisecond)
}

// answers returns an error unless all numbers of the lanes are answered, from any version there may be.
func (d *daemon) answers(lanes []*lane) error {
	var all []query
	for _, l := range lanes {
		all = append(all, l.queries()...)
	}
	return d.askAll(all, func(q query, m *dns.Msg) error {
		if m.Rcode == dns.RcodeServerFailure {
			return fmt.Errorf("%w: what is in memory is not answered: %v", errWrong, m)
		}
		return q.check(m, q.low.Load(), true)
	})
}

// overTCP asks one query over TCP.
func (d *daemon) overTCP(l *lane) error {
	q := query{l, 0}
	m, _, err := (&dns.Client{Net: "tcp", Timeout: time.Second}).Exchange(q.message(1), d.at)
	if err != nil {
		return err
	}
	return q.check(m, q.low.Load(), true)
}

// TestServerSuspended (F30): a server that was stopped for some time, as a virtual machine that is suspended, answers
// right at once when it goes on, says of data that it could not follow that it is stale, and is as before soon after.
func TestServerSuspended(t *testing.T) {
	h := newHost(t)
	pause := 2 * time.Second
	if *long {
		pause = 20 * time.Second // data is stale after 15
	}
	for range *faultRounds {
		var r result
		logged := h.journal.len()
		if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pause)
		if err := h.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := h.answers(h.memory); err != nil {
			t.Error(err)
		}
		for _, l := range h.lanes {
			h.awaitStore(t, l, l.high.Load())
		}
		r.Recovery = time.Since(began).Milliseconds()
		if r.Recovery > within(2*time.Second).Milliseconds() {
			t.Errorf("all is as before after %d ms", r.Recovery)
		}
		for _, l := range h.lanes {
			if l.store == nil {
				h.awaitStore(t, l, l.next(t))
			} else {
				h.awaitStore(t, l, l.put(t))
			}
		}
		if told := strings.Count(h.journal.since(logged), ": is unavailable"); told > 2 {
			t.Errorf("stores were taken as down %d times:\n%s", told, h.journal.since(logged))
		}
		r.Date, r.Fault, r.Name, r.Store, r.Rounds = today(), "F30", "server suspended", "all", 1
		if !t.Failed() {
			note(t, r)
		}
	}
}

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

// TestNoRoom (F25): on a disk that is full, read-only, or with a limit to the size of files, the last good data that was kept
// stays whole, serving goes on, and a start without the store has what was kept.
func TestNoRoom(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a disk of its own needs root")
	}
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
				t.Skipf("no disk of its own for the test: mount: %v", err)
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
