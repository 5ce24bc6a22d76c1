package test

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

var (
	faultRounds = flag.Int("rounds", 1, "how often each fault is injected (20 is the long form)")
	faultLedger = flag.String("ledger", "", "the file that results are added to, a line of JSON for each fault and store")
)

// fault is something that goes wrong with a store, with the way to it, or with the machine.
type fault struct {
	id   string // as in docs/reliability.md: "F1"
	name string
	// to reports whether the fault can befall a store.
	to func(w way) bool
	// inject does it, and returns what ends it; after that the store is as before, and can be reached.
	inject func(t testing.TB, s *scene) (heal func())
	// then, if set, looks when it is over, and before the data changes, at what must be so.
	then func(t testing.TB, s *scene)
	// lasts is how long it is left alone; 0 is a second.
	lasts time.Duration
	// late is how long recovery may take, where there is a reason for more than 2 s.
	late time.Duration
	// spares is for what must not cost a reply: none is SERVFAIL.
	spares bool
	// seen is a text that the log has afterwards; "" for none: not each fault is seen by a server.
	seen string
	// silent is for what keeps a store from answering, and no query from reaching it: nothing but its time ends a look-up.
	silent bool
}

// only is for faults of some stores: those whose ways begin so.
func only(names ...string) func(way) bool {
	return func(w way) bool {
		for _, name := range names {
			if strings.HasPrefix(w.name, name) {
				return true
			}
		}
		return false
	}
}

// scene is a server that answers from a store, under load.
type scene struct {
	way
	*daemon
	lane *lane
	load *load
	// proxies stand between the server and its store, where there are any.
	proxies []*proxy.Proxy
	// fresh says that a fault is over when the data is the newest.
	fresh bool
	// warm is what the server held after the first fault.
	warm usage
}

// sceneSize is how many numbers a scene has: more than what the shrink guard lets go without a word.
const sceneSize = 150

// newScene starts a scene. The load goes on until the test ends.
func newScene(t testing.TB, w way, size int) *scene {
	t.Helper()
	s := &scene{way: w, lane: newStoreLane(t, w, size)}
	s.lane.seen = make([]atomic.Uint32, size)
	lanes := []*lane{s.lane}
	s.daemon = startLanes(t, home(t), lanes)
	s.awaitStore(t, s.lane, 1)
	pause := breath
	if once() {
		pause *= 8
	}
	s.load = startPaced(t, s.at, lanes, 1, pause)
	s.load.aside.Store(true)
	s.load.overlap.Store(true) // not each store makes a change visible at once
	return s
}

// servers are the processes of the store.
func (s *scene) servers() []*servers.Server { return s.lane.store.servers }

// result is what was seen of a fault.
type result struct {
	Kind   string `json:"kind"` // "fault"
	Date   string `json:"date"`
	Fault  string `json:"fault"`
	Name   string `json:"name"`
	Store  string `json:"store"`
	Rounds int    `json:"rounds"`
	// Of the queries asked while the fault lasted and until it was over.
	Queries int64 `json:"queries"`
	Failed  int64 `json:"servfail"`
	Stale   int64 `json:"stale"`
	Wrong   int64 `json:"wrong"`
	Lost    int64 `json:"lost"`
	// The longest wait for a reply, and from the end of the fault to answers of the data as it is, in milliseconds.
	Slowest  int64 `json:"slowest_ms"`
	Recovery int64 `json:"recovery_ms"`
	// Broken says that something was not as it has to be.
	Broken bool `json:"broken,omitempty"`
}

// once reports whether this is the short form. Other tests run beside it, and a reply may wait for a processor: it is
// given three times as long, and stores fail for half as long and under less load.
func once() bool { return *faultRounds == 1 }

// run injects a fault, ends it, and holds the server to what has to be: no reply wrong, none lost, none late;
// all as before soon after; nothing left behind.
func (s *scene) run(t *testing.T, f fault) {
	before := s.usage(t)
	for try := 1; ; try++ {
		r, slow := s.suffers(t, f, try)
		s.settles(t, before)
		for _, text := range slow {
			if once() && try < tries {
				t.Logf("%s %s, try %d: %s", f.id, s.name, try, text)
			} else {
				t.Errorf("%s %s: %s", f.id, s.name, text)
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
func (s *scene) suffers(t *testing.T, f fault, try int) (r result, slow []string) {
	l, logged := s.load, s.journal.len()
	r = l.counted()
	r.Kind, r.Fault, r.Name, r.Store, r.Rounds = "fault", f.id, f.name, s.name, *faultRounds
	times, share := leeway(try)
	lasts, late, slowest := cmp.Or(f.lasts, time.Second), time.Duration(times)*cmp.Or(f.late, 2*time.Second), times*time.Second.Milliseconds()
	if once() && f.lasts == 0 && f.seen == "" && !f.silent { // silence has to last for longer than a look-up
		lasts /= 2
	}
	for range *faultRounds {
		l.outage.Store(true)
		heal := f.inject(t, s)
		time.Sleep(lasts)
		if f.seen != "" && !once() { // a feed looks every 5 s
			for until := time.Now().Add(12 * time.Second); time.Now().Before(until) && !strings.Contains(s.journal.since(logged), f.seen); {
				time.Sleep(10 * time.Millisecond)
			}
		}
		heal()
		took := s.recovers(t)
		r.Recovery = max(r.Recovery, took.Milliseconds())
		if f.then != nil {
			f.then(t, s)
		}
		if took > late {
			slow = append(slow, fmt.Sprintf("data as it is came after %v, wanted %v", took, late))
		}
		l.outage.Store(false)
		s.awaitStore(t, s.lane, s.lane.put(t))
		s.lane.goesOn()
		s.warms(t)
	}
	if f.seen != "" && !strings.Contains(s.journal.since(logged), f.seen) {
		if text := fmt.Sprintf("the log does not say %q but:\n%s", f.seen, s.journal.since(logged)); once() {
			t.Log(text) // it was over before somebody looked
		} else {
			t.Error(text)
		}
	}
	r.take(l)
	if f.silent && !s.feed && r.Failed == 0 {
		t.Errorf("%s %s: the store was silent for %v, and each look-up waited for it", f.id, s.name, lasts)
	}
	if r.Wrong > 0 || r.Lost > 0 {
		t.Errorf("%s %s: %d replies are wrong, %d queries got none: %v", f.id, s.name, r.Wrong, r.Lost, l.faults)
	}
	some := int64(share * float64(r.Queries))
	if n := l.untimely.Swap(0); n > some {
		slow = append(slow, fmt.Sprintf("%d replies say that something is at fault, and nothing is", n))
	}
	if f.spares && r.Failed > some {
		slow = append(slow, fmt.Sprintf("%d replies are SERVFAIL, and none had to be", r.Failed))
	}
	if r.Slowest > slowest {
		slow = append(slow, fmt.Sprintf("a reply took %d ms", r.Slowest))
	}
	return r, slow
}

// steady is how long all must be well before a fault counts as over: longer than a look-up may take.
const steady = 700 * time.Millisecond

// recovers waits until the server answers from the data as it is, and has done so for a while: a store that was just
// started may be slow again. It returns how long the last reply that was stale or SERVFAIL, or the first look that found
// all well, took to come. It looks for longer than a look-up may take: a query that comes now may share one that
// began while the fault lasted.
func (s *scene) recovers(t testing.TB) time.Duration {
	t.Helper()
	began := time.Now()
	bad, count := began, int64(-1)
	eventually(t, func() error {
		err := s.current()
		if now := s.load.failed.Load() + s.load.stale.Load(); now != count || err != nil {
			bad, count = time.Now(), now
		}
		if err == nil && time.Since(bad) < steady {
			err = fmt.Errorf("%s still fails now and then", s.name)
		}
		return err
	})
	return bad.Sub(began)
}

// current returns an error unless the server answers from the data as it is: not stale, and without error.
func (s *scene) current() error {
	if s.fresh {
		if err := s.serves(s.lane.high.Load(), query{s.lane, 0}); err != nil {
			return err
		}
	}
	return s.askAll([]query{{s.lane, 0}, {s.lane, nowhere}}, func(q query, m *dns.Msg) error {
		if m.Rcode == dns.RcodeServerFailure || isStale(m) {
			return fmt.Errorf("%s is not over: %v", s.name, m)
		}
		return nil
	})
}

// faultWays are the stores that faults befall.
func faultWays() []way {
	if once() {
		return storeWays
	}
	return slices.Concat(storeWays, longWays)
}

// TestFaults injects each fault into each store that it can befall, under load: once here, 20 times with -rounds 20.
// Stores are beside each other: they wait more than they work.
func TestFaults(t *testing.T) {
	abreast := 6
	if !once() {
		abreast = 2
	}
	var wg sync.WaitGroup
	room := make(chan struct{}, abreast)
	for _, w := range faultWays() {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) { faultsOf(t, w) })
		})
	}
	wg.Wait()
}

func faultsOf(t *testing.T, w way) {
	var befall []fault
	for _, f := range slices.Concat(faults...) {
		if f.to(w) {
			befall = append(befall, f)
		}
	}
	if len(befall) == 0 {
		t.Skip("no fault can befall it")
	}
	s := newScene(t, w, sceneSize)
	for _, f := range befall {
		t.Run(f.id+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { s.run(t, f) })
	}
	s.ends(t)
}

// faults are all of them, by what they befall.
var faults = [][]fault{processFaults, postgresFaults, mysqlFaults, redisFaults, boltFaults, etcdFaults}
