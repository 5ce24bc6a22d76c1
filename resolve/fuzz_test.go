package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// FuzzReply: whatever octets a server sends, a reply that is taken is one to the query, nothing that
// was not sent is in it, and applying it ends.
func FuzzReply(f *testing.F) {
	q := &query{name: domain, qtype: dns.TypeNAPTR, edns: true}
	if err := q.pack(); err != nil {
		f.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(q.wire); err != nil {
		f.Fatal(err)
	}
	for _, reply := range []*dns.Msg{good(m), new(dns.Msg).SetRcode(m, dns.RcodeNameError), new(dns.Msg).SetRcode(m, dns.RcodeRefused)} {
		f.Add(pack(f, reply)[2:])
	}
	chain := new(dns.Msg).SetReply(m)
	chain.Answer = []dns.RR{cname(domain, "a.example.com."), cname("a.example.com.", "b.example.com.")}
	f.Add(pack(f, chain)[2:])
	loop := good(m)
	loop.Answer = append(loop.Answer, &dns.NAPTR{Hdr: *loop.Answer[0].Header(), Replacement: domain})
	f.Add(pack(f, loop)[2:])
	f.Fuzz(func(t *testing.T, data []byte) {
		reply := append(slices.Clone(q.wire[:2]), data...) // with the right id
		if !q.answers(reply) {
			return
		}
		if truncated(reply) {
			return
		}
		m, err := unpack(reply)
		if err != nil {
			return
		}
		if len(m.Question) == 1 && (!strings.EqualFold(m.Question[0].Name, domain) || m.Question[0].Qtype != dns.TypeNAPTR || m.Question[0].Qclass != dns.ClassINET) {
			t.Fatalf("taken for a reply to %s: %v", domain, m.Question)
		}
		if len(m.Question) != 1 && checkAnswer(Server{}, m) == nil {
			t.Fatal("an answer without a question")
		}
		x := &Exchange{}
		x.read(m)
		found := set{owner: dns.CanonicalName(domain)}
		if err := found.follow(x.Records, dns.TypeNAPTR, map[string]bool{}); err != nil {
			return
		}
		if len(found.records) > len(m.Answer) || len(found.names) == 0 || found.names[len(found.names)-1] != found.owner {
			t.Fatalf("%+v", found)
		}
		// The bound of names is reached, so that nothing is asked.
		w := newWalk(&session{c: &Client{}}, number, true)
		w.names = maxNames
		p := &place{open: true}
		for _, name := range found.names {
			w.places[name] = p
		}
		for _, r := range sorted(found.records) {
			uris := w.consider(t.Context(), p, r, 0)
			for _, u := range uris {
				if r.URI != u.URI || !isURI(u.URI) || r.Why != "" {
					t.Errorf("%+v: %+v", r, u)
				}
			}
			if len(uris) == 0 && r.Why == "" {
				t.Errorf("neither used nor refused: %v", r.RR)
			}
		}
	})
}

// FuzzParseServer: what is read can be written and read again as the same server.
func FuzzParseServer(f *testing.F) {
	for _, s := range []string{"192.0.2.53", "[2001:db8::53]:5353", "tls://dns.example.net:853#other.example.net", "fe80::1%eth0", "tcp://localhost"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseServer(text)
		if err != nil {
			return
		}
		again, err := ParseServer(s.String())
		if err != nil || again.Address() != s.Address() || again.Transport != s.Transport || again.Name != s.Name {
			t.Errorf("%q is %s, which is %+v, %v", text, s, again, err)
		}
	})
}
