package etcd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// authority signs certificates of a test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.sign(t, "ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes name.pem and name.key.
func (a *authority) sign(t testing.TB, name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(a.file(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(a.file(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return cert, key
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// With TLS the certificate of the member is verified, and ours is shown; what is wrong with either is told.
func TestTLS(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	both := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	a.sign(t, "server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, ExtKeyUsage: both})
	a.sign(t, "client", &x509.Certificate{ExtKeyUsage: both})
	s := servers.Etcd(t, "--cert-file", a.file("server.pem"), "--key-file", a.file("server.key"),
		"--client-cert-auth", "--trusted-ca-file", a.file("ca.pem"))
	on, ca, cert := []string{"tls", "on"}, []string{"tls_ca", a.file("ca.pem")}, []string{"tls_cert", a.file("client.pem"), a.file("client.key")}
	for _, test := range []struct {
		name  string
		given [][]string
		want  string
	}{
		{"good", [][]string{on, ca, cert}, "no enumim data"},
		{"without TLS", nil, "is unavailable"},
		{"another authority", [][]string{on, {"tls_ca", other.file("ca.pem")}, cert}, "unknown authority"},
		{"another name", [][]string{on, ca, cert, {"tls_server_name", "etcd.example.net"}}, "names another host"},
		{"without our certificate", [][]string{on, ca}, "is unavailable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := open(t, opener(t, []string{s.Addr}, test.given...))
			eventually(t, "it is told", func() bool { _, n := b.find(backend.Unavailable); return n > 0 })
			if e, _ := b.find(backend.Unavailable); !strings.Contains(e.Err.Error(), test.want) {
				t.Errorf("told %v, want %q", e.Err, test.want)
			}
		})
	}
}

// A user with a role that may read the prefix is enough; the password is read again when etcd refuses it, and
// what is refused is told without it. A right that is taken back is noticed.
func TestUsers(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t, "--bcrypt-cost", "4")
	admin := client(t, s.Addr)
	put(t, admin, person("12025550100", "alice"))
	root, first, second := "root-"+rand.Text(), "first-"+rand.Text(), "second-"+rand.Text()
	_, err := admin.UserAdd(bounded(t), "root", root)
	must(t, err)
	_, err = admin.UserGrantRole(bounded(t), "root", "root")
	must(t, err)
	_, err = admin.UserAdd(bounded(t), "enumim", first)
	must(t, err)
	_, err = admin.RoleAdd(bounded(t), "reader")
	must(t, err)
	_, err = admin.RoleGrantPermission(bounded(t), "reader", defaultPrefix, clientv3.GetPrefixRangeEnd(defaultPrefix), clientv3.PermissionType(clientv3.PermRead))
	must(t, err)
	_, err = admin.AuthEnable(bounded(t))
	must(t, err)
	admin, err = clientv3.New(clientv3.Config{Endpoints: []string{s.Addr}, Username: "root", Password: root, Logger: zap.NewNop()})
	must(t, err)
	t.Cleanup(func() { admin.Close() })

	file := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(file, []byte("wrong-"+first+"\n"), 0o600))
	o := opener(t, []string{s.Addr}, []string{"user", "enumim"}, []string{"password", "file:" + file})
	told := func(b *served, what string) {
		t.Helper()
		eventually(t, "it is told: "+what, func() bool { return strings.Contains(b.String(), what) })
	}
	refused := open(t, o)
	told(refused, "refuses the user or the password")
	must(t, os.WriteFile(file, []byte(first+"\n"), 0o600))
	b := open(t, o)
	told(b, "denies permission")
	_, err = admin.UserGrantRole(bounded(t), "enumim", "reader")
	must(t, err)
	b.wants(t, "12025550100", backend.Found)
	refused.wants(t, "12025550100", backend.Found)

	// The token of a login ends with its password.
	_, err = admin.UserChangePassword(bounded(t), "enumim", second)
	must(t, err)
	must(t, os.WriteFile(file, []byte(second+"\n"), 0o600))
	put(t, admin, person("12025550101", "bob"))
	b.wants(t, "12025550101", backend.Found)

	// The watch may have brought the number before the first sign of life was refused: that outage has an end, too.
	var before int
	eventually(t, "it is over", func() bool {
		_, over := b.find(backend.Recovered)
		_, before = b.find(backend.Unavailable)
		return over == before
	})
	_, err = admin.UserRevokeRole(bounded(t), "enumim", "reader")
	must(t, err)
	put(t, admin, person("12025550102", "carol"))
	eventually(t, "it is told again", func() bool { _, n := b.find(backend.Unavailable); return n > before })
	b.keeps(t, 200*time.Millisecond, "12025550101", backend.Found)
	_, err = admin.UserGrantRole(bounded(t), "enumim", "reader")
	must(t, err)
	b.wants(t, "12025550102", backend.Found)
	for _, secret := range []string{first, second, root} {
		if strings.Contains(b.String(), secret) || strings.Contains(o.Key(), secret) {
			t.Error("a password is told")
		}
	}
}

// Without a user, a cluster that wants one says so.
func TestUserIsWanted(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t, "--bcrypt-cost", "4")
	admin := client(t, s.Addr)
	put(t, admin, person("12025550100", "alice"))
	_, err := admin.UserAdd(bounded(t), "root", rand.Text())
	must(t, err)
	_, err = admin.UserGrantRole(bounded(t), "root", "root")
	must(t, err)
	_, err = admin.AuthEnable(bounded(t))
	must(t, err)
	b := serve(t, s.Addr)
	eventually(t, "it is told", func() bool { return strings.Contains(b.String(), "options user and password") })
}
