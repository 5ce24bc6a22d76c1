package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// What is said over TLS arrives at the store without it, and the other way round; what comes before TLS is done first.
func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p := NewTLS(t, echo(t), func(c net.Conn) error {
		_, err := io.ReadFull(c, make([]byte, 5))
		return err
	})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	plain := dial()
	says(t, plain, "without")
	p.Set(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	says(t, plain, "as before")
	c := dial()
	if _, err := io.WriteString(c, "start"); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	secure := tls.Client(c, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	says(t, secure, "over TLS")
	if err := secure.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(secure); len(rest) > 0 {
		t.Fatalf("%q, %v", rest, err)
	}
}
