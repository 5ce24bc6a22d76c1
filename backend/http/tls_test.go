package http

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// certificate writes a certificate for 127.0.0.1 and its key, signed by itself, and returns their paths.
func certificate(t testing.TB, until time.Time) (cert, key string) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &own.PublicKey, own)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	must(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// Over TLS the example server answers whom it should, by token and by certificate, and nobody else; and it is answered for by
// nobody else.
func TestTLS(t *testing.T) {
	cert, key := certificate(t, time.Now().Add(time.Hour))
	mine, myKey := certificate(t, time.Now().Add(time.Hour))
	token := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(token, []byte("hunter2\n"), 0o600))
	x := start(t, "-cert", cert, "-key", key, "-client-ca", mine, "-token", token)
	url := "https://" + x.Addr + "/" + x.tree(t, tail(line("4930")))
	ca, client, secret := "tls_ca "+cert, "tls_cert "+mine+" "+myKey, "token file:"+token
	t.Setenv("WRONG", "hunter3")
	good := []string{ca, client, secret}
	for _, tt := range []struct {
		name  string
		lines []string
		want  string // in the error; "" for an answer
	}{
		{"good", good, ""}, {"no certificate", []string{ca, secret}, "our certificate"}, {"another certificate", []string{ca, "tls_cert " + cert + " " + key, secret}, "our certificate"},
		{"no token", []string{ca, client}, "401"}, {"another token", []string{ca, client, "token env:WRONG"}, "401"},
		{"another authority", []string{"tls_ca " + mine, client, secret}, "option tls_ca"}, {"another name", append([]string{"tls_server_name other.example.net"}, good...), "option tls_server_name"},
	} {
		for _, mode := range []string{"store", "feed"} {
			t.Run(tt.name+"/"+mode, func(t *testing.T) {
				b, r := open(t, parse(t, url, append([]string{"mode " + mode}, tt.lines...)...))
				if tt.want == "" {
					eventually(t, "answered", func() bool { return kind(t, b, "4930") == int(backend.Found) })
					return
				}
				_, err := lookUp(t, b, "4930", patience)
				if mode == "feed" {
					eventually(t, "told", func() bool { return r.count(backend.Unavailable) > 0 })
					err = r.all()[0].Err
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter") {
					t.Errorf("%v, want %q", err, tt.want)
				}
			})
		}
	}
}

// A certificate that has expired, TLS 1.1 and a handshake that hangs are outages.
func TestBadTLS(t *testing.T) {
	for name, of := range map[string]struct {
		until time.Time
		most  uint16
		want  string
	}{
		"expired": {time.Now().Add(-time.Hour), 0, "not valid, or expired"}, "TLS 1.1": {time.Now().Add(time.Hour), tls.VersionTLS11, "protocol version not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			cert, key := certificate(t, of.until)
			pair, err := tls.LoadX509KeyPair(cert, key)
			must(t, err)
			url := scripted(t, func(net.Conn, string) bool { return true })
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: of.most})
			must(t, err)
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					_ = c.(*tls.Conn).HandshakeContext(t.Context())
					c.Close()
				}
			}()
			b, _ := open(t, parse(t, "https://"+l.Addr().String(), "mode store", "tls_ca "+cert))
			if _, err := lookUp(t, b, "4930", patience); err == nil || !strings.Contains(err.Error(), of.want) {
				t.Errorf("%v, want %q", err, of.want)
			}
			hangs, _ := open(t, parse(t, strings.Replace(url, "http:", "https:", 1), "mode store"))
			if _, err := lookUp(t, hangs, "4930", 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no answer in time") {
				t.Errorf("%v", err)
			}
		})
	}
}
