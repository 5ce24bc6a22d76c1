package enumim_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"

	"github.com/enumim/enumim"
	_ "github.com/enumim/enumim/backend/file"
)

// readme returns the README and the contents of its fenced blocks of one language.
func readme(t *testing.T, language string) (text string, blocks []string) {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile(`(?ms)^~~~ ` + language + `\n(.*?)^~~~$`)
	for _, m := range fence.FindAllStringSubmatch(string(b), -1) {
		blocks = append(blocks, m[1])
	}
	return string(b), blocks
}

// The sections CoreDNS asks of a plugin's README, in its order (plugin.md), and those of its
// template for external plugins.
func TestReadmeSections(t *testing.T) {
	text, _ := readme(t, "corefile")
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	want := []string{"Name", "Description", "Compilation", "Syntax", "Metrics", "Ready", "Metadata", "Examples", "Bugs", "See Also"}
	if !slices.Equal(got, want) {
		t.Errorf("sections are %q, want %q", got, want)
	}
}

// startReadme starts a Corefile of the README with every fixed port replaced by a free one.
func startReadme(t *testing.T, corefile string) *caddy.Instance {
	t.Helper()
	dnsserver.Quiet = true
	port := regexp.MustCompile(`:(1053|8080|8181|9153)\b`)
	corefile = regexp.MustCompile(`(?m)^\S*:1053 \{$`).ReplaceAllString(corefile, "$0\nbind "+enumim.Loopback)
	inst, err := caddy.Start(caddy.CaddyfileInput{
		Filepath:       "Corefile",
		Contents:       []byte(port.ReplaceAllString(corefile, ":0")),
		ServerTypeName: "dns",
	})
	if err != nil {
		t.Fatalf("this Corefile of the README does not start: %v\n%s", err, corefile)
	}
	t.Cleanup(func() {
		inst.ShutdownCallbacks()
		if err := inst.Stop(); err != nil {
			t.Error(err)
		}
	})
	return inst
}

// ask sends one question to the first server of inst over UDP.
func ask(t *testing.T, inst *caddy.Instance, qname string, qtype uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(qname, qtype)
	r, err := dns.Exchange(m, inst.Servers()[0].LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadmeCorefilesStart(t *testing.T) {
	_, snippets := readme(t, "corefile")
	if len(snippets) == 0 {
		t.Fatal("the README has no corefile snippet")
	}
	for _, s := range snippets {
		inst := startReadme(t, s)
		apex := "e164.arpa."
		for _, other := range []string{"4.4.e164.arpa", "dial.example.net"} {
			if strings.Contains(s, "enumim "+other) {
				apex = other + "."
			}
		}
		r := ask(t, inst, apex, dns.TypeSOA)
		if r.Rcode != dns.RcodeSuccess || !r.Authoritative || len(r.Answer) != 1 {
			t.Errorf("the SOA of %s is not served by\n%s\ngot %v", apex, s, r)
		}
	}
}

// The answer that the README shows is the one that its first example gives.
func TestReadmeShowsRealAnswer(t *testing.T) {
	_, corefiles := readme(t, "corefile")
	_, outputs := readme(t, "txt")
	qname := "0.0.1.0.5.5.5.2.0.2.1.e164.arpa."
	var got []string
	for _, rr := range ask(t, startReadme(t, corefiles[0]), qname, dns.TypeNAPTR).Answer {
		got = append(got, strings.Join(strings.Fields(rr.String()), " "))
	}
	var want []string
	for line := range strings.Lines(outputs[0]) {
		want = append(want, strings.Join(strings.Fields(line), " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the server answers\n%s\nthe README shows\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The README lists the metrics that there are.
func TestReadmeMetrics(t *testing.T) {
	source, err := os.ReadFile("metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	names := func(text, pattern string) (out []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	text, _ := readme(t, "txt")
	want := names(string(source), `Name: +"([a-z_]+)"`)
	if got := names(text, "`coredns_enumim_([a-z_]+)\\{"); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the README lists\n%q\nmetrics.go has\n%q", got, want)
	}
}
