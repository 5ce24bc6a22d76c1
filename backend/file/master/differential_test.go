package master

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// ordinary writes a zone that both parsers must understand alike.
func ordinary(r *rand.Rand) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "%d.", r.IntN(3))
		}
		return strings.TrimSuffix(b.String(), ".")
	}
	blank := func() string { return pick(" ", "\t", "  ", " \t") }
	var b strings.Builder
	b.WriteString("$TTL " + pick("300", "1h", "1d12h") + "\n$ORIGIN 4.4.e164.arpa.\n")
	b.WriteString("@ IN SOA ns1.example.com. hm.example.com. ( 7 2h\n 15m ; retry\n 2w 300 )\n\tIN NS ns1.example.com.\n")
	for range r.IntN(40) {
		switch r.IntN(12) {
		case 0:
			b.WriteString("$ORIGIN " + digits(1+r.IntN(3)) + ".4.4.e164.arpa.\n")
			continue
		case 1:
			b.WriteString("; a comment (\n\n")
			continue
		case 2:
			b.WriteString("$TTL " + pick("60", "2h30m") + "\n")
			continue
		}
		switch r.IntN(6) {
		case 0, 1:
			b.WriteString("") // the owner before
		case 2:
			b.WriteString("*." + digits(1+r.IntN(2)))
		case 3:
			b.WriteString(digits(2+r.IntN(3)) + ".4.4.E164.arpa.")
		default:
			b.WriteString(digits(1 + r.IntN(4)))
		}
		b.WriteString(blank() + pick("", "60 ", "IN ", "IN 90 ", "90 IN ", "1w2d IN "))
		q := func() string {
			return `"` + pick("u", "E2U+im", `!^\\+(.*)$!im:\\1@example.com!`, `a\"b`, `\195\169`, "", "a;b(c)d", `x\y`) + `"`
		}
		switch r.IntN(6) {
		case 0:
			b.WriteString("TXT " + q() + blank() + "( " + q() + " ; text\n " + q() + ")")
		case 1:
			b.WriteString("URI 10 1 \"im:user@example.com\"")
		case 2:
			b.WriteString("TYPE65280 \\# 3 abcdef")
		default:
			fmt.Fprintf(&b, "NAPTR %d%s%d %s %s%s%s %s", r.IntN(65536), blank(), r.IntN(65536), q(), q(), blank(), q(),
				pick(".", "example.com.", "1.2", "@", `a\.b.example.`))
		}
		b.WriteString(pick("\n", " ; comment\n", "\t\n"))
	}
	return b.String()
}

// packed is a record in a form that can be compared.
func packed(t *testing.T, r dns.RR, ttl uint32) string {
	t.Helper()
	r.Header().Ttl = ttl
	r.Header().Name = strings.ToLower(r.Header().Name)
	buf := make([]byte, 65535)
	n, err := dns.PackRR(r, buf, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// The same records as miekg/dns finds, as octets, with the lowest TTL of each RRset.
func TestAgainstMiekg(t *testing.T) {
	r := rand.New(rand.NewPCG(6116, 3403))
	for range 500 {
		src := ordinary(r)
		var want []dns.RR
		zp := dns.NewZoneParser(strings.NewReader(src), "", "")
		for {
			rr, ok := zp.Next()
			if !ok {
				break
			}
			want = append(want, rr)
		}
		if zp.Err() != nil {
			t.Fatalf("%v in\n%s", zp.Err(), src)
		}
		lowest := map[string]uint32{}
		key := func(r dns.RR) string {
			return fmt.Sprint(strings.ToLower(r.Header().Name), r.Header().Rrtype)
		}
		for _, r := range want {
			if ttl, ok := lowest[key(r)]; !ok || r.Header().Ttl < ttl {
				lowest[key(r)] = r.Header().Ttl
			}
		}
		var wanted []string
		for _, r := range want {
			wanted = append(wanted, packed(t, r, lowest[key(r)]))
		}

		var got []string
		add := func(name string, s backend.RRset) {
			for _, d := range s.Data {
				r, err := rr.Unpack(name, s.TTL, s.Type, d)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, packed(t, r, s.TTL))
			}
		}
		apex, err := e164.ParseApex("4.4.e164.arpa.")
		if err != nil {
			t.Fatal(err)
		}
		last := ""
		zone, _, _, err := Parse([]byte(src), Options{}, func(e *backend.Entry, _ int) error {
			n := e.Name
			if e.Kind == backend.Wildcard {
				n = n.Wildcard()
			}
			name := string(apex.AppendName(nil, n))
			if name == last {
				t.Errorf("%s was delivered twice", name)
			}
			last = name
			for _, rec := range e.Records {
				got = append(got, packed(t, rr.To(dns.RR_Header{Name: name, Class: dns.ClassINET}, rec), e.TTL))
			}
			for _, s := range e.Sets {
				add(name, s)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%v in\n%s", err, src)
		}
		add(apex.String(), zone.SOA)
		for _, s := range zone.Sets {
			add(apex.String(), s)
		}
		slices.Sort(got)
		slices.Sort(wanted)
		wanted = slices.Compact(wanted)
		if !slices.Equal(got, wanted) {
			less := slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return slices.Contains(got, s) })
			more := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(wanted, s) })
			t.Fatalf("missing %q\nnot wanted %q\nin\n%s", less, more, src)
		}
	}
}
