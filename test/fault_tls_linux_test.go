package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/proxy"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	pair := a.sign(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// sign makes a certificate, by default one of a server at 127.0.0.1 for an hour.
func (a *authority) sign(t testing.TB, template *x509.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "test"}
	template.NotBefore = time.Now().Add(-2 * time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if len(template.DNSNames) == 0 && !template.IsCA {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// secured is a store behind TLS, and what the server under test has of it.
type secured struct {
	*authority
	ca     string // the file with the certificate of the authority
	tls    interface{ Set(*tls.Config) }
	config *tls.Config // as it should be
}

// secure puts TLS before a place, and a proxy before that. MariaDB, which has TLS in the middle of its own protocol, has
// it by itself.
func secure(t testing.TB, w way, p *place) (*secured, []*proxy.Proxy) {
	t.Helper()
	a, s := newAuthority(t), p.servers[0]
	var begin func(net.Conn) error
	if strings.HasPrefix(w.name, "postgres") {
		begin = startPostgresTLS
	}
	front := &secured{authority: a, ca: filepath.Join(home(t), "ca.pem")}
	front.trusting(t, string(a.pem()))
	front.config = &tls.Config{Certificates: []tls.Certificate{*a.sign(t, &x509.Certificate{})}}
	if strings.HasPrefix(w.name, "etcd") {
		front.config.NextProtos = []string{"h2"}
	}
	at := s.Addr
	if strings.HasPrefix(w.name, "mysql") {
		front.tls = &mariadbTLS{t: t, Server: s}
	} else {
		before := proxy.NewTLS(t, s.Addr, begin)
		front.tls, at = before, before.Addr
	}
	front.tls.Set(front.config)
	between := proxy.New(t, at)
	p.via = strings.ReplaceAll(p.line, s.Addr, between.Addr)
	p.reads = append(p.reads, "tls_ca "+front.ca)
	if strings.HasPrefix(w.name, "http") {
		p.via = strings.Replace(p.via, "http://", "https://", 1)
	} else {
		p.reads = append(p.reads, "tls on")
	}
	return front, []*proxy.Proxy{between}
}

// startPostgresTLS answers what a client of PostgreSQL asks before TLS (protocol 3.0, SSLRequest).
func startPostgresTLS(c net.Conn) error {
	request := make([]byte, 8)
	if _, err := io.ReadFull(c, request); err != nil {
		return err
	}
	if string(request) != "\x00\x00\x00\x08\x04\xd2\x16\x2f" {
		return errors.New("no request for TLS")
	}
	_, err := c.Write([]byte("S"))
	return err
}

// with has the store present itself otherwise.
func (f *secured) with(change func(*tls.Config)) (mend func()) {
	config := f.config.Clone()
	change(config)
	f.tls.Set(config)
	return func() { f.tls.Set(f.config) }
}

// showing has the store show another certificate.
func (f *secured) showing(cert *tls.Certificate) (mend func()) {
	return f.with(func(c *tls.Config) { c.Certificates = []tls.Certificate{*cert} })
}

// trusting has the file of the authority changed, as by a rename.
func (f *secured) trusting(t testing.TB, text string) (mend func()) {
	set := func(text string) {
		aside := write(t, filepath.Dir(f.ca), "aside", text)
		if err := errors.Join(os.Chmod(aside, 0o644), os.Rename(aside, f.ca)); err != nil {
			t.Fatal(err)
		}
	}
	set(text)
	return func() { set(string(f.pem())) }
}

// tlsFaults are those of TLS. What is good is not to be told from what is bad by a connection that stands: all are
// reset.
var tlsFaults = []struct {
	name   string
	good   bool // the store is answered from
	inject func(t testing.TB, s *scene, f *secured) (mend func())
}{
	{"certificate expired", false, func(t testing.TB, _ *scene, f *secured) func() {
		return f.showing(f.sign(t, &x509.Certificate{NotAfter: time.Now().Add(-time.Minute)}))
	}},
	{"certificate of another name", false, func(t testing.TB, _ *scene, f *secured) func() {
		return f.showing(f.sign(t, &x509.Certificate{DNSNames: []string{"store.example.net"}}))
	}},
	{"certificate of another authority", false, func(t testing.TB, _ *scene, f *secured) func() {
		return f.showing(newAuthority(t).sign(t, &x509.Certificate{}))
	}},
	{"certificate renewed", true, func(t testing.TB, _ *scene, f *secured) func() {
		return f.showing(f.sign(t, &x509.Certificate{}))
	}},
	{"authority changed", false, func(t testing.TB, _ *scene, f *secured) func() {
		return f.trusting(t, string(newAuthority(t).pem()))
	}},
	{"authority broken", false, func(t testing.TB, _ *scene, f *secured) func() { return f.trusting(t, "none") }},
	{"authority removed", false, func(t testing.TB, _ *scene, f *secured) func() {
		if err := os.Remove(f.ca); err != nil {
			t.Fatal(err)
		}
		return func() { f.trusting(t, string(f.pem())) }
	}},
	{"TLS 1.1", false, func(_ testing.TB, _ *scene, f *secured) func() {
		return f.with(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	}},
	{"plain text", false, func(_ testing.TB, _ *scene, f *secured) func() {
		f.tls.Set(nil)
		return func() { f.tls.Set(f.config) }
	}},
	{"stalled handshake", false, func(_ testing.TB, s *scene, _ *secured) func() {
		return s.onTheWay(proxy.Fault{Silence: true, Way: proxy.Replies})
	}},
	// An octet now and then: without TLS nobody could tell.
	{"octets changed", true, func(_ testing.TB, s *scene, _ *secured) func() {
		return s.onTheWay(proxy.Fault{Garbage: 0.001})
	}},
}

// TestTLSFaults is TestFaults for TLS. What cannot be trusted is not asked, what is in memory goes on to be answered,
// and all heals without a reload.
func TestTLSFaults(t *testing.T) {
	for _, w := range storeWays {
		// In the short form one store stands for all: TLS is the same package for each.
		if !only("postgres", "mysql", "redis store", "redis feed", "etcd", "http", "ldap")(w) || once() && !only("etcd")(w) {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			start := w.start
			var front *secured
			var proxies []*proxy.Proxy
			w.start = func(t testing.TB) *place {
				p := start(t)
				front, proxies = secure(t, w, p)
				return p
			}
			s := newScene(t, w, sceneSize)
			s.proxies, s.fresh = proxies, w.feed
			for _, f := range tlsFaults {
				t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
					s.run(t, later(fault{id: "F17", name: f.name, inject: func(t testing.TB, s *scene) func() {
						s.onTheWay(proxy.Fault{Reset: true})()
						mend := f.inject(t, s, front)
						// Connections that were made in between, and those for which files were read in between.
						if f.name != "stalled handshake" && f.name != "octets changed" {
							for range 2 {
								s.onTheWay(proxy.Fault{Reset: true})()
								time.Sleep(100 * time.Millisecond)
							}
						}
						v := s.lane.put(t)
						return func() {
							if !f.good && s.serves(v, query{s.lane, 0}) == nil {
								t.Errorf("%s is answered from what cannot be trusted: %s", s.name, f.name)
							}
							mend()
						}
					}}))
				})
			}
			s.ends(t)
		})
	}
}
