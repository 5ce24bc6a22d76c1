package prometheus

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

// page says what to do about each alert.
const page = "../../docs/metrics.md"

// need leaves a test out where a program is missing; in CI that is a failure.
func need(t testing.TB, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: apt install %s", program, pkg)
	}
	t.Skipf("%s is not installed: apt install %s", program, pkg)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// rules are those of rules.yaml.
func rules(t testing.TB) []monitoring.Rule {
	t.Helper()
	var file monitoring.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict(read(t, "rules.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	// Prometheus evaluates groups beside each other: an alert has to see what was recorded at the same moment.
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) < 15 {
		t.Fatalf("%d groups", len(file.Groups))
	}
	return file.Groups[0].Rules
}

// TestRules: who is woken by an alert learns what it is about, how bad that is, and what to do.
func TestRules(t *testing.T) {
	recorded := regexp.MustCompile(`^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$`) // level:metric:operations
	text, seen := string(read(t, page)), map[string]bool{}
	for _, r := range rules(t) {
		name := r.Alert + r.Record
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if r.Record != "" {
			if !recorded.MatchString(r.Record) {
				t.Errorf("%s is no name for what is recorded", r.Record)
			}
			continue
		}
		if r.For == nil || *r.For == "" {
			t.Errorf("%s fires for what passes by itself", name)
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("%s has the severity %q", name, r.Labels["severity"])
		}
		for _, a := range []string{"summary", "description"} {
			if r.Annotations[a] == "" {
				t.Errorf("%s has no %s", name, a)
			}
		}
		if want := "https://github.com/enumim/enumim/blob/main/docs/metrics.md#" + strings.ToLower(name); r.Annotations["runbook_url"] != want {
			t.Errorf("%s leads to %s", name, r.Annotations["runbook_url"])
		}
		if !strings.Contains(text, "\n### "+name+"\n") {
			t.Errorf("%s has nothing about %s", page, name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### (Enumim\w+)$`).FindAllStringSubmatch(text, -1) {
		if !seen[m[1]] {
			t.Errorf("%s has an alert %s, which nothing raises", page, m[1])
		}
	}
}

// TestOperatorsRules: the Prometheus Operator gets the same rules.
func TestOperatorsRules(t *testing.T) {
	var object monitoring.PrometheusRule
	if err := yaml.UnmarshalStrict(read(t, "prometheusrule.yaml"), &object); err != nil {
		t.Fatal(err)
	}
	if object.APIVersion != monitoring.SchemeGroupVersion.String() || object.Kind != monitoring.PrometheusRuleKind {
		t.Errorf("%s %s", object.APIVersion, object.Kind)
	}
	if len(object.Spec.Groups) != 1 || !reflect.DeepEqual(object.Spec.Groups[0].Rules, rules(t)) {
		t.Error("prometheusrule.yaml has other rules than rules.yaml")
	}
}

// TestAlerts: each alert fires for what it is about, and not for what is near it.
func TestAlerts(t *testing.T) {
	var file struct {
		Tests []struct {
			Alerts []struct {
				Name string            `json:"alertname"`
				Want []json.RawMessage `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(read(t, "rules_test.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, group := range file.Tests {
		for _, a := range group.Alerts {
			if len(a.Want) > 0 {
				fires[a.Name] = true
			} else {
				silent[a.Name] = true
			}
		}
	}
	for _, r := range rules(t) {
		if r.Alert != "" && (!fires[r.Alert] || !silent[r.Alert]) {
			t.Errorf("%s: a case where it fires: %v, where it does not: %v", r.Alert, fires[r.Alert], silent[r.Alert])
		}
	}
	need(t, "promtool", "prometheus")
	for _, args := range [][]string{{"check", "rules", "rules.yaml"}, {"test", "rules", "rules_test.yaml"}} {
		if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
