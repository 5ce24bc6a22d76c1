package enumim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

// why is what the tests tell clients.
var why = extended{4, "enumim: R05 \"i\" behind the last delimiter: leave it out"}

// sendFilled sends a reply with what fill adds through the server's own writer, and returns the reply as it
// leaves.
func sendFilled(t *testing.T, r, reply *dns.Msg, remote string, more []dns.RR, why *extended) *dns.Msg {
	t.Helper()
	w := &writer{remote: overUDP}
	if remote == "tcp" {
		w.remote = overTCP
	}
	fill(reply, &request.Request{W: w, Req: r.Copy()}, more, why, dns.MaxMsgSize)
	if err := request.NewScrubWriter(r.Copy(), w).WriteMsg(reply); err != nil {
		t.Fatal(err)
	}
	return w.msgs[0]
}

// kept tells what of additional records and the error a reply has: how many octets of text, -1 for no error.
func kept(m *dns.Msg) (records, text int) {
	text = -1
	for _, record := range m.Extra {
		opt, ok := record.(*dns.OPT)
		if !ok {
			records++
			continue
		}
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				text = len(ede.ExtraText)
			}
		}
	}
	return records, text
}

// At each size that an answer can have below the limit, what is added fits: the reply is not cut, nothing of it
// is lost, the text of the error goes first, then additional records by whole RRsets, fewer the larger the answer
// is, and the error last.
func TestFillAtTheEdge(t *testing.T) {
	more := records(t,
		"_im._sip.example.com. 60 IN SRV 1 1 5060 a.example.com.",
		"_im._sip.example.com. 60 IN SRV 2 1 5060 b.example.com.",
		"a.example.com. 60 IN A 192.0.2.1",
		"a.example.com. 60 IN AAAA 2001:db8::1",
		"b.example.com. 60 IN A 192.0.2.2")
	whole := map[int]bool{0: true, 2: true, 3: true, 4: true, 5: true}
	for _, size := range []int{512, 1232, 4096} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			limit := min(size, maxUDP)
			seen := map[string]bool{}
			last := len(more) + 1
			for pad := range limit {
				r := withOPT(query1(number1, dns.TypeNAPTR), uint16(size), false)
				reply := new(dns.Msg).SetReply(r)
				reply.Answer = records(t, good)
				reply.Ns = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: "pad.example.", Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: split(strings.Repeat("x", pad))}}
				if alone := sendFilled(t, r, reply.Copy(), "udp", nil, nil); alone.Truncated || alone.Len() > limit {
					break
				}
				sent := sendFilled(t, r, reply, "udp", more, &why)
				packed, err := sent.Pack()
				if err != nil || len(packed) > limit || sent.Truncated || len(sent.Answer) != 1 || len(sent.Ns) != 1 || sent.IsEdns0() == nil {
					t.Fatalf("pad %d: error %v, %d octets, sent\n%v", pad, err, len(packed), sent)
				}
				n, text := kept(sent)
				seen[fmt.Sprint(n, " ", text)] = true
				if !whole[n] || n > last || text > 0 && text != len(why.text) || text < 0 && n > 0 {
					t.Fatalf("pad %d: %d records after %d, text of %d octets", pad, n, last, text)
				}
				last = n
			}
			for _, want := range []string{fmt.Sprint("5 ", len(why.text)), "5 0", "0 0", "0 -1"} {
				if !seen[want] {
					t.Errorf("records and text %s: at no size; seen %v", want, seen)
				}
			}
		})
	}
}

// split makes character-strings of a text.
func split(s string) (list []string) {
	for len(s) > 255 {
		list, s = append(list, s[:255]), s[255:]
	}
	return append(list, s)
}

// Over TCP there is room for what does not fit the client's UDP.
func TestFillOverTCP(t *testing.T) {
	var more []dns.RR
	for i := range 100 {
		more = append(more, records(t, fmt.Sprintf("a%d.example.com. 60 IN AAAA 2001:db8::%x", i, i))...)
	}
	r := withOPT(query1(number1, dns.TypeNAPTR), 512, false)
	for remote, want := range map[string]bool{"udp": false, "tcp": true} {
		reply := new(dns.Msg).SetReply(r)
		reply.Answer = records(t, good)
		sent := sendFilled(t, r, reply, remote, more, &why)
		if n, text := kept(sent); n == 0 || n == 100 != want || text >= 0 != want && remote == "tcp" || sent.Truncated {
			t.Errorf("%s: %d records, text of %d octets, truncated %v", remote, n, text, sent.Truncated)
		}
	}
}

// An answer that is too large without anything added is the server's to cut.
func TestFillOfTooLarge(t *testing.T) {
	r := withOPT(query1(number1, dns.TypeNAPTR), 512, false)
	reply := new(dns.Msg).SetReply(r)
	for i := range 20 {
		reply.Answer = append(reply.Answer, records(t, strings.Replace(good, "100 10", fmt.Sprintf("100 %d", i), 1))...)
	}
	sent := sendFilled(t, r, reply, "udp", records(t, "a.example.com. 60 IN A 192.0.2.1"), &why)
	if n, text := kept(sent); n != 0 || text != -1 || !sent.Truncated {
		t.Errorf("sent %v", sent)
	}
}

// The error has room again where records give way.
func TestFillTellsWhereRecordsGiveWay(t *testing.T) {
	more := records(t, "a.example.com. 60 IN A 192.0.2.1")
	for i := range 30 {
		more = append(more, records(t, fmt.Sprintf("a.example.com. 60 IN AAAA 2001:db8::%x", i))...)
	}
	r := withOPT(query1(number1, dns.TypeNAPTR), 512, false)
	reply := new(dns.Msg).SetReply(r)
	reply.Answer = records(t, good)
	sent := sendFilled(t, r, reply, "udp", more, &why)
	if n, text := kept(sent); n != 1 || text != len(why.text) {
		t.Errorf("%d records, text of %d octets", n, text)
	}
}

// Many records are not measured again and again: over UDP there is no room beside them, over TCP there is, up to
// half of what a message can hold.
func TestFillOfManyRecords(t *testing.T) {
	for _, test := range []struct {
		remote string
		n      int
		text   int
	}{{"udp", 113, -1}, {"tcp", 113, len(why.text)}, {"tcp", 300, len(why.text)}, {"tcp", 600, -1}} {
		r := withOPT(query1(number1, dns.TypeNAPTR), 4096, false)
		reply := new(dns.Msg).SetReply(r)
		for i := range test.n {
			reply.Answer = append(reply.Answer, records(t, strings.Replace(good, "100 10", fmt.Sprintf("%d 10", i), 1))...)
		}
		sent := sendFilled(t, r, reply, test.remote, nil, &why)
		if _, text := kept(sent); text != test.text || sent.Truncated != (test.remote == "udp") {
			t.Errorf("%d records over %s: text of %d octets, want %d", test.n, test.remote, text, test.text)
		}
	}
}

// Who has no EDNS gets no OPT (RFC 6891 section 7), and additional records up to 512 octets.
func TestFillWithoutEDNS(t *testing.T) {
	r := query1(number1, dns.TypeNAPTR)
	reply := new(dns.Msg).SetReply(r)
	reply.Answer = records(t, good)
	sent := sendFilled(t, r, reply, "udp", records(t, "a.example.com. 60 IN A 192.0.2.1"), &why)
	if n, _ := kept(sent); n != 1 || sent.IsEdns0() != nil {
		t.Errorf("sent %v", sent)
	}
}

// What others put into the additional section stays, their Extended DNS Errors too; records come before the
// OPT, and a TSIG stays last (RFC 8945 section 5.1).
func TestFillKeepsWhatIsThere(t *testing.T) {
	r := withOPT(query1(number1, dns.TypeNAPTR), 1232, true)
	reply := new(dns.Msg).SetReply(r)
	reply.Answer = records(t, good)
	reply.Extra = records(t, "ns.example. 60 IN A 192.0.2.9")
	reply.SetEdns0(4096, true)
	opt := reply.IsEdns0()
	opt.Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 3, ExtraText: "stale"}}
	tsig := &dns.TSIG{Hdr: dns.RR_Header{Name: "key.", Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: dns.HmacSHA256}
	reply.Extra = append(reply.Extra, tsig)
	w := &writer{}
	if !fill(reply, &request.Request{W: w, Req: r}, records(t, "a.example.com. 60 IN A 192.0.2.1"), &why, dns.MaxMsgSize) {
		t.Error("nothing was added")
	}
	wantReply(t, &dns.Msg{MsgHdr: reply.MsgHdr, Answer: reply.Answer, Extra: reply.Extra[:3]}, `NOERROR
		answer: `+good+`
		additional: ns.example. 60 IN A 192.0.2.9
		additional: a.example.com. 60 IN A 192.0.2.1
		ede: 3 stale
		ede: 4 `+why.text)
	if len(reply.Extra) != 4 || reply.Extra[3] != dns.RR(tsig) || len(opt.Option) != 1 {
		t.Errorf("sent %v; the OPT that was there: %v", reply, opt)
	}
	if fill(reply, &request.Request{W: w, Req: r}, nil, &why, dns.MaxMsgSize) {
		t.Errorf("said twice: %v", reply)
	}
}

// A new OPT does not come behind a TSIG either.
func TestFillBeforeTSIG(t *testing.T) {
	r := withOPT(query1(number1, dns.TypeNAPTR), 1232, true)
	reply := new(dns.Msg).SetReply(r)
	tsig := &dns.TSIG{Hdr: dns.RR_Header{Name: "key.", Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: dns.HmacSHA256}
	reply.Extra = []dns.RR{tsig}
	fill(reply, &request.Request{W: &writer{}, Req: r}, nil, &why, dns.MaxMsgSize)
	if len(reply.Extra) != 2 || reply.Extra[1] != dns.RR(tsig) || reply.Extra[0].Header().Rrtype != dns.TypeOPT {
		t.Errorf("sent %v", reply)
	}
}

// A reply that was cut before gets no records: the client asks again.
func TestFillOfCutReply(t *testing.T) {
	e := startElsewhere(t, append([]string{number0 + ` 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@example.com!" .`}, example...)...)
	_, tcp := addresses(startServer(t, fmt.Sprintf(".:0 {\n bind 127.0.0.1\n enumim e164.arpa {\n inspect annotate\n additional srv wait 1s\n }\n forward . %s\n}", e.addr)))
	for _, cut := range []bool{true, false} {
		e.set(func() { e.alter = func(r, m *dns.Msg) { m.Truncated = cut && r.Question[0].Qtype == dns.TypeNAPTR } })
		if m := exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)); m.Truncated != cut || len(m.Extra) > 0 == cut {
			t.Errorf("cut %v: got %v", cut, m)
		}
	}
}

// With nothing to add a reply stays as it is.
func TestFillNothing(t *testing.T) {
	r := query1(number1, dns.TypeNAPTR)
	reply := new(dns.Msg).SetReply(r)
	if fill(reply, &request.Request{W: &writer{}, Req: r}, nil, &why, dns.MaxMsgSize) || fill(reply, &request.Request{W: &writer{}, Req: r}, nil, nil, dns.MaxMsgSize) || reply.Extra != nil {
		t.Errorf("added %v", reply.Extra)
	}
}

// In observe the client hears nothing, whatever the judge has to say.
func TestObserveAddsNothing(t *testing.T) {
	for mode, want := range map[guard.Mode]int{guard.Observe: -1, guard.Annotate: 11, guard.Enforce: 11} {
		g := inspecting(mode, stub{judge: func(_, m *dns.Msg) guard.Verdict {
			return guard.Verdict{Msg: m, Action: guard.Told, EDE: guard.EDE{Text: "enumim: R05"}}
		}}, answering(t, good))
		r := askHandler(t, g, withOPT(query1(number1, dns.TypeNAPTR), 1232, false), nil)
		if _, text := kept(r); text != want {
			t.Errorf("mode %d: sent %v", mode, r)
		}
	}
}
