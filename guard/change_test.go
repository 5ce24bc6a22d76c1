package guard

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// Clients read the records of an answer as one set, whatever their owner: where there are several RRsets none gets
// other ranks, nor twins that take calls from another.
func TestSeveralOwners(t *testing.T) {
	message, call := naptrRR("E2U+im", "!^.*$!im:alice@example.com!"), naptrRR("E2U+sip", "!^.*$!sip:boss@example.com!")
	call.Header().Name = "other.example."
	call.(*dns.NAPTR).Order = 200
	p := Policy{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP}}
	r, m := answered(message, call)
	if v := New(apex(t), p).Judge(r, m); v.Msg != m {
		t.Errorf("%s: %v", v.Action, v.Msg.Answer)
	}
	p.Services = []enumservice.Service{{Type: "im"}, {Type: "sip"}}
	both := naptrRR("E2U+im+pres", "!^.*$!im:alice@example.com!")
	if v := New(apex(t), p).Judge(answered(both, call)); written(v.Msg.Answer) != "E2U+im !^.*$!im:alice@example.com!, E2U+sip !^.*$!sip:boss@example.com!" {
		t.Errorf("services to keep: %s: %v", v.Action, v.Msg.Answer)
	}
}

// Records of one set that live for different times get the least, to be cached as one (RFC 2181 section
// 5.2): that of records that are sent.
func TestMixedTTL(t *testing.T) {
	a, b, bad := naptrRR("E2U+im", "!^.*$!im:alice@example.com!"), naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+sip", "!^.*$!sip:!")
	a.Header().Ttl, b.Header().Ttl, bad.Header().Ttl = 300, 60, 0
	b.(*dns.NAPTR).Preference = 20
	v := New(apex(t), Policy{Mode: Enforce, Repair: true}).Judge(answered(a, b))
	if v.Action != Repaired || v.Msg.Answer[0].Header().Ttl != 60 || v.Msg.Answer[1] != b {
		t.Errorf("nothing but TTLs: %s: %v", v.Action, v.Msg.Answer)
	}
	r, m := answered(a, b, bad)
	v = New(apex(t), Policy{Mode: Enforce, Repair: true}).Judge(r, m)
	if len(v.Msg.Answer) != 2 || v.Msg.Answer[0].Header().Ttl != 60 || v.Msg.Answer[1].Header().Ttl != 60 || a.Header().Ttl != 300 {
		t.Errorf("%v", v.Msg.Answer)
	}
	mendable := naptrRR("E2U+SIP", "/^.*$/sip:alice@example.com/i") // its URI is not to live any longer
	mendable.Header().Ttl = 30
	for _, clients := range []enumservice.Clients{0, enumservice.AllClients} {
		v = New(apex(t), Policy{Mode: Enforce, Repair: true, Clients: clients}).Judge(answered(a, mendable))
		if v.Action != Repaired || len(v.Msg.Answer) != 2 || v.Msg.Answer[0].Header().Ttl != 30 || v.Msg.Answer[1].Header().Ttl != 30 {
			t.Errorf("clients %v: %s: %v", clients, v.Action, v.Msg.Answer)
		}
	}
	if v = New(apex(t), Policy{Mode: Enforce}).Judge(answered(a, b)); v.Action != Passed || !tells(v, "T03") {
		t.Errorf("without repair: %s: %v", v.Action, v.Counts)
	}
	if v = New(apex(t), Policy{Mode: Enforce, Rules: map[string]enumservice.Severity{"T03": enumservice.Error}}).Judge(answered(a, b)); v.Action != Emptied {
		t.Errorf("named: %s", v.Action)
	}
}
