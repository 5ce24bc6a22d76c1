package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (s *soak) sample(t *testing.T, samples *sampled, at time.Duration) {
	samples.at = append(samples.at, at)
	samples.resident = append(samples.resident, float64(s.resident(t))/(1<<20))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	if response, err := client.Get("http://" + s.metrics + "/metrics"); err != nil {
		t.Logf("%v into the soak: %v", at, err) // a figure less is no reason to lose the others
	} else {
		page, _ := io.ReadAll(response.Body)
		response.Body.Close()
		samples.goroutines = max(samples.goroutines, int(metric(string(page), "go_goroutines", "")))
	}
	open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	samples.files = max(samples.files, len(open))
}

// settled waits until the server holds about what it held before, and returns it; what it holds then where it does not.
func (s *soak) settled(t *testing.T, before usage) (u usage) {
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if u = s.usage(t); u.goroutines <= before.goroutines+slack && u.files <= before.files+slack && u.heap <= before.heap+8<<20 {
			return u
		}
	}
	t.Errorf("the server holds %v, before %v\n%s", u, before, s.fetch(t, s.pprof+"/debug/pprof/goroutine?debug=1"))
	return u
}

// dropped returns how many datagrams the system dropped since there was no room in the buffer of the server's socket.
func (s *soak) dropped() (n int64) {
	_, port, _ := strings.Cut(s.at, ":")
	text, _ := os.ReadFile("/proc/net/udp")
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		var address, at uint32
		if _, err := fmt.Sscanf(fields[1], "%x:%x", &address, &at); err == nil && fmt.Sprint(at) == port {
			drops, _ := strconv.ParseInt(fields[len(fields)-1], 10, 64)
			n += drops
		}
	}
	return n
}

func (s *soak) fill(f *soakFigures, load *soakLoad, samples *sampled, before, after usage) {
	for _, lane := range s.lanes {
		f.Stores = append(f.Stores, storeFigures{
			Store: lane.way, Versions: lane.high.Load(), Unmade: lane.unmade.Load(), Outages: lane.outages, Failed: lane.failed.Load(),
			Unexplained: lane.unexplained.Load(), Stale: lane.stale.Load(), Wrong: lane.wrong.Load(), Lost: lane.lost.Load(), Unsent: lane.unsent.Load(),
			Quiet: lane.quiet.spread(), Outage: lane.outage.spread(), Due: lane.due.spread(),
			Behind: milliseconds(time.Duration(lane.behind.Load())), Recovery: milliseconds(lane.recovery),
		})
		f.Queries += lane.asked.Load()
		f.Answered += lane.answered.Load()
		f.Unsent += lane.unsent.Load()
		f.Lost += lane.lost.Load()
		f.Wrong += lane.wrong.Load()
		f.Failed += lane.failed.Load()
		f.Unexplained += lane.unexplained.Load()
	}
	f.TCP, f.Closed, f.Malformed = load.tcp.Load(), load.closed.Load(), load.malformed.Load()
	f.Goroutines = [3]int{before.goroutines, samples.goroutines, after.goroutines}
	f.Files = [3]int{before.files, samples.files, after.files}
	if n := len(samples.resident); n > 0 {
		f.Resident = [3]float64{samples.resident[0], slices.Max(samples.resident), samples.resident[n-1]}
	}
	f.Dropped = s.dropped()
	f.Slope = slope(samples.at, samples.resident)
	f.Heap = [2]float64{before.heap / (1 << 20), after.heap / (1 << 20)}
}

// report tells the figures, notes them, and fails the test where they are not what has to be.
func (s *soak) report(t *testing.T, f soakFigures, load *soakLoad) {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
	note(t, f)
	for _, err := range load.faults {
		if f.Wrong > 0 || f.Lost > f.Dropped { // what the system dropped the server never had
			t.Error(err)
		}
	}
	for _, lane := range s.lanes {
		for reason, n := range lane.reasons {
			t.Logf("%s: %d replies are SERVFAIL without an outage: %s", lane.way, n, reason)
		}
		if slowest := max(time.Duration(lane.quiet.most.Load()), time.Duration(lane.outage.most.Load())); slowest > time.Second {
			t.Errorf("%s: a reply took %v", lane.way, slowest)
		}
		if lane.recovery > 2*time.Second {
			t.Errorf("%s: data as it is came %v after an outage", lane.way, lane.recovery)
		}
	}
	if f.Answered+f.Lost != f.Queries {
		t.Errorf("%d queries, %d replies, %d lost", f.Queries, f.Answered, f.Lost)
	}
	if f.Wrong > 0 || f.Lost > f.Dropped || float64(f.Unexplained) > float64(f.Queries)/1e5 {
		t.Errorf("%d replies are wrong, %d queries lost, %d SERVFAIL without reason, of %d", f.Wrong, f.Lost, f.Unexplained, f.Queries)
	}
	var plain []*lane
	for _, lane := range s.lanes {
		plain = append(plain, lane.lane)
		if lane.store != nil {
			s.keepsSecret(t, lane.store.secret)
		}
	}
	s.tellsNoNumber(t, plain)
}
