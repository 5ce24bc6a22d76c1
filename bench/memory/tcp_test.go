//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/bench/internal/proc"
)

// BenchmarkTCP measures what a connection costs that has asked once and stays:
//
//	go test -run '^$' -bench TCP -benchtime 1x ./bench/memory
func BenchmarkTCP(b *testing.B) {
	p, err := buildProgram(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.close)
	path := filepath.Join(b.TempDir(), "numbers.txt")
	if err := os.WriteFile(path, []byte("+12025550100 im:user@example.com\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	const connections = 4000
	for b.Loop() {
		r, err := p.start("e164.arpa", "file "+path)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(r.stop)
		if err := r.await(b.Context(), "does not become ready", r.ready); err != nil {
			b.Fatal(err)
		}
		before := proc.Resident(r.pid())
		began := time.Now()
		var open []net.Conn
		for range connections {
			open = append(open, ask(b, fmt.Sprintf("127.0.0.1:%d", r.port)))
		}
		after := proc.Resident(r.pid())
		b.Logf("%d connections in %v", connections, time.Since(began))
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(after-before)/connections, "B/connection")
		for _, c := range open {
			c.Close()
		}
	}
}

func ask(b *testing.B, at string) net.Conn {
	c, err := net.DialTimeout("tcp", at, 10*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	m := new(dns.Msg).SetQuestion("0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR)
	conn := dns.Conn{Conn: c}
	if err := conn.WriteMsg(m); err != nil {
		b.Fatal(err)
	}
	if _, err := conn.ReadMsg(); err != nil {
		b.Fatal(err)
	}
	return c
}
