package kubernetes

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
)

var (
	fenced = regexp.MustCompile(`(?s)\n~~~ yaml\n(.*?)~~~\n`)
	remote = regexp.MustCompile(`https://github\.com/enumim/enumim//deploy/kubernetes/(\w+)\?ref=v(\S+)`)
)

// TestDocs does what docs/kubernetes.md says: it renders the kustomizations there, and the first one with each of the
// patches.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	var whole, patches []string
	for _, m := range fenced.FindAllStringSubmatch(string(page), -1) {
		if text := m[1]; strings.HasPrefix(text, "patches:") {
			patches = append(patches, text)
		} else {
			whole = append(whole, text)
		}
	}
	if len(whole) != 2 || len(patches) != 2 {
		t.Fatalf("%d kustomizations and %d patches", len(whole), len(patches))
	}
	tag := kustomization(t, "image").Images[0].NewTag
	made := func(text string) *bundle {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
			t.Fatal(err)
		}
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
	for _, text := range whole {
		if made(text).workloads()[0].enumim(t).Image == "" {
			t.Error("no image")
		}
	}
	store := made(whole[0] + patches[0])
	if !slices.ContainsFunc(of[*core.ConfigMap](store), func(m *core.ConfigMap) bool {
		return strings.Contains(m.Data["enumim.conf"], "postgres") && strings.Contains(m.Data["Corefile"], "forward")
	}) {
		t.Error("the patch with a store does not reach the ConfigMap")
	}
	large := made(whole[0] + patches[1]).workloads()[0].enumim(t)
	if large.Resources.Limits.Memory().Value() != 1<<30 || len(large.Env) != 1 || large.Env[0].Value != "922MiB" || large.Image == "" {
		t.Errorf("the patch of the memory makes %v, %v", large.Resources, large.Env)
	}
}
