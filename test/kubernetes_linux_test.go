package test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/enumim/enumim/backend/kubernetes"
	"github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

// definitions is the folder of the custom resources.
const definitions = "../deploy/kubernetes/crds"

// readable copies what the user of the server has to read: a certificate and a token.
func readable(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := write(t, home(t), filepath.Base(path), string(text))
	if err := os.Chmod(copied, 0o644); err != nil {
		t.Fatal(err)
	}
	return copied
}

// startKubernetes starts an API server. Who writes is its administrator; the server under test may only read.
func startKubernetes(t testing.TB) (*place, *servers.APIServer) {
	a := servers.Kubernetes(t)
	a.Define(t, definitions)
	a.Namespace(t, "enum")
	token, err := os.ReadFile(a.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{line: "kubernetes " + a.Addr, servers: []*servers.Server{a.Server, a.Etcd}, secret: strings.TrimSpace(string(token)),
		options: []string{"namespace enum"}, reads: []string{"token file:" + readable(t, a.Reader), "tls_ca " + readable(t, a.CA)}}
	writes := &place{line: p.line, options: append(slices.Clone(p.options), "token file:"+a.Admin, "tls_ca "+a.CA)}
	p.writes = writes.writer(t, "l0.example.net.")
	return p, a
}

// TestKubernetesFaults is TestFaults for an API server: `make kubernetes` runs it.
func TestKubernetesFaults(t *testing.T) {
	var api *servers.APIServer
	var between *proxy.Proxy
	w := way{name: "kubernetes feed", feed: true, start: func(t testing.TB) *place {
		p, a := startKubernetes(t)
		api, between = a, proxy.New(t, a.Addr)
		p.via = strings.ReplaceAll(p.line, a.Addr, between.Addr)
		return p
	}}
	s := newScene(t, w, sceneSize)
	s.proxies = []*proxy.Proxy{between}
	binding := "/apis/rbac.authorization.k8s.io/v1/namespaces/enum/rolebindings/enumim"
	all := slices.Concat([]fault{
		{id: "F1", name: "killed", spares: true, late: 5 * time.Second, inject: func(testing.TB, *scene) func() {
			api.Stop()
			return api.Start
		}},
		{id: "F2", name: "frozen", spares: true, late: 12 * time.Second, inject: func(testing.TB, *scene) func() {
			api.Pause()
			return api.Resume
		}},
		{id: "F2", name: "etcd frozen", spares: true, late: 12 * time.Second, inject: func(testing.TB, *scene) func() {
			api.Etcd.Pause()
			return api.Etcd.Resume
		}},
		{id: "F16", name: "rights revoked", spares: true, lasts: 8 * time.Second, seen: "denies", inject: func(t testing.TB, _ *scene) func() {
			if _, _, err := api.Do(http.MethodDelete, binding, "", ""); err != nil {
				t.Fatal(err)
			}
			return func() { api.Namespace(t, "enum") }
		}},
	}, networkFaults)
	for _, f := range all {
		if f.to != nil && !f.to(w) {
			continue
		}
		t.Run(f.id+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { s.run(t, f) })
	}
	s.ends(t)
}

// TestKubernetesPage does what docs/kubernetes-resources.md shows: `make kubernetes` runs it.
func TestKubernetesPage(t *testing.T) {
	needs(t, "dig")
	api := servers.Kubernetes(t)
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("no kubectl")
	}
	folder, err := filepath.Abs(definitions)
	if err != nil {
		t.Fatal(err)
	}
	config := write(t, t.TempDir(), "config", "")
	text := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	write(t, filepath.Dir(config), "config", fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
"clusters":[{"name":"c","cluster":{"server":"https://%s","certificate-authority":%q}}],"users":[{"name":"u","user":{"token":%q}}]}`, api.Addr, api.CA, text(api.Admin)))
	age := regexp.MustCompile(`(?m) +[0-9]+s$| +AGE$`)
	page{
		file: "kubernetes-resources.md", env: []string{"KUBECONFIG=" + config},
		shown: []string{"https://github.com/enumim/enumim//deploy/kubernetes/crds"}, here: []string{folder},
		// A pod is told what stands here.
		corefile: func(lines string) string {
			cmd := exec.Command("kubectl", "create", "token", "enumim", "--namespace", "enum")
			cmd.Env = append(os.Environ(), "KUBECONFIG="+config)
			token, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %v", cmd, err)
			}
			return strings.Replace(lines, "backend kubernetes", "backend kubernetes "+api.Addr+" {\nnamespace enum\ntoken file:"+
				write(t, home(t), "token", string(token))+"\ntls_ca "+readable(t, api.CA)+"\n}", 1)
		},
		same: func(output string) string { return age.ReplaceAllString(output, "") },
		// Patches of manifests: the tests of these look at them.
		other: func(t *testing.T, language, _ string) {
			if language != "yaml" {
				t.Errorf("a block of %q", language)
			}
		},
	}.do(t)
}
