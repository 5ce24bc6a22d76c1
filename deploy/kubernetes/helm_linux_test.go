package kubernetes

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// values are those of the chart that make the pod.
type values struct {
	Image                         struct{ Repository, Tag string }
	PodSecurityContext            *core.PodSecurityContext
	SecurityContext               *core.SecurityContext
	Resources                     core.ResourceRequirements
	LivenessProbe, ReadinessProbe core.Probe
	TerminationGracePeriodSeconds int64
	PodDisruptionBudget           policy.PodDisruptionBudgetSpec
	Env                           []core.EnvVar
	ExtraVolumes                  []core.Volume
	ExtraVolumeMounts             []core.VolumeMount
	ZoneFiles                     []struct{ Filename, Contents string }
	Servers                       []struct {
		Zones   []struct{ Zone string }
		Port    int32
		Plugins []struct{ Name, Parameters, ConfigBlock string }
	}
}

// chart is what the chart coredns makes of the values, as far as the tests look at it. That the chart itself does was
// seen with helm template (docs/kubernetes.md).
func chart(t testing.TB) *bundle {
	t.Helper()
	text, err := os.ReadFile("helm/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// What the chart has where the values say nothing, in version 1.46.2.
	v := values{
		LivenessProbe:                 core.Probe{InitialDelaySeconds: 60, PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 5},
		ReadinessProbe:                core.Probe{InitialDelaySeconds: 30, PeriodSeconds: 5, TimeoutSeconds: 5, FailureThreshold: 1},
		TerminationGracePeriodSeconds: 30,
	}
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range v.ZoneFiles {
		files[f.Filename] = f.Contents
	}
	c := core.Container{
		Name: "enumim", Image: v.Image.Repository + ":" + v.Image.Tag, Args: []string{"-conf", "/etc/coredns/Corefile"},
		Env: v.Env, Resources: v.Resources, SecurityContext: v.SecurityContext,
		LivenessProbe: &v.LivenessProbe, ReadinessProbe: &v.ReadinessProbe,
		VolumeMounts: append(v.ExtraVolumeMounts, core.VolumeMount{Name: "config-volume", MountPath: "/etc/coredns"}),
		Ports: []core.ContainerPort{
			{Name: "health", ContainerPort: 8080}, {Name: "ready", ContainerPort: 8181}, {Name: "metrics", ContainerPort: 9153},
		},
	}
	for _, s := range v.Servers {
		files["Corefile"] += fmt.Sprintf("%s:%d {\n", s.Zones[0].Zone, s.Port)
		for _, p := range s.Plugins {
			files["Corefile"] += "    " + strings.TrimSpace(p.Name+" "+p.Parameters)
			if p.ConfigBlock != "" {
				files["Corefile"] += " {\n" + p.ConfigBlock + "\n}"
			}
			files["Corefile"] += "\n"
		}
		files["Corefile"] += "}\n"
	}
	d := new(apps.Deployment)
	d.Spec.Template.Labels = map[string]string{"enumim.github.io/role": "server"} // for the tests
	d.Spec.Template.Spec = core.PodSpec{
		TerminationGracePeriodSeconds: &v.TerminationGracePeriodSeconds,
		SecurityContext:               v.PodSecurityContext, Containers: []core.Container{c},
		Volumes: append(v.ExtraVolumes, core.Volume{Name: "config-volume", VolumeSource: core.VolumeSource{
			ConfigMap: &core.ConfigMapVolumeSource{LocalObjectReference: core.LocalObjectReference{Name: "chart"}},
		}}),
	}
	m := &core.ConfigMap{Data: files}
	m.Name = "chart"
	return &bundle{name: "helm", objects: []runtime.Object{d, m, &policy.PodDisruptionBudget{Spec: v.PodDisruptionBudget}}}
}

// TestHelmValues says that the values make of the official chart a server that answers, in a pod that is restricted as
// that of the central server, and lets nodes be drained.
func TestHelmValues(t *testing.T) {
	b := chart(t)
	if why := b.violations(t); why != "" {
		t.Error(why)
	}
	b.drains(t)
	central := render(t, "central").workloads()[0].enumim(t)
	if c := b.workloads()[0].enumim(t); c.Image != central.Image || !slices.Equal(c.Env, central.Env) ||
		!c.Resources.Limits.Memory().Equal(*central.Resources.Limits.Memory()) {
		t.Errorf("image %s, environment %v and memory of the chart are not those of the central server", c.Image, c.Env)
	}
	p := start(t, b, nil)
	server := podIP + ":1053"
	within(t, 20*time.Second, "it is ready", func() bool { status, _ := p.get("ready", "/ready"); return status == 200 })
	within(t, time.Second, "it answers", func() bool {
		m, err := try("udp", server, domain("+12025550100"), dns.TypeNAPTR)
		return err == nil && slices.Equal(expressions(m), []string{"!^.*$!sip:alice@example.com!"})
	})
	for port, path := range map[string]string{"health": "/health", "metrics": "/metrics"} {
		if status, _ := p.get(port, path); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}
