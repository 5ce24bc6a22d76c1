package crds

import (
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// A server reads, and cannot do anything else; nobody is given what is not written here.
func TestRoles(t *testing.T) {
	text, err := os.ReadFile("roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"enumim-reader": "enumim.github.io numbers,numberblocks,delegations list,watch;  namespaces get",
		"enumim-status": "enumim.github.io numbers/status,numberblocks/status,delegations/status patch",
		"enumim-writer": "enumim.github.io numbers,numberblocks,delegations list,create,patch,delete;  namespaces get",
	}
	for doc := range strings.SplitSeq(string(text), "\n---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.UnmarshalStrict([]byte(doc), &role); err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, r := range role.Rules {
			if len(r.NonResourceURLs) > 0 || len(r.ResourceNames) > 0 {
				t.Errorf("%s: %v", role.Name, r)
			}
			rules = append(rules, strings.Join(r.APIGroups, ",")+" "+strings.Join(r.Resources, ",")+" "+strings.Join(r.Verbs, ","))
		}
		if got := strings.Join(rules, "; "); role.AggregationRule != nil || got != want[role.Name] {
			t.Errorf("%s may %q, wanted %q", role.Name, got, want[role.Name])
		}
		delete(want, role.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// Records are the same thing wherever they stand.
func TestSameRecords(t *testing.T) {
	records := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		first := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "records:" })
		last := slices.IndexFunc(lines, func(l string) bool { return l == "              x-kubernetes-validations:" })
		if first < 0 || last < first {
			t.Fatalf("%s has no records", file)
		}
		return strings.Join(lines[first:last], "\n")
	}
	if records("numbers.yaml") != records("numberblocks.yaml") {
		t.Error("the records of numbers and of blocks have other rules")
	}
}
