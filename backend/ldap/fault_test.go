package ldap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	testservers "github.com/enumim/enumim/test/servers"
)

const (
	aliceNumber = "+441632960083"
	aliceURIs   = "im im:alice@example.com"
)

// withAlice starts a directory of one person.
func withAlice(t testing.TB, config ...string) *testservers.Server {
	t.Helper()
	s := testservers.Slapd(t, config...)
	hire(t, admin(t, s), "alice", "telephoneNumber: +44 1632 960083", "mail: alice@example.com")
	return s
}

// TestOutage: a directory that is killed, or hangs, is answered for; what changed meanwhile is there afterwards.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := withAlice(t, "overlay syncprov", "syncprov-sessionlog 100")
	m := open(t, s.Addr+"/"+peopleDN).loaded(t)
	told, recovered := 0, 0
	next := func(kind backend.EventKind, n *int) {
		t.Helper()
		eventually(t, "it is told", func() bool { now, _ := m.count(kind); return now > *n })
		*n, _ = m.count(kind)
	}
	s.Stop()
	next(backend.Unavailable, &told)
	if got := m.uris(aliceNumber); got != aliceURIs {
		t.Errorf("without the directory: %s", got)
	}
	s.Start()
	next(backend.Recovered, &recovered)
	told, _ = m.count(backend.Unavailable)
	s.Pause()
	next(backend.Unavailable, &told)
	if got := m.uris(aliceNumber); got != aliceURIs {
		t.Errorf("while the directory hangs: %s", got)
	}
	s.Resume()
	set(t, admin(t, s), "alice", "mail", "alice.new@example.com")
	m.wants(t, aliceNumber, "im im:alice.new@example.com")
}

// TestFailOver: of several directories the next is taken.
func TestFailOver(t *testing.T) {
	t.Parallel()
	one, two := withAlice(t, "overlay syncprov"), withAlice(t, "overlay syncprov")
	m := open(t, one.Addr+","+two.Addr+"/"+peopleDN).loaded(t)
	set(t, admin(t, two), "alice", "mail", "alice.two@example.com")
	one.Stop()
	m.wants(t, aliceNumber, "im im:alice.two@example.com")
}

// TestSizeLimit: of a directory that tells a part, nothing is served. OpenLDAP has a limit where nobody set one.
func TestSizeLimit(t *testing.T) {
	t.Parallel()
	small := "sizelimit size.soft=10 size.hard=10"
	for name, tt := range map[string]struct {
		config []string
		size   int
	}{
		"sync":    {[]string{small, "overlay syncprov"}, 20},
		"pages":   {[]string{small, `limits dn.exact="cn=enumim,dc=example,dc=com" size=unlimited time=unlimited`}, 20},
		"default": {nil, 510},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testservers.Slapd(t, tt.config...)
			hireMany(t, admin(t, s), tt.size)
			m := open(t, s.Addr+"/"+peopleDN)
			eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
			if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), "raise the size limit") {
				t.Errorf("it is told %v", e.Err)
			}
			if got := m.uris("+441632960000"); !strings.Contains(got, backend.ErrNotReady.Error()) {
				t.Errorf("a part is served: %s", got)
			}
			m = open(t, s.Addr+"/"+peopleDN, asAdmin(t)...).loaded(t) // who has no limit
			m.wants(t, "+441632960019", "im im:p19@example.com")
		})
	}
}

// TestRevoked: a user who may not read any more sees nobody, and nothing says that they are not there.
func TestRevoked(t *testing.T) {
	t.Parallel()
	reader, group := "cn=reader,"+suffix, "cn=readers,"+suffix
	s := testservers.Slapd(t, "overlay syncprov", `access to attrs=userPassword by anonymous auth by * none`,
		`access to * by group.exact="`+group+`" read by * none`)
	c := admin(t, s)
	add := ldap.NewAddRequest(reader, nil)
	add.Attribute("objectClass", []string{"person"})
	add.Attribute("cn", []string{"reader"})
	add.Attribute("sn", []string{"reader"})
	add.Attribute("userPassword", []string{"another-secret"})
	must(t, c.Add(add))
	add = ldap.NewAddRequest(group, nil)
	add.Attribute("objectClass", []string{"groupOfNames"})
	add.Attribute("cn", []string{"readers"})
	add.Attribute("member", []string{reader, testservers.SlapdAdmin})
	must(t, c.Add(add))
	hireMany(t, c, 3)
	path := passwordFile(t, "wrong-secret")
	m := open(t, s.Addr+"/"+peopleDN, "user "+reader, "password file:"+path)
	eventually(t, "the wrong password is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
	if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), "refuses the user or the password") || strings.Contains(e.Err.Error(), "secret") {
		t.Errorf("it is told %v", e.Err)
	}
	must(t, os.WriteFile(path, []byte("another-secret\n"), 0o600)) // it is read again for each connection
	m.loaded(t)
	m.wants(t, "+441632960001", "im im:p1@example.com")

	told, _ := m.count(backend.Unavailable)
	revoke := ldap.NewModifyRequest(group, nil)
	revoke.Delete("member", []string{reader})
	must(t, c.Modify(revoke))
	set(t, c, "p0", "title", "so that something has changed")
	eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > told })
	time.Sleep(2 * pollEvery)
	if got := m.uris("+441632960001"); got != "im im:p1@example.com" {
		t.Errorf("without the right to read: %s", got)
	}
	grant := ldap.NewModifyRequest(group, nil)
	grant.Add("member", []string{reader})
	must(t, c.Modify(grant))
	eventually(t, "it recovers", func() bool { n, _ := m.count(backend.Recovered); return n > 1 })
}

// TestWiped: a directory without anybody is not believed.
func TestWiped(t *testing.T) {
	t.Parallel()
	s := withAlice(t, "overlay syncprov")
	m := open(t, s.Addr+"/"+peopleDN).loaded(t)
	c := admin(t, s)
	fire(t, c, "alice")
	eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
	time.Sleep(2 * pollEvery)
	if got := m.uris(aliceNumber); got != aliceURIs {
		t.Errorf("of an empty directory: %s", got)
	}
	hire(t, c, "bob", "telephoneNumber: +44 1632 960084", "mail: bob@example.com")
	m.wants(t, "+441632960084", "im im:bob@example.com")
	m.wants(t, aliceNumber, "absent")
}

// TestShrink: when many are gone at once, that is an accident until somebody says otherwise.
func TestShrink(t *testing.T) {
	t.Parallel()
	s := testservers.Slapd(t, "overlay syncprov", "syncprov-sessionlog 1000")
	c := admin(t, s)
	hireMany(t, c, 150)
	m := open(t, s.Addr+"/"+peopleDN).loaded(t)
	for i := range 50 {
		fire(t, c, fmt.Sprintf("p%d", i))
	}
	eventually(t, "it is refused", func() bool { n, _ := m.count(backend.Refused); return n > 0 })
	m.wants(t, "+441632960149", "im im:p149@example.com")
}

// certificate makes ca.pem, server.pem and server.key in a folder, for 127.0.0.1.
func certificate(t testing.TB, until time.Time) (dir string) {
	t.Helper()
	dir = t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "directory"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return dir
}

// TestTLS: with TLS from the beginning and with StartTLS the certificate is verified, and nobody without it is spoken to.
func TestTLS(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(time.Hour)
	dir, other := certificate(t, soon), certificate(t, soon)
	files := []string{"TLSCertificateFile " + dir + "/ca.pem", "TLSCertificateKeyFile " + dir + "/key.pem"}
	later := withAlice(t, append(files, "security tls=1 update_tls=0", "overlay syncprov")...)
	for _, tt := range []struct {
		name    string
		options []string
		want    string // of the error; "" for none
	}{
		{"StartTLS", []string{"starttls", "tls_ca " + dir + "/ca.pem"}, ""},
		{"StartTLS, another authority", []string{"starttls", "tls_ca " + other + "/ca.pem"}, "unknown authority"},
		{"StartTLS, another name", []string{"starttls", "tls_ca " + dir + "/ca.pem", "tls_server_name ldap.example.com"}, "names another host"},
		{"without TLS", nil, "the directory wants TLS"},
		{"TLS where there is StartTLS", []string{"tls on", "tls_ca " + dir + "/ca.pem"}, "see the options tls and starttls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := open(t, later.Addr+"/"+peopleDN, tt.options...)
			if tt.want == "" {
				m.loaded(t).wants(t, aliceNumber, aliceURIs)
				return
			}
			eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
			if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), tt.want) {
				t.Errorf("it is told %v", e.Err)
			}
		})
	}
	t.Run("StartTLS where there is none", func(t *testing.T) {
		m := open(t, withAlice(t, "overlay syncprov").Addr+"/"+peopleDN, "starttls", "tls_ca "+dir+"/ca.pem")
		eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
		if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), "see the option starttls") {
			t.Errorf("it is told %v", e.Err)
		}
	})
	t.Run("expired", func(t *testing.T) {
		dir := certificate(t, time.Now().Add(-time.Hour))
		s := testservers.Slapd(t, "TLSCertificateFile "+dir+"/ca.pem", "TLSCertificateKeyFile "+dir+"/key.pem")
		m := open(t, s.Addr+"/"+peopleDN, "starttls", "tls_ca "+dir+"/ca.pem")
		eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
		if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), "is not valid, or not now") {
			t.Errorf("it is told %v", e.Err)
		}
	})
	t.Run("files are replaced", func(t *testing.T) {
		ca := filepath.Join(t.TempDir(), "ca.pem")
		replace := func(dir string) {
			text, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
			must(t, err)
			must(t, os.WriteFile(ca+".next", text, 0o600))
			must(t, os.Rename(ca+".next", ca))
		}
		replace(other)
		m := open(t, later.Addr+"/"+peopleDN, "starttls", "tls_ca "+ca)
		eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
		replace(dir)
		m.loaded(t).wants(t, aliceNumber, aliceURIs)
	})
	s := testservers.Slapd(t, append(files, "ldaps", "overlay syncprov")...)
	t.Run("TLS", func(t *testing.T) {
		m := open(t, s.Addr+"/"+suffix, "tls on", "tls_ca "+dir+"/ca.pem", "filter objectClass=*")
		eventually(t, "it is told", func() bool { n, _ := m.count(backend.Unavailable); return n > 0 })
		if _, e := m.count(backend.Unavailable); !strings.Contains(e.Err.Error(), errNobody.Error()) {
			t.Errorf("it is told %v", e.Err) // the connection stands, and there is nobody
		}
	})
}

// TestNothingIsLeft: a backend that is closed leaves no goroutine, whether the directory answers or hangs.
func TestNothingIsLeft(t *testing.T) {
	s := withAlice(t, "overlay syncprov")
	before := runtime.NumGoroutine()
	for _, hangs := range []bool{false, true} {
		o, err := parse(t, s.Addr+"/"+peopleDN)
		must(t, err)
		r := &recorder{}
		b, err := o.Open(t.Context(), r.observe)
		must(t, err)
		eventually(t, "it loads", func() bool { n, _ := r.count(backend.Loaded); return n > 0 })
		if hangs {
			s.Pause()
			time.Sleep(2 * pollEvery)
		}
		start := time.Now()
		must(t, b.Close())
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("to close took %v, hanging %t", took, hangs)
		}
		eventually(t, "its goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	}
	s.Resume()
}
