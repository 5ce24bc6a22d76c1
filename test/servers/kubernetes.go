package servers

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// APIServer is the API server of Kubernetes alone: no controllers, no nodes.
type APIServer struct {
	*Server
	Etcd *Server
	// CA is the path of the certificate that it shows. Admin and Reader are those of tokens: of who may do everything, and
	// of the user "enumim", who may do what roles give him.
	CA, Admin, Reader string
}

// apiServerPatience is how long an API server may take to start: it makes everything that Kubernetes has.
const apiServerPatience = 4 * time.Minute

// KubernetesProgram returns the path of kube-apiserver: no Debian package has it, `make kubernetes` builds it.
func KubernetesProgram() string {
	if path := os.Getenv("KUBE_APISERVER"); path != "" {
		return path
	}
	return find("kube-apiserver")
}

// Kubernetes starts an API server with an etcd of its own. It skips the test where there is no kube-apiserver, also
// in continuous integration: to build one takes longer than all of that.
func Kubernetes(t testing.TB) *APIServer {
	t.Helper()
	program := KubernetesProgram()
	if program == "" {
		t.Skip("no kube-apiserver: make kubernetes builds one and runs this test")
	}
	etcd := Etcd(t)
	a := &APIServer{Etcd: etcd}
	a.Server = start(t, kind{program: program, ports: 1, ready: a.ready, command: func(s *Server, ports []string) []string {
		return []string{
			"--etcd-servers", "http://" + etcd.Addr, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", ports[0],
			"--cert-dir", s.Dir, "--token-auth-file", filepath.Join(s.Dir, "tokens.csv"), "--authorization-mode", "RBAC",
			"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", filepath.Join(s.Dir, "accounts.key"),
			"--service-account-signing-key-file", filepath.Join(s.Dir, "accounts.key"), "--service-cluster-ip-range", "10.0.0.0/24",
			"--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none",
		}
	}}, a.prepare)
	return a
}

// prepare writes keys and tokens.
func (a *APIServer) prepare(s *Server) error {
	a.CA, a.Admin, a.Reader = filepath.Join(s.Dir, "apiserver.crt"), filepath.Join(s.Dir, "admin.token"), filepath.Join(s.Dir, "reader.token")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	admin, reader := rand.Text(), rand.Text()
	return errors.Join(
		os.WriteFile(filepath.Join(s.Dir, "accounts.key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(s.Dir, "tokens.csv"), []byte(admin+",admin,1,\"system:masters\"\n"+reader+",enumim,2,\n"), 0o600),
		os.WriteFile(a.Admin, []byte(admin+"\n"), 0o600),
		os.WriteFile(a.Reader, []byte(reader+"\n"), 0o644),
	)
}

// ready waits by itself: longer than other servers need.
func (a *APIServer) ready(s *Server) (err error) {
	for until := time.Now().Add(apiServerPatience); time.Now().Before(until) && !ended(s.cmd.Process.Pid); time.Sleep(100 * time.Millisecond) {
		var code int
		if code, _, err = a.ask(s, http.MethodGet, "/readyz", "", ""); err == nil && code == http.StatusOK {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("status %d", code)
		}
	}
	return err
}

// Do asks the API server as the administrator, with a body in YAML or JSON, and returns what it says.
func (a *APIServer) Do(method, path, media, body string) (code int, reply string, err error) {
	return a.ask(a.Server, method, path, media, body)
}

func (a *APIServer) ask(s *Server, method, path, media, body string) (code int, reply string, err error) {
	ca, err := os.ReadFile(a.CA)
	if err != nil {
		return 0, "", err
	}
	token, err := os.ReadFile(a.Admin)
	if err != nil {
		return 0, "", err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	r, err := http.NewRequest(method, "https://127.0.0.1:"+s.kind.fixed[0]+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	got, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), err
}

// Define makes the custom resources of the folder and their roles, and waits until they can be used.
func (a *APIServer) Define(t testing.TB, dir string) {
	t.Helper()
	for _, file := range []string{"numbers", "numberblocks", "delegations", "roles"} {
		text, err := os.ReadFile(filepath.Join(dir, file+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
		if file == "roles" {
			path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
		}
		for doc := range strings.SplitSeq(string(text), "\n---\n") {
			a.Create(t, path, doc)
		}
	}
	await(t, func() error {
		_, text, err := a.Do(http.MethodGet, "/apis/enumim.github.io/v1", "", "")
		if err == nil && len(regexp.MustCompile(`"kind":"(Number|NumberBlock|Delegation)","verbs":\["delete","deletecollection"`).FindAllString(text, -1)) < 3 {
			err = fmt.Errorf("not all is served: %s", text)
		}
		return err
	})
}

// Create makes an object of YAML or JSON. One that is there already stays.
func (a *APIServer) Create(t testing.TB, path, text string) {
	t.Helper()
	await(t, func() error {
		code, reply, err := a.Do(http.MethodPost, path, "application/yaml", text)
		if err == nil && code != http.StatusCreated && code != http.StatusConflict {
			err = fmt.Errorf("%s: status %d: %s", path, code, reply)
		}
		return err
	})
}

// Namespace makes a namespace, which the user of Reader may read.
func (a *APIServer) Namespace(t testing.TB, name string) {
	t.Helper()
	a.Create(t, "/api/v1/namespaces", fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, name))
	a.Create(t, "/apis/rbac.authorization.k8s.io/v1/namespaces/"+name+"/rolebindings", `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
		"metadata":{"name":"enumim"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"enumim-reader"},
		"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"enumim"}]}`)
}

// Wipe takes away all that is in etcd: the API server is to be stopped before, and started after it.
func (a *APIServer) Wipe(t testing.TB) {
	t.Helper()
	a.Etcd.Stop()
	if err := os.RemoveAll(filepath.Join(a.Etcd.Dir, "member")); err != nil {
		t.Fatal(err)
	}
	a.Etcd.Start()
}
