package resolve

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestParseServer(t *testing.T) {
	for _, c := range []struct {
		text    string
		want    Server
		address string // for net.Dial
		back    string // String
	}{
		{"192.0.2.53", Server{Host: "192.0.2.53"}, "192.0.2.53:53", "192.0.2.53:53"},
		{"192.0.2.53:5353", Server{Host: "192.0.2.53", Port: 5353}, "192.0.2.53:5353", "192.0.2.53:5353"},
		{"2001:db8::53", Server{Host: "2001:db8::53"}, "[2001:db8::53]:53", "[2001:db8::53]:53"},
		{"[2001:db8::53]", Server{Host: "2001:db8::53"}, "[2001:db8::53]:53", "[2001:db8::53]:53"},
		{"[2001:db8::53]:5353", Server{Host: "2001:db8::53", Port: 5353}, "[2001:db8::53]:5353", "[2001:db8::53]:5353"},
		{"fe80::53%eth0", Server{Host: "fe80::53%eth0"}, "[fe80::53%eth0]:53", "[fe80::53%eth0]:53"},
		{"ns.example.net", Server{Host: "ns.example.net"}, "ns.example.net:53", "ns.example.net:53"},
		{"ns_1.example.net.:54", Server{Host: "ns_1.example.net.", Port: 54}, "ns_1.example.net.:54", "ns_1.example.net.:54"},
		{"localhost", Server{Host: "localhost"}, "localhost:53", "localhost:53"},
		{"udp://192.0.2.53", Server{Host: "192.0.2.53"}, "192.0.2.53:53", "192.0.2.53:53"},
		{"tcp://192.0.2.53", Server{Host: "192.0.2.53", Transport: TCP}, "192.0.2.53:53", "tcp://192.0.2.53:53"},
		{"TLS://dns.example.net", Server{Host: "dns.example.net", Transport: TLS}, "dns.example.net:853", "tls://dns.example.net:853"},
		{"tls://2001:db8::53", Server{Host: "2001:db8::53", Transport: TLS}, "[2001:db8::53]:853", "tls://[2001:db8::53]:853"},
		{"tls://[2001:db8::53]:8853#dns.example.net", Server{"2001:db8::53", 8853, TLS, "dns.example.net"}, "[2001:db8::53]:8853", "tls://[2001:db8::53]:8853#dns.example.net"},
	} {
		got, err := ParseServer(c.text)
		if err != nil || got != c.want || got.Address() != c.address || got.String() != c.back {
			t.Errorf("%q: %+v, %v, at %s, back %s", c.text, got, err, got.Address(), got)
		}
		if again, err := ParseServer(got.String()); err != nil || again.Address() != c.address || again.Transport != got.Transport || again.Name != got.Name {
			t.Errorf("%q, written %s, gives %+v, %v", c.text, got, again, err)
		}
	}
	for _, text := range []string{"", "@", ":53", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:+53", "192.0.2.53:dns", "[192.0.2.53]", "[ns.example.net]:53",
		"[2001:db8::53", "[2001:db8::53]53", "[]", "https://dns.example.net", "tls://", "192.0.2.53#dns.example.net", "tls://192.0.2.53#", "tls://192.0.2.53#a b",
		"a..example.net", "a b", "ns.example.net/x", strings.Repeat("a", 64), strings.Repeat("a.", 130), "bücher.example", "-\x00"} {
		if got, err := ParseServer(text); !errors.Is(err, ErrServer) || got != (Server{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// A certificate has neither the final dot of a name nor the zone of an address.
func TestCertificateName(t *testing.T) {
	for text, want := range map[string]string{
		"tls://dns.example.net": "dns.example.net", "tls://dns.example.net.": "dns.example.net", "tls://fe80::1%eth0": "fe80::1", "tls://192.0.2.53#dns.example.net": "dns.example.net",
	} {
		s, err := ParseServer(text)
		if got := s.certificateName(); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func TestTransportString(t *testing.T) {
	for transport, want := range map[Transport]string{UDP: "udp", TCP: "tcp", TLS: "tls", 9: ""} {
		if transport.String() != want {
			t.Errorf("%d: %s", transport, transport)
		}
	}
	for status, want := range map[Status]string{Unknown: "unknown", NoName: "no name", NoData: "no data", NoURI: "no URI", Found: "found", 9: "unknown"} {
		if status.String() != want {
			t.Errorf("%d: %s", status, status)
		}
	}
}

func TestSystemServers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	for _, c := range []struct {
		text string
		want []Server
	}{
		{"# none\n", []Server{{Host: "127.0.0.1"}}},
		{"nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver fe80::1%eth0\nsearch example.com\n", []Server{{Host: "192.0.2.1"}, {Host: "2001:db8::1"}, {Host: "fe80::1%eth0"}}},
		{"nameserver ;x\n", []Server{{Host: "127.0.0.1"}}},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := SystemServers(path)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%q: %v, %v", c.text, got, err)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q: %v", c.text, got)
			}
		}
	}
	if _, err := SystemServers(path + ".absent"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if runningOn, err := SystemServers(""); err == nil && len(runningOn) == 0 {
		t.Error("no server in /etc/resolv.conf")
	}
}

// Over TLS the server has to prove its name by a certificate that is trusted and valid now; otherwise
// nothing is asked.
func TestTLS(t *testing.T) {
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	asked := make(chan *dns.Msg, 16)
	handler := func(w dns.ResponseWriter, q *dns.Msg) {
		asked <- q
		w.WriteMsg(good(q))
	}
	plain := serve(t, handler)
	plain.Transport = TLS
	byName, trustName := serveTLS(t, handler, "dns.example.net", tomorrow)
	byAddress, trustAddress := serveTLS(t, handler, "127.0.0.1", tomorrow)
	expired, trustExpired := serveTLS(t, handler, "127.0.0.1", yesterday)
	for _, c := range []struct {
		what   string
		server Server
		name   string
		trust  *tls.Config
		err    error
	}{
		{"the name after #", byName, "dns.example.net", trustName, nil},
		{"the address", byAddress, "", trustAddress, nil},
		{"wrong name", byName, "dns.example.org", trustName, ErrCertificate},
		{"no such address in it", byName, "", trustName, ErrCertificate},
		{"another authority", byName, "dns.example.net", trustAddress, ErrCertificate},
		{"the authorities of the system", byName, "dns.example.net", nil, ErrCertificate},
		{"expired", expired, "", trustExpired, ErrCertificate},
		{"a peer without TLS", plain, "", trustAddress, ErrTimeout}, // it waits for the rest of a long query
	} {
		t.Run(c.what, func(t *testing.T) {
			c.server.Name = c.name
			client := patient(c.server)
			client.TLS = c.trust
			if errors.Is(c.err, ErrTimeout) {
				client = quick(c.server)
			}
			res, err := client.Lookup(t.Context(), fred)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || (err == nil) != (list(res) == right) {
				t.Errorf("%q, %v, want %v", list(res), err, c.err)
			}
			if c.err != nil {
				if len(asked) > 0 {
					t.Error("asked all the same")
				}
				return
			}
			q := <-asked
			if opt := q.IsEdns0(); q.Len()%block != 0 || opt == nil || res.Trail[0].Transport != TLS {
				t.Errorf("%d octets, EDNS %v", q.Len(), opt)
			}
		})
	}
	t.Run("a peer that speaks first", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if conn, err := l.Accept(); err == nil {
				conn.Write([]byte("220 mail.example.net ESMTP\r\n"))
				conn.Close()
			}
		}()
		if _, err := patient(serverAt(t, l.Addr().String(), TLS)).Lookup(t.Context(), fred); !errors.Is(err, ErrNetwork) {
			t.Error(err)
		}
	})
	t.Run("a peer that says nothing", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if _, err := quick(serverAt(t, l.Addr().String(), TLS)).Lookup(t.Context(), fred); !errors.Is(err, ErrTimeout) {
			t.Error(err)
		}
	})
}

// Queries over TLS have one length for all numbers of a tree.
func TestPadding(t *testing.T) {
	for _, name := range []string{"1.e164.arpa.", domain, strings.Repeat("1.", 15) + "e164.arpa.", strings.Repeat("a.", 60) + "e164.arpa."} {
		q := &query{name: name, qtype: dns.TypeNAPTR, edns: true, pad: true}
		if err := q.pack(); err != nil || len(q.wire)%block != 0 || len(q.wire) > 2*block {
			t.Errorf("%s: %d octets, %v", name, len(q.wire), err)
		}
	}
}
