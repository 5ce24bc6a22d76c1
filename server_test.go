package enumim

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/chaos"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/metadata"

	"github.com/enumim/enumim/backend"
)

func input(corefile string) caddy.Input {
	return caddy.CaddyfileInput{Filepath: "Corefile", Contents: []byte(onLoopback(corefile)), ServerTypeName: "dns"}
}

// startServer starts a Corefile; it ends with the test.
func startServer(tb testing.TB, corefile string) *caddy.Instance {
	tb.Helper()
	instance, err := caddy.Start(input(corefile))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stopServer(instance) })
	return instance
}

func stopServer(instance *caddy.Instance) {
	settle()
	instance.ShutdownCallbacks()
	instance.Stop()
}

// addresses returns the UDP and TCP address of the first server.
func addresses(instance *caddy.Instance) (udp, tcp string) {
	s := instance.Servers()[0]
	return s.LocalAddr().String(), s.Addr().String()
}

func exchange(tb testing.TB, network, address string, r *dns.Msg) *dns.Msg {
	tb.Helper()
	c := &dns.Client{Net: network, Timeout: 5 * time.Second}
	m, _, err := c.Exchange(r, address)
	if err != nil {
		tb.Fatalf("%s: %v", network, err)
	}
	return m
}

// The vectors again, as zone files go through the whole of CoreDNS.
func TestEndToEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "4.4.zone")
	if err := os.WriteFile(path, []byte(fixture), 0o600); err != nil {
		t.Fatal(err)
	}
	udp, tcp := addresses(startServer(t, fmt.Sprintf("4.4.e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s\n }\n}", path)))
	for _, v := range zoneVectors {
		t.Run(v.id, func(t *testing.T) {
			wantReply(t, exchange(t, "udp", udp, query1(vectorName(v.name), v.qtype)), v.want)
			wantReply(t, exchange(t, "tcp", tcp, query1(vectorName(v.name), v.qtype)), v.want)
			// With an OPT in the query there is one in the reply (RFC 6891 section 6.1.1).
			got := exchange(t, "udp", udp, withOPT(query1(vectorName(v.name), v.qtype), 1232, true))
			wantReply(t, got, v.want)
			if opt := got.IsEdns0(); opt == nil || !opt.Do() {
				t.Errorf("got %v, want an OPT with DO", opt)
			}
		})
	}
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	alice := zoneVectors[0].want
	t.Run("D30", func(t *testing.T) {
		if got := exchange(t, "udp", udp, query1("9.9.e164.arpa.", dns.TypeNAPTR)); got.Rcode != dns.RcodeRefused {
			t.Errorf("got %v", got)
		}
	})
	t.Run("D35", func(t *testing.T) {
		r := withOPT(query1(name, dns.TypeNAPTR), 1232, false)
		r.IsEdns0().SetVersion(1)
		if got := exchange(t, "udp", udp, r); got.Rcode != dns.RcodeBadVers || len(got.Answer) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("D36", func(t *testing.T) {
		for _, o := range []dns.EDNS0{
			&dns.EDNS0_ESU{Code: dns.EDNS0ESU, Uri: "sip:caller@example.com"},
			&dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")},
		} {
			r := withOPT(query1(name, dns.TypeNAPTR), 1232, false)
			r.IsEdns0().Option = append(r.IsEdns0().Option, o)
			wantReply(t, exchange(t, "udp", udp, r), alice)
		}
	})
	t.Run("D40", func(t *testing.T) {
		conn, err := dns.DialTimeout("tcp", tcp, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for id := range 2 {
			r := query1(name, dns.TypeNAPTR)
			r.Id = uint16(id)
			if err := conn.WriteMsg(r); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[uint16]bool{}
		for range 2 {
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			got, err := conn.ReadMsg()
			if err != nil {
				t.Fatal(err)
			}
			wantReply(t, got, alice)
			seen[got.Id] = true
		}
		if len(seen) != 2 {
			t.Error("one query was answered twice")
		}
	})
}

// D33 and D34 as they arrive at the client.
func TestOverflowEndToEnd(t *testing.T) {
	udp, tcp := addresses(startServer(t, memoryCorefile(shelve(t, many(t, 60)), "")))
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	for _, size := range []uint16{0, 512, 1232, 4096, 65535} {
		r := query1(name, dns.TypeNAPTR)
		if size > 0 {
			withOPT(r, size, false)
		}
		got := exchange(t, "udp", udp, r)
		if !got.Truncated || len(got.Answer) != 0 || (got.IsEdns0() != nil) != (size > 0) {
			t.Errorf("size %d: got %v, want TC and no answer", size, got)
		}
	}
	if got := exchange(t, "tcp", tcp, query1(name, dns.TypeNAPTR)); got.Truncated || len(got.Answer) != 60 {
		t.Errorf("TCP: got %d records, TC %t", len(got.Answer), got.Truncated)
	}
}

func memoryCorefile(name, more string) string {
	return fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n %s\n enumim {\n backend memory %s\n }\n}", more, name)
}

// P1 to P20: whatever arrives, the server stays and answers the next query.
func TestPackets(t *testing.T) {
	udp, tcp := addresses(startServer(t, memoryCorefile(shelve(t, newMemory(t, "e164.arpa", numbers)), "chaos")))
	good, err := query1(number0, dns.TypeNAPTR).Pack()
	if err != nil {
		t.Fatal(err)
	}
	packed := func(change func(*dns.Msg)) []byte {
		r := withOPT(query1(number0, dns.TypeNAPTR), 1232, false)
		change(r)
		b, err := r.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	raw := func(change func([]byte) []byte) []byte { return change(append([]byte(nil), good...)) }
	option := func(code uint16, data string) []byte {
		return packed(func(r *dns.Msg) {
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: code, Data: []byte(data)}}
		})
	}
	const silence, whatever = -1, -2
	for _, c := range []struct {
		id    string
		b     []byte
		rcode int
	}{
		{"P1 no question", raw(func(b []byte) []byte { b[5] = 0; return b[:12] }), dns.RcodeFormatError},
		{"P2 two questions", raw(func(b []byte) []byte { b[5] = 2; return append(b, b[12:]...) }), dns.RcodeFormatError},
		{"P3 a response", raw(func(b []byte) []byte { b[2] |= 0x80; return b }), silence},
		{"P4 IQUERY", raw(func(b []byte) []byte { b[2] |= 1 << 3; return b }), dns.RcodeNotImplemented},
		{"P4 STATUS", raw(func(b []byte) []byte { b[2] |= 2 << 3; return b }), dns.RcodeNotImplemented},
		{"P4 UPDATE", raw(func(b []byte) []byte { b[2] |= 5 << 3; return b }), dns.RcodeNotImplemented},
		{"P5 compression loop", raw(func(b []byte) []byte { return append(b[:12], 0xc0, 12, 0, 35, 0, 1) }), dns.RcodeFormatError},
		{"P6 cut header", good[:7], silence},
		{"P6 cut label", good[:20], dns.RcodeFormatError},
		{"P6 empty", nil, silence},
		{"P7 class ANY", raw(func(b []byte) []byte { b[len(b)-1] = 255; return b }), dns.RcodeRefused},
		{"P7 class NONE", raw(func(b []byte) []byte { b[len(b)-1] = 254; return b }), dns.RcodeRefused},
		{"P7 class CH", raw(func(b []byte) []byte { b[len(b)-1] = 3; return b }), dns.RcodeRefused},
		{"P8 trailing bytes", append(append([]byte(nil), good...), "trailing"...), whatever},
		{"P9 two OPT", packed(func(r *dns.Msg) { r.Extra = append(r.Extra, r.Extra[0]) }), whatever},
		{"P10 OPT as answer", packed(func(r *dns.Msg) { r.Answer, r.Extra = r.Extra, nil }), whatever},
		{"P10 OPT not at the root", packed(func(r *dns.Msg) { r.Extra[0].Header().Name = "x.example." }), whatever},
		{"P11 EDNS version 1", packed(func(r *dns.Msg) { r.IsEdns0().SetVersion(1) }), whatever},
		{"P12 unknown option", option(65001, "x"), dns.RcodeSuccess},
		{"P12 many octets of options", option(65001, strings.Repeat("x", 60000)), whatever},
		{"P13 ECS", option(dns.EDNS0SUBNET, "\x00\x01\xff\xff"), whatever},
		{"P13 cookie", option(dns.EDNS0COOKIE, "x"), whatever},
		{"P13 source URI", option(dns.EDNS0ESU, "\x00\xff"), dns.RcodeSuccess},
		{"P15 all header bits", raw(func(b []byte) []byte { b[2] |= 0x07; b[3] = 0xff; return b }), whatever},
		{"P16 TSIG", packed(func(r *dns.Msg) { r.SetTsig("key.example.", dns.HmacSHA256, 300, time.Now().Unix()) }), whatever},
		{"P17 AXFR", packed(func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeAXFR }), dns.RcodeRefused},
		{"P17 IXFR", packed(func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeIXFR }), dns.RcodeRefused},
		{"P17 MAILB", packed(func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeMAILB }), dns.RcodeNotImplemented},
		{"P17 OPT", packed(func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeOPT }), dns.RcodeFormatError},
		{"P17 0", packed(func(r *dns.Msg) { r.Question[0].Qtype = 0 }), dns.RcodeSuccess},
		{"P19 records that are not there", raw(func(b []byte) []byte { copy(b[6:12], "\xff\xff\xff\xff\xff\xff"); return b }), whatever},
		{"P20 NOTIFY", raw(func(b []byte) []byte { b[2] |= 4 << 3; return b }), dns.RcodeNotImplemented},
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(c.id+" "+network, func(t *testing.T) {
				address, b := udp, c.b
				if network == "tcp" {
					address = tcp
					b = append(binary.BigEndian.AppendUint16(nil, uint16(len(c.b))), c.b...)
				}
				conn, err := net.Dial(network, address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := conn.Write(b); err != nil {
					t.Fatal(err)
				}
				if tcpConn, ok := conn.(*net.TCPConn); ok {
					tcpConn.CloseWrite()
				}
				got := readReply(t, conn, network)
				switch {
				case c.rcode == silence && got != nil && !(network == "tcp" && len(c.b) < 12):
					t.Errorf("got %v, want silence", got)
				case c.rcode >= 0 && got == nil:
					t.Error("got silence")
				case c.rcode >= 0 && got.Rcode != c.rcode:
					t.Errorf("got %s, want %s", dns.RcodeToString[got.Rcode], dns.RcodeToString[c.rcode])
				}
				if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); len(got.Answer) != 3 {
					t.Errorf("afterwards: got %v", got)
				}
			})
		}
	}
	t.Run("P18 TCP", func(t *testing.T) {
		for name, b := range map[string]string{
			"length 0": "\x00\x00", "short": "\x00\xffabc", "one octet": "\x00", "nothing": "",
		} {
			conn, err := net.Dial("tcp", tcp)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, b)
			conn.(*net.TCPConn).CloseWrite()
			if got := readReply(t, conn, "tcp"); got != nil {
				t.Errorf("%s: got %v", name, got)
			}
			conn.Close()
		}
		conn, err := dns.DialTimeout("tcp", tcp, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		const pipelined = 100 // the server closes a connection after 128 queries
		go func() {
			for range pipelined {
				if conn.WriteMsg(query1(number0, dns.TypeNAPTR)) != nil {
					return
				}
			}
		}()
		for i := range pipelined {
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			if got, err := conn.ReadMsg(); err != nil || len(got.Answer) != 3 {
				t.Fatalf("reply %d: %v, %v", i, got, err)
			}
		}
	})
}

// readReply returns the reply, nil for silence or a closed connection.
func readReply(t *testing.T, conn net.Conn, network string) *dns.Msg {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	c := &dns.Conn{Conn: conn, UDPSize: 65535}
	var b []byte
	var err error
	if network == "tcp" {
		var size [2]byte
		if _, err = io.ReadFull(conn, size[:]); err == nil {
			b = make([]byte, binary.BigEndian.Uint16(size[:]))
			_, err = io.ReadFull(conn, b)
		}
	} else {
		b = make([]byte, 65535)
		var n int
		n, err = c.Read(b)
		b = b[:max(n, 0)]
	}
	if err != nil {
		return nil
	}
	m := new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		t.Errorf("the reply does not unpack: %v", err)
		return nil
	}
	return m
}

// A cache in front prefetches and refreshes in goroutines of its own, with our messages.
func TestBehindCache(t *testing.T) {
	m := newMemory(t, "e164.arpa", strings.ReplaceAll(numbers, " 300 IN", " 5 IN"))
	var calls atomic.Int64
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
		if calls.Add(1)%7 == 0 {
			panic("in a goroutine of the cache")
		}
		return backend.Answer{}, nil, false
	}
	udp, _ := addresses(startServer(t, memoryCorefile(shelve(t, m), "metadata\n cache {\n prefetch 1 1h 90%\n serve_stale 1h\n servfail 0\n}")))
	var wg sync.WaitGroup
	began := time.Now() // the records live for 5 seconds, and are prefetched from the first on
	for worker := range 4 {
		wg.Go(func() {
			c := &dns.Client{Timeout: 5 * time.Second}
			for i := 0; time.Since(began) < 1500*time.Millisecond; i++ {
				r := query1([]string{number0, "9." + number0, "e164.arpa."}[i%3], dns.TypeNAPTR)
				if worker%2 == 0 {
					withOPT(r, 1232, true)
				}
				got, _, err := c.Exchange(r, udp)
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 && got.Rcode == dns.RcodeSuccess && len(got.Answer) != 3 {
					t.Errorf("got %v", got)
				}
			}
		})
	}
	wg.Wait()
}
