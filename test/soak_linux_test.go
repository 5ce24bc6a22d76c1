package test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

var (
	soakMinutes = flag.Float64("minutes", 0, "how long the soak takes; 0 for a few seconds")
	ledgerNote  = flag.String("note", "", "what is said of the machine in the ledger")
)

// soakPlan is how long things take in a soak.
type soakPlan struct {
	length, measure, warm time.Duration
	reloads, outages      time.Duration // apart
	least, most           time.Duration // of an outage
	sample                time.Duration
	size                  int
	atMost                float64 // queries a second
}

func planSoak() soakPlan {
	if *soakMinutes == 0 {
		// As much as the tests beside it leave room for.
		return soakPlan{6 * time.Second, time.Second, 0, 3 * time.Second, 3 * time.Second, time.Second / 2, time.Second, time.Second, 50, 1000}
	}
	length := time.Duration(*soakMinutes * float64(time.Minute))
	return soakPlan{length, 20 * time.Second, min(10*time.Minute, length/4), 15 * time.Second, time.Minute, 5 * time.Second, 25 * time.Second,
		10 * time.Second, 100, 1e6}
}

// soakOutages are ways to take a store away; each returns what brings it back.
var soakOutages = []struct {
	name   string
	inject func(s *soaked) (heal func())
}{
	{"killed", func(s *soaked) func() {
		s.store.servers[0].Stop()
		return s.store.servers[0].Start
	}},
	{"frozen", func(s *soaked) func() {
		s.held.Lock() // what hangs would be written later than what comes after it
		s.store.servers[0].Pause()
		return func() {
			s.store.servers[0].Resume()
			s.held.Unlock()
		}
	}},
	{"cut off", cutOff(proxy.Fault{Silence: true})},
	{"refused and reset", func(s *soaked) func() {
		s.proxy.Set(proxy.Fault{Reset: true})
		return cutOff(proxy.Fault{Refuse: true})(s)
	}},
}

func cutOff(f proxy.Fault) func(s *soaked) func() {
	return func(s *soaked) func() {
		s.proxy.Set(f)
		return func() { s.proxy.Set(proxy.Fault{}) }
	}
}

// soak is a soak that runs.
type soak struct {
	*daemon
	lanes   []*soaked
	plan    soakPlan
	reloads atomic.Int64
	count   int // of reloads
}

// TestSoak has one server answer from all stores at once, at 70 % of what it answers at most, while data changes every
// second, the Corefile is reloaded, and one store after another is taken away. No reply is wrong, none is lost, none
// comes after more than a second, there is no SERVFAIL but from a store that is away, and nothing grows.
func TestSoak(t *testing.T) {
	dir := home(t)
	s := &soak{plan: planSoak()}
	s.lanes = soakLanes(t, dir, s.plan.size)
	var plain []*lane
	for _, lane := range s.lanes {
		plain = append(plain, lane.lane)
	}
	s.daemon = launchLanes(t, dir, plain)
	for _, l := range plain {
		s.awaitStore(t, l, 1)
	}

	var writers sync.WaitGroup
	quit := make(chan struct{})
	stopWriters := sync.OnceFunc(func() { close(quit); writers.Wait() })
	t.Cleanup(stopWriters)
	for _, lane := range s.lanes {
		var opener backend.WriterOpener
		if lane.store != nil {
			opener = lane.store.writer(t, lane.apex)
		}
		writers.Go(func() { lane.write(quit, opener) })
	}

	f := soakFigures{Kind: "soak", Date: time.Now().UTC().Format(time.DateOnly), Note: *ledgerNote, Minutes: *soakMinutes}
	f.Max = s.maximum(t)
	f.Planned = min(0.7*f.Max, s.plan.atMost)
	t.Logf("%.0f a second at most, with %d stores; planned: %.0f", f.Max, len(s.lanes), f.Planned)
	for _, lane := range s.lanes { // what is there once only, from the first reload on, is no leak
		lane.reset()
	}
	s.reloadAny(t)
	s.reloadAny(t)
	before := s.usage(t)

	load := startSoakLoad(s.at, s.lanes, &s.reloads, f.Planned)
	samples := s.hold(t, &f)
	load.stop()
	stopWriters()
	for _, lane := range s.lanes {
		eventually(t, func() error { return s.current(lane) })
	}
	after := s.settled(t, before)
	s.fill(&f, load, samples, before, after)
	s.report(t, f, load)
}

// maximum returns how many queries a second are answered when there are always some waiting for each store.
func (s *soak) maximum(t *testing.T) float64 {
	load := startSoakLoad(s.at, s.lanes, &s.reloads, 0)
	time.Sleep(s.plan.measure)
	load.stop()
	var answered int64
	for _, lane := range s.lanes {
		answered += lane.answered.Load()
	}
	for _, err := range load.faults {
		t.Error(err)
	}
	return float64(answered) / s.plan.measure.Seconds()
}

// reloadAny reloads the Corefile: the same, or, every second time, one by which the stores are opened anew.
func (s *soak) reloadAny(t *testing.T) {
	s.count++
	var plain []*lane
	for _, lane := range s.lanes {
		if lane.store != nil && s.count%2 == 0 {
			lane.store.block = []string{fmt.Sprint("timeout ", 400+s.count%200, "ms")}
		}
		plain = append(plain, lane.lane)
	}
	s.configure(t, plain)
	s.reloads.Add(1)
	s.reload(t, "[INFO] Reloading complete")
	s.reloads.Add(1)
}

// current returns an error unless the server answers from the lane as it is.
func (s *soak) current(lane *soaked) error {
	return s.askAll([]query{{lane.lane, 0}, {lane.lane, nowhere}}, func(q query, m *dns.Msg) error {
		if m.Rcode == dns.RcodeServerFailure || isStale(m) {
			return fmt.Errorf("%s is not there again: %v", lane.way, m)
		}
		return nil
	})
}

// caughtUp is current, and for an answer of a version that was whole at a time.
func (s *soak) caughtUp(lane *soaked, v uint32) error {
	if err := s.current(lane); err != nil {
		return err
	}
	return s.askAll([]query{{lane.lane, 0}}, func(q query, m *dns.Msg) error {
		is, err := q.version(m)
		if err == nil && is < v {
			err = fmt.Errorf("%s: version %d is not served, but %d", lane.way, v, is)
		}
		return err
	})
}

// sampled is what the server held at a time.
type sampled struct {
	at         []time.Duration
	resident   []float64
	goroutines int
	files      int
}

// hold reloads, takes stores away and looks on until the time is over.
func (s *soak) hold(t *testing.T, f *soakFigures) *sampled {
	samples := &sampled{}
	began := time.Now()
	reload, outage, sample := s.plan.reloads, s.plan.outages/4, s.plan.warm
	var ends time.Duration
	var away *soaked
	var heal func()
	var name string
	for at := time.Duration(0); at < s.plan.length || away != nil; at = time.Since(began) {
		switch {
		case at >= sample:
			s.sample(t, samples, at)
			sample = at + s.plan.sample
		case away != nil && at >= ends:
			s.back(t, away, heal, name)
			away = nil
		case away == nil && at >= outage:
			outage += s.plan.outages
			if away = s.victim(); away == nil {
				continue
			}
			kind := soakOutages[rand.IntN(len(soakOutages))]
			name = kind.name
			away.down.Store(true)
			heal = kind.inject(away)
			away.outages++
			f.Outages++
			ends = at + s.plan.least + rand.N(s.plan.most-s.plan.least)
		case at >= reload && at < s.plan.length:
			reload += s.plan.reloads
			s.reloadAny(t)
			f.Reloads++
		default:
			time.Sleep(20 * time.Millisecond)
		}
	}
	return samples
}

// victim is a store that can be taken away.
func (s *soak) victim() *soaked {
	var all []*soaked
	for _, lane := range s.lanes {
		if lane.proxy != nil {
			all = append(all, lane)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[rand.IntN(len(all))]
}

// back ends an outage, and waits until the server answers from the data as it is.
func (s *soak) back(t *testing.T, away *soaked, heal func(), name string) {
	heal()
	healed := time.Now()
	v := away.high.Load()
	if away.whole[v%uint32(len(away.whole))].Load() == 0 {
		v--
	}
	var err error
	for until := healed.Add(time.Minute); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if err = s.caughtUp(away, v); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("%s was %s: %v", away.way, name, err)
	}
	took := time.Since(healed)
	away.recovery = max(away.recovery, took)
	if took > 2*time.Second {
		t.Logf("%s: %s, was %s: data as it is came after %v", time.Now().UTC().Format(time.TimeOnly), away.way, name, took)
	}
	time.Sleep(200 * time.Millisecond) // what was on its way has arrived
	away.down.Store(false)
}
