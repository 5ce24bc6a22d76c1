package enumim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	clog "github.com/coredns/coredns/plugin/pkg/log"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/enumim/enumim/backend"
)

func counterValue(tb testing.TB, m prometheus.Metric) float64 {
	tb.Helper()
	var d dto.Metric
	if err := m.Write(&d); err != nil {
		tb.Fatal(err)
	}
	if d.Gauge != nil {
		return d.Gauge.GetValue()
	}
	return d.Counter.GetValue()
}

// exercise makes every metric have a sample, and asks for numbers in every way.
func exercise(t *testing.T) {
	b := &reporter{driver: "memory"}
	for _, e := range []backend.Event{
		{Kind: backend.Loaded, Source: "numbers.txt", Entries: 3, Serial: 9, Took: time.Millisecond},
		{Kind: backend.Refused, Source: "numbers.txt", Err: errors.New("line 1\nline 2")},
		{Kind: backend.Unavailable, Source: "numbers.txt", Err: nil},
		{Kind: backend.Recovered, Source: "numbers.txt"},
		{Kind: backend.Finding, Source: "numbers.txt", Rule: "L3-x", Text: "text", Count: 2},
	} {
		b.observe(e)
	}
	local := newMemory(t, "4.4.e164.arpa", fixture)
	for _, s := range []lender{local, &store{memory: local, serial: func() (uint32, error) { return 1, nil }}} {
		e := serve(t, "4.4.e164.arpa", s)
		for _, v := range zoneVectors {
			askHandler(t, e, query1(vectorName(v.name), v.qtype), nil)
		}
		local.hook = func(_ context.Context, q backend.Query) (backend.Answer, error, bool) {
			if q.Name.Number.Len() == 12 {
				panic(q.Name.Number.String())
			}
			return backend.Answer{}, backend.ErrUnavailable, true
		}
		for _, v := range zoneVectors {
			askHandler(t, e, query1(vectorName(v.name), v.qtype), nil)
		}
		local.hook = nil
	}
}

func TestResponsesAreCounted(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	value := func(result string) float64 {
		return counterValue(t, responses.WithLabelValues("", "4.4.e164.arpa.", result))
	}
	for name, result := range map[string]string{
		"3.8.0.0.6.9.2.3.6.1": "found", "1": "nodata", "9": "nxdomain", "1.6.6.7.7": "referral", "1.i": "found",
	} {
		before := value(result)
		askHandler(t, e, query1(vectorName(name), dns.TypeNAPTR), nil)
		if got := value(result) - before; got != 1 {
			t.Errorf("%s: result %s was counted %v times", name, result, got)
		}
	}
}

func TestEventsBecomeMetrics(t *testing.T) {
	b := &reporter{driver: "memory"}
	up := backendUp.WithLabelValues("memory", "a.txt")
	b.observe(backend.Event{Kind: backend.Loaded, Source: "a.txt", Entries: 42})
	if counterValue(t, up) != 1 || counterValue(t, backendEntries.WithLabelValues("memory", "a.txt")) != 42 {
		t.Error("a load is to set up and entries")
	}
	// What is there from 0 on shows the first refusal as an increase, which alerts look for.
	if got := seriesWith(t, `refused_loads_total{backend="memory",source="a.txt"} 0`); len(got) != 1 {
		t.Errorf("no refused loads are %q", got)
	}
	if age := float64(time.Now().Unix()) - counterValue(t, lastLoad.WithLabelValues("memory", "a.txt")); age > 60 {
		t.Errorf("the last load was %v s ago", age)
	}
	b.observe(backend.Event{Kind: backend.Refused, Source: "a.txt", Entries: 42, Err: errors.New("cut short")})
	if counterValue(t, up) != 0 || counterValue(t, refusedLoads.WithLabelValues("memory", "a.txt")) != 1 ||
		counterValue(t, backendEntries.WithLabelValues("memory", "a.txt")) != 42 {
		t.Error("a load that was held back is counted, and the entries stay")
	}
	b.observe(backend.Event{Kind: backend.Recovered, Source: "a.txt"})
	if counterValue(t, up) != 1 {
		t.Error("recovered is up")
	}
}

// Several files that are loaded as one source go down and up as one.
func TestUpOfSeveralFiles(t *testing.T) {
	b := &reporter{driver: "several"}
	up := func(source string) float64 { return counterValue(t, backendUp.WithLabelValues("several", source)) }
	b.observe(backend.Event{Kind: backend.Refused, Source: "b.txt", Err: errors.New("missing")})
	if up("b.txt") != 0 {
		t.Error("a file that was never loaded is up")
	}
	b.observe(backend.Event{Kind: backend.Loaded, Source: "a.txt b.txt", Entries: 2})
	if backendUp.DeleteLabelValues("several", "b.txt") || up("a.txt b.txt") != 1 {
		t.Error("the fault of one file outlives the load of all")
	}
	b.observe(backend.Event{Kind: backend.Refused, Source: "b.txt", Err: errors.New("cut short")})
	if up("a.txt b.txt") != 0 || backendUp.DeleteLabelValues("several", "b.txt") {
		t.Error("the fault of one file is not the fault of all")
	}
	b.observe(backend.Event{Kind: backend.Loaded, Source: "a.txt b.txt", Entries: 2})
	if up("a.txt b.txt") != 1 {
		t.Error("loaded again, and not up")
	}
}

// capture returns what is logged while f runs.
func capture(f func()) string {
	var b bytes.Buffer
	clog.SetOutput(&b)
	defer clog.SetOutput(discard{})
	f()
	clog.SetOutput(discard{}) // nobody writes any more when that returns
	return b.String()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// A number is personal data: neither logs nor metrics hold one, in any order of its digits.
func TestNoNumberInLogsAndMetrics(t *testing.T) {
	logged := capture(func() { exercise(t) })
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "coredns_enumim") {
			if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	number := regexp.MustCompile(`(\d\.){6}|\+\d{5}|44(1632|2079)|3800692361|2361440`)
	for what, text := range map[string]string{"log": logged, "metrics": b.String()} {
		if text == "" {
			t.Errorf("nothing in the %s", what)
		}
		if found := number.FindString(text); found != "" {
			t.Errorf("%q in the %s:\n%s", found, what, text)
		}
	}
}

func TestQueryErrorsAreLoggedOnceASecond(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
		return backend.Answer{}, backend.ErrUnavailable, true
	}
	e := serve(t, "e164.arpa", m)
	logged := capture(func() {
		for range 100 {
			askHandler(t, e, query1(number0, dns.TypeNAPTR), nil)
		}
	})
	if n := strings.Count(logged, "backend is unavailable"); n < 1 || n > 2 {
		t.Errorf("logged %d times:\n%s", n, logged)
	}
}

func TestFaultsAreLoggedALineEach(t *testing.T) {
	b := &reporter{driver: "memory"}
	refused := func(text string) string {
		return capture(func() {
			b.observe(backend.Event{Kind: backend.Refused, Source: "a.txt", Err: errors.New(text)})
		})
	}
	if got := refused("a.txt:1234567:8: x\na.txt:1234568:1: y"); !strings.Contains(got, "still is):\n") ||
		!strings.Contains(got, "a.txt:1234567:8: x\n") || !strings.Contains(got, "a.txt:1234568:1: y\n") {
		t.Errorf("got %q", got)
	}
	if got := strings.Count(refused(strings.Repeat("x!\n", 50)), "x!"); got != faultLines {
		t.Errorf("got %d lines", got)
	}
}

func TestMasked(t *testing.T) {
	for text, want := range map[string]string{
		"line 1234: 1.2.3":              "line 1234: 1.2.3",
		"+12025550100 and 441632960083": "+12... and 44...", "x12345": "x12...",
		"member 127.0.0.1:12390: refused": "member 127.0.0.1:12390: refused", "db.example.net:25432/enum": "db.example.net:25432/enum",
		"[::1]:25432": "[::1]:25432", "error (SQLSTATE 42601)": "error (SQLSTATE 42601)",
		"sip:12345@h": "sip:12...@h", "db.example.net:123456": "db.example.net:12...", "1.2.3.12345": "1.2.3.12...",
	} {
		if got := masked(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What the driver of a database puts into its errors is not ours to log.
func TestStoreErrorsAreMasked(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
		return backend.Answer{}, fmt.Errorf("no row for 12025550100: %w", backend.ErrUnavailable), true
	}
	e := serve(t, "e164.arpa", m)
	b := &reporter{driver: "memory"}
	logged := capture(func() {
		askHandler(t, e, query1(number0, dns.TypeNAPTR), nil)
		b.observe(backend.Event{Kind: backend.Unavailable, Source: "db", Err: errors.New("no row for 12025550100")})
	})
	if strings.Count(logged, "no row for 12...") != 2 || strings.Contains(logged, "5550100") {
		t.Errorf("logged %s", logged)
	}
}

// That a store is unavailable is said once in a line.
func TestUnavailableIsSaidOnce(t *testing.T) {
	b := &reporter{driver: "memory"}
	logged := capture(func() {
		b.observe(backend.Event{Kind: backend.Unavailable, Source: "db", Err: fmt.Errorf("%w: refused", backend.ErrUnavailable)})
	})
	if !strings.Contains(logged, "backend memory: db is unavailable: refused\n") {
		t.Errorf("logged %s", logged)
	}
}

// Each server has its own counters.
func TestResponsesAreCountedByServer(t *testing.T) {
	var c tally
	for range 3 {
		c.count("dns://:1", "tally.example.", resultFound)
	}
	c.count("dns://:2", "tally.example.", resultFound)
	for server, want := range map[string]float64{"dns://:1": 3, "dns://:2": 1} {
		if got := counterValue(t, responses.WithLabelValues(server, "tally.example.", "found")); got != want {
			t.Errorf("%s: %v, want %v", server, got, want)
		}
	}
}

// A reply that is cut carries nothing: not the authority section of a large referral either.
func TestCutReferralIsEmpty(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("@ 3600 IN SOA ns1 hm 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n")
	for i := range 60 {
		fmt.Fprintf(&zone, "9 3600 IN NS a-rather-long-name-of-a-server-%d.example.net.\n", i)
	}
	e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", zone.String()))
	r := askHandler(t, e, query1("1.9.e164.arpa.", dns.TypeNAPTR), nil)
	if !r.Truncated || len(r.Answer)+len(r.Ns)+len(r.Extra) != 0 {
		t.Errorf("got %v", r)
	}
}

// A log that says "loaded" of what comes from a snapshot sends people the wrong way in an outage.
func TestSnapshotIsTold(t *testing.T) {
	r := &reporter{driver: "postgres"}
	got := capture(func() {
		r.observe(backend.Event{Kind: backend.Loaded, Source: "db/snapshot-told", Entries: 3, Age: 90 * time.Minute})
	})
	if !strings.Contains(got, "loaded the snapshot of db/snapshot-told, 1h30m0s old: 3 entries") {
		t.Errorf("got %q", got)
	}
	if at := testutil.ToFloat64(lastLoad.WithLabelValues("postgres", "db/snapshot-told")); time.Since(time.Unix(int64(at), 0)) < time.Hour {
		t.Errorf("the last load was at %v", time.Unix(int64(at), 0))
	}
	r.observe(backend.Event{Kind: backend.Closed})
}
