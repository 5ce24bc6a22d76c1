package enumim

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/enumim/enumim/backend"
)

func TestMetricsAreLintFree(t *testing.T) {
	exercise(t)
	show("memory", backend.State{Source: "lint", Broken: 1, Serial: 1, Current: time.Now(), Stale: time.Hour})
	defer forgetSource([2]string{"memory", "lint"})
	guardResponses.WithLabelValues("dns://:53", "lint.example.", "told").Inc()
	guardFindings.WithLabelValues("lint.example.", "R05", "warning").Inc()
	defer (&inspection{zone: "lint.example."}).forget()
	additionals.WithLabelValues("found")
	for _, c := range collectors() {
		if n := testutil.CollectAndCount(c); n == 0 {
			t.Error("a metric without a sample was not linted")
		}
		problems, err := testutil.CollectAndLint(c)
		if err != nil {
			t.Error(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// collectors are all that there are.
func collectors() []prometheus.Collector {
	all := []prometheus.Collector{
		responses, panics, guardResponses, guardFindings, additionals, lookupDuration, lookupErrors, lastLoad, refusedLoads, backendFindings, answered.vec,
	}
	for _, vec := range stateVecs {
		all = append(all, vec)
	}
	return all
}

// description is how a metric describes itself.
var description = regexp.MustCompile(`fqName: "([^"]*)", help: "([^"]*)".*variableLabels: {([^}]*)}`)

// named is how a metric gets its name in the source.
var named = regexp.MustCompile(`(?:Name: +|= stateVec\()"([a-z_]+)"`)

// row is what docs/metrics.md has of a metric.
func row(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	ch := make(chan *prometheus.Desc, 1)
	c.Describe(ch)
	m := description.FindStringSubmatch((<-ch).String())
	if m == nil {
		t.Fatalf("%T does not describe itself", c)
	}
	kind := ""
	switch c.(type) {
	case prometheus.Gauge, *prometheus.GaugeVec:
		kind = "gauge" // a gauge is a counter, too, by its methods
	case prometheus.Counter, *prometheus.CounterVec:
		kind = "counter"
	case *prometheus.HistogramVec:
		kind = "histogram"
	}
	_, help, _ := strings.Cut(m[2], " of ")
	if help == "" {
		_, help, _ = strings.Cut(m[2], " that ")
	}
	labels := strings.ReplaceAll(m[3], ",", ", ")
	return fmt.Sprintf("| `%s` | %s | %s | %s |\n", m[1], kind, labels, strings.TrimSuffix(help, "."))
}

// TestMetricsPage: docs/metrics.md has each metric, with its labels and what it says of itself.
func TestMetricsPage(t *testing.T) {
	text, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, c := range collectors() {
		rows = append(rows, row(t, c))
	}
	slices.Sort(rows)
	if want := strings.Join(rows, ""); !strings.Contains(string(text), "|---|---|---|---|\n"+want+"\n") {
		t.Errorf("the table of the page is not\n%s", want)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") || !strings.Contains(string(source), "promauto") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(string(source), -1) {
			if !strings.Contains(strings.Join(rows, ""), "`coredns_enumim_"+m[1]+"`") {
				t.Errorf("%s has the metric %s, collectors does not", path, m[1])
			}
		}
	}
	for _, r := range resultNames {
		if !strings.Contains(string(text), "`"+r+"`") {
			t.Errorf("the page does not tell of the result %s", r)
		}
	}
	for _, f := range failures {
		if !strings.Contains(string(text), "`"+f.reason+"`") {
			t.Errorf("the page does not tell of the reason %s", f.reason)
		}
	}
}
