package remote

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return &authority{cert, key}
}

// sign returns a certificate for a name or address, and its key, in PEM.
func (a *authority) sign(t testing.TB, name string, until time.Time) (cert, key []byte) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &own.PublicKey, a.key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// listen accepts TLS connections until the test ends, and returns the address.
func listen(t testing.TB, config *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if conn.(*tls.Conn).HandshakeContext(t.Context()) == nil {
					_, _ = conn.Write([]byte("ok"))
				}
			}()
		}
	}()
	return l.Addr().String()
}

// connect connects as the options say and reads what the server says.
func connect(o *Options, addr, host string) error {
	config, err := o.TLS(host)
	if err != nil {
		return err
	}
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	// With TLS 1.3 a client learns of the refusal of its certificate when it reads.
	if n, err := conn.Read(make([]byte, 2)); n == 0 {
		return err
	}
	return nil
}

func TestTLS(t *testing.T) {
	good, other := newAuthority(t), newAuthority(t)
	hour := time.Now().Add(time.Hour)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, text, 0o600))
		return path
	}
	ca := "tls_ca " + write("ca.pem", good.pem())
	cert, key := good.sign(t, "enumim", hour)
	mine := "tls_cert " + write("cert.pem", cert) + " " + write("key.pem", key)
	cert, key = other.sign(t, "enumim", hour)
	foreign := "tls_cert " + write("foreign.pem", cert) + " " + write("foreign.key", key)
	clients := x509.NewCertPool()
	clients.AddCert(good.cert)

	tests := []struct {
		name  string
		by    *authority
		names string
		until time.Time
		adapt func(*tls.Config)
		lines []string
		want  string // what the error has; "" for none
	}{
		{"good", good, "db.example.net", hour, nil, []string{ca}, ""},
		{"good, by address", good, "192.0.2.1", hour, nil, []string{ca, "tls_server_name 192.0.2.1"}, ""},
		{"another name is expected", good, "other.example.net", hour, nil, []string{ca, "tls_server_name other.example.net"}, ""},
		{"TLS 1.2", good, "db.example.net", hour, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, []string{ca}, ""},
		{"expired", good, "db.example.net", time.Now().Add(-time.Minute), nil, []string{ca}, "expired"},
		{"wrong name", good, "other.example.net", hour, nil, []string{ca}, "valid for other.example.net, not db.example.net"},
		{"unknown authority", other, "db.example.net", hour, nil, []string{ca}, "unknown authority"},
		{"unknown to the system", good, "db.example.net", hour, nil, nil, "unknown authority"},
		{"TLS 1.1 only", good, "db.example.net", hour, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, []string{ca}, "protocol version"},
		{"client certificate", good, "db.example.net", hour, func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }, []string{ca, mine}, ""},
		{"no client certificate", good, "db.example.net", hour, func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }, []string{ca}, "certificate required"},
		{"client certificate of others", good, "db.example.net", hour, func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }, []string{ca, foreign}, "unknown certificate authority"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cert, key := tt.by.sign(t, tt.names, tt.until)
			pair, err := tls.X509KeyPair(cert, key)
			must(t, err)
			server := &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: clients}
			if tt.adapt != nil {
				tt.adapt(server)
			}
			o, err := parse(t, far, tt.lines...)
			must(t, err)
			err = connect(o, listen(t, server), "db.example.net:5432")
			if tt.want == "" {
				must(t, err)
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("connected: %v; want %q", err, tt.want)
			}
		})
	}
}

// TestTLSFilesAreReadAgain: who exchanges certificates need not restart the server.
func TestTLSFilesAreReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	o, err := parse(t, far, "tls_ca "+path)
	must(t, err)
	for range 2 {
		a := newAuthority(t)
		must(t, os.WriteFile(path, a.pem(), 0o600))
		cert, key := a.sign(t, "db.example.net", time.Now().Add(time.Hour))
		pair, err := tls.X509KeyPair(cert, key)
		must(t, err)
		must(t, connect(o, listen(t, &tls.Config{Certificates: []tls.Certificate{pair}}), "db.example.net"))
	}
}

// TestTLSFileErrors: what cannot be read keeps the store from being used, and is named without what it holds.
func TestTLSFileErrors(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.pem")
	must(t, os.WriteFile(junk, []byte("hunter2"), 0o600))
	cert, _ := newAuthority(t).sign(t, "enumim", time.Now().Add(time.Hour))
	mine := filepath.Join(dir, "cert.pem")
	must(t, os.WriteFile(mine, cert, 0o600))
	none := filepath.Join(dir, "none.pem")
	for _, tt := range []struct{ line, want string }{
		{"tls_ca " + none, "tls_ca: open " + none},
		{"tls_ca " + junk, "tls_ca: " + junk + " holds no certificate in PEM"},
		{"tls_cert " + none + " " + junk, "tls_cert: open " + none},
		{"tls_cert " + mine + " " + none, "tls_cert: open " + none},
		{"tls_cert " + mine + " " + junk, "are no certificate and its key in PEM"},
		{"tls_cert " + junk + " " + mine, "are no certificate and its key in PEM"},
	} {
		o, err := parse(t, far, tt.line)
		must(t, err)
		config, err := o.TLS(far[0])
		if config != nil || !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.line, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Error("the error tells what is in the file")
		}
	}
	o, err := parse(t, []string{"192.0.2.1"})
	must(t, err)
	if _, err := o.TLS(""); !errors.Is(err, backend.ErrUnavailable) {
		t.Errorf("without a name to verify: %v", err)
	}
}
