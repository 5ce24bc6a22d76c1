package resolve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr/rr"
)

// A strict client that is given the records, and this one, which asks for them, dial the same: those of
// the first order that has any.
func TestAgreesWithStrictClient(t *testing.T) {
	random := rand.New(rand.NewPCG(6116, 3761))
	one := func(list ...string) string { return list[random.IntN(len(list))] }
	var answers atomic.Pointer[[]dns.RR]
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for _, rr := range *answers.Load() {
			m.Answer = append(m.Answer, dns.Copy(rr))
		}
		w.WriteMsg(m)
	})
	strict := client.Lookup(enumservice.Strict)
	dialled := 0
	for i := range 2000 {
		var answer []dns.RR
		q := client.Query{Number: fred, Service: one("im", "sip", "sms:tel", "pstn:tel")}
		for range 1 + random.IntN(6) {
			record := &dns.NAPTR{
				Hdr:   dns.RR_Header{Name: domain, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET},
				Order: uint16(random.IntN(3)), Preference: uint16(random.IntN(3)), Flags: one("u", "u", "u", "u", "u", "u", "U", "s", "uu"),
				Service: one("E2U+im", "E2U+im", "E2U+sip", "E2U+sip", "E2U+pstn:tel", "E2U+sms:tel", "e2u+IM", "sip+E2U", "E2U+voice:tel+sms:tel", "E2U+sms:tel+im", "E2U+pstn:tel", "E2U", "", "SIP+D2U", "E2U+im+p-x", "E2U+im ", "E2U++sip"),
				Regexp: one("!^.*$!im:a@example.com!", "!^.*$!im:e@example.com!", "!^.*$!sip:b@example.com!", `!^(.*)$!tel:\\1!`, `!^\\+44(.*)$!tel:0\\1!`, `!^\\+1(.*)$!tel:\\1!`, "!^+44(.*)$!im:x!", "/.*/im:c@example.com/",
					"", "!^.*$!nothing!", "!^.*$!im:d!i", `!^([0-9]+)$!tel:\\1!`, "!^.*$!1a:b!"),
				Replacement: one(".", ".", ".", ".", ".", ".", ".", ".", "example.com."),
			}
			wire, err := rr.From(record)
			if err != nil {
				t.Fatal(err)
			}
			answer, q.Records = append(answer, record), append(q.Records, wire)
		}
		answers.Store(&answer)
		services, err := enumservice.ParseServices(nil, "E2U+"+q.Service)
		if err != nil {
			t.Fatal(err)
		}
		c := patient(server)
		c.Services = services
		res, err := c.Lookup(t.Context(), fred)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, u := range res.URIs {
			if u.Record.Order == res.URIs[0].Record.Order {
				got = append(got, u.URI)
			}
		}
		for _, target := range strict.Dial(q).Targets {
			want = append(want, target.URI)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("set %d: %q, the strict client %q\n%s\n%s", i, got, want, fmt.Sprint(answer), why(res.Trail))
		}
		dialled += len(got)
	}
	if dialled < 300 {
		t.Errorf("only %d URIs in all", dialled)
	}
}
