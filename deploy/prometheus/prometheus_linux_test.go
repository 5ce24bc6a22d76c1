package prometheus

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostSeries is how many series a server has at most, unless it has very many trees and sources.
const mostSeries = 200

// block is the only block of a language that the page has.
func block(t testing.TB, language string) string {
	t.Helper()
	blocks := regexp.MustCompile(`(?ms)^~~~ `+language+`\n(.*?)^~~~$`).FindAllStringSubmatch(string(read(t, page)), -1)
	if len(blocks) != 1 {
		t.Fatalf("%s has %d blocks of %s", page, len(blocks), language)
	}
	return blocks[0][1]
}

// TestPageCorefile: the server takes the Corefile of the page.
func TestPageCorefile(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), coredns(t), "-validate", "-conf", write(t, t.TempDir(), "Corefile", block(t, "corefile")))
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// server is a Prometheus that scrapes enumim and evaluates the rules.
type server struct{ at string }

func prometheus(t testing.TB, target string) *server {
	t.Helper()
	need(t, "prometheus", "prometheus")
	dir, s := t.TempDir(), &server{free(t)}
	write(t, dir, "rules.yaml", string(read(t, "rules.yaml")))
	config := "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n" + strings.Replace(block(t, "yaml"), "127.0.0.1:9153", target, 1)
	launch(t, "prometheus", "--config.file="+write(t, dir, "prometheus.yaml", config), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+s.at)
	eventually(t, func() error {
		_, err := get("http://" + s.at + "/-/ready")
		return err
	})
	return s
}

// ask asks the API.
func (s *server) ask(path string, values url.Values, data any) error {
	text, err := get("http://" + s.at + "/api/v1/" + path + "?" + values.Encode())
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), &struct{ Data any }{data})
}

// has returns an error unless an expression has a value, and which is a number.
func (s *server) has(expr string) error {
	var data struct {
		Result []struct{ Value [2]any }
	}
	if err := s.ask("query", url.Values{"query": {expr}}, &data); err != nil {
		return err
	}
	for _, r := range data.Result {
		if r.Value[1] != "NaN" {
			return nil
		}
	}
	return fmt.Errorf("%s has no value: %v", expr, data)
}

// state is what Prometheus says of a rule.
type state struct{ Name, Health, LastError, State string }

func (s *server) states() (states map[string]state, err error) {
	var data struct{ Groups []struct{ Rules []state } }
	err = s.ask("rules", nil, &data)
	states = map[string]state{}
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			states[r.Name] = r
		}
	}
	return states, err
}

var (
	quoted = regexp.MustCompile(`"[^"]*"`)
	name   = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_:]*`)
)

// names are the metrics that an expression names.
func names(expr string) (list []string) {
	for _, n := range name.FindAllString(quoted.ReplaceAllString(expr, `""`), -1) {
		if strings.Contains(n, ":") || strings.HasPrefix(n, "coredns_") || strings.HasPrefix(n, "process_") || strings.HasPrefix(n, "go_") {
			list = append(list, n)
		}
	}
	return list
}

// TestLoaded scrapes a server with several trees that is asked all the time. It has what rules, dashboard and page name;
// each query of the dashboard has a value; an outage raises an alert.
func TestLoaded(t *testing.T) {
	need(t, "prometheus", "prometheus")
	l := load(t)
	p := prometheus(t, l.metrics)

	queries := grafana(t).queries()
	for where, expr := range queries {
		queries[where] = strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*", "$zone", ".*").Replace(expr)
	}
	for _, r := range rules(t) {
		if r.Record != "" {
			queries["what is recorded: "+r.Record] = r.Record
		}
	}
	eventually(t, func() (err error) {
		for where, expr := range queries {
			if e := p.has(expr); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", where, e))
			}
		}
		return err
	})
	t.Logf("%d queries have values", len(queries))
	for _, v := range grafana(t).Templating.List {
		if v.Type == "query" {
			p.lists(t, v)
		}
	}

	states, err := p.states()
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, r := range rules(t) {
		recorded[r.Record] = true
		queries["rule "+r.Record+r.Alert] = r.Expr.StrVal
		if s := states[r.Record+r.Alert]; s.Health != "ok" {
			t.Errorf("%s%s is %q: %s", r.Record, r.Alert, s.Health, s.LastError)
		}
	}
	types, text := l.exported(t)
	for where, expr := range queries {
		for _, n := range names(expr) {
			base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(n, "")
			if types[n] == "" && types[base] != "histogram" && !recorded[n] {
				t.Errorf("%s: the server exports no %s", where, n)
			}
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(coredns_\\w+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(read(t, page)), -1) {
		if types[m[1]] != m[2] {
			t.Errorf("%s has a %s %s, the server has the type %q", page, m[2], m[1], types[m[1]])
		}
	}
	few(t, text)

	if s := states["EnumimBackendUnreachable"].State; s != "inactive" {
		t.Errorf("the backend is there, and the alert is %s", s)
	}
	l.outage()
	eventually(t, func() error {
		states, err := p.states()
		if s := states["EnumimBackendUnreachable"].State; err == nil && s != "pending" && s != "firing" {
			err = fmt.Errorf("the store is away, and the alert is %s", s)
		}
		return err
	})
}

// lists tests that a variable of the dashboard has values to choose from.
func (s *server) lists(t testing.TB, v variable) {
	t.Helper()
	var query struct{ Query string }
	if err := json.Unmarshal(v.Query, &query); err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`).FindStringSubmatch(query.Query)
	if m == nil {
		t.Fatalf("%s: %s", v.Name, query.Query)
	}
	var values []string
	err := s.ask("label/"+m[2]+"/values", url.Values{"match[]": {strings.ReplaceAll(m[1], "$instance", ".*")}}, &values)
	if err != nil || len(values) == 0 {
		t.Errorf("%s: %q, %v", v.Name, values, err)
	}
}

// few counts the series of a server.
func few(t testing.TB, text string) {
	t.Helper()
	n := map[string]int{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "coredns_enumim_") {
			n[line[:strings.IndexAny(line, "{ ")]]++
		}
	}
	total := 0
	for _, count := range n {
		total += count
	}
	t.Logf("%d series", total)
	if total > mostSeries {
		for _, name := range slices.Sorted(maps.Keys(n)) {
			t.Logf("%4d %s", n[name], name)
		}
		t.Errorf("%d series, more than %d", total, mostSeries)
	}
}
