package enumim

import (
	"context"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// null takes replies and forgets them.
type null struct{ writer }

func (*null) WriteMsg(*dns.Msg) error { return nil }

// An answer costs few allocations: the reply, and the text of its NAPTR records or the SOA of a denial.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	for _, c := range []struct {
		name  string
		qtype uint16
		most  float64
	}{
		{vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR, 2},
		{vectorName("1"), dns.TypeA, 2},
		{vectorName("9"), dns.TypeNAPTR, 2},
	} {
		m := newMemory(t, "4.4.e164.arpa", fixture)
		name, _ := m.apexOf().Parse(c.name)
		m.hook = constant(m.zone, m.find(name))
		e := serve(t, "4.4.e164.arpa", m)
		r, w, ctx := withOPT(query1(c.name, c.qtype), 1232, false), &null{}, context.Background()
		got := testing.AllocsPerRun(200, func() {
			if _, err := e.ServeDNS(ctx, w, r); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.most {
			t.Errorf("%s: %v allocations, at most %v are expected", c.name, got, c.most)
		}
	}
}

func BenchmarkServeDNS(b *testing.B) {
	for _, c := range []struct {
		kind, name string
		qtype      uint16
	}{
		{"found", vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR},
		{"anonymized", vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR},
		{"nodata", vectorName("1"), dns.TypeA},
		{"nxdomain", vectorName("9"), dns.TypeNAPTR},
		{"referral", vectorName("1.6.6.7.7"), dns.TypeNAPTR},
	} {
		b.Run(c.kind, func(b *testing.B) {
			m := newMemory(b, "4.4.e164.arpa", fixture)
			name, _ := m.apexOf().Parse(c.name)
			m.hook = constant(m.zone, m.find(name))
			e := serve(b, "4.4.e164.arpa", m)
			if c.kind == "anonymized" {
				e = serve(b, "4.4.e164.arpa", m, anonymize(b, keyFile(b, key1), time.Hour))
			}
			r, w, ctx := withOPT(query1(c.name, c.qtype), 1232, false), &null{}, context.Background()
			b.ReportAllocs()
			for b.Loop() {
				e.ServeDNS(ctx, w, r)
			}
		})
	}
}
