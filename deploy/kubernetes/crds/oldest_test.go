package crds

import (
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// faults returns what an API server whose new rules may have what a version knows says of the rules of a schema.
func faults(t *testing.T, knows *version.Version, s *schema.Structural) (list []string) {
	t.Helper()
	results, err := cel.Compile(s, model.SchemaDeclType(s, s.XEmbeddedResource), celconfig.PerCallLimit, environment.MustBaseEnvSet(knows), cel.NewExpressionsEnvLoader())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Error != nil {
			list = append(list, r.Error.Detail)
		}
	}
	for name := range s.Properties {
		below := s.Properties[name]
		list = append(list, faults(t, knows, &below)...)
	}
	if s.Items != nil {
		list = append(list, faults(t, knows, s.Items)...)
	}
	return list
}

// The oldest API server that docs/kubernetes-resources.md names, 1.31, takes the definitions: in new rules a server allows what
// the version before it knew. One of 1.30 refuses that of delegations, and without it a server reads nothing.
func TestOldest(t *testing.T) {
	for _, file := range kinds {
		if list := faults(t, version.MajorMinor(1, 30), load(t, file).structure); len(list) > 0 {
			t.Errorf("%s: Kubernetes 1.31 refuses it: %q", file, list)
		}
	}
	if len(faults(t, version.MajorMinor(1, 29), load(t, kinds["Delegation"]).structure)) == 0 {
		t.Error("Kubernetes 1.30 takes the definitions, too: say so on the page")
	}
}
