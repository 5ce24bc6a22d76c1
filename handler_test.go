package enumim

import (
	"testing"

	"github.com/miekg/dns"
)

// fixture is the zone of section 5.4 of the engineering digest of the standards.
const fixture = `
$ORIGIN 4.4.e164.arpa.
@                    3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300
@                    3600 IN NS  ns1.nic.example.
3.8.0.0.6.9.2.3.6.1   300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
4.8.0.0.6.9.2.3.6.1   300 IN TXT "not in service"
*.1.3.6.9.7.0.2       300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .
5.1.3.6.9.7.0.2       300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .
6.6.7.7              3600 IN NS ns.6.6.7.7
ns.6.6.7.7           3600 IN A 192.0.2.53
i                    3600 IN DNAME 4.4.ienum.example.net.
`

const (
	nodata   = "NOERROR aa\nauthority: 4.4.e164.arpa. 300 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300"
	nxdomain = "NXDOMAIN aa\nauthority: 4.4.e164.arpa. 300 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300"
	referral = "NOERROR\nauthority: 6.6.7.7.4.4.e164.arpa. 3600 IN NS ns.6.6.7.7.4.4.e164.arpa.\nadditional: ns.6.6.7.7.4.4.e164.arpa. 3600 IN A 192.0.2.53"
)

// zoneVectors are D01 to D30 without those about transport; name is relative to the apex.
var zoneVectors = []struct {
	id, name string
	qtype    uint16
	want     string
}{
	{"D01", "3.8.0.0.6.9.2.3.6.1", dns.TypeNAPTR, `NOERROR aa
		answer: 3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`},
	{"D02", "3.8.0.0.6.9.2.3.6.1", dns.TypeA, nodata},
	{"D03", "4.8.0.0.6.9.2.3.6.1", dns.TypeNAPTR, nodata},
	{"D03 TXT", "4.8.0.0.6.9.2.3.6.1", dns.TypeTXT, `NOERROR aa
		answer: 4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 300 IN TXT "not in service"`},
	{"D04", "5.8.0.0.6.9.2.3.6.1", dns.TypeNAPTR, nxdomain},
	{"D05", "8.0.0.6.9.2.3.6.1", dns.TypeNAPTR, nodata},
	{"D06", "6.1", dns.TypeA, nodata},
	{"D06 one label", "1", dns.TypeA, nodata},
	{"D07", "5.6.1", dns.TypeA, nxdomain},
	{"D08", "7.1.3.6.9.7.0.2", dns.TypeNAPTR, `NOERROR aa
		answer: 7.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .`},
	{"D09", "9.8.7.1.3.6.9.7.0.2", dns.TypeNAPTR, `NOERROR aa
		answer: 9.8.7.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .`},
	{"D10", "5.1.3.6.9.7.0.2", dns.TypeNAPTR, `NOERROR aa
		answer: 5.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .`},
	{"D11", "9.5.1.3.6.9.7.0.2", dns.TypeNAPTR, nxdomain},
	{"D12", "1.3.6.9.7.0.2", dns.TypeNAPTR, nodata},
	{"D13", "*.1.3.6.9.7.0.2", dns.TypeNAPTR, `NOERROR aa
		answer: *.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .`},
	{"D14", "2.*.1.3.6.9.7.0.2", dns.TypeNAPTR, nxdomain},
	{"D15", "7.1.3.6.9.7.0.2", dns.TypeTXT, nodata},
	{"D16", "foo.1.3.6.9.7.0.2", dns.TypeNAPTR, `NOERROR aa
		answer: foo.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@ddi.example.net!" .`},
	{"D17", "_im.7.1.3.6.9.7.0.2", dns.TypeURI, nodata},
	{"D18", "_im.3.8.0.0.6.9.2.3.6.1", dns.TypeURI, nxdomain},
	{"D19", "1.3.8.0.0.6.9.2.3.6.1", dns.TypeNAPTR, nxdomain},
	{"D20", "83.0.0.6.9.2.3.6.1", dns.TypeNAPTR, nxdomain},
	{"D21", "3.2.1.6.6.7.7", dns.TypeNAPTR, referral},
	{"D22", "6.6.7.7", dns.TypeNAPTR, referral},
	{"D22 NS", "6.6.7.7", dns.TypeNS, referral},
	{"D23", "6.6.7.7", dns.TypeDS, nodata},
	{"D23 below", "1.6.6.7.7", dns.TypeDS, referral},
	{"D24", "6.7.7", dns.TypeNAPTR, nodata},
	{"D25", "3.2.1.i", dns.TypeNAPTR, `NOERROR aa
		answer: i.4.4.e164.arpa. 3600 IN DNAME 4.4.ienum.example.net.
		answer: 3.2.1.i.4.4.e164.arpa. 3600 IN CNAME 3.2.1.4.4.ienum.example.net.`},
	{"D26", "i", dns.TypeNAPTR, nodata},
	{"D26 DNAME", "i", dns.TypeDNAME, `NOERROR aa
		answer: i.4.4.e164.arpa. 3600 IN DNAME 4.4.ienum.example.net.`},
	{"D27", "", dns.TypeNAPTR, nodata},
	{"D28 SOA", "", dns.TypeSOA, `NOERROR aa
		answer: 4.4.e164.arpa. 3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300`},
	{"D28 NS", "", dns.TypeNS, `NOERROR aa
		answer: 4.4.e164.arpa. 3600 IN NS ns1.nic.example.`},
	{"D29", "5.1.3.6.9.7.0.2", dns.TypeANY, `NOERROR aa
		answer: 5.1.3.6.9.7.0.2.4.4.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:bob@example.com!" .`},
	{"D29 apex", "", dns.TypeANY, `NOERROR aa
		answer: 4.4.e164.arpa. 3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300`},
	{"D29 nodata", "6.1", dns.TypeANY, nodata},
}

func vectorName(name string) string {
	if name != "" {
		name += "."
	}
	return name + "4.4.e164.arpa."
}

func TestZoneAnswers(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	for _, v := range zoneVectors {
		t.Run(v.id, func(t *testing.T) {
			wantReply(t, askHandler(t, e, query1(vectorName(v.name), v.qtype), nil), v.want)
		})
	}
}
