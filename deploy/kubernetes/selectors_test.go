package kubernetes

import (
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// selected are the workloads that a selector means.
func (b *bundle) selected(t testing.TB, selector *meta.LabelSelector) (list []workload) {
	t.Helper()
	s, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range b.workloads() {
		if s.Matches(labels.Set(w.template.Labels)) {
			list = append(list, w)
		}
	}
	return list
}

// port finds a port by its number or name.
func (w workload) port(which intstr.IntOrString, protocol core.Protocol) (number int32, ok bool) {
	for _, c := range w.containers() {
		if n, ok := containerPort(c, which, protocol); ok {
			return n, true
		}
	}
	return 0, false
}

func containerPort(c core.Container, which intstr.IntOrString, protocol core.Protocol) (number int32, ok bool) {
	for _, p := range c.Ports {
		own := p.Protocol
		if own == "" {
			own = core.ProtocolTCP
		}
		if own == protocol && (which.StrVal == p.Name && p.Name != "" || which.StrVal == "" && which.IntVal == p.ContainerPort) {
			return p.ContainerPort, true
		}
	}
	return 0, false
}

// TestSelectors says that whatever selects pods selects some, and that their ports are there.
func TestSelectors(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			if list := b.selected(t, w.selector); len(list) != 1 || list[0].name != w.name {
				t.Errorf("%s selects other pods than its own", w.name)
			}
			for _, s := range w.template.Spec.TopologySpreadConstraints {
				if len(b.selected(t, s.LabelSelector)) == 0 {
					t.Errorf("%s is spread by labels that it has not", w.name)
				}
			}
		}
		for _, s := range of[*core.Service](b) {
			list := b.selected(t, &meta.LabelSelector{MatchLabels: s.Spec.Selector})
			if len(list) != 1 {
				t.Errorf("service %s selects %d workloads", s.Name, len(list))
			}
			for _, w := range list {
				for _, p := range s.Spec.Ports {
					number, ok := w.port(p.TargetPort, p.Protocol)
					if !ok || !b.admitted(t, w, p.Protocol, number) {
						t.Errorf("port %s of service %s leads nowhere", p.Name, s.Name)
					}
				}
			}
		}
		for _, d := range of[*policy.PodDisruptionBudget](b) {
			if len(b.selected(t, d.Spec.Selector)) != 1 {
				t.Errorf("budget %s is for nobody", d.Name)
			}
		}
		for _, m := range of[*monitoring.PodMonitor](b) {
			list := b.selected(t, &m.Spec.Selector)
			if len(list) == 0 {
				t.Errorf("monitor %s is for nobody", m.Name)
			}
			for _, w := range list {
				for _, e := range m.Spec.PodMetricsEndpoints {
					number, ok := w.port(intstr.FromString(*e.Port), core.ProtocolTCP)
					if !ok || !b.admitted(t, w, core.ProtocolTCP, number) {
						t.Errorf("monitor %s cannot reach %s of %s", m.Name, *e.Port, w.name)
					}
				}
			}
		}
		for _, n := range of[*networking.NetworkPolicy](b) {
			list := b.selected(t, &n.Spec.PodSelector)
			if len(list) == 0 {
				t.Errorf("policy %s is for nobody", n.Name)
			}
			for _, rule := range n.Spec.Ingress {
				for _, p := range rule.Ports {
					for _, w := range list {
						if _, ok := w.port(*p.Port, protocolOf(p)); !ok {
							t.Errorf("policy %s admits to port %s, where %s does not listen", n.Name, p.Port, w.name)
						}
					}
				}
			}
		}
	})
}

func protocolOf(p networking.NetworkPolicyPort) core.Protocol {
	if p.Protocol == nil {
		return core.ProtocolTCP
	}
	return *p.Protocol
}

// policies are those that select a workload for one direction.
func (b *bundle) policies(t testing.TB, w workload, direction networking.PolicyType) (list []*networking.NetworkPolicy) {
	for _, n := range of[*networking.NetworkPolicy](b) {
		for _, s := range b.selected(t, &n.Spec.PodSelector) {
			if s.name == w.name && slices.Contains(n.Spec.PolicyTypes, direction) {
				list = append(list, n)
			}
		}
	}
	return list
}

// admitted tells whether somebody may reach a port: policies add up, and without any all is allowed.
func (b *bundle) admitted(t testing.TB, w workload, protocol core.Protocol, port int32) bool {
	policies := b.policies(t, w, networking.PolicyTypeIngress)
	for _, n := range policies {
		for _, rule := range n.Spec.Ingress {
			for _, p := range rule.Ports {
				if protocolOf(p) == protocol && p.Port.IntVal == port {
					return true
				}
			}
		}
	}
	return len(policies) == 0
}

// TestWayOut says that pods which policies isolate reach the DNS of the cluster, and a store or the API server where they
// have numbers there.
func TestWayOut(t *testing.T) {
	reaches := func(t *testing.T, b *bundle, namespace string, protocol core.Protocol, port int32) bool {
		for _, w := range b.workloads() {
			found := false
			for _, n := range b.policies(t, w, networking.PolicyTypeEgress) {
				for _, rule := range n.Spec.Egress {
					to := len(rule.To) == 0 || slices.ContainsFunc(rule.To, func(p networking.NetworkPolicyPeer) bool {
						return p.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] == namespace
					})
					found = found || to && slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool {
						return protocolOf(p) == protocol && p.Port.IntVal == port
					})
				}
			}
			if !found {
				return false
			}
		}
		return true
	}
	for _, dir := range examples {
		b := render(t, dir)
		for _, protocol := range []core.Protocol{core.ProtocolUDP, core.ProtocolTCP} {
			if !reaches(t, b, "kube-system", protocol, 53) {
				t.Errorf("%s does not reach the DNS of the cluster over %s", dir, protocol)
			}
		}
		if store := dir == "examples/store"; reaches(t, b, "db", core.ProtocolTCP, 5432) != store {
			t.Errorf("%s reaches a data base: %v", dir, !store)
		}
		for _, port := range []int32{443, 6443} {
			if resources := dir == "examples/resources"; reaches(t, b, "anywhere", core.ProtocolTCP, port) != resources {
				t.Errorf("%s reaches API servers at %d: %v", dir, port, !resources)
			}
		}
	}
}
