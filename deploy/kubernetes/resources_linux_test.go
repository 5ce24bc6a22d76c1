package kubernetes

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestResources has the central server and the sidecar read numbers that are resources of the cluster, as whom the
// manifests and the page make them, and go on when the API server is gone.
func TestResources(t *testing.T) {
	page, err := os.ReadFile("../../docs/kubernetes-resources.md")
	if err != nil {
		t.Fatal(err)
	}
	binding := regexp.MustCompile(`(?m)^    (kubectl create rolebinding voip .*)$`).FindStringSubmatch(string(page))
	if binding == nil {
		t.Fatal("the page does not bind the role to sidecars")
	}
	for name, c := range map[string]struct {
		bundle   *bundle
		server   string
		commands []string
	}{
		"central": {render(t, "examples/resources"), podIP + ":1053", nil},
		"sidecar": {withAccount(t), resolver, binding[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			startCluster(t)
			stop := startAPI(t, c.bundle, c.commands...)
			p := start(t, c.bundle, nil)
			p.started(t)
			within(t, time.Minute, "the readiness probe succeeds", func() bool { return p.probe(p.container.ReadinessProbe) == 200 })
			answered := func() {
				m := ask(t, "udp", c.server, domain("+12025550100"), dns.TypeNAPTR)
				if got := expressions(m); !slices.Equal(got, []string{"!^.*$!sip:alice@example.com!"}) {
					t.Fatalf("%v", m)
				}
			}
			answered()
			stop()
			within(t, 20*time.Second, "that the data is old is told", func() bool {
				answered()
				m := ask(t, "udp", c.server, domain("+12025550100"), dns.TypeNAPTR)
				return slices.Contains(ede(m), dns.ExtendedErrorCodeStaleAnswer)
			})
			if status := p.probe(p.container.ReadinessProbe); status != 200 {
				t.Errorf("readiness: %d", status)
			}
		})
	}
}

// TestStale takes the API server away from a central server until what it has is too old to be served: it says so to
// all who ask, and stays in the Service.
func TestStale(t *testing.T) {
	b := render(t, "examples/resources")
	b.edit(t, "enumim.conf", "snapshot /", "stale 1m\n        snapshot /")
	stop := startAPI(t, b)
	p := start(t, b, nil)
	ready := func() bool { return p.probe(p.container.ReadinessProbe) == 200 }
	within(t, time.Minute, "the readiness probe succeeds", ready)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	stop()

	// The server of before had its numbers 50 seconds ago.
	path := filepath.Join(p.root, "var/lib/enumim/snapshot")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	current := regexp.MustCompile(`"current":"[^"]*"`)
	text = current.ReplaceAll(text, fmt.Appendf(nil, `"current":%q`, time.Now().Add(-50*time.Second).Format(time.RFC3339)))
	end := bytes.LastIndex(text, []byte(`{"kind":"end"`))
	text = regexp.MustCompile(`"sha256":"[^"]*"`).ReplaceAll(text, fmt.Appendf(nil, `"sha256":"%x"`, sha256.Sum256(text[:end])))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	within(t, 8*time.Second, "old numbers are served", func() bool {
		m, err := try("udp", podIP+":1053", domain("+12025550100"), dns.TypeNAPTR)
		return err == nil && len(expressions(m)) == 1 && slices.Contains(ede(m), dns.ExtendedErrorCodeStaleAnswer)
	})
	if !ready() {
		t.Error("with old numbers it is not ready")
	}
	tooOld := func() bool {
		m := ask(t, "udp", podIP+":1053", domain("+12025550100"), dns.TypeNAPTR)
		return m.Rcode == dns.RcodeServerFailure && slices.Contains(ede(m), dns.ExtendedErrorCodeInvalidData)
	}
	within(t, 20*time.Second, "numbers that are too old are not served", tooOld)
	for range 20 {
		if !ready() || !tooOld() {
			t.Fatal("with numbers that are too old it leaves the Service")
		}
		time.Sleep(100 * time.Millisecond)
	}
}
