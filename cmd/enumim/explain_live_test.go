package main

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/miekg/dns"
)

// nameServer serves the records of a zone file text on loopback and returns its address.
func nameServer(t testing.TB, zone string) string {
	t.Helper()
	var records []dns.RR
	names := map[string]bool{}
	z := dns.NewZoneParser(strings.NewReader(zone), ".", "")
	for record, ok := z.Next(); ok; record, ok = z.Next() {
		records = append(records, record)
		names[record.Header().Name] = true
	}
	if err := z.Err(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		m.Authoritative = true
		m.Rcode = dns.RcodeNameError
		for name := range names {
			if dns.IsSubDomain(q.Question[0].Name, name) {
				m.Rcode = dns.RcodeSuccess
			}
		}
		for _, record := range records {
			h := record.Header()
			if h.Name == q.Question[0].Name && h.Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, record)
			}
		}
		_ = w.WriteMsg(m) // a client that went away asks again
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return conn.LocalAddr().String()
}

const liveZone = `
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 20 "u" "E2U+sip" "!^\\+1(.*)$!sip:\\1@example.com!" .
1.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN TXT "reserved"
_im._xmpp.example.com. 60 IN SRV 10 0 5222 xmpp.example.com.
xmpp.example.com. 60 IN A 192.0.2.7
`

// What a server says is explained like data: the records, what clients make of them, and the servers behind
// the im: URI (RFC 3861).
func TestExplainDNS(t *testing.T) {
	address := nameServer(t, liveZone)
	out, errs, code := tool(t, "", "explain", "+12025550100", "@"+address, "--resolver", address)
	for _, want := range []string{
		"Asked\n  0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", "NOERROR", "authoritative",
		`1  100 10 "u" "E2U+im" "!^.*$!im:user@example.com!" .`,
		`2  100 20 "u" "E2U+sip" "!^\\+1(.*)$!sip:\\1@example.com!" .`,
		"Behind im:user@example.com\n", "_im._xmpp.example.com.", "xmpp:user@example.com", "xmpp.example.com. port 5222, 192.0.2.7 (SRV)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if code != 0 || errs != "" || t.Failed() {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}

	out, errs, code = tool(t, "", "explain", "+12025550100", "@"+address, "--resolver", address, "--json")
	var e explanationJSON
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != 0 || errs != "" {
		t.Fatalf("exit %d, %v, %s", code, err, errs)
	}
	if e.Result != "found" || len(e.Records) != 2 || e.Records[1].Regexp != `!^\+1(.*)$!sip:\1@example.com!` || len(e.Behind) != 1 ||
		len(e.Behind[0].Servers) != 1 || e.Behind[0].Servers[0].Host != "xmpp.example.com." || e.Behind[0].Servers[0].Addresses[0] != "192.0.2.7" {
		t.Errorf("%+v", e)
	}

	for number, want := range map[string]string{
		"+12025550101": "The number exists and has no NAPTR records.",
		"+12025550199": "The number does not exist.",
	} {
		out, errs, code = tool(t, "", "explain", number, "@"+address, "--offline")
		if code != 1 || errs != "" || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, %s%s", number, code, out, errs)
		}
	}
}

// A server that does not answer is a failure, never a number that does not exist.
func TestExplainSilentServer(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out, errs, code := tool(t, "", "explain", "+12025550100", "@"+conn.LocalAddr().String(), "--timeout", "300ms")
	if code != 2 || out != "" || errs == "" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}

// Anybody may put anything into the DNS: none of it reaches the terminal as a control sequence.
func TestExplainHostileRecords(t *testing.T) {
	address := nameServer(t, `
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip\027[2J" "!^.*$!sip:\027[31m\010\255@example.com!" .
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:\027[31m\010\255@example.com!" .
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 10 "\027" "E2U+im" "!^.*$!im:\027@example.com!" \027.example.com.
0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:\194\155x\010@example.com!" .
`)
	for _, args := range [][]string{{"explain"}, {"explain", "--json"}, {"query"}, {"query", "--records"}, {"query", "--json"}} {
		out, errs, code := tool(t, "", append(args, "+12025550100", "@"+address, "--timeout", "2s")...)
		if out+errs == "" || strings.ContainsAny(out+errs, "\x1b\b\r\u009b") || !utf8.ValidString(out+errs) {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, errs)
		}
		if args[0] == "explain" && len(args) == 1 && strings.Count(out, "\n") > 60 {
			t.Errorf("a line break in a URI breaks lines:\n%s", out)
		}
	}
}
