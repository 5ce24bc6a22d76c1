package test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

const untouchedApex = "5.5.5.2.0.2.1.e164.arpa."

// untouchedZone is a tree of everything that a guard leaves alone.
const untouchedZone = `$ORIGIN 5.5.5.2.0.2.1.e164.arpa.
@ 3600 IN SOA ns.example.net. hm.example.net. 1 7200 900 1209600 300
@ 3600 IN NS ns.example.net.
0.0.1 3600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .
0.0.1 3600 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:user@example.com!" .
0.0.1 3600 IN TXT "beside NAPTR"
1.0.1 3600 IN CNAME 2.0.1
2.0.1 3600 IN CNAME 0.0.1
3.0.1 3600 IN CNAME 9.9.9.example.org.
4.0.1 3600 IN CNAME 8.8.8.8
5.0.1 3600 IN DNAME 0.1
2 3600 IN NS ns1.2
2 3600 IN NS ns2.example.net.
ns1.2 3600 IN A 192.0.2.1
ns1.2 3600 IN AAAA 2001:db8::1
0.3 3600 IN NAPTR 100 10 "s" "SIP+D2U" "" _sip._udp.example.com.
0.3 3600 IN NAPTR 100 20 "s" "SIPS+D2T" "" _sips._tcp.example.com.
1.3 3600 IN NAPTR 100 10 "a" "ldap+D2T" "" host.example.com.
0.0.4 3600 IN TXT "no NAPTR"
*.5 3600 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:any@example.com!" .
`

// TestGuardUntouched compares replies through a guard that enforces everything it can with those that the
// same server gives without it, octet by octet but for the id.
func TestGuardUntouched(t *testing.T) {
	needs(t, "nsd")
	nsd := startNSD(t, map[string]string{untouchedApex: write(t, t.TempDir(), "zone", untouchedZone)})
	plain := startEnumim(t, "forward . "+nsd.address)
	const lines = "inspect enforce\nrepair\nallow_domains example.com\nservices im sip\nclients strict"
	for name, block := range map[string]string{
		"guard":  "enumim_guard e164.arpa {\n" + lines + "\n}\n",
		"enumim": "enumim e164.arpa {\n" + lines + "\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			through := startEnumim(t, block+"forward . "+nsd.address)
			compared := 0
			for _, name := range []string{
				"0.0.1", "1.0.1", "2.0.1", "3.0.1", "4.0.1", "5.0.1", "0.5.0.1", "9.0.5.0.1", // records, CNAME, DNAME
				"2", "7.2", "7.7.7.2", "ns1.2", // referrals
				"0.3", "1.3", // other applications
				"0.1", "1", "0.4", "0.0.4", // NODATA
				"9", "9.9", "9.0.0.1", "", "1.5", "8.7.5", // NXDOMAIN, the apex, a wildcard
			} {
				owner := strings.TrimPrefix(name+"."+untouchedApex, ".")
				for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeANY, dns.TypeA, dns.TypeTXT, dns.TypeSOA, dns.TypeNS, dns.TypeDS} {
					for _, size := range []uint16{0, 512, 1232, 4096} {
						for _, do := range []bool{false, size > 0} {
							for _, tcp := range []bool{false, true} {
								q := &question{name: owner, qtype: qtype, class: dns.ClassINET, rd: true, edns: size > 0, size: size, do: do, tcp: tcp, cd: do && tcp}
								want, got := octets(t, plain, q), octets(t, through, q)
								if !bytes.Equal(want, got) {
									t.Errorf("%v:\nwithout the guard %x\nwith it           %x", q, want, got)
								}
								compared++
							}
						}
					}
				}
			}
			if compared < 1000 {
				t.Errorf("%d replies compared", compared)
			}
		})
	}
}

// TestGuardElsewhere asks for bad records at names, in classes and with types that are not inspected: they
// pass as they are.
func TestGuardElsewhere(t *testing.T) {
	up := startUpstream(t, answers(t, func(r, m *dns.Msg) {
		m.Answer = append(m.Answer, naptrRR(r.Question[0].Name, 10, "E2U+im", "sip:planted@example.com"))
	}))
	plain := startEnumim(t, "forward . "+up.address)
	through := startEnumim(t, "enumim_guard 4.4.e164.arpa {\ninspect enforce\n}\nenumim 9.4.e164.arpa e164.example.net {\ninspect enforce 9.4.e164.arpa\n}\nforward . "+up.address)
	for _, c := range []struct {
		name    string
		guarded bool
	}{
		{"3.6.1.4.4.e164.arpa.", true}, {"4.4.E164.ARPA.", true}, {"1.9.4.e164.arpa.", true},
		{"1.5.4.e164.arpa.", false}, {"1.4.4.e164.example.net.", false}, {"14.4.e164.arpa.", false}, {"example.com.", false}, {".", false},
	} {
		q := &question{name: c.name, qtype: dns.TypeNAPTR, class: dns.ClassINET, edns: true, size: maxUDP}
		same := bytes.Equal(octets(t, plain, q), octets(t, through, q))
		if same == c.guarded {
			t.Errorf("%s: untouched: %v, inspected: %v", c.name, same, c.guarded)
		}
	}
	// What nobody asked for NAPTR records is not looked at.
	for _, q := range []*question{
		{name: "3.6.1.4.4.e164.arpa.", qtype: dns.TypeA, class: dns.ClassINET, edns: true, size: maxUDP},
		{name: "3.6.1.4.4.e164.arpa.", qtype: dns.TypeTXT, class: dns.ClassINET, tcp: true},
	} {
		if want, got := octets(t, plain, q), octets(t, through, q); !bytes.Equal(want, got) {
			t.Errorf("%v: without the guard %x, with it %x", q, want, got)
		}
	}
	p := guarded(t, through, "3.6.1.4.4.e164.arpa.")
	if p.rcode != dns.RcodeServerFailure || fmt.Sprint(p.ede()) == "[]" {
		t.Errorf("got %v %q", p, p.ede())
	}
}
