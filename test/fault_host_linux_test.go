package test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
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
	if l.pause = 0; once() {
		l.pause = 8 * breath
	}
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
		r, slow := h.suffers(t, f, try)
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
func (h *host) suffers(t *testing.T, f hostFault, try int) (r result, slow []string) {
	l := h.load
	times, share := leeway(try)
	began := time.Now()
	r = l.counted()
	r.Kind, r.Fault, r.Name, r.Store, r.Rounds = "fault", f.id, f.name, "all", *faultRounds
	logged := h.journal.len()
	for range *faultRounds {
		l.outage.Store(true)
		heal := sync.OnceFunc(f.inject(t, h))
		defer heal() // or what fails here would befall what comes after it, too
		var changed []uint32
		var written []func()
		for _, lane := range h.lanes {
			if lane.store == nil {
				lane.next(t)
			} else {
				written = append(written, lane.begin(t))
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
		healed := time.Now()
		for _, wait := range written {
			wait()
		}
		for i, lane := range h.lanes {
			h.awaitStore(t, lane, changed[i])
		}
		r.Recovery = max(r.Recovery, time.Since(healed).Milliseconds())
		l.calms(t)
		l.outage.Store(false)
		eventually(t, func() error { return h.overTCP(h.lanes[0]) })
	}
	r.take(l)
	if r.Wrong > 0 || r.Lost > 0 {
		t.Errorf("%d replies are wrong, %d queries got none: %v", r.Wrong, r.Lost, l.faults)
	}
	if n := l.untimely.Swap(0); n > int64(share*float64(r.Queries)) {
		slow = append(slow, fmt.Sprintf("%d replies say that something is at fault, and nothing is", n))
	}
	if r.Slowest > times*time.Second.Milliseconds() && !f.slow {
		slow = append(slow, fmt.Sprintf("a reply took %d ms", r.Slowest))
	}
	// Each of three stores may be taken as down once in a round, and not again and again: each time is told.
	most := int(times) * (3**faultRounds + int(time.Since(began)/(10*time.Second)))
	if told := strings.Count(h.journal.since(logged), " is unavailable: "); told > most {
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

// answers returns an error unless numbers of the lanes are answered, from any version there may be: a dozen of each, or a
// server that is to starve for a second would do so for a minute.
func (d *daemon) answers(lanes []*lane) error {
	var all []query
	for _, l := range lanes {
		some := l.queries()
		rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		all = append(all, some[:min(12, len(some))]...)
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
