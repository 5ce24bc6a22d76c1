package kubernetes

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// examples are what a user may apply as it stands.
var examples = []string{"examples/kamailio", "examples/store", "examples/central", "examples/resources"}

// bundle is what a kustomization becomes.
type bundle struct {
	name    string
	objects []runtime.Object
	// account returns the files of a service account; nil where no pod may need one.
	account func(namespace, name string) map[string]string
}

// decoder refuses what the API server would warn of: unknown fields and doubled ones.
var decoder = sync.OnceValue(func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		apps.AddToScheme, core.AddToScheme, networking.AddToScheme, policy.AddToScheme, rbac.AddToScheme, monitoring.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
})

// build renders a kustomization and decodes all that comes of it.
func build(dir string) (*bundle, error) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, err
	}
	b := &bundle{name: dir}
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		object, _, err := decoder().Decode(text, nil, nil)
		if err != nil {
			return nil, err
		}
		b.objects = append(b.objects, object)
	}
	return b, nil
}

func render(t testing.TB, dir string) *bundle {
	t.Helper()
	b, err := build(dir)
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return b
}

// changed is a copy of this folder in which a file has one text instead of another.
func changed(t testing.TB, file, was, is string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), was) != 1 {
		t.Fatalf("%s has %q %d times", file, was, strings.Count(string(text), was))
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), was, is, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// of are the objects of one kind.
func of[T runtime.Object](b *bundle) (list []T) {
	for _, object := range b.objects {
		if o, ok := object.(T); ok {
			list = append(list, o)
		}
	}
	return list
}

// workload is what makes pods.
type workload struct {
	name      string
	namespace string
	selector  *meta.LabelSelector
	template  *core.PodTemplateSpec
}

func (b *bundle) workloads() (list []workload) {
	for _, object := range b.objects {
		switch w := object.(type) {
		case *apps.Deployment:
			list = append(list, workload{w.Name, w.Namespace, w.Spec.Selector, &w.Spec.Template})
		case *apps.StatefulSet:
			list = append(list, workload{w.Name, w.Namespace, w.Spec.Selector, &w.Spec.Template})
		case *apps.DaemonSet:
			list = append(list, workload{w.Name, w.Namespace, w.Spec.Selector, &w.Spec.Template})
		}
	}
	return list
}

// containers are those that run, sidecars first, as they start.
func (w workload) containers() []core.Container {
	return slices.Concat(w.template.Spec.InitContainers, w.template.Spec.Containers)
}

// central tells whether a workload is a server by itself, and no application with the sidecar.
func (w workload) central() bool { return w.template.Labels["enumim.github.io/role"] == "server" }

// enumim is the container that this folder adds.
func (w workload) enumim(t testing.TB) core.Container {
	t.Helper()
	for _, c := range w.containers() {
		if c.Name == "enumim" {
			return c
		}
	}
	t.Fatalf("%s has no container enumim", w.name)
	return core.Container{}
}

// config is the data of a ConfigMap by the name that a pod knows it under; nil if there is none.
func (b *bundle) config(name string) map[string]string {
	for _, c := range of[*core.ConfigMap](b) {
		if c.Name == name {
			return c.Data
		}
	}
	return nil
}

// TestDecode says that every example is what an API server takes without a warning, and that the decoder would tell.
func TestDecode(t *testing.T) {
	for _, dir := range append(examples, "testdata/workloads", "central") {
		if b := render(t, dir); len(b.objects) < 3 {
			t.Errorf("%s: only %d objects", dir, len(b.objects))
		}
	}
	for name, change := range map[string][3]string{
		"an unknown field": {"sidecar/pod/pod.yaml", "restartPolicy: Always", "restartPolicies: Always"},
		"a wrong type":     {"sidecar/pod/pod.yaml", "containerPort: 9153", `containerPort: "dns"`},
		"no settings":      {"examples/kamailio/kustomization.yaml", "- name: enumim-settings\n", "- name: other\n"},
		"no such right":    {"examples/resources/access.yaml", "roleRef:", "roleReference:"},
		"no such monitor":  {"monitoring/podmonitor.yaml", "podMetricsEndpoints", "endpoints"},
	} {
		example := "examples/kamailio"
		if strings.HasPrefix(change[0], "examples/") {
			example = filepath.Dir(change[0])
		}
		if _, err := build(filepath.Join(changed(t, change[0], change[1], change[2]), example)); err == nil {
			t.Errorf("%s is taken", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}

// TestNothingForgotten says that each kustomization is part of an example, so that the tests see it.
func TestNothingForgotten(t *testing.T) {
	seen := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		seen[dir] = true
		for _, next := range references(t, dir) {
			visit(filepath.Join(dir, next))
		}
	}
	for _, dir := range append(examples, "testdata/workloads") {
		visit(dir)
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "kustomization.yaml" && !seen[filepath.Dir(path)] && !strings.HasPrefix(path, "crds") {
			t.Errorf("no example uses %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
