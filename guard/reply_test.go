package guard

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
)

// The Extended DNS Errors of an upstream, which may tell of what is kept back, go with it; they stay where nothing
// is kept back, and other options always do.
func TestForeignEDE(t *testing.T) {
	fine, bad := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice@evil.example!")
	deny := Policy{Mode: Enforce, DenyDomains: []string{"evil.example"}}
	nodata := deny
	nodata.Empty = NoData
	for _, c := range []struct {
		name   string
		policy Policy
		answer []dns.RR
		action Action
	}{
		{"passed", deny, []dns.RR{fine}, Passed},
		{"withheld", deny, []dns.RR{fine, bad}, Withheld},
		{"servfail", deny, []dns.RR{bad}, Emptied},
		{"nodata", nodata, []dns.RR{bad}, Emptied},
		{"refused", deny, []dns.RR{bad, signature(qname)}, Emptied},
	} {
		r, m := answered(c.answer...)
		r.SetEdns0(1232, c.name == "refused")
		cookie := &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "24a5ac1122334455"}
		ede := &dns.EDNS0_EDE{ExtraText: "dial im:alice@evil.example"}
		o := opt()
		o.Option = []dns.EDNS0{ede, cookie, &dns.EDNS0_LOCAL{Code: dns.EDNS0EDE, Data: []byte("\x00\x00im:alice@evil.example")}}
		m.Extra = []dns.RR{o}
		v := New(apex(t), c.policy).Judge(r, m)
		want := []dns.EDNS0{cookie}
		if c.action == Passed {
			want = o.Option
		}
		if v.Action != c.action || !slices.Equal(v.Msg.IsEdns0().Option, want) || len(o.Option) != 3 || o.Option[0] != ede {
			t.Errorf("%s: %s: %v, before %v", c.name, v.Action, v.Msg.IsEdns0(), o)
		}
	}
}
