package kubernetes

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// clusterDNS is where the examples say that the DNS of the cluster is.
const clusterDNS = "10.96.0.10"

// cluster is the DNS of a cluster: it knows one store, and remembers what it was asked.
type cluster struct {
	mu    sync.Mutex
	asked []string
}

func startCluster(t testing.TB) *cluster {
	t.Helper()
	needPod(t)
	c := new(cluster)
	udp, err := net.ListenPacket("udp", clusterDNS+":53")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", clusterDNS+":53")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: c}, {Listener: tcp, Handler: c}} {
		ready, done := make(chan struct{}), make(chan error, 1)
		s.NotifyStartedFunc = func() { close(ready) }
		go func() { done <- s.ActivateAndServe() }()
		<-ready
		t.Cleanup(func() { s.Shutdown(); <-done })
	}
	return c
}

func (c *cluster) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	q := r.Question[0]
	c.mu.Lock()
	c.asked = append(c.asked, strings.ToLower(q.Name))
	c.mu.Unlock()
	m := new(dns.Msg)
	m.SetReply(r)
	switch {
	case q.Name != "postgres.db.svc.cluster.local.":
		m.Rcode = dns.RcodeNameError
	case q.Qtype == dns.TypeA:
		m.Answer = []dns.RR{&dns.A{
			Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: net.ParseIP(storeIP),
		}}
	}
	w.WriteMsg(m)
}

// heard are the names that were asked for with some text in them.
func (c *cluster) heard(text string) (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.asked {
		if strings.Contains(name, text) {
			list = append(list, name)
		}
	}
	return list
}

// ask sends one question to a server.
func ask(t testing.TB, network, server, name string, qtype uint16) *dns.Msg {
	t.Helper()
	m, err := try(network, server, name, qtype)
	if err != nil {
		t.Fatalf("%s for %s over %s: %v", server, name, network, err)
	}
	return m
}

func try(network, server, name string, qtype uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), qtype)
	q.SetEdns0(1232, false)
	m, _, err := (&dns.Client{Net: network, Timeout: 3 * time.Second}).Exchange(q, server)
	return m, err
}

// domain is the ENUM domain of a number.
func domain(number string) string {
	digits := strings.Split(strings.TrimPrefix(number, "+"), "")
	slices.Reverse(digits)
	return strings.Join(digits, ".") + ".e164.arpa."
}

// expressions are the substitution expressions of the NAPTR records in a reply.
func expressions(m *dns.Msg) (list []string) {
	for _, r := range m.Answer {
		if n, ok := r.(*dns.NAPTR); ok {
			list = append(list, n.Regexp)
		}
	}
	return list
}

// ede are the codes of the Extended DNS Errors in a reply.
func ede(m *dns.Msg) (list []uint16) {
	if o := m.IsEdns0(); o != nil {
		for _, e := range o.Option {
			if e, ok := e.(*dns.EDNS0_EDE); ok {
				list = append(list, e.InfoCode)
			}
		}
	}
	return list
}

// certificate makes one that is its own authority.
func certificate(t testing.TB, ips ...net.IP) (c tls.Certificate, text string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: ips,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
