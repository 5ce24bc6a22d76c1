package kubernetes

import (
	"cmp"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
)

// lastAnswers is how long CoreDNS waits, when it ends, for queries that are under way.
const lastAnswers = 5 * time.Second

// hangs is after how long at most a server that hangs is to be started again.
const hangs = 2 * time.Minute

// bound is a time that the plugin keeps to: a constant of its life cycle.
func bound(t testing.TB, name string) time.Duration {
	t.Helper()
	text, err := os.ReadFile("../../lifecycle.go")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^const ` + name + ` = (\d+) \* time\.Second$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("the life cycle has no %s", name)
	}
	return seconds(t, string(m[1]))
}

func seconds(t testing.TB, text string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Second
}

// times are those of a probe, with what is so where the manifest says nothing.
type times struct {
	delay, period, timeout time.Duration
	failures               int32
}

func timesOf(p *core.Probe) times {
	return times{
		delay:    time.Duration(p.InitialDelaySeconds) * time.Second,
		period:   time.Duration(cmp.Or(p.PeriodSeconds, 10)) * time.Second,
		timeout:  time.Duration(cmp.Or(p.TimeoutSeconds, 1)) * time.Second,
		failures: cmp.Or(p.FailureThreshold, 3),
	}
}

// least is how long a probe fails at least before kubelet acts: the first time may be at once.
func (p times) least() time.Duration { return time.Duration(p.failures-1) * p.period }

// most is how long it fails at most, where it is refused.
func (p times) most() time.Duration { return time.Duration(p.failures) * p.period }

// servers are all that a test should look at, those of the chart among them.
func servers(t *testing.T, test func(t *testing.T, b *bundle, w workload)) {
	each := func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			test(t, b, w)
		}
	}
	rendered(t, each)
	t.Run("helm", func(t *testing.T) { each(t, chart(t)) })
}

// TestProbeTimes says that no probe kills a server that is well: neither at its start, which may wait for a lock of the one
// before, nor in a reload, in which nobody answers probes. That one which hangs is started again, and that nobody waits for
// long who is well.
func TestProbeTimes(t *testing.T) {
	start := bound(t, "openTime")
	reload := start + bound(t, "loadTime")
	servers(t, func(t *testing.T, _ *bundle, w workload) {
		c := w.enumim(t)
		alive, ready := timesOf(c.LivenessProbe), timesOf(c.ReadinessProbe)
		if alive.least() <= reload || alive.most()+alive.timeout > hangs {
			t.Errorf("%s: a server is killed that does not answer for %v to %v; a reload takes %v", w.name, alive.least(), alive.most(), reload)
		}
		if ready.delay+ready.period > 10*time.Second || c.ReadinessProbe.SuccessThreshold > 1 {
			t.Errorf("%s: who is ready gets no traffic: %+v", w.name, c.ReadinessProbe)
		}
		all := []times{alive, ready}
		if p := c.StartupProbe; p == nil {
			if alive.delay+alive.least() <= start {
				t.Errorf("%s: a server is killed %v after its start, which may take %v", w.name, alive.delay+alive.least(), start)
			}
		} else {
			first := timesOf(p)
			all = append(all, first)
			if first.delay+first.least() <= start || first.delay+first.most() > hangs {
				t.Errorf("%s: a server is killed %v to %v after its start, which may take %v", w.name, first.least(), first.most(), start)
			}
			if first.delay+first.period > 2*time.Second || alive.delay > 0 {
				t.Errorf("%s: %v after its start what waits for it begins, %v after that it is looked after", w.name, first.delay+first.period, alive.delay)
			}
		}
		for _, p := range all {
			if p.timeout > p.period {
				t.Errorf("%s: a probe waits %v for an answer, %v before the next one", w.name, p.timeout, p.period)
			}
		}
	})
}

// TestEnd says that a server which is told to end has the time for it, before it is killed: it may be in a reload, and hear
// nothing; then it goes on answering until all know, and those who asked last get their answers. And that the probe which
// takes it out of the Service fails before that.
func TestEnd(t *testing.T) {
	reload := bound(t, "loadTime")
	lame := regexp.MustCompile(`lameduck (\d+)s\n`)
	servers(t, func(t *testing.T, b *bundle, w workload) {
		grace, lameduck := 30*time.Second, time.Duration(0)
		if g := w.template.Spec.TerminationGracePeriodSeconds; g != nil {
			grace = time.Duration(*g) * time.Second
		}
		for _, m := range of[*core.ConfigMap](b) {
			if found := lame.FindStringSubmatch(m.Data["Corefile"]); found != nil {
				lameduck = seconds(t, found[1])
			}
		}
		if grace < reload+lameduck+lastAnswers {
			t.Errorf("%s: killed after %v, while its end may take %v", w.name, grace, reload+lameduck+lastAnswers)
		}
		if !w.central() {
			return
		}
		ready := timesOf(w.enumim(t).ReadinessProbe)
		if lameduck < 5*time.Second || lameduck < ready.most() {
			t.Errorf("%s: it answers for %v after it was told to end; until all know takes %v", w.name, lameduck, ready.most())
		}
	})
}
