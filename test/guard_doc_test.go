package test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/enumim/enumim/guard"
)

// guardPage is the page whose examples are run: a zone is what the server behind the guard has from there
// on, a Corefile is started, and dig prints what the page shows.
const guardPage = "../docs/guard.md"

// example is a fenced block of the page.
type example struct {
	language, text string
}

func examplesOf(tb testing.TB, page string) (list []example) {
	tb.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?ms)^~~~ (\w+)\n(.*?)^~~~$`).FindAllStringSubmatch(string(text), -1) {
		list = append(list, example{m[1], m[2]})
	}
	return list
}

// documented are the servers that the page speaks of.
type documented struct {
	plain, validating server
}

// serve starts the servers that have a zone: one that is authoritative, one that validates its signed twin.
func (d *documented) serve(t *testing.T, zone string) {
	t.Helper()
	apex, _, _ := strings.Cut(strings.TrimPrefix(zone, "$ORIGIN "), "\n")
	dir := t.TempDir()
	file := write(t, dir, "zone", zone)
	d.plain = startNSD(t, map[string]string{apex: file})
	key := sign(t, dir, apex, file)
	signed := startNSD(t, map[string]string{apex: file + ".signed"})
	d.validating = startResolver(t, signed, apex, anchor(key))
}

// start starts a Corefile of the page with the ports of this machine.
func (d *documented) start(t *testing.T, corefile string) server {
	t.Helper()
	head := regexp.MustCompile(`(?s)\A\.:1053 \{\n(.*)\n\}\n\z`).FindStringSubmatch(corefile)
	if head == nil {
		t.Fatalf("a Corefile of the page is one server block of port 1053:\n%s", corefile)
	}
	block := strings.NewReplacer("192.0.2.1", d.plain.address, "192.0.2.53", d.validating.address, ":9153", ":0",
		"examples/", "../examples/").Replace(head[1])
	return startEnumim(t, block)
}

// run runs a command line of the page.
func run(t *testing.T, s server, line string) string {
	t.Helper()
	const at = "dig @127.0.0.1 -p 1053 "
	if !strings.HasPrefix(line, at) {
		t.Fatalf("%q does not begin with %q", line, at)
	}
	host, port, _ := strings.Cut(s.of("udp"), ":")
	args := append([]string{"@" + host, "-p", port, "+tries=1"}, strings.Fields(strings.TrimPrefix(line, at))...)
	out, err := exec.Command("dig", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// settled returns the output of dig without what differs from run to run, and blanks.
func settled(out string) string {
	out = regexp.MustCompile(`id: \d+`).ReplaceAllString(out, "id: 0")
	out = regexp.MustCompile(`(?m)^;; Got answer:\n`).ReplaceAllString(out, "")
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "; <<>>") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// TestGuardPage starts every Corefile of docs/guard.md, and runs what is asked there.
func TestGuardPage(t *testing.T) {
	needs(t, "nsd", "named", "dig", "dnssec-keygen", "dnssec-signzone")
	var d documented
	var s server
	var line string
	counts := map[string]int{}
	for _, e := range examplesOf(t, guardPage) {
		counts[e.language]++
		switch e.language {
		case "zone":
			d.serve(t, e.text)
		case "corefile":
			s = d.start(t, e.text)
		case "sh":
			line = strings.TrimSpace(e.text)
		case "txt":
			if line == "" {
				continue // no output of a command
			}
			if got := settled(run(t, s, line)); got != settled(e.text) {
				t.Errorf("$ %s\n%s\nthe page shows\n%s", line, got, settled(e.text))
			}
			line = ""
		default:
			t.Errorf("a block of %q", e.language)
		}
	}
	if counts["zone"] != 1 || counts["corefile"] < 6 || counts["sh"] < 6 {
		t.Errorf("the page has %v", counts)
	}
}

// TestGuardPageTables: the page lists the actions, the rules of a policy and the metrics that there are.
func TestGuardPageTables(t *testing.T) {
	text, err := os.ReadFile(guardPage)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		guard.RuleUnauthenticated, guard.RuleDomain, guard.RuleService, guard.RuleUnchecked, guard.RuleMalformed,
		"coredns_enumim_guard_responses_total", "coredns_enumim_guard_findings_total", "coredns_enumim_additional_total",
	}
	for a := range guard.Actions {
		words = append(words, guard.Action(a).String())
	}
	for _, word := range words {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("the page does not tell of `%s`", word)
		}
	}
}
