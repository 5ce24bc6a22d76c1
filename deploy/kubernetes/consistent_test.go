package kubernetes

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// kustomization reads the file of a folder.
func kustomization(t testing.TB, dir string) (k types.Kustomization) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, &k); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return k
}

// references are the other folders that a kustomization names.
func references(t testing.TB, dir string) (list []string) {
	k := kustomization(t, dir)
	for _, r := range slices.Concat(k.Resources, k.Components) {
		if !strings.HasSuffix(r, ".yaml") {
			list = append(list, r)
		}
	}
	return list
}

// rendered are all bundles that a test should look at.
func rendered(t *testing.T, test func(t *testing.T, b *bundle)) {
	for _, dir := range append(examples, "testdata/workloads") {
		t.Run(dir, func(t *testing.T) { test(t, render(t, dir)) })
	}
}

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

// TestWayOut says that pods which policies isolate reach the DNS of the cluster, and a store where they have one.
func TestWayOut(t *testing.T) {
	reaches := func(t *testing.T, b *bundle, namespace string, protocol core.Protocol, port int32) bool {
		for _, w := range b.workloads() {
			found := false
			for _, n := range b.policies(t, w, networking.PolicyTypeEgress) {
				for _, rule := range n.Spec.Egress {
					to := slices.ContainsFunc(rule.To, func(p networking.NetworkPolicyPeer) bool {
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
	}
}

// TestVolumes says that what is mounted is there, and goes on changing: files mounted by subPath never do.
func TestVolumes(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			for _, v := range w.template.Spec.Volumes {
				if m := v.ConfigMap; m != nil && b.config(m.Name) == nil && (m.Optional == nil || !*m.Optional) {
					t.Errorf("%s: no ConfigMap %s", w.name, m.Name)
				}
				if s := v.Secret; s != nil && (s.Optional == nil || !*s.Optional) {
					t.Errorf("%s: nothing makes the Secret %s", w.name, s.SecretName)
				}
			}
			for _, c := range w.containers() {
				for _, m := range c.VolumeMounts {
					known := slices.ContainsFunc(w.template.Spec.Volumes, func(v core.Volume) bool { return v.Name == m.Name })
					if !known || m.SubPath != "" || m.SubPathExpr != "" {
						t.Errorf("%s: mount %s of %s: volume known: %v, path in it %q", w.name, m.MountPath, c.Name, known, m.SubPath)
					}
				}
				for _, e := range c.EnvFrom {
					if b.config(e.ConfigMapRef.Name) == nil {
						t.Errorf("%s: no ConfigMap %s", w.name, e.ConfigMapRef.Name)
					}
				}
			}
		}
		// The numbers change under one name, what changes how a server runs makes new pods.
		for _, c := range of[*core.ConfigMap](b) {
			for _, plain := range []string{"enumim", "enumim-settings"} {
				if c.Name == plain {
					t.Errorf("ConfigMap %s has no hash of its content in its name", c.Name)
				}
			}
		}
		if strings.HasPrefix(b.name, "examples") && b.config("enumim-numbers") == nil {
			t.Error("the name of the ConfigMap enumim-numbers changes with its content: each change would make new pods")
		}
	})
}

// TestProbes says that probes ask the container that they belong to, and that neither the start of the application
// nor the life of the server depends on numbers.
func TestProbes(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			c := w.enumim(t)
			for name, p := range map[string]*core.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
				if p == nil || p.HTTPGet == nil {
					t.Fatalf("%s has no %s probe", w.name, name)
				}
				if _, ok := containerPort(c, p.HTTPGet.Port, core.ProtocolTCP); !ok {
					t.Errorf("%s: the %s probe asks a port that the container has not", w.name, name)
				}
				if want := map[bool]string{true: "/ready", false: "/health"}[name == "readiness"]; p.HTTPGet.Path != want {
					t.Errorf("%s: the %s probe asks %s", w.name, name, p.HTTPGet.Path)
				}
			}
		}
	})
}

// TestMemory says that the runtime knows the limit, 90 % of it.
func TestMemory(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			c := w.enumim(t)
			limit := c.Resources.Limits.Memory().Value()
			for _, e := range c.Env {
				if mebibytes, ok := strings.CutSuffix(e.Value, "MiB"); ok && e.Name == "GOMEMLIMIT" {
					n, err := strconv.ParseInt(mebibytes, 10, 64)
					if ratio := float64(n<<20) / float64(limit); err != nil || ratio < 0.88 || ratio > 0.91 {
						t.Errorf("%s: GOMEMLIMIT %s of %d octets", w.name, e.Value, limit)
					}
					limit = 0
				}
			}
			if limit != 0 {
				t.Errorf("%s has no GOMEMLIMIT", w.name)
			}
			if !c.Resources.Limits.Cpu().IsZero() || c.Resources.Requests.Cpu().IsZero() {
				t.Errorf("%s: a limit of processor time delays answers, and without a request there may be none", w.name)
			}
		}
	})
}

// TestImage says that the image is named in one place.
func TestImage(t *testing.T) {
	k := kustomization(t, "image")
	want := k.Images[0].NewName + ":" + k.Images[0].NewTag
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			if c := w.enumim(t); c.Image != want {
				t.Errorf("%s: image %s, want %s", w.name, c.Image, want)
			}
		}
	})
}

// TestAnyWorkload says that the component suits every kind of workload: it resolves before all other containers
// start, in the domains that the cluster would give, and leaves what is there as it is.
func TestAnyWorkload(t *testing.T) {
	b := render(t, "testdata/workloads")
	if len(b.workloads()) != 3 {
		t.Fatalf("%d workloads", len(b.workloads()))
	}
	for _, w := range b.workloads() {
		pod := w.template.Spec
		first := pod.InitContainers[0]
		if first.Name != "enumim" || first.RestartPolicy == nil || *first.RestartPolicy != core.ContainerRestartPolicyAlways {
			t.Errorf("%s: the first container is %s", w.name, first.Name)
		}
		want := []string{"imssvc.svc.core.example.net", "svc.core.example.net", "core.example.net"}
		if pod.DNSPolicy != core.DNSNone || !slices.Equal(pod.DNSConfig.Searches, want) {
			t.Errorf("%s: policy %s, searches %q", w.name, pod.DNSPolicy, pod.DNSConfig.Searches)
		}
		if w.template.Labels["app"] == "" || len(pod.Containers) != 1 {
			t.Errorf("%s lost something of its own", w.name)
		}
	}
	own := b.workloads()[slices.IndexFunc(b.workloads(), func(w workload) bool { return w.name == "blue-opensips" })].template.Spec
	if len(own.InitContainers) != 2 || own.SecurityContext.FSGroup == nil || len(own.Containers[0].VolumeMounts) != 1 ||
		!slices.ContainsFunc(own.Volumes, func(v core.Volume) bool { return v.Name == "own" }) {
		t.Errorf("the Deployment lost something of its own: %+v", own)
	}
}

// TestCentralStaysUp says that an update or a drained node takes one server at a time, after those who ask know.
func TestCentralStaysUp(t *testing.T) {
	b := render(t, "central")
	w := b.workloads()[0]
	budget := of[*policy.PodDisruptionBudget](b)[0]
	if budget.Spec.MaxUnavailable.IntVal != 1 {
		t.Error("the budget allows more than one server to go")
	}
	topologies := map[string]bool{}
	for _, s := range w.template.Spec.TopologySpreadConstraints {
		topologies[s.TopologyKey] = true
	}
	if !topologies[core.LabelHostname] || !topologies[core.LabelTopologyZone] {
		t.Errorf("spread over %v", topologies)
	}
	var corefile string
	for _, c := range of[*core.ConfigMap](b) {
		corefile += c.Data["Corefile"]
	}
	_, text, _ := strings.Cut(corefile, "lameduck ")
	text, _, _ = strings.Cut(text, "s\n")
	lameduck, err := strconv.ParseInt(text, 10, 64)
	if grace := *w.template.Spec.TerminationGracePeriodSeconds; err != nil || lameduck < 5 || grace < 2*lameduck {
		t.Errorf("lameduck of %d s within %d s: %v", lameduck, grace, err)
	}
}
