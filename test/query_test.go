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
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/tls"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/resolve"
)

// queryZone is a tree with what a client has to cope with.
const queryZone = `$ORIGIN 4.4.e164.arpa.
$TTL 300
@                      SOA ns1.example.com. hm.example.com. 1 7200 900 1209600 300
@                      NS ns1.example.com.
3.8.0.0.6.9.2.3.6.1    NAPTR 100 20 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" .
3.8.0.0.6.9.2.3.6.1    NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
3.8.0.0.6.9.2.3.6.1    NAPTR 50 65535 "u" "E2U+voice:tel+sms:tel" "!^.*$!tel:+442079460148!" .
3.8.0.0.6.9.2.3.6.1    NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.com.
4.8.0.0.6.9.2.3.6.1    TXT "not in service"
*.1.3.6.9.7.0.2        NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .
5.1.3.6.9.7.0.2        NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .
1.0.2                  NAPTR 100 10 "" "" "" 2.0.2.4.4.e164.arpa.
1.0.2                  NAPTR 100 20 "u" "E2U+im" "!^.*$!im:last@example.com!" .
2.0.2                  NAPTR 100 10 "" "" "" 1.0.2.4.4.e164.arpa.
2.0.2                  NAPTR 100 20 "u" "E2U+im" "!^(.*)$!im:\\1@example.com!" .
3.0.2                  NAPTR 100 10 "" "" "" 3.0.2.4.4.e164.arpa.
1.1.2                  CNAME 3.8.0.0.6.9.2.3.6.1
2.1.2                  CNAME absent
3.1.2                  CNAME 3.1.2
4.2                    DNAME 3.6.1
6.6.7.7                NS ns.6.6.7.7
ns.6.6.7.7             A 192.0.2.53
`

const exampleZone = `$ORIGIN example.com.
$TTL 300
@          SOA ns1 hm 1 7200 900 1209600 300
@          NS ns1
@          A 192.0.2.80
ns1        A 192.0.2.53
_im._sip   SRV 10 0 5060 simple
_im._sip   SRV 20 0 5061 spare
simple     A 192.0.2.1
simple     AAAA 2001:db8::1
spare      CNAME simple
`

// sixty are more records than a datagram holds.
func sixty() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "0.6 NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!im:user%02d@example.com!\" .\n", 60-i, i)
	}
	return b.String()
}

// queryServers starts NSD, Knot and CoreDNS with both zones, CoreDNS also over TLS.
func queryServers(t *testing.T) (servers map[string]resolve.Server, trust *tls.Config) {
	t.Helper()
	for _, program := range []string{"nsd", "knotd"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: it is in the Debian packages nsd and knot", err)
		}
	}
	dir := t.TempDir()
	files := map[string]string{
		"4.4.e164.arpa.": write(t, dir, "numbers.zone", queryZone+sixty()),
		"example.com.":   write(t, dir, "example.zone", exampleZone),
	}
	cert, key, trust := certificate(t, dir)
	// One port for UDP and TCP, so that what does not fit can be asked for again.
	plain, secure := fmt.Sprintf("%s:%d", loopback, freePort(t)), fmt.Sprintf("%s:%d", loopback, freePort(t))
	block := "enumim 4.4.e164.arpa {\nbackend file " + files["4.4.e164.arpa."] + "\n}\nfile " + files["example.com."] + " example.com\nbind " + loopback + "\n"
	instance, err := caddy.Start(caddy.CaddyfileInput{
		Filepath: "Corefile", ServerTypeName: "dns",
		Contents: []byte(".:" + port(plain) + " {\n" + block + "}\ntls://.:" + port(secure) + " {\n" + block + "tls " + cert + " " + key + "\n}\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		instance.ShutdownCallbacks()
		instance.Stop()
		instance.Wait()
	})
	servers = map[string]resolve.Server{
		"enumim":          at(t, plain, resolve.UDP),
		"enumim over TLS": at(t, secure, resolve.TLS),
		"NSD":             at(t, startNSD(t, files).address, resolve.UDP),
		"Knot":            at(t, startKnot(t, files).address, resolve.UDP),
	}
	for _, name := range slices.Collect(maps.Keys(servers)) {
		if s := servers[name]; s.Transport == resolve.UDP {
			s.Transport = resolve.TCP
			servers[name+" over TCP"] = s
		}
	}
	return servers, trust
}

// port returns the port of an address.
func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func at(tb testing.TB, address string, transport resolve.Transport) resolve.Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		tb.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	return resolve.Server{Host: host, Port: uint16(n), Transport: transport}
}

// certificate writes a certificate for the loopback address and its key.
func certificate(tb testing.TB, dir string) (cert, key string, trust *tls.Config) {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.ParseIP(loopback)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		tb.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return write(tb, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		write(tb, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}))),
		&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// TestQuery asks enumim, NSD and Knot DNS with the project's own client: it comes to the same URIs with
// each, over each transport.
func TestQuery(t *testing.T) {
	servers, trust := queryServers(t)
	apex, err := e164.ParseApex("4.4.e164.arpa")
	if err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprintf("im:user%02d@example.com", 59-i))
	}
	for name, server := range servers {
		client := &resolve.Client{Servers: []resolve.Server{server}, Apexes: []e164.Apex{apex}, TLS: trust, Timeout: 10 * time.Second}
		for _, c := range []struct {
			number string
			status resolve.Status
			uris   string
		}{
			{"+441632960083", resolve.Found, "tel:+442079460148 im:alice@example.com sip:+441632960083@example.com"},
			{"+441632960084", resolve.NoData, ""},                                  // D03
			{"+441632960085", resolve.NoName, ""},                                  // D04
			{"+44163296008", resolve.NoData, ""},                                   // D05
			{"+4420796317", resolve.Found, "im:4420796317@ddi.example.net"},        // D08
			{"+4420796317891", resolve.Found, "im:4420796317891@ddi.example.net"},  // D09
			{"+4420796315", resolve.Found, "im:bob@example.com"},                   // D10
			{"+44207963159", resolve.NoName, ""},                                   // D11
			{"+4420796 31", resolve.NoData, ""},                                    // D12
			{"+44201", resolve.Found, "im:+44201@example.com im:last@example.com"}, // two non-terminals that refer to each other
			{"+44202", resolve.Found, "im:last@example.com im:+44202@example.com"},
			{"+44203", resolve.NoURI, ""},
			{"+44211", resolve.Found, "tel:+442079460148 im:alice@example.com sip:+44211@example.com"}, // B96
			{"+44212", resolve.NoName, ""},
			{"+44242960083", resolve.Found, "tel:+442079460148 im:alice@example.com sip:+44242960083@example.com"}, // D25
			{"+4424", resolve.NoData, ""},                                                                          // D26
			{"+4460", resolve.Found, strings.Join(many, " ")},
		} {
			t.Run(name+" "+c.number, func(t *testing.T) {
				res, err := client.Lookup(t.Context(), e164.MustParse(c.number))
				if err != nil {
					t.Fatal(err)
				}
				var uris []string
				for _, u := range res.URIs {
					uris = append(uris, u.URI)
				}
				if got := strings.Join(uris, " "); got != c.uris || res.Status != c.status {
					t.Errorf("%s %s\nwant %s %s", res.Status, got, c.status, c.uris)
				}
			})
		}
		t.Run(name+" what cannot be told", func(t *testing.T) {
			for number, want := range map[string]error{"+447766123": resolve.ErrReferral, "+44213": resolve.ErrAlias} {
				if res, err := client.Lookup(t.Context(), e164.MustParse(number)); !errors.Is(err, want) || res.Status != resolve.Unknown {
					t.Errorf("%s: %s, %v, want %v", number, res.Status, err, want)
				}
			}
		})
		t.Run(name+" RFC 3861", func(t *testing.T) {
			u, err := im.Parse("im:alice@example.com")
			if err != nil {
				t.Fatal(err)
			}
			res, _, err := client.Targets(t.Context(), u, im.XMPP, im.SIP)
			var got []string
			for _, x := range res.Targets {
				got = append(got, fmt.Sprintf("%s:%d %v %v", x.Host, x.Port, x.Addresses, x.Alias))
			}
			if want := "simple.example.com.:5060 [192.0.2.1 2001:db8::1] false, spare.example.com.:5061 [192.0.2.1 2001:db8::1] true"; err != nil || strings.Join(got, ", ") != want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	t.Run("wrong certificate", func(t *testing.T) {
		server := servers["enumim over TLS"]
		server.Name = "dns.example.net"
		client := &resolve.Client{Servers: []resolve.Server{server}, TLS: trust, Timeout: 10 * time.Second}
		if _, err := client.Lookup(t.Context(), e164.MustParse("+441632960083")); !errors.Is(err, resolve.ErrCertificate) {
			t.Error(err)
		}
	})
}

// TestTransfer fetches a zone from NSD and from Knot DNS, which cut it into messages in their own ways.
func TestTransfer(t *testing.T) {
	for _, program := range []string{"nsd", "knotd"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: it is in the Debian packages nsd and knot", err)
		}
	}
	dir := t.TempDir()
	const zone = "4.4.e164.arpa."
	text := queryZone
	for i := range 3000 {
		text += fmt.Sprintf("%d.%d.%d.%d.9 NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:user%d@example.com!\" .\n", i%10, i/10%10, i/100%10, i/1000, i)
	}
	file := write(t, dir, "numbers.zone", text)
	want := zoneRecords(t, file, zone)
	for name, server := range map[string]resolve.Server{"NSD": transferNSD(t, zone, file), "Knot": transferKnot(t, zone, file)} {
		t.Run(name, func(t *testing.T) {
			client := &resolve.Client{Timeout: 10 * time.Second}
			var got []string
			for rr, err := range client.Transfer(t.Context(), zone, server) {
				if err != nil {
					t.Fatal(err)
				}
				if len(got) == 0 && rr.Header().Rrtype != dns.TypeSOA {
					t.Errorf("begins with %s", rr)
				}
				got = append(got, rr.String())
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%d records, want %d", len(got), len(want))
			}
			for _, err := range client.Transfer(t.Context(), "example.net", server) {
				if !errors.Is(err, resolve.ErrRcode) {
					t.Errorf("a zone that is not there: %v", err)
				}
			}
		})
	}
}

// zoneRecords returns the records of a file, sorted.
func zoneRecords(tb testing.TB, file, zone string) []string {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var records []string
	p := dns.NewZoneParser(f, zone, file)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records = append(records, rr.String())
	}
	if err := p.Err(); err != nil {
		tb.Fatal(err)
	}
	slices.Sort(records)
	return records
}

func transferNSD(tb testing.TB, zone, file string) resolve.Server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	conf := fmt.Sprintf(`server:
	ip-address: %[1]s@%[2]d
	do-ip6: no
	username: ""
	zonesdir: %[3]q
	database: ""
	pidfile: %[4]q
	xfrdfile: %[5]q
	xfrdir: %[3]q
	zonelistfile: %[6]q
	server-count: 1
remote-control:
	control-enable: no
zone:
	name: %[7]q
	zonefile: %[8]q
	provide-xfr: 127.0.0.0/8 NOKEY
`, loopback, port, dir, filepath.Join(dir, "pid"), filepath.Join(dir, "xfrd"), filepath.Join(dir, "zones"), zone, file)
	address := fmt.Sprintf("%s:%d", loopback, port)
	startDaemon(tb, address, zone, "nsd", "-d", "-c", write(tb, dir, "nsd.conf", conf))
	return at(tb, address, resolve.UDP)
}

func transferKnot(tb testing.TB, zone, file string) resolve.Server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	conf := fmt.Sprintf(`server:
    rundir: %[1]q
    listen: %[2]s@%[3]d
log:
  - target: stderr
    any: warning
database:
    storage: %[1]q
acl:
  - id: all
    address: 127.0.0.0/8
    action: transfer
zone:
  - domain: %[4]q
    file: %[5]q
    storage: %[1]q
    acl: all
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
`, dir, loopback, port, zone, file)
	address := fmt.Sprintf("%s:%d", loopback, port)
	startDaemon(tb, address, zone, "knotd", "-c", write(tb, dir, "knot.conf", conf))
	return at(tb, address, resolve.UDP)
}
