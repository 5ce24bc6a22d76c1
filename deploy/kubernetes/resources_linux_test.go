package kubernetes

import (
	"os"
	"regexp"
	"slices"
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
