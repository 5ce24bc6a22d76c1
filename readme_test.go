package enumim_test

import (
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/metadata"
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
// template for external plugins; and the backends, which belong to the syntax.
func TestReadmeSections(t *testing.T) {
	text, _ := readme(t, "corefile")
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	want := []string{"Name", "Description", "Compilation", "Syntax", "Backends", "Metrics", "Ready", "Metadata", "Tracing", "Privacy", "Examples", "Bugs", "See Also"}
	if !slices.Equal(got, want) {
		t.Errorf("sections are %q, want %q", got, want)
	}
}

// startReadme starts a Corefile of the README with every fixed port replaced by a free one, and the resolver that it
// forwards to by one of the test.
func startReadme(t *testing.T, corefile string) *caddy.Instance {
	t.Helper()
	dnsserver.Quiet = true
	port := regexp.MustCompile(`:(1053|8080|8181|9153)\b`)
	corefile = strings.ReplaceAll(corefile, "    bind 127.0.0.1\n", "") // another one is taken
	corefile = regexp.MustCompile(`(?m)^\S*:1053 \{$`).ReplaceAllString(corefile, "$0\nbind "+enumim.Loopback)
	corefile = port.ReplaceAllString(corefile, ":0")
	if strings.Contains(corefile, "forward") {
		corefile = strings.ReplaceAll(corefile, "127.0.0.1:53", upstream(t))
	}
	inst, err := caddy.Start(caddy.CaddyfileInput{Filepath: "Corefile", Contents: []byte(corefile), ServerTypeName: "dns"})
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

// upstream starts a resolver that knows a record in a good domain and a planted one for each number, and says that it
// proved them where that is asked for and the number ends in 1. It returns its address.
func upstream(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", enumim.Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		name := r.Question[0].Name
		m.AuthenticatedData = r.AuthenticatedData && strings.HasPrefix(name, "1.")
		if r.Question[0].Qtype == dns.TypeNAPTR {
			for i, uri := range []string{"sip:user@example.com", "im:user@planted.example"} {
				m.Answer = append(m.Answer, &dns.NAPTR{
					Hdr:   dns.RR_Header{Name: name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 60},
					Order: 100, Preference: uint16(10 + i), Flags: "u", Replacement: ".",
					Service: "E2U+" + uri[:strings.Index(uri, ":")], Regexp: "!^.*$!" + uri + "!",
				})
			}
		}
		_ = w.WriteMsg(m)
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-done
	})
	return conn.LocalAddr().String()
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
	guards := 0
	for _, s := range snippets {
		if strings.Contains(s, "backend") && !strings.Contains(s, "backend file") {
			continue // a store that is to be there: TestReadmeStores
		}
		inst := startReadme(t, s)
		if !strings.Contains(s, "backend") {
			guards++
			wantGuarded(t, inst, s)
			continue
		}
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
		if strings.Contains(s, "twins") {
			r := ask(t, inst, "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR)
			if len(r.Answer) != 3 || !strings.Contains(r.String(), "sip:user@example.com") || !strings.Contains(r.String(), "xmpp:user@example.com") {
				t.Errorf("no twins from\n%s\ngot %v", s, r)
			}
		}
	}
	if guards != 2 {
		t.Errorf("%d examples guard the answers of others, want 2", guards)
	}
}

// wantGuarded asks an instance that guards what upstream answers.
func wantGuarded(t *testing.T, inst *caddy.Instance, corefile string) {
	t.Helper()
	const proven, other = "1.1.0.2.4.4.e164.arpa.", "2.1.0.2.4.4.e164.arpa."
	if strings.Contains(corefile, "require_authenticated") {
		if r := ask(t, inst, proven, dns.TypeNAPTR); len(r.Answer) != 2 || r.AuthenticatedData {
			t.Errorf("authenticated records do not pass\n%s\ngot %v", corefile, r)
		}
		if r := ask(t, inst, other, dns.TypeNAPTR); r.Rcode != dns.RcodeServerFailure || len(r.Answer) > 0 {
			t.Errorf("others pass\n%s\ngot %v", corefile, r)
		}
		return
	}
	for range 2 { // the second time from the cache
		if r := ask(t, inst, other, dns.TypeNAPTR); len(r.Answer) != 1 || !strings.Contains(r.Answer[0].String(), "sip:user@example.com") {
			t.Errorf("what passes\n%s\nis %v", corefile, r)
		}
	}
}

// The answer that the README shows is the one that its first example with a numbers file gives.
func TestReadmeShowsRealAnswer(t *testing.T) {
	_, corefiles := readme(t, "corefile")
	_, outputs := readme(t, "txt")
	qname := "0.0.1.0.5.5.5.2.0.2.1.e164.arpa."
	var got []string
	first := slices.IndexFunc(corefiles, func(s string) bool { return strings.Contains(s, "backend file examples/numbers.txt") })
	for _, rr := range ask(t, startReadme(t, corefiles[first]), qname, dns.TypeNAPTR).Answer {
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
	var source []byte
	for _, file := range []string{"metrics.go", "states.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	names := func(text, pattern string) (out []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	text, _ := readme(t, "txt")
	want := names(string(source), `(?:Name: +|= stateVec\()"([a-z_]+)"`)
	if got := names(text, "`coredns_enumim_([a-z_]+)\\{"); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the README lists\n%q\nthe code has\n%q", got, want)
	}
}
