package kubernetes

import (
	"path/filepath"
	"testing"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// violations is why a namespace that enforces the profile restricted would refuse pods of the bundle.
func (b *bundle) violations(t testing.TB) (why string) {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, w := range b.workloads() {
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &w.template.ObjectMeta, &w.template.Spec))
		if !result.Allowed {
			why += w.name + ": " + result.ForbiddenDetail() + "\n"
		}
	}
	return why
}

// TestRestricted says that all pods are allowed in a namespace with the profile restricted of Pod Security.
func TestRestricted(t *testing.T) {
	for _, dir := range examples {
		if why := render(t, dir).violations(t); why != "" {
			t.Errorf("%s: %s", dir, why)
		}
	}
	for name, change := range map[string][3]string{
		"a capability":      {"sidecar/pod/pod.yaml", "drop: [ALL]", "drop: [ALL], add: [NET_ADMIN]"},
		"root":              {"sidecar/pod/pod.yaml", "runAsUser: 65532", "runAsUser: 0"},
		"all system calls":  {"sidecar/pod/pod.yaml", "          seccompProfile: {type: RuntimeDefault}\n", ""},
		"escalation":        {"sidecar/pod/pod.yaml", "          allowPrivilegeEscalation: false\n", ""},
		"an unsafe sysctl":  {"sidecar/pod/pod.yaml", "net.ipv4.ip_unprivileged_port_start", "kernel.msgmax"},
		"a host's folder":   {"sidecar/pod/pod.yaml", "emptyDir: {sizeLimit: 1Gi}", "hostPath: {path: /var/lib/enumim}"},
		"the application's": {"examples/kamailio/kamailio.yaml", "runAsNonRoot: true", "runAsNonRoot: false"},
	} {
		dir := filepath.Join(changed(t, change[0], change[1], change[2]), "examples/kamailio")
		if why := render(t, dir).violations(t); why == "" {
			t.Errorf("%s is allowed", name)
		}
	}
}

// TestOwnRestrictions says that the component brings all of this by itself, whatever the application is allowed.
func TestOwnRestrictions(t *testing.T) {
	for _, w := range render(t, "testdata/workloads").workloads() {
		c := w.enumim(t).SecurityContext
		if c == nil || c.RunAsNonRoot == nil || !*c.RunAsNonRoot || *c.RunAsUser != 65532 || *c.AllowPrivilegeEscalation ||
			!*c.ReadOnlyRootFilesystem || c.Capabilities.Drop[0] != "ALL" || c.SeccompProfile == nil {
			t.Errorf("%s: %+v", w.name, c)
		}
	}
}
