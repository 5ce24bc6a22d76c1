package enumim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// A cache in front keeps what came along, and gives it to each client, none of whom asks again over TCP for its
// sake: not where the first to ask has more room than the next, and not with letters in another case, which
// compress worse.
func TestAdditionalBehindCache(t *testing.T) {
	const passing = number0 + ` 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .`
	var large []string
	for i := range 4 {
		host := fmt.Sprintf("a-rather-long-host-name-%d.example.com.", i)
		large = append(large, "_im._sip.example.com. 300 IN SRV 10 1 5060 "+host, "_im._xmpp.example.com. 300 IN SRV 10 1 5269 "+host)
		for j := range 3 {
			large = append(large, fmt.Sprintf("%s 300 IN A 192.0.2.%d", host, j), fmt.Sprintf("%s 300 IN AAAA 2001:db8::%d", host, j))
		}
	}
	const inspecting = ".:0 {\n bind 127.0.0.1\n cache\n enumim e164.arpa {\n inspect annotate\n additional srv wait 1s\n }\n forward . %s\n}"
	for id, zone := range map[string][]string{"small": example, "large": large} {
		for own, answers := range map[bool]int{true: 3, false: 1} {
			t.Run(fmt.Sprintf("%s, own %t", id, own), func(t *testing.T) {
				e := startElsewhere(t, append([]string{passing}, zone...)...)
				corefile := fmt.Sprintf(inspecting, e.addr)
				if own {
					corefile = additionalCorefile(shelve(t, newMemory(t, "e164.arpa", numbers)), e, "additional srv wait 1s", "cache")
				}
				udp, tcp := addresses(startServer(t, corefile))
				first := broughtAlong(exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)))
				if len(first) == 0 && id == "small" {
					t.Error("the test shows nothing")
				}
				for _, r := range []*dns.Msg{
					query1(number0, dns.TypeNAPTR), query1(strings.ToUpper(number0), dns.TypeNAPTR),
					withOPT(query1(number0, dns.TypeNAPTR), 512, false), withOPT(query1(number0, dns.TypeNAPTR), 1232, false),
				} {
					got, octets := measured(t, udp, r)
					if got.Truncated || len(got.Answer) != answers || octets > dns.MinMsgSize && r.IsEdns0() == nil {
						t.Errorf("%d octets: %v", octets, got)
					}
					wantExtra(t, got, first...)
				}
			})
		}
	}
}

// What the cache plugin refreshes in the background, for no client, is no larger than what it keeps for others.
func TestFillForCache(t *testing.T) {
	var more []string
	for i := range 20 {
		more = append(more, fmt.Sprintf("a%d.example.com. 60 IN AAAA 2001:db8::%x", i, i))
	}
	r := query1(number1, dns.TypeNAPTR)
	for most, whole := range map[int]bool{maxCourtesy: false, dns.MaxMsgSize: true} {
		reply := new(dns.Msg).SetReply(r)
		reply.Answer = records(t, good)
		fill(reply, &request.Request{W: &background{}, Req: r}, records(t, more...), nil, most)
		reply.Compress = true
		if n := reply.Len(); n+optLen > most || len(reply.Extra) == 0 || len(reply.Extra) == len(more) != whole {
			t.Errorf("%d records, %d octets of %d", len(reply.Extra), n, most)
		}
	}
}
