package kubernetes

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
)

var (
	fenced = regexp.MustCompile(`(?s)\n~~~ yaml\n(.*?)~~~\n`)
	remote = regexp.MustCompile(`https://github\.com/enumim/enumim//deploy/kubernetes/(\w+)\?ref=v(\S+)`)
)

// fencedIn are the kustomizations and the patches of a page.
func fencedIn(t testing.TB, page string) (whole, patches []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		if text := m[1]; strings.HasPrefix(text, "patches:") {
			patches = append(patches, text)
		} else {
			whole = append(whole, text)
		}
	}
	return whole, patches
}

// shown renders a kustomization of a page, with what is here for what is released, beside the files of the example
// with Kamailio.
func shown(t testing.TB, text string) *bundle {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	tag := kustomization(t, "image").Images[0].NewTag
	for _, m := range remote.FindAllStringSubmatch(text, -1) {
		if m[2] != tag {
			t.Errorf("the page names version %s, the image has %s", m[2], tag)
		}
	}
	example := filepath.Join(dir, "examples/kamailio")
	text = remote.ReplaceAllString(text, "../../$1")
	if err := os.WriteFile(filepath.Join(example, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return render(t, example)
}

// withAccount is the sidecar as docs/kubernetes-resources.md shows it.
func withAccount(t testing.TB) *bundle {
	t.Helper()
	whole, _ := fencedIn(t, "kubernetes.md")
	none, patches := fencedIn(t, "kubernetes-resources.md")
	if len(none) != 0 || len(patches) != 1 {
		t.Fatalf("%d kustomizations and %d patches of the sidecar", len(none), len(patches))
	}
	return shown(t, whole[0]+patches[0])
}

// TestDocs does what docs/kubernetes.md says: it renders the kustomizations there, and the first one with each of the
// patches.
func TestDocs(t *testing.T) {
	whole, patches := fencedIn(t, "kubernetes.md")
	if len(whole) != 2 || len(patches) != 2 {
		t.Fatalf("%d kustomizations and %d patches", len(whole), len(patches))
	}
	for _, text := range whole {
		if shown(t, text).workloads()[0].enumim(t).Image == "" {
			t.Error("no image")
		}
	}
	store := shown(t, whole[0]+patches[0])
	if !slices.ContainsFunc(of[*core.ConfigMap](store), func(m *core.ConfigMap) bool {
		return strings.Contains(m.Data["enumim.conf"], "postgres") && strings.Contains(m.Data["Corefile"], "forward")
	}) {
		t.Error("the patch with a store does not reach the ConfigMap")
	}
	large := shown(t, whole[0]+patches[1]).workloads()[0].enumim(t)
	if large.Resources.Limits.Memory().Value() != 1<<30 || len(large.Env) != 1 || large.Env[0].Value != "922MiB" || large.Image == "" {
		t.Errorf("the patch of the memory makes %v, %v", large.Resources, large.Env)
	}
}

// TestAccounts says that nobody but the server that reads resources has a token of the API server, that it may read
// those of its own namespace and nothing else, and that the way there is open.
func TestAccounts(t *testing.T) {
	for _, dir := range append(examples, "central") {
		b := render(t, dir)
		for _, w := range b.workloads() {
			reads := dir == "examples/resources"
			if may := w.template.Spec.AutomountServiceAccountToken; may == nil || *may != reads {
				t.Errorf("%s: %s gets a token: %v", dir, w.name, !reads)
			}
		}
		if bindings := of[*rbac.RoleBinding](b); (len(bindings) == 1) != (dir == "examples/resources") || len(of[*rbac.ClusterRoleBinding](b)) > 0 {
			t.Errorf("%s gives %d rights", dir, len(bindings))
		}
	}
	b := render(t, "examples/resources")
	w, binding := b.workloads()[0], of[*rbac.RoleBinding](b)[0]
	want := []rbac.Subject{{Kind: rbac.ServiceAccountKind, Name: w.template.Spec.ServiceAccountName, Namespace: w.namespace}}
	if binding.Namespace != w.namespace || !slices.Equal(binding.Subjects, want) ||
		binding.RoleRef != (rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "ClusterRole", Name: "enumim-reader"}) {
		t.Errorf("%+v", binding)
	}
	if account := of[*core.ServiceAccount](b)[0]; account.Name != w.template.Spec.ServiceAccountName || account.Namespace != w.namespace ||
		account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
		t.Errorf("%+v", account)
	}

	side := withAccount(t)
	for _, w := range side.workloads() {
		for _, c := range w.containers() {
			own := slices.ContainsFunc(c.VolumeMounts, func(m core.VolumeMount) bool { return m.Name == "enumim-account" })
			if own != (c.Name == "enumim") {
				t.Errorf("%s has the token: %v", c.Name, own)
			}
		}
	}
	if why := side.violations(t); why != "" {
		t.Error(why)
	}
}
