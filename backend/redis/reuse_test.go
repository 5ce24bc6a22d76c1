package redis

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// certificate makes a certificate of 127.0.0.1 that is its own authority.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// A connection serves one call after the other, also with TLS; but when a call got no answer in time, those that wait
// are not used any more: the server may be gone without a word, and each would be found dead by another call.
func TestConnectionsAreUsedAgain(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(strconv.FormatBool(secure), func(t *testing.T) {
			t.Parallel()
			var args []string
			lines := []string{"mode store"}
			if secure {
				cert, key := certificate(t)
				args = []string{"--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no"}
				lines = append(lines, "tls on", "tls_ca "+cert)
			}
			s := servers.Redis(t, args...)
			o := opened(t, s.Addr, lines...)
			provision(t, o)
			socket := filepath.Join(filepath.Dir(s.Dir), "socket")
			k := client.NewClient(&client.Options{Network: "unix", Addr: socket, Protocol: 2})
			defer k.Close()
			made := func() int {
				n, err := strconv.Atoi(infoOf(k.Info(t.Context(), "stats").Val(), "total_connections_received"))
				must(t, err)
				return n
			}
			st := o.store(nil)
			defer st.Close()
			find := func(ctx context.Context) error {
				_, err := st.Find(ctx, []e164.Number{num("12025550100")})
				return err
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for range 20 {
						if err := find(t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			before := made()
			for range 20 {
				must(t, find(t.Context()))
			}
			if n := made() - before; n != 0 {
				t.Errorf("%d connections were made for 20 calls", n)
			}
			s.Pause()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := find(ctx); err == nil {
				t.Fatal("a frozen server answers")
			}
			s.Resume()
			before = made()
			must(t, find(t.Context()))
			if n := made() - before; n != 1 {
				t.Errorf("%d connections were made after a call without answer", n)
			}
		})
	}
}
