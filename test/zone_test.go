package test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// zone is a zone file under construction.
type zone struct {
	apex   string // with the final dot
	random *rand.Rand
	text   strings.Builder
	names  []string // of owners and of targets, fully qualified
	ttl    int
}

// full completes a name that is relative to the apex.
func (z *zone) full(name string) string {
	switch {
	case name == "" || name == "@":
		return z.apex
	case strings.HasSuffix(name, ".") && !strings.HasSuffix(name, `\.`):
		return name
	}
	return name + "." + z.apex
}

// add writes one record. Every RRset has a TTL of its own, unless one is stated in rdata's stead.
func (z *zone) add(owner, typ, rdata string) {
	z.names = append(z.names, z.full(owner))
	fmt.Fprintf(&z.text, "%s %d IN %s %s\n", z.full(owner), z.ttl, typ, rdata)
}

// next begins an RRset: another TTL.
func (z *zone) next() { z.ttl = 60 + (z.ttl+61)%7000 }

func (z *zone) set(owner, typ string, rdata ...string) {
	z.next()
	for _, one := range rdata {
		z.add(owner, typ, one)
	}
}

// naptr writes n NAPTR records.
func (z *zone) naptr(owner string, n int) {
	z.next()
	for i := range n {
		services := []string{"E2U+sip", "E2U+im", "E2U+voice:tel+sip", "E2U+email:mailto", "e2u+XMPP"}[i%5]
		regexp := []string{
			fmt.Sprintf(`!^.*$!im:user%d@example.com!`, i),
			`!^\\+44(.*)$!sip:0\\1@gw.example.net!`,
			`!^(\\+.*)$!sip:\\1@example.com;q=\"0\"!`,
			`/^.*$/mailto:info\195\169@example.com/`,
			`!^.*$!xmpp:` + strings.Repeat("x", i) + `@example.org!i`,
		}[i%5]
		z.add(owner, "NAPTR", fmt.Sprintf(`%d %d "u" "%s" "%s" .`, 100+i/7, 10*(i%7), services, regexp))
	}
}

// sample is RDATA of a type that has no other part in the zone.
type sample struct{ typ, rdata string }

// samples are of the types that NSD, Knot and miekg/dns know, and of some that they do not.
var samples = []sample{
	{"A", "192.0.2.1"}, {"A", "192.0.2.2"}, {"AAAA", "2001:db8::1"},
	{"HINFO", `"PDP-11" "UNIX"`}, {"MINFO", "resp.example.com. err.example.com."},
	{"MB", "host.example.com."}, {"MG", "host.example.com."}, {"MR", "host.example.com."},
	{"PTR", "Host.Example.COM."}, {"RP", "admin.example.com. txt.example.com."},
	{"AFSDB", "1 afs.example.com."}, {"X25", "311061700956"}, {"ISDN", `"150862028003217" "004"`},
	{"RT", "10 relay.example.com."}, {"PX", "50 px1.example.com. px2.example.com."},
	{"KX", "10 kx.example.com."},
	{"LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"},
	{"CERT", "1 12345 8 MTIzNDU2Nzg5MA=="}, {"APL", "1:192.0.2.0/24 !1:192.0.2.64/28 2:2001:db8::/32"},
	{"SSHFP", "4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789"},
	{"IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="},
	{"DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
	{"TLSA", "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	{"SMIMEA", "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	{"OPENPGPKEY", "AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="},
	{"CSYNC", "66 3 A NS AAAA"}, {"SPF", `"v=spf1 -all"`},
	{"NID", "10 0014:4fff:ff20:ee64"}, {"L32", "10 192.0.2.50"}, {"L64", "10 2001:0db8:1140:1000"},
	{"LP", "10 l64.example.com."}, {"EUI48", "00-00-5e-00-53-2a"}, {"EUI64", "00-00-5e-ef-10-00-00-2a"},
	{"CAA", `0 issue "ca.example.net"`}, {"CAA", `128 iodef "mailto:security@example.com"`},
	{"URI", `10 1 "im:user@example.com"`}, {"URI", `20 1 "https://example.com/\"quoted\"?a=b;c"`},
	{"DS", "60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"},
	{"CDS", "60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"},
	{"DNSKEY", "256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="},
	{"CDNSKEY", "256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="},
	{"SVCB", "1 svc.example.com. alpn=h2 port=8443"}, {"HTTPS", "0 svc.example.com."},
	{"ZONEMD", "2026112201 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	{"KEY", "256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="},
	{"MX", "10 mail.example.com."}, {"SRV", "0 5 5060 sip.example.com."}, {"TXT", `"a" "b;c" "\000\255\"" ""`},
	// In the form of RFC 3597, since one of the servers does not know the mnemonic.
	{"TYPE3", `\# 3 01 61 00`}, {"TYPE4", `\# 3 01 61 00`}, // MD, MF
	{"TYPE10", `\# 4 00 ff 0a 0d`}, // NULL
	{"TYPE22", `\# 5 47 00 05 80 01`}, {"TYPE31", `\# 2 0102`}, {"TYPE32", `\# 2 0102`},
	{"TYPE40", `\# 3 010203`}, {"TYPE55", `\# 8 02 02 0002 aabb ccdd`}, {"TYPE56", `\# 3 02 6e 69`}, {"TYPE57", `\# 6 010103080000`},
	{"TYPE58", `\# 6 0161000162 00`}, {"TYPE100", `\# 3 026869`}, {"TYPE23", `\# 3 01 61 00`}, {"TYPE101", `\# 4 000003e8`}, {"TYPE102", `\# 4 00000064`},
	{"TYPE258", `\# 3 02 6869`}, {"TYPE260", `\# 6 0a01c0000201`}, {"TYPE261", `\# 4 03 6b 65 79`},
	{"TYPE32769", `\# 6 0001 0d 02 abcd`},
	{"TYPE65280", `\# 4 c0000201`}, {"TYPE65281", `\# 0`}, {"TYPE65534", `\# 1 ff`}, {"TYPE1000", `\# 3 c0 0c 00`},
}

// long returns a text of n octets that does not repeat itself.
func (z *zone) long(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[z.random.IntN(len(letters))]
	}
	return string(b)
}

// richZone writes a zone with everything that a zone of numbers can have, and some that none has.
// others are names of a second zone that the same servers serve.
func richZone(apex string, seed uint64, others ...string) *zone {
	z := &zone{apex: apex, random: rand.New(rand.NewPCG(seed, 1)), ttl: 300}
	z.frame()
	z.numbers()
	z.types()
	z.aliases(others)
	z.renames(others)
	z.wildcards()
	z.delegations()
	z.spellings()
	return z
}

// frame writes what stands at the apex. MINIMUM is lower than the TTL of the SOA, as RFC 2308 wants.
func (z *zone) frame() {
	z.ttl = 3600
	z.add("@", "SOA", "ns1."+z.apex+" hostmaster.example.net. 2026112201 7200 900 1209600 300")
	z.set("@", "NS", "ns1."+z.apex, "ns2."+z.apex, "ns.example.net.")
	z.set("@", "TXT", `"the apex"`)
	z.set("@", "MX", "10 mail."+z.apex, "20 mail.example.net.")
	z.naptr("@", 2)
	z.set("ns1", "A", "192.0.2.10", "192.0.2.11")
	z.set("ns1", "AAAA", "2001:db8::10")
	z.set("ns2", "AAAA", "2001:db8::11")
	z.set("mail", "A", "192.0.2.12")
}

// numbers writes ENUM domains: few and many records, and sets that fit no datagram.
func (z *zone) numbers() {
	for n := 1; n <= 30; n++ {
		z.naptr(fmt.Sprintf("%d.%d.0.1", n%10, n/10), n)
	}
	for range 40 { // neighbours at random, some of them below others
		digits := make([]string, 3+z.random.IntN(5))
		for i := range digits {
			digits[i] = fmt.Sprint(z.random.IntN(3))
		}
		if name := strings.Join(digits, ".") + ".1.1"; !slices.Contains(z.names, z.full(name)) {
			z.naptr(name, 1+z.random.IntN(3))
		}
	}
	z.naptr("1.2.3.4.5.6.7.8.1.2.1", 1) // 15 digits below 4.4, and beyond
	z.naptr("1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.2.1", 1)
	z.set("1.5.1", "TXT", `"a number without NAPTR"`)
	for i, size := range []int{380, 420, 460, 500, 900, 1100, 1150, 1200, 1250, 2000, 5000, 20000} {
		var strings []string
		for left := size; left > 0; left -= 200 {
			strings = append(strings, `"`+z.long(min(left, 200))+`"`)
		}
		for chunk := range (len(strings) + 9) / 10 {
			if chunk == 0 {
				z.next()
			}
			text := ""
			for _, s := range strings[chunk*10 : min(len(strings), chunk*10+10)] {
				text += s + " "
			}
			z.add(fmt.Sprintf("%d.%d.6.1", i%10, i/10), "TXT", text)
		}
	}
	z.naptr("0.7.1", 3)
	z.set("0.7.1", "TXT", `"beside NAPTR"`)
	z.set("0.7.1", "A", "192.0.2.20")
	z.set("1.7.1", "NAPTR", `65535 65535 "" "" "" next.example.com.`, `0 0 "" "" "" 9.8.0.1.`+z.apex, `1 1 "x9" "E2U+\"\000" "\255" .`)
	z.set("_sip._tcp.1.7.1", "SRV", "0 0 5060 ns1."+z.apex, "10 0 5060 sip.example.com.", "5 0 5060 nowhere."+z.apex, "7 0 1 .")
	z.set("_im._sip.1.7.1", "URI", `0 0 "im:user@example.com"`)
	z.set("2.7.1", "MX", "10 ns1."+z.apex, "20 ns2."+z.apex, "30 1.0.2."+z.apex, "40 7.3.3.2."+z.apex, "50 nowhere."+z.apex, "60 ns.0.4."+z.apex)
	z.set("3.7.1", "SRV", "0 0 5060 NS1."+strings.ToUpper(z.apex), "0 0 5061 ns1."+z.apex)
	z.set("4.7.1", "KX", "10 ns1."+z.apex)
	z.set("5.7.1", "AFSDB", "1 ns1."+z.apex)
	z.set("6.7.1", "RT", "1 ns1."+z.apex)
	z.set("7.7.1", "NAPTR", `1 1 "a" "SIP+D2U" "" ns1.`+z.apex, `1 1 "s" "SIP+D2T" "" _sip._tcp.1.7.1.`+z.apex)
	z.set("8.7.1", "SVCB", "1 ns1."+z.apex+" port=5061", "2 . port=5062")
	z.set("9.7.1", "PTR", "ns1."+z.apex)
}

// types gives each sample a name of its own, and puts all beside each other.
func (z *zone) types() {
	last := ""
	for i, s := range samples {
		if s.typ != last {
			z.next()
		}
		last = s.typ
		z.add(fmt.Sprintf("type%d.8.1", i), s.typ, s.rdata)
		if s.typ != "DS" {
			z.add("all.8.1", s.typ, s.rdata)
		}
		if _, length, generic := strings.Cut(s.rdata, `\# `); generic && length != "0" {
			z.add("generic.8.1", s.typ, s.rdata)
		}
	}
	wire := "0a 00 02 " + hex.EncodeToString([]byte("ns"))
	z.set("mix.8.1", "TYPE65400", `\# 5 `+wire)
	z.set("mix.8.1", "TXT", `plain`, `"two" strings`)
}

// forKnot returns the zone file with the types whose mnemonics Knot does not know in the form of RFC
// 3597.
func (z *zone) forKnot(tb testing.TB) string {
	tb.Helper()
	var out strings.Builder
	for line := range strings.Lines(z.text.String()) {
		switch strings.Fields(line)[3] {
		case "MB", "MG", "MR", "X25", "ISDN", "PX":
			rr, err := dns.NewRR(line)
			if err != nil {
				tb.Fatal(err)
			}
			generic := new(dns.RFC3597)
			if err := generic.ToRFC3597(rr); err != nil {
				tb.Fatal(err)
			}
			line = strings.Replace(generic.String(), "CLASS1", "IN", 1) + "\n" // nor CLASS1
		}
		out.WriteString(line)
	}
	return out.String()
}
