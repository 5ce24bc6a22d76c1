package kubernetes

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
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
		if strings.HasPrefix(b.name, "examples") && b.name != "examples/resources" && b.config("enumim-numbers") == nil {
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
			for path, p := range map[string]*core.Probe{"/health": c.LivenessProbe, "/ready": c.ReadinessProbe} {
				if p == nil || p.HTTPGet == nil || p.HTTPGet.Path != path {
					t.Fatalf("%s: no probe asks %s", w.name, path)
				}
				if _, ok := containerPort(c, p.HTTPGet.Port, core.ProtocolTCP); !ok {
					t.Errorf("%s: %s is asked at a port that the container has not", w.name, path)
				}
			}
			if p := c.StartupProbe; p == nil || p.TCPSocket == nil {
				t.Errorf("%s: the start waits for something else than a port", w.name)
			} else if _, ok := containerPort(c, p.TCPSocket.Port, core.ProtocolTCP); !ok {
				t.Errorf("%s: the start waits for a port that the container has not", w.name)
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

// TestCentralStaysUp says that the servers do not stand together, and that clients of both address families reach them.
func TestCentralStaysUp(t *testing.T) {
	b := render(t, "central")
	w := b.workloads()[0]
	if policy := of[*core.Service](b)[0].Spec.IPFamilyPolicy; policy == nil || *policy != core.IPFamilyPolicyPreferDualStack {
		t.Error("clients of the second address family do not reach it")
	}
	topologies := map[string]bool{}
	for _, s := range w.template.Spec.TopologySpreadConstraints {
		topologies[s.TopologyKey] = true
	}
	if !topologies[core.LabelHostname] || !topologies[core.LabelTopologyZone] {
		t.Errorf("spread over %v", topologies)
	}
}
