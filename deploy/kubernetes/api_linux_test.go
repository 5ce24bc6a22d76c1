package kubernetes

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

// apiIP is where pods are told that the API server is, at port 443.
const apiIP = "10.96.0.1"

// alice is the one number that an API server of the tests has, without what the server itself adds to its metadata.
const alice = `{"apiVersion":"enumim.github.io/v1","kind":"Number","metadata":{"name":"alice","namespace":"enum"%s},
	"spec":{"number":"+12025550100","records":[{"uri":"sip:alice@example.com"}]}}`

// startAPI starts an API server that has the objects of a bundle and of the commands, and gives its pods accounts: a real
// one where KUBE_APISERVER names its program (`make kubernetes`). Else it is a stand-in, for which every token that it
// gave out is good.
func startAPI(t testing.TB, b *bundle, commands ...string) (stop func()) {
	t.Helper()
	needPod(t)
	if program := os.Getenv("KUBE_APISERVER"); program != "" {
		return startReal(t, program, b, commands)
	}
	var given sync.Map
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, known := given.Load(r.Header.Get("Authorization"))
		kind := map[string]string{"numbers": "Number", "numberblocks": "NumberBlock", "delegations": "Delegation"}
		name := filepath.Base(r.URL.Path)
		switch {
		case !known:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/apis/enumim.github.io/v1":
			fmt.Fprint(w, `{"kind":"APIResourceList","resources":[{"name":"numbers","verbs":["create"]},{"name":"numberblocks","verbs":["create"]},`+
				`{"name":"delegations","verbs":["create"]}]}`)
		case r.URL.Path == "/api/v1/namespaces/enum":
			fmt.Fprint(w, `{"kind":"Namespace","metadata":{"name":"enum"}}`)
		case r.URL.Path != "/apis/enumim.github.io/v1/namespaces/enum/"+name || kind[name] == "":
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Query().Get("watch") != "":
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			items := ""
			if name == "numbers" {
				items = fmt.Sprintf(alice, `,"uid":"00000000-0000-4000-8000-000000000001","resourceVersion":"7","generation":1,`+
					`"creationTimestamp":"2026-01-01T00:00:00Z"`)
			}
			fmt.Fprintf(w, `{"kind":"%sList","metadata":{"resourceVersion":"9"},"items":[%s]}`, kind[name], items)
		}
	}))
	listener, err := net.Listen("tcp", apiIP+":443")
	if err != nil {
		t.Fatal(err)
	}
	s.Listener.Close()
	s.Listener = listener
	certificate, ca := certificate(t, net.ParseIP(apiIP))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.EnableHTTP2 = true
	s.StartTLS()
	stop = func() { s.CloseClientConnections(); s.Close() }
	t.Cleanup(stop)
	b.account = func(namespace, name string) map[string]string {
		token := "of-" + namespace + "-" + name
		given.Store("Bearer "+token, true)
		return map[string]string{"token": token, "ca.crt": ca, "namespace": namespace}
	}
	return stop
}

// startReal starts kube-apiserver and etcd, and has kubectl apply what the pages and the manifests say.
func startReal(t testing.TB, program string, b *bundle, commands []string) (stop func()) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	admin := rand.Text()
	accounts := file("accounts.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	background(t, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--log-level", "error")
	stop = background(t, program, "--etcd-servers", "http://127.0.0.1:2379", "--bind-address", apiIP, "--advertise-address", apiIP,
		"--secure-port", "443", "--cert-dir", dir, "--token-auth-file", file("tokens.csv", admin+",admin,1,\"system:masters\"\n"),
		"--authorization-mode", "RBAC", "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", accounts,
		"--service-account-signing-key-file", accounts, "--service-cluster-ip-range", "10.96.0.0/16",
		"--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none")
	kubectl := "kubectl --server https://" + apiIP + " --certificate-authority " + dir + "/apiserver.crt --token " + admin + " --cache-dir " + dir + "/cache"
	line := func(text string) string {
		return strings.ReplaceAll(text, "kubectl ", kubectl+" ")
	}
	within(t, 4*time.Minute, "the API server is ready", func() bool {
		return exec.Command("sh", "-c", line("kubectl get --raw /readyz")).Run() == nil
	})
	shell(t, ".", line("kubectl create namespace enum; kubectl create namespace voip; kubectl apply -k crds; "+
		"kubectl wait --for condition=established crd --all"))
	apply := "kubectl apply --server-side --validate=strict -f "
	for _, dir := range examples {
		shell(t, ".", line(apply+file("example.yaml", render(t, dir).text(t))+" --dry-run=server"))
	}
	shell(t, ".", line(apply+file("objects.yaml", b.text(t))))
	shell(t, ".", line("kubectl apply -f "+file("alice.json", fmt.Sprintf(alice, ""))))
	for _, c := range commands {
		shell(t, ".", line(c))
	}
	ca, err := os.ReadFile(filepath.Join(dir, "apiserver.crt"))
	if err != nil {
		t.Fatal(err)
	}
	b.account = func(namespace, name string) map[string]string {
		if name == "default" { // the controllers make it, which are not there
			shell(t, ".", line("kubectl create serviceaccount -n "+namespace+" default"))
		}
		token, err := exec.Command("sh", "-c", line("kubectl create token -n "+namespace+" "+name)).Output()
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"token": strings.TrimSpace(string(token)), "ca.crt": string(ca), "namespace": namespace}
	}
	return stop
}

// text is a bundle as kubectl applies it, without what is of the Prometheus Operator, which is not there.
func (b *bundle) text(t testing.TB) (all string) {
	t.Helper()
	for _, o := range b.objects {
		if _, ok := o.(*monitoring.PodMonitor); ok {
			continue
		}
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		all += "---\n" + string(text)
	}
	return all
}

// background runs a program until the test ends, or it is stopped.
func background(t testing.TB, name string, arguments ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	t.Cleanup(stop)
	return stop
}
