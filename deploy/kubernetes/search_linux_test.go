package kubernetes

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
	core "k8s.io/api/core/v1"
)

// wire hears every packet of the pod's network.
type wire struct {
	mu   sync.Mutex
	sent [][]byte // those to others than the pod itself
}

func listen(t testing.TB) *wire {
	t.Helper()
	needPod(t)
	every := int(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)))
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, every)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}); err != nil {
		t.Fatal(err)
	}
	w, ended, done := new(wire), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for packet := make([]byte, 1<<16); ; {
			n, err := unix.Read(s, packet)
			switch {
			case err == nil && n >= 20 && packet[0]>>4 == 4 && !net.IP(packet[16:20]).IsLoopback():
				w.mu.Lock()
				w.sent = append(w.sent, bytes.Clone(packet[:n]))
				w.mu.Unlock()
			case err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
				return
			}
			select {
			case <-ended:
				return
			default:
			}
		}
	}()
	t.Cleanup(func() {
		close(ended)
		<-done
		unix.Close(s)
	})
	return w
}

// carried tells whether a name left the pod, alone or as a part of another.
func (w *wire) carried(name string) bool {
	packed := make([]byte, 256)
	n, _ := dns.PackDomainName(dns.Fqdn(name), packed, 0, nil, false)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.sent, func(packet []byte) bool { return bytes.Contains(bytes.ToLower(packet), packed[:n-1]) })
}

// edit changes what a ConfigMap has under a key.
func (b *bundle) edit(t testing.TB, key, was, is string) {
	t.Helper()
	for _, m := range of[*core.ConfigMap](b) {
		if text, ok := m.Data[key]; ok {
			if !strings.Contains(text, was) {
				t.Fatalf("%s has no %q", key, was)
			}
			m.Data[key] = strings.ReplaceAll(text, was, is)
		}
	}
}

// TestSearchDomains asks as a resolver does that is told that a number does not exist: with each search domain behind
// it. Whatever the tree is called, no packet with the number leaves the pod.
func TestSearchDomains(t *testing.T) {
	for _, tree := range []string{"e164.arpa", "enum.example.com"} {
		t.Run(tree, func(t *testing.T) {
			startCluster(t)
			w := listen(t)
			b := render(t, "examples/kamailio")
			b.edit(t, "enumim.conf", "e164.arpa", tree)
			p := start(t, b, nil)
			p.started(t)
			p.answers(t)
			missing := strings.Replace(domain("+442079460000"), "e164.arpa.", tree, 1)
			if m := ask(t, "udp", resolver, missing, dns.TypeNAPTR); m.Rcode != dns.RcodeNameError {
				t.Errorf("a number that nobody has: %v", m)
			}
			for _, network := range []string{"udp", "tcp"} {
				for _, search := range []string{".voip.svc.cluster.local", ".svc.cluster.local", ".cluster.local"} {
					m := ask(t, network, resolver, missing+search, dns.TypeNAPTR)
					if len(m.Answer) > 0 || m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
						t.Errorf("with %s behind it: %v", search, m)
					}
				}
			}
			// What is no question for a number is passed on, and seen, and all before it then, too.
			for name, qtype := range map[string]uint16{
				"redis.voip.svc.cluster.local": dns.TypeA, "www.example.net": dns.TypeA, "sip.example.net": dns.TypeNAPTR,
			} {
				ask(t, "udp", resolver, name, qtype)
				within(t, 5*time.Second, name+" is passed on", func() bool { return w.carried(name) })
			}
			if w.carried(tree) || w.carried(missing) {
				t.Error("a number left the pod")
			}
		})
	}
}

// tried are the names that a resolver asks for, one after the other until one exists (resolv.conf(5), ndots).
func tried(t testing.TB, c *core.PodDNSConfig, name string) (list []string) {
	t.Helper()
	dots := 1
	for _, o := range c.Options {
		if o.Name == "ndots" {
			n, err := strconv.Atoi(*o.Value)
			if err != nil {
				t.Fatal(err)
			}
			dots = n
		}
	}
	for _, s := range c.Searches {
		list = append(list, name+"."+s)
	}
	if strings.Count(name, ".") >= dots {
		return slices.Insert(list, 0, name)
	}
	return append(list, name)
}

// TestSearchOrder says that a number that somebody has is asked for once, as it is, however short; and that names within
// the cluster, with service and protocol before them, too, are asked for with the search domains first, as in any other
// pod: the DNS outside is not told of them.
func TestSearchOrder(t *testing.T) {
	rendered(t, func(t *testing.T, b *bundle) {
		for _, w := range b.workloads() {
			c := w.template.Spec.DNSConfig
			if w.central() {
				continue
			}
			for _, number := range []string{"+1202555", "+12025550100", "+442079460000999"} {
				name := strings.TrimSuffix(domain(number), ".")
				if first := tried(t, c, name)[0]; first != name {
					t.Errorf("%s: a number of %d digits is first asked for as %s", w.name, len(number)-1, first)
				}
			}
			for _, name := range []string{"kamailio", "kamailio.voip.svc", "_sip._udp.kamailio.voip.svc"} {
				if first := tried(t, c, name)[0]; first == name {
					t.Errorf("%s: %s is first asked for without a search domain", w.name, name)
				}
			}
		}
	})
}

// TestClusterDNS puts the blocks of docs/kubernetes.md into the Corefile of a cluster: numbers go to the central server,
// and no number to whom the cluster's DNS forwards, not with a domain of the nodes behind it.
func TestClusterDNS(t *testing.T) {
	upstream := startCluster(t)
	page, err := os.ReadFile("../../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	corefile := ".:1053 {\nbind " + podIP + "\nforward . " + clusterDNS + "\n}\n"
	for _, m := range regexp.MustCompile(`(?ms)^~~~ txt\n(e164\.arpa.*?)^~~~$`).FindAllStringSubmatch(string(page), -1) {
		corefile += strings.NewReplacer(":53 {", ":1053 {\nbind "+podIP, "10.96.0.53", storeIP+":1054").Replace(m[1])
	}
	corefile += "e164.arpa:1054 {\nbind " + storeIP + "\nenumim e164.arpa {\nbackend file numbers.txt\n}\n}\n"
	dir := t.TempDir()
	for name, text := range map[string]string{"Corefile": corefile, "numbers.txt": "+12025550100 sip:alice@example.com\n$END\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	background(t, "sh", "-c", "cd "+dir+" && exec "+os.Getenv(inside)+" -conf Corefile")
	server := podIP + ":1053"
	within(t, 20*time.Second, "the number is answered", func() bool {
		m, err := try("udp", server, domain("+12025550100"), dns.TypeNAPTR)
		return err == nil && len(expressions(m)) == 1
	})
	missing := domain("+442079460000")
	for _, name := range []string{missing, missing + "example.net"} {
		if m := ask(t, "udp", server, name, dns.TypeNAPTR); len(m.Answer) > 0 || m.Rcode == dns.RcodeServerFailure {
			t.Errorf("%s: %v", name, m)
		}
	}
	ask(t, "udp", server, "www.example.net", dns.TypeA)
	if names := upstream.heard("e164"); len(names) > 0 || len(upstream.heard("www.example.net")) == 0 {
		t.Errorf("passed on: %q", names)
	}
}
