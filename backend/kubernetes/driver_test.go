package kubernetes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// What cannot work is refused with the place of the fault and what to write instead.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host  string
		lines string
		want  string // "" for what is taken
	}{
		{"", "", ""},
		{"", "namespace *", ""},
		{"", "namespace enum sip; selector tree=public, env in (a,b)", ""},
		{"api.example.com", "namespace enum; token env:TOKEN", ""},
		{"https://api.example.com:6443/", "namespace enum; tls_cert /c.pem /k.pem", ""},
		{"api.example.com", "token env:TOKEN", "no namespace"},
		{"api.example.com", "namespace enum", "no token"},
		{"http://api.example.com", "namespace enum; token env:T", "no address"},
		{"https://u:secret@api.example.com", "namespace enum; token env:T", "nothing behind it"},
		{"", "namespace Enum", "name of a namespace"},
		{"", "namespace ../secrets", "name of a namespace"},
		{"", "namespace a a", "twice"},
		{"", "namespace", "expected the names"},
		{"", "namespace a; namespace b", "given twice"},
		{"", "selector", "expected labels"},
		{"", "mode store", "always mirrored"},
		{"", "tls off", "API servers speak TLS only"},
		{"", "token abc", "holds no secrets"},
		{"", "password file:/p", "here it is a token"},
		{"", "namespce a", "unknown option"},
	} {
		var lines []string
		if c.lines != "" {
			lines = strings.Split(c.lines, "; ")
		}
		_, err := Driver{}.Parse(config(t, c.host, lines...))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("%q { %s }: %v, wanted %q", c.host, c.lines, err, c.want)
		}
	}
}

// Configurations that bring the same share a backend; others do not.
func TestKey(t *testing.T) {
	t.Parallel()
	key := func(lines ...string) string {
		o, err := Driver{}.Parse(config(t, "", lines...))
		must(t, err)
		return o.Key()
	}
	if key("namespace a b") != key("namespace b a") {
		t.Error("the order of namespaces makes another backend")
	}
	seen := map[string]string{}
	for _, lines := range []string{"namespace a", "namespace *", "selector a=b", "stale 2h", "token env:A"} {
		if other, ok := seen[key(lines)]; ok {
			t.Errorf("%q is taken for %q", lines, other)
		}
		seen[key(lines)] = lines
	}
	if _, ok := seen[key()]; ok {
		t.Error("an option makes no other backend")
	}
}

// In a pod nothing needs to be said: the API server, its certificate, the token and the namespace are given to it. A token
// that is exchanged is used.
func TestInPod(t *testing.T) {
	k := newKit(t)
	host, port, _ := strings.Cut(k.Listener.Addr().String(), ":")
	t.Setenv("KUBERNETES_SERVICE_HOST", host)
	t.Setenv("KUBERNETES_SERVICE_PORT", port)
	file(t, k.dir, "namespace", "enum")
	file(t, k.dir, "token", "an-old-one")
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	o, err := Driver{dir: k.dir}.Parse(config(t, ""))
	must(t, err)
	s := serve(t, o.(*options))
	eventually(t, "the old token is refused", func() bool { return s.has(backend.Unavailable, "refuses the token") > 0 })
	file(t, k.dir, "token", kitToken)
	s.wants(t, "12025550100", "im:alice@example.com")
}

// Outside of a pod it is told that the API server is to be given, and not that a file of pods is missing.
func TestOutsideOfPods(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	o, err := Driver{dir: t.TempDir()}.Parse(config(t, ""))
	must(t, err)
	s := serve(t, o.(*options))
	eventually(t, "it is told what to write", func() bool { return s.has(backend.Unavailable, "write backend kubernetes HOST:PORT") > 0 })
	if _, err := o.(*options).OpenWriter(bounded(t)); err == nil || !strings.Contains(err.Error(), "write backend kubernetes HOST:PORT") {
		t.Errorf("a writer is told: %v", err)
	}
}

// file puts a file in its place at once, as Kubernetes does.
func file(t testing.TB, dir, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "new"), []byte(text), 0o600))
	must(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, name)))
}
