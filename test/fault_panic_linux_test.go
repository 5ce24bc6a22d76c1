package test

import (
	"bytes"
	"fmt"
	golog "log"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// inside is a server within the test, whose Corefile can be read anew.
type inside struct {
	*daemon
	*caddy.Instance
	lines string // of the server block, before that of enumim
}

// startInside starts a server that answers from a failing backend. What is logged is kept in its journal.
func startInside(t *testing.T, lines, enumim string) *inside {
	t.Helper()
	s := &inside{daemon: &daemon{at: fmt.Sprintf("%s:%d", loopback, freePort(t)), journal: &journal{}}, lines: lines}
	golog.SetOutput(s.journal)
	t.Cleanup(func() { golog.SetOutput(os.Stderr) })
	instance, err := caddy.Start(s.input(enumim))
	if err != nil {
		t.Fatal(err)
	}
	s.Instance = instance
	t.Cleanup(func() {
		begun(t, s.Instance)
		s.stop()
	})
	return s
}

func (s *inside) input(enumim string) caddy.CaddyfileInput {
	_, port, _ := strings.Cut(s.at, ":")
	return caddy.CaddyfileInput{
		Filepath: "Corefile", ServerTypeName: "dns",
		Contents: fmt.Appendf(nil, ".:%s {\nbind %s\n%s\n%s\n}\n", port, loopback, s.lines, enumim),
	}
}

// restart reads another Corefile.
func (s *inside) restart(enumim string) error {
	next, err := s.Restart(s.input(enumim))
	if err == nil {
		s.Instance = next
	}
	return err
}

func (s *inside) stop() {
	s.ShutdownCallbacks()
	s.Instance.Stop()
	s.Wait()
}

// counter returns the sum of the samples of a metric of this process.
func counter(t testing.TB, name, label string) float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return metric(b.String(), name, label)
}

// internal is what SERVFAIL says for itself when the fault is in a program, beside the reasons of outages.
const internal = dns.ExtendedErrorCodeOther

// allowed checks a reply while calls fail: it is right, or SERVFAIL with a reason, and comes in time.
func (q query) allowed(m *dns.Msg, took time.Duration) error {
	if took > within(time.Second) {
		return fmt.Errorf("the reply to %s took %v", q.key(), took)
	}
	if m.Rcode != dns.RcodeServerFailure {
		return q.check(m, q.low.Load(), true)
	}
	codes := extended(m)
	if len(m.Answer) > 0 || len(codes) != 1 || codes[0] != internal && !slices.Contains(reasons, codes[0]) {
		return fmt.Errorf("%w: SERVFAIL without one of the reasons: %v", errWrong, m)
	}
	return nil
}

// asks asks everything, each query once, and returns how many were SERVFAIL.
func (s *inside) asks(l *lane) (failed int, err error) {
	at := time.Now()
	err = s.askAll(l.queries(), func(q query, m *dns.Msg) error {
		took := time.Since(at)
		at = time.Now()
		if m.Rcode == dns.RcodeServerFailure {
			failed++
		}
		return q.allowed(m, took)
	})
	return failed, err
}

// block is the enumim block that names a failing backend. Another round has it opened anew.
func (f *failing) block(name string, round int) string {
	return fmt.Sprintf("enumim %s {\nbackend failing %s %d\n}\n", f.apex, name, round)
}

// walk has the nth call of a course of events fail, for every n: a start by a reload, queries, metrics that are
// collected, changed data. Whatever fails and how, each reply is right or SERVFAIL with a reason, in time; and with
// the plan over, all is well within two seconds.
type walk struct {
	*inside
	*failing
	name  string
	round int
}

// course is what happens.
func (w *walk) course(t *testing.T) (failed int) {
	t.Helper()
	ask := func() {
		n, err := w.asks(w.lane)
		if err != nil {
			t.Fatal(err)
		}
		failed += n
	}
	w.round++
	_ = w.restart(w.block(w.name, w.round)) // one that fails leaves what was
	ask()
	w.change()
	ask()
	counter(t, "coredns_enumim_panics_total", "")
	ask()
	return failed
}

// heals waits until all is answered from what there is.
func (w *walk) heals(t *testing.T) {
	t.Helper()
	w.plan(0, "", false)
	began := time.Now()
	v, _ := w.current()
	eventually(t, func() error { return w.serves(v, w.queries()...) })
	if took := time.Since(began); took > within(2*time.Second) {
		t.Errorf("all is well after %v", took)
	}
	w.raise(v)
}

// TestFallibleCalls (F37, F38): each call into a driver fails once, in each way, by a panic also; the server goes on.
func TestFallibleCalls(t *testing.T) {
	for _, form := range forms {
		t.Run(form, func(t *testing.T) {
			f, name := newFailing(t, form, 3)
			w := &walk{inside: startInside(t, "", f.block(name, 0)), failing: f, name: name}
			w.heals(t)
			w.course(t)
			w.heals(t)
			w.plan(0, "", false)
			w.course(t)
			calls, _ := w.done()
			w.heals(t)
			before := runtime.NumGoroutine()
			injected, failed := map[string]int{}, 0
			for _, how := range misdeeds {
				for n := 1; n <= len(calls); n++ {
					w.plan(n, how, false)
					failed += w.course(t)
					if _, call := w.done(); call != "" {
						injected[call]++
					}
					w.heals(t)
				}
			}
			t.Logf("%d calls: %v failed; %d replies were SERVFAIL", len(calls), injected, failed)
			for _, call := range calls {
				if injected[call] == 0 {
					t.Errorf("%s never failed", call)
				}
			}
			eventually(t, func() error {
				if n := runtime.NumGoroutine(); n > before+slack {
					return fmt.Errorf("%d goroutines, before %d", n, before)
				}
				return nil
			})
			w.tellsNoNumber(t, []*lane{w.lane})
			for call, rounds := range injected {
				if !t.Failed() {
					note(t, result{Date: today(), Fault: "F38", Name: call + " fails, panics, hangs, ends its goroutine, returns garbage", Store: "driver, " + form, Rounds: rounds})
				}
			}
		})
	}
}
