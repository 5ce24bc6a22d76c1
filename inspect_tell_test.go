package enumim

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
)

// telling judges each reply alike.
func telling(action guard.Action, counts ...guard.Count) stub {
	return stub{judge: func(_, m *dns.Msg) guard.Verdict { return guard.Verdict{Msg: m, Action: action, Counts: counts} }}
}

var counts = []guard.Count{
	{Rule: "R05", Severity: enumservice.Error, Tell: true, N: 2},
	{Rule: guard.RuleDomain, Severity: enumservice.Error, Tell: true, N: 1},
	{Rule: "S10", Severity: enumservice.Info, N: 1},
}

// Each inspected reply is counted by what became of it, and each finding by its rule and severity, in every mode.
func TestInspectedRepliesAreCounted(t *testing.T) {
	for _, mode := range modes {
		for action := range guard.Action(guard.Actions) {
			g := inspecting(mode, telling(action, counts...), answering(t, good))
			values := func() []float64 {
				return []float64{
					counterValue(t, guardResponses.WithLabelValues("", "e164.arpa.", action.String())),
					counterValue(t, guardFindings.WithLabelValues("e164.arpa.", "R05", "error")),
					counterValue(t, guardFindings.WithLabelValues("e164.arpa.", "domain", "error")),
					counterValue(t, guardFindings.WithLabelValues("e164.arpa.", "S10", "info")),
				}
			}
			before := values()
			askHandler(t, g, query1(number1, dns.TypeNAPTR), nil)
			for i, want := range []float64{1, 2, 1, 1} {
				if got := values()[i] - before[i]; got != want {
					t.Errorf("mode %d, %s: %d. value grew by %v, want %v", mode, action, i, got, want)
				}
			}
		}
	}
}

// Other plugins, such as log, find what became of the reply and what was found.
func TestInspectionMetadata(t *testing.T) {
	for action, want := range map[guard.Action][2]string{
		guard.Withheld: {"withheld", "R05,domain,S10"}, guard.Passed: {"passed", "S10"},
	} {
		found := counts
		if action == guard.Passed {
			found = counts[2:]
		}
		ctx := metadata.ContextWithMetadata(context.Background())
		g := inspecting(guard.Enforce, telling(action, found...), answering(t, good))
		if _, err := g.ServeDNS(ctx, &writer{}, query1(number1, dns.TypeNAPTR)); err != nil {
			t.Error(err)
		}
		for i, label := range []string{"enumim/guard", "enumim/findings"} {
			if f := metadata.ValueFunc(ctx, label); f == nil || f() != want[i] {
				t.Errorf("%s: %s is not %q", action, label, want[i])
			}
		}
	}
}

// At most one line a second is logged for a zone: what was found and what was done, as a warning where records
// are not what others sent.
func TestInspectionLog(t *testing.T) {
	for action, want := range map[guard.Action]string{
		guard.Passed:   "",
		guard.Told:     `[INFO] plugin/enumim: zone e164.arpa.: inspected a reply (told): R05 (2 times), domain` + "\n",
		guard.Signed:   `[INFO] plugin/enumim: zone e164.arpa.: inspected a reply (signed)`,
		guard.Repaired: `[WARNING] plugin/enumim: zone e164.arpa.: inspected a reply (repaired)`,
		guard.Withheld: `[WARNING] plugin/enumim: zone e164.arpa.: inspected a reply (withheld)`,
		guard.Emptied:  `[WARNING] plugin/enumim: zone e164.arpa.: inspected a reply (emptied)`,
	} {
		found := counts
		if action == guard.Passed {
			found = nil
		}
		g := inspecting(guard.Enforce, telling(action, found...), answering(t, good))
		logged := capture(func() {
			for range 100 {
				askHandler(t, g, query1(number1, dns.TypeNAPTR), nil)
			}
		})
		lines := strings.Count(logged, "\n")
		if want == "" && lines != 0 || want != "" && (lines < 1 || lines > 2 || !strings.Contains(logged, want)) {
			t.Errorf("%s: logged\n%s", action, logged)
		}
	}
}

// The series of a zone that a reload of the Corefile no longer inspects go, those of one that it does stay.
func TestSeriesGoWithTheInspectedZone(t *testing.T) {
	corefile := func(zones string) caddy.Input {
		return input(fmt.Sprintf(".:0 {\n bind 127.0.0.1\n enumim_guard {\n inspect observe %s\n }\n enumim {\n inspect annotate kept.guard.example\n }\n}", zones))
	}
	instance, err := caddy.Start(corefile("dropped.guard.example kept.guard.example"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	for _, zone := range []string{"dropped", "kept"} {
		guardResponses.WithLabelValues("dns://:53", zone+".guard.example.", "told").Inc()
		guardFindings.WithLabelValues(zone+".guard.example.", "R05", "warning").Inc()
	}
	settle()
	if instance, err = instance.Restart(corefile("new.guard.example")); err != nil {
		t.Fatal(err)
	}
	for zone, want := range map[string]int{"dropped": 0, "kept": 2} {
		if got := seriesWith(t, zone+".guard.example."); len(got) != want {
			t.Errorf("%s: %d series, want %d: %q", zone, len(got), want, got)
		}
	}
}
