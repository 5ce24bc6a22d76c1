// Package crds tests the custom resource definitions with the API server's own library: what it would refuse, it refuses here.
package crds

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	servervalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// kinds are the files by the kind that they define.
var kinds = map[string]string{"Number": "numbers.yaml", "NumberBlock": "numberblocks.yaml", "Delegation": "delegations.yaml"}

// definition is a custom resource definition as the API server uses it.
type definition struct {
	schema    servervalidation.SchemaValidator
	structure *schema.Structural
	rules     *cel.Validator
}

// load reads a definition strictly, and has the API server's rules for definitions look at it: a structural schema, and
// rules whose costs it estimates to be within its limits.
func load(t *testing.T, file string) *definition {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v1 apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &v1); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	apiextensionsv1.SetDefaults_CustomResourceDefinition(&v1)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&v1.Spec)
	v1.Status.StoredVersions = []string{"v1"}
	var internal apiextensions.CustomResourceDefinition
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&v1, &internal, nil); err != nil {
		t.Fatal(err)
	}
	if faults := validation.ValidateCustomResourceDefinition(t.Context(), &internal); len(faults) > 0 {
		t.Fatalf("%s: the API server refuses it: %v", file, faults.ToAggregate())
	}
	props, err := apiextensions.GetSchemaForVersion(&internal, "v1")
	if err != nil {
		t.Fatal(err)
	}
	d := &definition{}
	if d.schema, _, err = servervalidation.NewSchemaValidator(props.OpenAPIV3Schema); err != nil {
		t.Fatal(err)
	}
	if d.structure, err = schema.NewStructural(props.OpenAPIV3Schema); err != nil {
		t.Fatal(err)
	}
	d.rules = cel.NewValidator(d.structure, true, celconfig.PerCallLimit)
	return d
}

// admit returns what the API server says of an object, or of a change of one.
func (d *definition) admit(object, old map[string]any) (faults field.ErrorList) {
	pruning.Prune(object, d.structure, true)
	if old == nil {
		faults = servervalidation.ValidateCustomResource(nil, object, d.schema)
	} else {
		faults = servervalidation.ValidateCustomResourceUpdate(nil, object, old, d.schema)
	}
	var before any
	if old != nil {
		before = old
	}
	rules, _ := d.rules.Validate(context.Background(), nil, d.structure, object, before, celconfig.RuntimeCELCostBudget)
	return append(faults, rules...)
}

// aCase is a line of testdata/cases.jsonl, which the backend's tests read as well: what the API server says at admission
// ("" for nothing), and what the server says that reads it.
type aCase struct {
	Why       string         `json:"why"`
	Kind      string         `json:"kind"`
	DialPlan  bool           `json:"dialplan"`
	Spec      map[string]any `json:"spec"`
	Old       map[string]any `json:"old"`
	Admission string         `json:"admission"`
	Server    string         `json:"server"`
}

// What a field guide or a tired person gets wrong is refused when it is written, with words that say what to do; what
// is right is taken.
func TestAdmission(t *testing.T) {
	definitions := map[string]*definition{}
	for kind, file := range kinds {
		definitions[kind] = load(t, file)
	}
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.NewReplacer("LONG", strings.Repeat("a", 300), "FITS", strings.Repeat("a", 248-len("im:@example.com"))).Replace(lines.Text())
		var c aCase
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		t.Run(c.Kind+"/"+c.Why, func(t *testing.T) {
			var old map[string]any
			if c.Old != nil {
				old = object(c.Kind, c.Old)
			}
			faults := definitions[c.Kind].admit(object(c.Kind, c.Spec), old)
			switch said := faults.ToAggregate(); {
			case c.Admission == "" && said != nil:
				t.Errorf("line %d: refused: %v", n, said)
			case c.Admission != "" && (said == nil || !strings.Contains(said.Error(), c.Admission)):
				t.Errorf("line %d: said %v, wanted %q", n, said, c.Admission)
			}
		})
	}
}

// object is a resource as the API server has it.
func object(kind string, spec map[string]any) map[string]any {
	text, _ := json.Marshal(map[string]any{"apiVersion": "enumim.github.io/v1", "kind": kind,
		"metadata": map[string]any{"name": "n", "namespace": "default", "uid": "1", "resourceVersion": "1"}, "spec": spec})
	var o map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	_ = d.Decode(&o) // it was made here
	return integers(o).(map[string]any)
}

// integers makes int64 of numbers, as the API server's decoder does.
func integers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = integers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = integers(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}
