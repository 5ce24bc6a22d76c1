package resolve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

const number = "+441632960083"

// domain is the ENUM domain of number.
const domain = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."

var fred = e164.MustParse(number)

// serve starts a name server at one port for UDP and TCP that ends with the test.
func serve(tb testing.TB, handler dns.HandlerFunc) Server {
	tb.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			l.Close()
			continue
		}
		start(tb, &dns.Server{PacketConn: p, Handler: handler})
		start(tb, &dns.Server{Listener: l, Handler: handler})
		return serverAt(tb, l.Addr().String(), UDP)
	}
	tb.Fatal("no port is free")
	return Server{}
}

func start(tb testing.TB, s *dns.Server) {
	ready := make(chan struct{})
	s.NotifyStartedFunc = func() { close(ready) }
	done := make(chan struct{})
	go func() {
		s.ActivateAndServe()
		close(done)
	}()
	<-ready
	tb.Cleanup(func() {
		s.Shutdown()
		<-done
	})
}

func serverAt(tb testing.TB, address string, transport Transport) Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	return Server{Host: host, Port: uint16(n), Transport: transport}
}

// serveTLS starts a name server over TLS with a certificate for name that is valid until end, and
// returns what trusts it.
func serveTLS(tb testing.TB, handler dns.HandlerFunc, name string, end time.Time) (Server, *tls.Config) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{name},
		NotBefore: end.Add(-48 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		tb.Fatal(err)
	}
	start(tb, &dns.Server{Listener: l, Net: "tcp-tls", Handler: handler})
	return serverAt(tb, l.Addr().String(), TLS), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// data is a zone "." of these records, which answers as a resolver does: aliases are followed.
type data struct {
	sets map[string][]dns.RR // by name and type
	has  map[string]bool     // names that exist

	mu    sync.Mutex
	asked []string
}

// zone reads records in master-file form, "~" for the number's domain.
func zone(tb testing.TB, text string) *data {
	tb.Helper()
	d := &data{sets: map[string][]dns.RR{}, has: map[string]bool{}}
	var lines strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "~", domain)) {
		lines.WriteString(strings.TrimLeft(line, " \t"))
	}
	p := dns.NewZoneParser(strings.NewReader(lines.String()), ".", "")
	p.SetDefaultTTL(300)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		hdr := rr.Header()
		name := dns.CanonicalName(hdr.Name)
		key := fmt.Sprint(name, hdr.Rrtype)
		d.sets[key] = append(d.sets[key], rr)
		for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
			d.has[name[off:]] = true
		}
	}
	if err := p.Err(); err != nil {
		tb.Fatal(err)
	}
	return d
}

func (d *data) ServeDNS(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(d.reply(q)) }

func (d *data) reply(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	name, qtype := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	d.mu.Lock()
	d.asked = append(d.asked, name+" "+dns.TypeToString[qtype])
	d.mu.Unlock()
	m.RecursionAvailable = true
	if q.IsEdns0() != nil {
		m.SetEdns0(1232, false)
	}
	for range 20 {
		if set := d.sets[fmt.Sprint(name, qtype)]; len(set) > 0 {
			m.Answer = append(m.Answer, set...)
			return m
		}
		alias := d.sets[fmt.Sprint(name, dns.TypeCNAME)]
		if len(alias) == 0 {
			break
		}
		m.Answer = append(m.Answer, alias...)
		name = dns.CanonicalName(alias[0].(*dns.CNAME).Target)
	}
	if !d.has[name] {
		m.Rcode = dns.RcodeNameError
	}
	m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 300}, Ns: ".", Mbox: "."}}
	return m
}

func (d *data) names() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.ReplaceAll(strings.Join(d.asked, ", "), domain, "~")
}

// patient returns a client that waits as long as a busy machine may need.
func patient(servers ...Server) *Client {
	return &Client{Servers: servers, Timeout: 20 * time.Second}
}

// quick returns a client that does not wait long, for servers that do not answer.
func quick(servers ...Server) *Client {
	return &Client{Servers: servers, Timeout: 400 * time.Millisecond}
}

// list returns the URIs of a result, separated by blanks.
func list(res *Result) string {
	var uris []string
	for _, u := range res.URIs {
		uris = append(uris, u.URI)
	}
	return strings.Join(uris, " ")
}

// why returns what is said of each record of the trail, in the order of the messages.
func why(trail []*Exchange) string {
	var all []string
	for _, x := range trail {
		for _, r := range x.Records {
			all = append(all, r.Why)
		}
	}
	return strings.Join(all, "; ")
}
