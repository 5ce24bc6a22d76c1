package enumim

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// amplifier is a zone with all that makes replies large. Its names are those to ask for.
func amplifier() (zone string, names []string) {
	var b strings.Builder
	b.WriteString("$ORIGIN 4.4.e164.arpa.\n$TTL 60\n@ SOA ns1 hm 1 7200 900 1209600 300\n")
	add := func(name, format string, n int) {
		names = append(names, vectorName(name))
		for i := range n {
			b.WriteString(name + " " + strings.ReplaceAll(format, "~", fmt.Sprintf("%02d", i)) + "\n")
		}
	}
	const sip = `NAPTR 100 ~ "u" "E2U+sip" "!^.*$!sip:+441632960083@gw~.example.net!" .`
	for i, n := range []int{1, 2, 5, 8, 12, 25, 60} {
		add(fmt.Sprintf("%d.8.0.0.6.9.2.3.6.1", i), sip, n)
	}
	add("7.8.0.0.6.9.2.3.6.1", `NAPTR 100 ~ "u" "E2U+web:http" "!^.*$!http://www.example.com/`+strings.Repeat("a", 200)+`!" .`, 5)
	add("9", sip, 9)
	add("0", sip, 4) // fits 512 octets, and is more than ten times its query
	add("txt", `TXT "~`+strings.Repeat("a", 240)+`" "`+strings.Repeat("b", 240)+`" "`+strings.Repeat("c", 240)+`"`, 1)
	add("many", `TXT "~`+strings.Repeat("a", 60)+`"`, 30)
	add("mx", "MX 10 host~", 13)
	add("srv", "SRV 10 10 5060 host~", 13)
	add("type", `TYPE65280 \# 1100 `+strings.Repeat("00", 1100), 1)
	add("@", "NS host~", 13)
	for i := range 13 {
		fmt.Fprintf(&b, "host%02d A 192.0.2.1\nhost%02d A 192.0.2.2\nhost%02d AAAA 2001:db8::1\nhost%02d AAAA 2001:db8::2\n", i, i, i, i)
	}
	add("6.6.7.7", "NS ns~.6.6.7.7", 13)
	for i := range 13 {
		fmt.Fprintf(&b, "ns%02d.6.6.7.7 A 192.0.2.1\nns%02d.6.6.7.7 AAAA 2001:db8::1\n", i, i)
	}
	add("5.6.7.7", "NS ns~.example.net.", 4)
	for _, cut := range []string{"6.6.7.7", "5.6.7.7"} {
		for i := range 4 {
			fmt.Fprintf(&b, "%s DS %d 13 4 %s\n", cut, i, strings.Repeat("00", 48))
		}
	}
	long := strings.Repeat("a", 60)
	for i := range 9 {
		fmt.Fprintf(&b, "%s%d CNAME %s%d\n", long, i, long, i+1)
	}
	add("i", "DNAME "+long+"."+long+".example.net.", 1)
	names[slices.Index(names, vectorName("@"))] = "4.4.e164.arpa."
	return b.String(), append(names, vectorName(long+"0"), vectorName("3.2.1.i"), vectorName("3.2.6.6.7.7"), vectorName("3.2.5.6.7.7"),
		vectorName("8.0.0.6.9.2.3.6.1"), vectorName("5.5.5"))
}

// startAmplifier serves the zone behind the plugins of front, and returns the addresses of the server.
func startAmplifier(t *testing.T, options, front string) (udp, tcp string, names []string) {
	t.Helper()
	zone, names := amplifier()
	path := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(path, []byte(zone), 0o600); err != nil {
		t.Fatal(err)
	}
	udp, tcp = addresses(startServer(t, fmt.Sprintf("4.4.e164.arpa:0 {\n bind 127.0.0.1\n %s\n enumim {\n backend file %s\n %s\n }\n}", front, path, options)))
	return udp, tcp, names
}

// rawExchange sends a query over UDP, and returns it and the reply as they were on the wire.
func rawExchange(t *testing.T, conn net.Conn, r *dns.Msg) (query, reply []byte) {
	t.Helper()
	query, err := r.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(query); err != nil {
		t.Fatal(err)
	}
	reply = make([]byte, dns.MaxMsgSize)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := conn.Read(reply)
	if err != nil {
		t.Fatalf("%s: %v", r.Question[0].String(), err)
	}
	return query, reply[:n]
}

// Whoever forges the address of a victim gains no more than ten times what he sends, whatever he asks for. A reply that
// is cut is hardly larger than the query.
func TestAmplification(t *testing.T) {
	udp, tcp, names := startAmplifier(t, "", "")
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	most, mostCut, largest := map[uint16]float64{}, 0.0, 0
	asked, cut := 0, 0
	for _, name := range names {
		for _, qtype := range []uint16{
			dns.TypeA, dns.TypeNS, dns.TypeCNAME, dns.TypeSOA, dns.TypePTR, dns.TypeHINFO, dns.TypeMX, dns.TypeTXT, dns.TypeAAAA, dns.TypeSRV,
			dns.TypeNAPTR, dns.TypeDNAME, dns.TypeDS, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeDNSKEY, dns.TypeCAA, dns.TypeURI, 65280,
			dns.TypeANY, dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILB, dns.TypeOPT, 0,
		} {
			for _, size := range []uint16{0, 512, 1232, 4096, 65535} {
				r := query1(name, qtype)
				if size > 0 {
					withOPT(r, size, size == 4096)
				}
				query, reply := rawExchange(t, conn, r)
				asked++
				factor := float64(len(reply)) / float64(len(query))
				most[qtype], largest = max(most[qtype], factor), max(largest, len(reply))
				if factor > 10 {
					t.Errorf("%s %s, size %d: %d octets for %d", name, dns.Type(qtype), size, len(reply), len(query))
				}
				if reply[2]&2 != 0 { // TC
					cut++
					mostCut = max(mostCut, factor)
				}
			}
		}
	}
	t.Logf("%d queries; at most %.1f of ANY, %.1f of NAPTR, %.1f of TXT, %.1f of NS; %d octets; %d were cut, at most %.2f",
		asked, most[dns.TypeANY], most[dns.TypeNAPTR], most[dns.TypeTXT], most[dns.TypeNS], largest, cut, mostCut)
	if mostCut > 1.2 || cut == 0 {
		t.Errorf("%d replies were cut, at most %.2f times their queries", cut, mostCut)
	}
	// What is cut over UDP is whole over TCP.
	if got := exchange(t, "tcp", tcp, query1(names[6], dns.TypeNAPTR)); len(got.Answer) != 60 || got.Truncated {
		t.Errorf("over TCP: got %d records, TC %t", len(got.Answer), got.Truncated)
	}
}

// Records beside the question, whose names take more room unpacked than they did on the wire, buy no larger reply.
func TestAmplificationByRecordsInTheQuery(t *testing.T) {
	udp, _, names := startAmplifier(t, "", "")
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, name := range names {
		for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeTXT, dns.TypeNS, dns.TypeMX, 65280} {
			r := query1(name, qtype)
			r.Compress = true
			self := func() []dns.RR {
				return []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: name}}
			}
			r.Answer, r.Ns, r.Extra = self(), self(), self()
			withOPT(r, 4096, true)
			if query, reply := rawExchange(t, conn, r); len(reply) > 10*len(query) {
				t.Errorf("%s %s: %d octets for %d", name, dns.Type(qtype), len(reply), len(query))
			}
		}
	}
}

// A name that is escaped as text counts as it is on the wire.
func TestAskedIsNeverMore(t *testing.T) {
	for _, name := range []string{
		"e164.arpa.", number0, `\000\001\255.e164.arpa.`, `a\.b\\c.e164.arpa.`, strings.Repeat(`\200`, 63) + ".e164.arpa.",
	} {
		for _, r := range []*dns.Msg{query1(name, dns.TypeNAPTR), withOPT(query1(name, dns.TypeNAPTR), 1232, true)} {
			wire, err := r.Pack()
			if err != nil {
				t.Fatal(err)
			}
			if got := asked(name, r.IsEdns0()); got > len(wire) || got < len(wire) {
				t.Errorf("%s: %d octets, want %d", name, got, len(wire))
			}
		}
	}
}

// The bound is met by compression before it is by TC: eight records of a usual size are answered to whoever has room for
// them, more than that over TCP, or where addresses are not forged.
func TestAmplificationLeavesUsualAnswers(t *testing.T) {
	for options, counts := range map[string]map[int]int{
		"":                {0: 1, 1: 2, 2: 5, 3: 8, 4: 0, 5: 0},
		"genuine_sources": {0: 1, 1: 2, 2: 5, 3: 8, 4: 12, 5: 0},
	} {
		udp, _, names := startAmplifier(t, options, "")
		for i, want := range counts {
			got := exchange(t, "udp", udp, withOPT(query1(names[i], dns.TypeNAPTR), 1232, false))
			if len(got.Answer) != want || got.Truncated != (want == 0) {
				t.Errorf("%q: got %d records, TC %t, want %d", options, len(got.Answer), got.Truncated, want)
			}
		}
	}
}
