package enumim

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/enumim/enumim/backend"
)

// seriesWith returns the series of this plugin that hold a text.
func seriesWith(t *testing.T, text string) []string {
	t.Helper()
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
	var found []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, text) && !strings.HasPrefix(line, "#") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	slices.Sort(found)
	return found
}

// Series of sources and zones live as long as they are in the Corefile: an alert on backend_up must not tell of a
// file that nobody reads, and reloads with ever new files must not pile series up.
func TestSeriesGoWithTheirSource(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("+12025550100 im:a@example.com\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	corefile := func(zone, path, more string) caddy.Input {
		return input(fmt.Sprintf("%s:0 {\n bind 127.0.0.1\n enumim {\n backend file %s {\n %s\n }\n }\n}", zone, path, more))
	}
	restart := func(instance *caddy.Instance, to caddy.Input) *caddy.Instance {
		t.Helper()
		settle()
		udp, _ := addresses(instance)
		for _, zone := range []string{"one.series.example.", "two.series.example."} {
			exchange(t, "udp", udp, query1(zone, dns.TypeNAPTR))
		}
		next, err := instance.Restart(to)
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Flush(); err != nil { // else it takes seconds
			t.Error(err)
		}
		return next
	}
	first := file("first.txt")
	instance, err := caddy.Start(corefile("one.series.example", first, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	want := func(text string, n int) {
		t.Helper()
		if got := seriesWith(t, text); len(got) != n {
			t.Errorf("%d series with %s, want %d:\n%s", len(got), text, n, strings.Join(got, "\n"))
		}
	}
	want(first, 4) // entries, up, when, refused loads
	// Another configuration of the same source: the old backend closes, the series stay.
	instance = restart(instance, corefile("one.series.example", first, "shrink 50"))
	want(first, 4)
	want("one.series.example", int(results))
	if got := seriesWith(t, "backend_up{"); !slices.Contains(got, fmt.Sprintf("coredns_enumim_backend_up{backend=%q,source=%q} 1", "file", first)) {
		t.Errorf("got %s", got)
	}
	// The same configuration: nothing is opened or closed.
	instance = restart(instance, corefile("one.series.example", first, "shrink 50"))
	want(first, 4)
	// A reload that fails after it has opened another source.
	absent := filepath.Join(dir, "absent.txt")
	if _, err := instance.Restart(corefile("one.series.example", absent, "")); err == nil {
		t.Error("a reload without data was taken")
	}
	if err := pool.Flush(); err != nil {
		t.Error(err)
	}
	want(absent, 0)
	for i := range 10 {
		path := file(fmt.Sprintf("next%d.txt", i))
		instance = restart(instance, corefile("two.series.example", path, ""))
		want(path, 4)
	}
	want(dir, 4)
	want("one.series.example", 0)
	want("two.series.example", int(results)) // of the instance before
}

// The last of several backends that read a source takes its series along, and none comes back.
func TestSeriesOfSharedSource(t *testing.T) {
	a, b := &reporter{driver: "shared"}, &reporter{driver: "shared"}
	loaded := func(source string) backend.Event {
		return backend.Event{Kind: backend.Loaded, Source: source, Entries: 1}
	}
	a.observe(loaded("x.txt"))
	b.observe(backend.Event{Kind: backend.Refused, Source: "x.txt", Err: backend.ErrInvalidData})
	b.observe(loaded("x.txt y.txt"))
	if got := seriesWith(t, `"shared",source="x.txt"`); len(got) != 4 {
		t.Errorf("what another backend reads was taken away: %q", got)
	}
	b.observe(backend.Event{Kind: backend.Refused, Source: "y.txt", Err: backend.ErrInvalidData})
	a.observe(backend.Event{Kind: backend.Closed})
	if got := seriesWith(t, `"shared"`); len(got) != 4 || !strings.Contains(got[0], `source="x.txt y.txt"`) {
		t.Errorf("got %q", got)
	}
	b.observe(backend.Event{Kind: backend.Closed})
	b.observe(loaded("x.txt"))
	if got := seriesWith(t, `"shared"`); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// A zone of a store has the time of its look-ups, too.
func TestSeriesOfStoreZone(t *testing.T) {
	local := newMemory(t, "store.series.example", "")
	e := serve(t, "store.series.example", &store{memory: local, serial: func() (uint32, error) { return 1, nil }})
	askHandler(t, e, query1("1.store.series.example.", dns.TypeNAPTR), nil)
	const of = `zone="store.series.example."`
	if got := seriesWith(t, "lookup_duration_seconds_count{"+of); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	for _, tree := range e.forest.trees {
		tree.forget()
	}
	if got := seriesWith(t, of); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// A finding says nothing about whether a source can be read, and no serial is no serial 0.
func TestEventsThatTellLess(t *testing.T) {
	r := &reporter{driver: "less"}
	logged := capture(func() {
		r.observe(backend.Event{Kind: backend.Finding, Rule: "L3-x", Text: "text"})
		r.observe(backend.Event{Kind: backend.Loaded, Source: "n.txt", Entries: 3})
		r.observe(backend.Event{Kind: backend.Loaded, Source: "n.txt", Entries: 3, Serial: 7})
	})
	if got := seriesWith(t, `source=""`); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	if strings.Count(logged, "serial") != 1 || !strings.Contains(logged, "3 entries, in 0s") || !strings.Contains(logged, "3 entries, serial 7, in 0s") {
		t.Errorf("logged %s", logged)
	}
	r.observe(backend.Event{Kind: backend.Closed})
}

// TestSeriesGoWithTheirServer: who moves a zone to another port does not leave the series of the old one behind.
func TestSeriesGoWithTheirServer(t *testing.T) {
	name := shelve(t, newMemory(t, "e164.arpa", numbers))
	corefile := func(port int) caddy.Input {
		return input(fmt.Sprintf("e164.arpa:%d {\n bind 127.0.0.1\n enumim {\n backend memory %s\n }\n}", port, name))
	}
	instance, err := caddy.Start(corefile(25393))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	for _, port := range []int{25393, 25394} {
		if port != 25393 {
			if instance, err = instance.Restart(corefile(port)); err != nil {
				t.Fatal(err)
			}
		}
		settle()
		exchange(t, "udp", fmt.Sprintf("%s:%d", Loopback, port), query1(number0, dns.TypeNAPTR))
	}
	if old, now := seriesWith(t, Loopback+":25393"), seriesWith(t, Loopback+":25394"); len(old) != 0 || len(now) == 0 {
		t.Errorf("%d series of the old server, %d of the new", len(old), len(now))
	}
}
