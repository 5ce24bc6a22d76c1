package kubernetes

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	core "k8s.io/api/core/v1"
)

const resolver = "127.0.0.1:53"

// TestSidecar has the sidecar of the example answer numbers and pass on everything else, at the port that resolv.conf
// means, without a capability, and for nobody outside the pod.
func TestSidecar(t *testing.T) {
	startCluster(t)
	p := start(t, render(t, "examples/kamailio"), nil)
	p.started(t)
	p.answers(t)
	for _, network := range []string{"udp", "tcp"} {
		m := ask(t, network, resolver, domain("+12025550100"), dns.TypeNAPTR)
		if got := expressions(m); !slices.Equal(got, []string{"!^.*$!sip:alice@example.com!"}) {
			t.Errorf("over %s: %q", network, got)
		}
		m = ask(t, network, resolver, "postgres.db.svc.cluster.local", dns.TypeA)
		if len(m.Answer) != 1 {
			t.Errorf("over %s the name of a service has no address: %v", network, m)
		}
		if m, err := try(network, podIP+":53", domain("+12025550100"), dns.TypeNAPTR); err == nil {
			t.Errorf("others than the pod are answered over %s: %v", network, m)
		}
	}
	within(t, 5*time.Second, "the readiness probe succeeds", func() bool { return p.probe(p.container.ReadinessProbe) == 200 })
	if status := p.probe(p.container.LivenessProbe); status != 200 {
		t.Errorf("liveness: %d", status)
	}
	if status, text := p.get("enumim-metrics", "/metrics"); status != 200 || !strings.Contains(text, "coredns_enumim_responses_total") {
		t.Errorf("metrics: %d", status)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil || !strings.Contains(string(status), "\nCapEff:\t0000000000000000\n") || !strings.Contains(string(status), "\nUid:\t65532\t") {
		t.Errorf("the server runs with capabilities, or as another user: %v\n%s", err, status)
	}
}

// TestStart has many numbers to read: when kubelet starts the application, queries are answered.
func TestStart(t *testing.T) {
	startCluster(t)
	b := render(t, "examples/kamailio")
	var numbers strings.Builder
	for i := range 500_000 {
		fmt.Fprintf(&numbers, "+44%09d sip:user%d@example.com\n", 100_000_000+i, i)
	}
	numbers.WriteString("$END\n")
	b.config("enumim-numbers")["numbers.txt"] = numbers.String()
	p := start(t, b, nil)
	p.started(t)
	p.answers(t)
}

// TestNumbersChange changes the ConfigMap of the numbers, and then that of the configuration, as kubelet does in a pod
// that runs.
func TestNumbersChange(t *testing.T) {
	startCluster(t)
	b := render(t, "examples/kamailio")
	// Every 30 s is too seldom for a test.
	corefile := ""
	for _, m := range of[*core.ConfigMap](b) {
		if text, ok := m.Data["Corefile"]; ok {
			corefile = strings.Replace(text, "    reload\n", "    reload 2s 1s\n", 1)
			m.Data["Corefile"] = corefile
		}
	}
	p := start(t, b, nil)
	p.started(t)
	first := func() string {
		m, err := try("udp", resolver, domain("+12025550100"), dns.TypeNAPTR)
		if err != nil || len(expressions(m)) == 0 {
			return fmt.Sprint("no answer: ", m, err)
		}
		return expressions(m)[0]
	}
	p.change(t, "etc/enumim/numbers", map[string]string{"numbers.txt": "+12025550100 sip:carol@example.com\n$END\n"})
	within(t, 10*time.Second, "changed numbers are answered", func() bool { return strings.Contains(first(), "carol") })

	p.change(t, "etc/enumim/numbers", map[string]string{"numbers.txt": "+12025550100 sip:da"})
	time.Sleep(time.Second)
	if got := first(); !strings.Contains(got, "carol") {
		t.Errorf("a file that was cut short is answered: %s", got)
	}

	p.change(t, "etc/coredns", map[string]string{
		"Corefile":    corefile,
		"enumim.conf": "enumim e164.arpa {\n    backend file /etc/enumim/numbers/numbers.txt\n    form stored\n    twins xmpp\n    nonsense\n}\n",
	})
	within(t, 10*time.Second, "a broken configuration is told", func() bool { return strings.Contains(p.logged(), "nonsense") })
	if got := first(); !strings.Contains(got, "carol") {
		t.Errorf("with a broken configuration: %s", got)
	}
	p.change(t, "etc/enumim/numbers", map[string]string{"other.txt": "+12025550100 sip:erin@example.com\n$END\n"})
	p.change(t, "etc/coredns", map[string]string{
		"Corefile":    corefile,
		"enumim.conf": "enumim e164.arpa {\n    backend file /etc/enumim/numbers/other.txt\n}\n",
	})
	within(t, 15*time.Second, "a changed configuration is taken", func() bool { return strings.Contains(first(), "erin") })
}

// TestStoreAway starts the example with a store while the store is down: the application starts and resolves, numbers
// are errors and not absent, the pod gets no traffic, nothing is killed, and the log has no number.
func TestStoreAway(t *testing.T) {
	startCluster(t)
	store, err := net.Listen("tcp", storeIP+":5432")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	reached := make(chan []byte, 100)
	go func() {
		for {
			conn, err := store.Accept()
			if err != nil {
				return
			}
			first := make([]byte, 8)
			conn.SetReadDeadline(time.Now().Add(time.Second))
			io.ReadFull(conn, first)
			conn.Close()
			select {
			case reached <- first:
			default:
			}
		}
	}()
	_, authority := certificate(t)
	p := start(t, render(t, "examples/store"), map[string]string{"password": "not checked here\n", "ca.crt": authority})
	p.started(t)
	if m := ask(t, "udp", resolver, "postgres.db.svc.cluster.local", dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("other names: %v", m)
	}
	// The server finds the store through its own resolver, and begins with TLS (PostgreSQL's SSLRequest).
	select {
	case first := <-reached:
		if want := []byte{0, 0, 0, 8, 4, 210, 22, 47}; !slices.Equal(first, want) {
			t.Errorf("the store was sent %d", first)
		}
	case <-time.After(20 * time.Second):
		t.Error("the store was not looked for")
	}
	for range 20 {
		m := ask(t, "udp", resolver, domain("+12025550100"), dns.TypeNAPTR)
		if m.Rcode != dns.RcodeServerFailure || !slices.Contains(ede(m), dns.ExtendedErrorCodeNotReady) {
			t.Fatalf("a number whose store is away: %v", m)
		}
		if status := p.probe(p.container.LivenessProbe); status != 200 {
			t.Fatalf("liveness: %d", status)
		}
		if status := p.probe(p.container.ReadinessProbe); status != 503 {
			t.Fatalf("readiness: %d", status)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if strings.Contains(p.logged(), "0.0.1.0.5.5.5") || strings.Contains(p.logged(), "2025550100") || strings.Contains(p.logged(), "not checked") {
		t.Error("the log has a number or a password")
	}
}

// TestLoop has a user name the pod itself as the DNS of the cluster: the server ends and says why.
func TestLoop(t *testing.T) {
	b := render(t, "examples/kamailio")
	for _, m := range of[*core.ConfigMap](b) {
		if m.Data["CLUSTER_DNS"] != "" {
			m.Data["CLUSTER_DNS"] = "127.0.0.1"
		}
	}
	p := start(t, b, nil)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if !strings.Contains(p.logged(), "Loop") {
		t.Errorf("it does not say why")
	}
}

// TestCentral has the central server answer, and go on answering after it was told to end, until all know.
func TestCentral(t *testing.T) {
	p := start(t, render(t, "examples/central"), nil)
	p.started(t)
	within(t, 5*time.Second, "the readiness probe succeeds", func() bool { return p.probe(p.container.ReadinessProbe) == 200 })
	server := podIP + ":1053"
	for _, network := range []string{"udp", "tcp"} {
		m := ask(t, network, server, domain("+12025550199"), dns.TypeNAPTR)
		if got := expressions(m); !m.Authoritative || !slices.Equal(got, []string{"!^.*$!sip:+12025550199@gw.example.net!"}) {
			t.Errorf("over %s: %v", network, m)
		}
	}
	if m := ask(t, "udp", server, "www.example.com", dns.TypeA); m.Rcode != dns.RcodeRefused {
		t.Errorf("it resolves for others: %v", m)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told := time.Now()
	within(t, 3*time.Second, "it is not ready any more", func() bool { return p.probe(p.container.ReadinessProbe) != 200 })
	for time.Since(told) < 4*time.Second {
		ask(t, "udp", server, domain("+12025550199"), dns.TypeNAPTR)
		time.Sleep(100 * time.Millisecond)
	}
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}
