package test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// resident returns the octets of memory that the process has.
func (d *daemon) resident(tb testing.TB) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", d.cmd.Process.Pid))
	var total, resident int
	if _, err2 := fmt.Sscan(string(text), &total, &resident); err != nil || err2 != nil {
		tb.Fatal("the server is gone: ", err, err2)
	}
	return resident * os.Getpagesize()
}

// maxGrowth is how much memory an overload may cost. CoreDNS has a goroutine for each datagram that it
// has read and not answered. It is one goroutine that reads, which the scheduler lets run for 10 ms at
// most before all that wait have had their turn; in that time it reads some thousands of datagrams, each
// of which takes some 10 kB of stack and message until it is answered.
const maxGrowth = 64 << 20

// overloadLimit is the memory that CoreDNS is given in Kubernetes, overloadGo what the pages have GOMEMLIMIT be then.
const overloadLimit, overloadGo = 170 << 20, overloadLimit / 10 * 9

// What the long form has to show.
const (
	minGoodput    = 0.9 // of the peak
	maxUnsettled  = 5 * time.Second
	offeredAtPeak = 2
)

// overloaded is a server that gets more than it can answer.
type overloaded struct {
	*daemon
	lanes []*lane // which tell a reply's version; asked over TCP as well
	files []*lane // all files
	group group   // of memory; empty where the machine has none
	storm *storm
}

func newOverloaded(t *testing.T, size int) *overloaded {
	dir := home(t)
	o := &overloaded{lanes: []*lane{newLane(t, dir, 0, 1000, false), newLane(t, dir, 1, 1000, true)}, group: limited(t, overloadLimit)}
	many := newCrowd(t, dir, size)
	o.files = append(slices.Clone(o.lanes), many)
	// With one processor the server cannot outrun what sends. Two threads that share it have more queries wait than one has,
	// which CoreDNS takes where one processor is all there is; the short form shares the machine already.
	threads := 1
	if *long {
		threads = 2
	}
	o.daemon = launch(t, dir, func(d *daemon) {
		d.configure(t, o.lanes)
		text, err := os.ReadFile(d.corefile)
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, strings.Replace(string(text), " errors\n", fmt.Sprintf(" errors\n enumim %s {\n backend file %s\n }\n", crowd, many.path), 1))
		if o.group.path != "" {
			o.group.begin(t, d.cmd)
		}
	}, fmt.Sprint("GOMAXPROCS=", threads), fmt.Sprint("GOMEMLIMIT=", overloadGo))
	o.awaitLog(t, 0, "loaded "+many.path)
	eventually(t, func() error { return o.serves(1, query{o.lanes[0], apexSOA}, query{o.lanes[1], apexSOA}) })
	if in, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", o.cmd.Process.Pid)); o.group.path != "" && (err != nil || !strings.Contains(string(in), filepath.Base(o.group.path))) {
		t.Fatalf("the server is not in its control group: %v: %s", err, in)
	}
	var all []asking
	for _, l := range o.lanes {
		all = append(all, l.askings(t)...)
	}
	for i := range size {
		all = append(all, crowdAsking(t, i))
	}
	o.storm = newStorm(t, o.at, all)
	return o
}

// overload sends twice what the server answered alone, and twice what it answers now.
func (o *overloaded) overload(t *testing.T, length time.Duration, f *overloadFigures) {
	tcp := startWorkers(t, o.at, o.lanes, 0)
	var took *waits
	ran := o.ran()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Queries, f.Replies, took = o.storm.blow(length, func(elapsed time.Duration) int64 {
			return offeredAtPeak * max(o.storm.answered.Load(), int64(f.Peak*elapsed.Seconds()))
		})
	}()
	for tick, over := 0, false; !over; tick++ {
		select {
		case <-done:
			over = true
		case <-time.After(20 * time.Millisecond):
			f.Resident[1] = max(f.Resident[1], o.resident(t)>>20)
			if tick%50 == 0 {
				f.Goroutines[1] = max(f.Goroutines[1], int(metric(o.fetch(t, o.metrics+"/metrics"), "go_goroutines", "")))
			}
		}
	}
	f.TCP = tcp.answered.Load()
	f.CPU[1] = o.since(ran, f.Replies+f.TCP)
	f.Offered = math.Round(float64(f.Queries+f.TCP) / length.Seconds())
	f.Answered = math.Round(float64(f.Replies+f.TCP) / length.Seconds())
	f.During = took.spread()
	o.settle(t, f)
	tcp.stop(t)
}

// settle waits until the server answers as before.
func (o *overloaded) settle(t *testing.T, f *overloadFigures) {
	ended := time.Now()
	o.storm.calm() // what was still under way
	if err := o.serves(1, query{o.lanes[0], 0}); err != nil || time.Since(ended) > within(time.Second) {
		t.Errorf("%v after the end of the overload: %v", time.Since(ended), err)
	}
	for *long && time.Since(ended) < maxUnsettled {
		p99 := o.storm.calm()
		if p99 <= f.Normal {
			f.Recovery = milliseconds(time.Since(ended))
			return
		}
		t.Logf("%v after the end 99 of 100 replies took %.1f ms at most, before %.1f", time.Since(ended), p99, f.Normal)
	}
	if *long {
		t.Errorf("%v after the end of the overload replies still take longer than before", maxUnsettled)
	}
}

// since returns how many microseconds the server ran for each of n queries.
func (o *overloaded) since(ran time.Duration, n int64) float64 {
	return milliseconds(1000 * (o.ran() - ran) / time.Duration(max(n, 1)))
}

// Under twice the load that it can answer the server goes on, its replies are right, those over TCP do
// come, its memory is bounded; and when the load ends, it is as before at once. In the long form, for which the machine is
// to do nothing else, it answers nearly as many as it does at its best.
func TestOverload(t *testing.T) {
	length, measure, size := 10*time.Second, 2*time.Second, 2000
	if *long {
		length, measure, size = 10*time.Minute, 20*time.Second, 100_000
	}
	o := newOverloaded(t, size)
	f := overloadFigures{Kind: "overload", Date: time.Now().UTC().Format(time.DateOnly), Note: *ledgerNote, GOGC: os.Getenv("GOGC"), Minutes: length.Minutes(), Numbers: size}
	before := o.rests(t, o.files)
	if *long {
		f.Apart = o.apart(t)
	}
	for range 10 {
		f.Normal = max(f.Normal, o.storm.calm())
	}
	f.Best = math.Round(o.storm.capacity(t, measure, fewer))
	ran := o.ran()
	f.Peak = math.Round(o.storm.capacity(t, measure, window))
	f.CPU[0] = o.since(ran, o.storm.answered.Load())
	f.Goroutines[0], f.Resident[0] = before.goroutines, o.resident(t)>>20
	o.overload(t, length, &f)
	f.After = math.Round(o.storm.capacity(t, measure, window)) // a virtual machine may have got slower
	if o.group.path != "" {
		f.Limit, f.Charged = overloadLimit>>20, o.group.read(t, "memory.max_usage_in_bytes", "")>>20
		f.Full = o.group.read(t, "memory.failcnt", "")
		if n := o.group.read(t, "memory.oom_control", "oom_kill "); n > 0 {
			t.Errorf("%d processes were killed for want of memory", n)
		}
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f %% of the peak: %s", 100*f.goodput(), text)
	if *long {
		note(t, f) // also what is not as it has to be
	}
	o.judge(t, &f)
	o.returnsTo(t, before, o.files, 4<<20)
	l := startLoad(t, o.at, o.lanes)
	time.Sleep(time.Second)
	l.stop(t)
}

// judge fails the test where an overload was none, or did harm.
func (o *overloaded) judge(t *testing.T, f *overloadFigures) {
	if err := o.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Error("the server is gone: ", err)
	}
	if wrong := o.storm.wrong.Load(); wrong != nil {
		t.Errorf("a wrong reply: %s", *wrong)
	}
	if f.Offered < 1.8*f.Answered || *long && f.Offered < 0.98*offeredAtPeak*f.Peak {
		t.Error("that was no overload: the queries were not sent fast enough")
	}
	if grew := f.Resident[1] - f.Resident[0]; grew > maxGrowth>>20 {
		t.Errorf("the server grew by %d MiB, more than %d", grew, maxGrowth>>20)
	}
	if !*long {
		return // the goodput of a server that shares its processors with other tests says nothing of it
	}
	if !f.Apart {
		t.Log("one processor for server and sender: what share of the peak is answered says nothing")
	} else if f.goodput() < minGoodput {
		t.Errorf("%.1f %% of the peak were answered, less than %.0f", 100*f.goodput(), 100*minGoodput)
	}
}
