package additional

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr/rr"
)

const alice = "im:alice@example.com"

// bySIP is what comes along with alice over SIP.
var bySIP = []string{
	"_im._sip.example.com. 300 IN SRV 20 100 5060 b.example.com.",
	"_im._sip.example.com. 300 IN SRV 10 5 5060 c.example.com.",
	"_im._sip.example.com. 300 IN SRV 10 90 5060 a.example.com.",
	"a.example.com. 60 IN A 192.0.2.1",
	"a.example.com. 60 IN A 192.0.2.2",
	"a.example.com. 60 IN AAAA 2001:db8::1",
	"c.example.com. 60 IN AAAA 2001:db8::3",
	"b.example.com. 60 IN A 192.0.2.3",
}

var byXMPP = []string{"_im._xmpp.example.com. 600 IN SRV 0 0 5269 a.example.com."}

// What RFC 3861 and RFC 2782 lead to, the most useful first.
func TestFind(t *testing.T) {
	all := slices.Concat(bySIP, byXMPP)
	long := strings.Repeat("a.", 120) + "info"
	for _, c := range []struct {
		id        string
		zone      []string
		protocols []im.Protocol
		uris      []string
		outcome   Outcome
		want      []string
	}{
		{"E01 sip and xmpp", example, nil, []string{alice}, Found, all},
		{"E02 xmpp only", example, []im.Protocol{im.XMPP}, []string{alice}, Found, slices.Concat(byXMPP, bySIP[3:6])},
		{"xmpp first", example, []im.Protocol{im.XMPP, im.SIP}, []string{alice}, Found, slices.Concat(byXMPP, bySIP[3:6], bySIP[:3], bySIP[6:])},
		{"E20 pres", example, nil, []string{"pres:alice@example.com"}, Found,
			slices.Concat([]string{"_pres._xmpp.example.com. 600 IN SRV 0 0 5269 a.example.com."}, bySIP[3:6])},
		{"a domain twice", example, nil, []string{alice, "im:bob@EXAMPLE.com"}, Found, all},
		{"a domain often, and another", append([]string{"_im._xmpp.example.net. 9 IN SRV 0 0 5269 ."}, example...), nil,
			[]string{alice, "im:bob@example.com", "im:carol@example.com", "im:dave@example.com", "im:a@example.net"},
			Found, append(slices.Clip(all), "_im._xmpp.example.net. 9 IN SRV 0 0 5269 .")},
		{"letter case", example, nil, []string{"IM:alice@Example.COM"}, Found, all},
		{"the second domain", example, nil, []string{"im:a@example.net", alice}, Found, all},
		{"beyond the last domain", example, nil, []string{"im:a@a.example", "im:a@b.example", alice}, None, nil},
		{"E06 not served", []string{"_im._sip.example.com. 300 IN SRV 0 0 0 ."}, nil, []string{alice}, Found,
			[]string{"_im._sip.example.com. 300 IN SRV 0 0 0 ."}},
		{"E07 no records", example, nil, []string{"im:alice@example.org"}, None, nil},
		{"E09 an alias to the SRV records", []string{
			"_im._sip.example.com. 900 IN CNAME _im._sip.example.net.",
			"_im._sip.example.net. 300 IN SRV 0 0 5060 sip.example.net.",
		}, nil, []string{alice}, Found, []string{
			"_im._sip.example.com. 300 IN CNAME _im._sip.example.net.",
			"_im._sip.example.net. 300 IN SRV 0 0 5060 sip.example.net.",
		}},
		{"E10 an alias to the address", []string{
			"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.com.",
			"sip.example.com. 20 IN CNAME host.example.net.", "host.example.net. 60 IN A 192.0.2.1",
		}, nil, []string{alice}, Found, []string{
			"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.com.",
			"sip.example.com. 20 IN CNAME host.example.net.", "host.example.net. 20 IN A 192.0.2.1",
		}},
		{"an alias to nothing", []string{"_im._sip.example.com. 900 IN CNAME _im._sip.example.net."}, nil, []string{alice}, None, nil},
		{"an alias to addresses of both kinds", []string{
			"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.com.",
			"sip.example.com. 20 IN CNAME host.example.net.", "host.example.net. 60 IN A 192.0.2.1", "host.example.net. 60 IN AAAA 2001:db8::1",
		}, nil, []string{alice}, Found, []string{
			"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.com.",
			"sip.example.com. 20 IN CNAME host.example.net.", "host.example.net. 20 IN A 192.0.2.1", "host.example.net. 20 IN AAAA 2001:db8::1",
		}},
		{"E12 targets without an address", []string{"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.net."}, nil, []string{alice}, Found,
			[]string{"_im._sip.example.com. 300 IN SRV 0 0 5060 sip.example.net."}},
		{"E16 one label", example, nil, []string{"im:alice@relay-domain"}, Unasked, nil},
		{"an address", example, nil, []string{"im:alice@[192.0.2.1]", "im:alice@192.0.2.1"}, Unasked, nil},
		{"an encoded domain", example, nil, []string{"im:alice@%65xample.com"}, Unasked, nil},
		{"a long domain", example, nil, []string{"im:alice@" + strings.Repeat("a.", 124) + "com"}, Unasked, nil},
		{"a domain that is too long for one protocol", []string{"_im._sip." + long + ". 9 IN SRV 0 0 5060 ."}, nil, []string{"im:alice@" + long}, Found,
			[]string{"_im._sip." + long + ". 9 IN SRV 0 0 5060 ."}},
		{"no URI", example, nil, nil, Unasked, nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New(Options{Protocols: c.protocols})
				defer f.Close()
				got, outcome := f.Find(t.Context(), uris(t, c.uris...), false, newWorld(t, c.zone...).ask)
				want(t, got, outcome, c.outcome, c.want...)
			})
		})
	}
	for _, name := range New(Options{}).names(uris(t, "im:alice@"+long)) {
		if _, err := rr.NameToWire(name); err != nil {
			t.Errorf("%d characters are asked for: %v", len(name), err)
		}
	}
	if got, outcome := New(Options{}).Find(t.Context(), []im.URI{{}}, false, nil); got != nil || outcome != Unasked {
		t.Errorf("for the zero URI got %v, %v", got, outcome)
	}
}

// However much there is, an answer gets a bounded part of it, and no part of an RRset.
func TestFindIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var zone []string
		for p, name := range []string{"_im._sip.example.com.", "_im._xmpp.example.com.", "_pres._sip.example.com."} {
			for i := range 8 {
				host := fmt.Sprintf("p%d-%d.example.com.", p, i)
				zone = append(zone, fmt.Sprintf("%s 300 IN SRV %d 0 5060 %s", name, i, host))
				for j := range 20 {
					zone = append(zone, fmt.Sprintf("%s 300 IN A 192.0.2.%d", host, j))
				}
			}
		}
		for i := range 40 {
			zone = append(zone, fmt.Sprintf("_pres._xmpp.example.com. 300 IN SRV 0 %d 5060 pres.example.com.", i))
		}
		w := newWorld(t, zone...)
		f := New(Options{})
		defer f.Close()
		got, outcome := f.Find(t.Context(), uris(t, alice, "pres:alice@example.com"), false, w.ask)
		sizes, octets := map[key]int{}, 0
		for _, record := range got {
			sizes[key{record.Header().Name, record.Header().Rrtype}]++
			octets += dns.Len(record)
		}
		if octets > maxOctets || outcome != Partial {
			t.Errorf("%d octets, %s", octets, outcome)
		}
		for k, n := range sizes {
			if k.qtype == dns.TypeSRV && n != 8 || k.qtype == dns.TypeA && n != 20 {
				t.Errorf("%d records of %v", n, k)
			}
		}
		if sizes[key{"_pres._xmpp.example.com.", dns.TypeSRV}] > 0 {
			t.Error("an RRset that is too large for UDP comes along")
		}
		if n := w.total(); n > maxNames+maxNames*maxHosts*2 {
			t.Errorf("one answer led to %d queries", n)
		}
	})
}

// Only what answers were authentic for goes along with an authentic answer.
func TestAuthentic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		w.alter = func(m *dns.Msg) {
			q := m.Question[0]
			m.AuthenticatedData = q.Name == "_im._sip.example.com." || q.Name == "a.example.com." && q.Qtype == dns.TypeA
		}
		f := New(Options{})
		defer f.Close()
		got, outcome := f.Find(t.Context(), uris(t, alice), true, w.ask)
		want(t, got, outcome, Found, bySIP[:5]...)
		// What is authentic of a server counts also where another way to it is not.
		w.set(func(w *world) {
			w.alter = func(m *dns.Msg) { m.AuthenticatedData = m.Question[0].Name != "_im._sip.example.com." }
		})
		f = New(Options{})
		defer f.Close()
		got, outcome = f.Find(t.Context(), uris(t, alice), true, w.ask)
		want(t, got, outcome, Found, slices.Concat(byXMPP, bySIP[3:6])...)
		got, outcome = f.Find(t.Context(), uris(t, alice), false, w.ask)
		want(t, got, outcome, Found, slices.Concat(bySIP, byXMPP)...)
	})
}

// An answer waits as long as agreed, and the next one has what came later, addresses included.
func TestWait(t *testing.T) {
	all := slices.Concat(bySIP, byXMPP)
	for _, c := range []struct {
		id          string
		wait, delay time.Duration
		took        time.Duration
		first       Outcome
		want        []string
	}{
		{"fast", 0, time.Millisecond, 2 * time.Millisecond, Found, all},
		{"half in time", 0, 60 * time.Millisecond, DefaultWait, Partial, slices.Concat(bySIP[:3], byXMPP)},
		{"slow", 0, time.Second, DefaultWait, Late, nil},
		{"another wait", 20 * time.Millisecond, time.Second, 20 * time.Millisecond, Late, nil},
		{"not at all", -1, time.Millisecond, 0, Late, nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, example...)
				w.delay = c.delay
				f := New(Options{Wait: c.wait})
				defer f.Close()
				began := time.Now()
				got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask)
				if took := time.Since(began); took != c.took {
					t.Errorf("it waited %v, want %v", took, c.took)
				}
				if outcome != c.first || len(got) != len(c.want) {
					t.Errorf("got %s\n%s", outcome, dump(got))
				}
				time.Sleep(3 * time.Second)
				began = time.Now()
				got, outcome = f.Find(t.Context(), uris(t, alice), false, w.ask)
				if len(got) != len(all) || outcome != Found || time.Since(began) != 0 {
					t.Errorf("later, after %v, got %s\n%s", time.Since(began), outcome, dump(got))
				}
			})
		})
	}
}

// A client that goes away is not waited for; the look-up is not its own.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		w.delay = 50 * time.Millisecond
		f := New(Options{})
		defer f.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		began := time.Now()
		got, outcome := f.Find(ctx, uris(t, alice), false, w.ask)
		if len(got) > 0 || outcome != Late || time.Since(began) != 10*time.Millisecond {
			t.Errorf("after %v got %s, %v", time.Since(began), outcome, got)
		}
		time.Sleep(time.Second)
		if got, outcome = f.Find(t.Context(), uris(t, alice), false, w.ask); len(got) != 9 || outcome != Found {
			t.Errorf("got %s\n%s", outcome, dump(got))
		}
	})
}

// Callers and other plugins change the records that they get.
func TestRecordsAreTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		var replies []*dns.Msg
		w.alter = func(m *dns.Msg) { w.set(func(*world) { replies = append(replies, m) }) }
		f := New(Options{Protocols: []im.Protocol{im.XMPP}})
		defer f.Close()
		first, _ := f.Find(t.Context(), uris(t, alice), false, w.ask)
		kept := dump(first)
		for _, m := range replies {
			for _, record := range m.Answer {
				spoil(record)
			}
		}
		for _, record := range first {
			spoil(record)
		}
		if second, _ := f.Find(t.Context(), uris(t, alice), false, w.ask); dump(second) != kept {
			t.Errorf("got\n%swant\n%s", dump(second), kept)
		}
	})
}

func spoil(record dns.RR) {
	*record.Header() = dns.RR_Header{Name: "spoilt.", Rrtype: record.Header().Rrtype, Class: dns.ClassINET, Ttl: 1}
	switch record := record.(type) {
	case *dns.SRV:
		record.Target = "spoilt."
	case *dns.A:
		record.A[3] = 99
	case *dns.AAAA:
		record.AAAA[3] = 99
	}
}

// Any number of clients share one Finder.
func TestManyClients(t *testing.T) {
	w := newWorld(t, example...)
	w.delay = time.Microsecond
	f := New(Options{Wait: time.Second})
	defer f.Close()
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			for j := range 50 {
				who := alice
				if j%25 == 0 {
					who = fmt.Sprintf("im:a@%d-%d.example.org", i, j)
				}
				got, _ := f.Find(t.Context(), uris(t, who), false, w.ask)
				for _, record := range got {
					spoil(record)
				}
			}
		})
	}
	clients.Wait()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got, _ := f.Find(t.Context(), uris(t, alice), false, w.ask)
		if len(got) == 9 {
			break
		}
		if time.Now().After(end) { // there were too many look-ups at once for some to begin
			t.Fatalf("got\n%s", dump(got))
		}
	}
}
