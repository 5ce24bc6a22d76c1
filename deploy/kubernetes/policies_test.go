package kubernetes

import (
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// peer writes down whom a rule names; "" is everybody.
func peer(peers []networking.NetworkPolicyPeer) (text string) {
	for _, p := range peers {
		text += meta.FormatLabelSelector(p.NamespaceSelector) + " " + meta.FormatLabelSelector(p.PodSelector) + ";"
	}
	return text
}

// TestPolicies says who may reach what, and nothing else: a rule too many opens what the policies close, and one that
// names other pods closes what a server needs.
func TestPolicies(t *testing.T) {
	const prometheus, dns = "kubernetes.io/metadata.name=monitoring <none>;", "kubernetes.io/metadata.name=kube-system k8s-app=kube-dns;"
	want := map[string][]string{
		"enumim":         {"from :1053 1053", "from " + prometheus + ":9153", "to " + dns + ":53 53"},
		"enumim-sidecar": {"from " + prometheus + ":9153", "to " + dns + ":53 53"},
		"enumim-store":   {"to kubernetes.io/metadata.name=db app.kubernetes.io/name=postgres;:5432"},
		"enumim-api":     {"to :443 6443"},
		"kamailio":       {"from :5060 5060", "nothing goes out"},
	}
	for _, dir := range examples {
		for _, n := range of[*networking.NetworkPolicy](render(t, dir)) {
			var rules []string
			say := func(direction string, peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort) {
				text := direction + " " + peer(peers) + ":"
				for i, p := range ports {
					if i > 0 {
						text += " "
					}
					text += p.Port.String()
				}
				rules = append(rules, text)
			}
			for _, r := range n.Spec.Ingress {
				say("from", r.From, r.Ports)
			}
			for _, r := range n.Spec.Egress {
				say("to", r.To, r.Ports)
			}
			if slices.Contains(n.Spec.PolicyTypes, networking.PolicyTypeEgress) && len(n.Spec.Egress) == 0 {
				rules = append(rules, "nothing goes out")
			}
			if !slices.Equal(rules, want[n.Name]) {
				t.Errorf("%s: policy %s says %q, want %q", dir, n.Name, rules, want[n.Name])
			}
		}
	}
}

// TestCentralRollsOver says that an update takes no server away before another one is ready, that a zone that is full
// keeps no server from starting, and that the server cannot write to its root.
func TestCentralRollsOver(t *testing.T) {
	b := render(t, "central")
	d := of[*apps.Deployment](b)[0]
	if r := d.Spec.Strategy.RollingUpdate; *d.Spec.Replicas < 2 || r == nil || r.MaxUnavailable.String() != "0" || r.MaxSurge.String() != "1" {
		t.Errorf("%d servers, updated by %v", *d.Spec.Replicas, r)
	}
	for _, s := range d.Spec.Template.Spec.TopologySpreadConstraints {
		// Without the hash the pods of the version before are counted, and those that stay stand together.
		if s.WhenUnsatisfiable != core.ScheduleAnyway || !slices.Equal(s.MatchLabelKeys, []string{"pod-template-hash"}) {
			t.Errorf("spread over %s: %+v", s.TopologyKey, s)
		}
	}
	if c := b.workloads()[0].enumim(t).SecurityContext; c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem {
		t.Error("the server may write to its root")
	}
}

// drains says that a drained node takes one server at a time of those that answer, and that no drain waits for servers that
// do not: where a store is away none is ready, and none would be allowed to go.
func (b *bundle) drains(t *testing.T) {
	t.Helper()
	budget := of[*policy.PodDisruptionBudget](b)[0].Spec
	// The API server refuses a budget that has both.
	if budget.MinAvailable != nil || budget.MaxUnavailable.String() != "1" {
		t.Errorf("%s: the budget is %+v", b.name, budget)
	}
	if p := budget.UnhealthyPodEvictionPolicy; p == nil || *p != policy.AlwaysAllow {
		t.Errorf("%s: servers that are not ready keep a node from being drained", b.name)
	}
}

func TestDrain(t *testing.T) { render(t, "central").drains(t) }

// TestEnvironment says that a server does not get all Services of its namespace as variables, with thousands of which no
// process starts, and that the component decides nothing about that for the application.
func TestEnvironment(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			links := w.template.Spec.EnableServiceLinks
			switch {
			case w.central() && (links == nil || *links):
				t.Errorf("%s gets the Services of its namespace", w.name)
			case !w.central() && links != nil:
				t.Errorf("%s is told whether it gets the Services of its namespace", w.name)
			}
		}
	})
}
