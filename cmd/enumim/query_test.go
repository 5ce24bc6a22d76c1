package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/resolve"
)

// askable starts a name server for UDP and TCP at one address, or over TLS, and returns the address.
func askable(t testing.TB, handler dns.HandlerFunc, secure *tls.Config) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			l.Close()
			continue
		}
		if secure != nil {
			l = tls.NewListener(l, secure)
		}
		for _, s := range []*dns.Server{{Listener: l, Handler: handler}, {PacketConn: p, Handler: handler}} {
			started, done := make(chan struct{}), make(chan struct{})
			s.NotifyStartedFunc = func() { close(started) }
			go func() {
				s.ActivateAndServe()
				close(done)
			}()
			<-started
			t.Cleanup(func() {
				s.Shutdown()
				<-done
			})
		}
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// answering answers as a resolver does with the records of a zone file text.
func answering(t testing.TB, zone string) dns.HandlerFunc {
	t.Helper()
	sets := map[dns.Question][]dns.RR{}
	var names []string
	z := dns.NewZoneParser(strings.NewReader(zone), ".", "")
	z.SetDefaultTTL(300)
	for record, ok := z.Next(); ok; record, ok = z.Next() {
		q := dns.Question{Name: record.Header().Name, Qtype: record.Header().Rrtype, Qclass: dns.ClassINET}
		sets[q] = append(sets[q], record)
		names = append(names, q.Name)
	}
	if err := z.Err(); err != nil {
		t.Fatal(err)
	}
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		m.Rcode = dns.RcodeNameError
		for _, name := range names {
			if dns.IsSubDomain(q.Question[0].Name, name) {
				m.Rcode = dns.RcodeSuccess
			}
		}
		m.Answer = sets[q.Question[0]]
		if m.Rcode == dns.RcodeSuccess && len(m.Answer) > 0 && w.RemoteAddr().Network() == "udp" {
			m.Truncate(512)
		}
		w.WriteMsg(m)
	}
}

const queried = `
3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 20 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" .
3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 30 "u" "E2U+sms:tel" "!^.*$!tel:+442079460148!" .
4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. TXT "not in service"
5.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 10 "s" "SIP+D2U" "" _sip._udp.example.com.
6.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a\194\155[31m@example.com!" .
7.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a\255@example.com!" .
1.0.2.4.4.e164.arpa. NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
1.0.2.4.4.e164.arpa. NAPTR 100 20 "u" "E2U+im" "!^.*$!im:bob@example.net!" .
1.0.2.4.4.e164.arpa. NAPTR 100 30 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
example.net. A 192.0.2.80
1.1.7.4.pbx.example.net. NAPTR 100 10 "u" "E2U+sip" "!^([0-9]+)$!sip:\\1@pbx.example.net!" .
_im._xmpp.example.com. SRV 10 0 5269 x.example.com.
x.example.com. A 192.0.2.7
`

// The exit code tells scripts apart what there is, what is not there, and what could not be told; URIs go
// to standard output, all else to standard error.
func TestQuery(t *testing.T) {
	at := "@" + askable(t, answering(t, queried), nil)
	servfail := "@" + askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 14, ExtraText: "no \x1b[31mdata"}}
		w.WriteMsg(m)
	}, nil)
	silent := "@" + askable(t, func(dns.ResponseWriter, *dns.Msg) {}, nil)
	const all = "im:alice@example.com\nsip:+441632960083@example.com\ntel:+442079460148\n"
	for _, c := range []struct {
		args []string
		out  string
		errs string // in standard error
		code int
	}{
		{[]string{"+441632960083", at}, all, "", 0},
		{[]string{at, "+44 1632 960083"}, all, "", 0},
		{[]string{"tel:+44-1632-960083;ext=1", at}, all, "", 0},
		{[]string{"+441632960083", "--server", at[1:]}, all, "", 0},
		{[]string{"+441632960083", servfail, at}, all, "", 0},
		{[]string{"+441632960083", "@tcp://" + at[1:]}, all, "", 0},
		{[]string{"+441632960083", at, "--tcp"}, all, "", 0},
		{[]string{"+441632960083", at, "--service", "im"}, "im:alice@example.com\n", "", 0},
		{[]string{"+441632960083", at, "--service", "sms,SIP"}, "sip:+441632960083@example.com\ntel:+442079460148\n", "", 0},
		{[]string{"+441632960083", at, "--service", "E2U+sms:tel", "--service", "im"}, "im:alice@example.com\ntel:+442079460148\n", "", 0},
		{[]string{"+441632960083", at, "--apex", "e164.example.net,e164.arpa"}, all, "", 0},
		{[]string{"4711", at, "--dialplan", "--apex", "pbx.example.net"}, "sip:4711@pbx.example.net\n", "", 0},
		{[]string{"+441632960083", at, "--resolve", "--service", "im,sip"}, "im:alice@example.com\n  xmpp:alice@example.com x.example.com:5269 192.0.2.7\nsip:+441632960083@example.com\n", "", 0},
		// What a terminal would obey is not handed to it.
		{[]string{"+441632960086", at}, "im:a%C2%9B[31m@example.com\n", "", 0},
		{[]string{"+441632960087", at}, "im:a%FF@example.com\n", "", 0},
		{[]string{"+441632960083", at, "--apex", "e164.arpa", "--apex", "e164.example.net"}, all, "", 0},

		{[]string{"+441632960083", at, "--service", "xmpp"}, "", "none gives a URI of xmpp; --records shows why", 1},
		{[]string{"+441632960084", at}, "", "exists, but has no NAPTR records", 1},
		{[]string{"+441632960085", at}, "", "none gives a URI; --records shows why", 1},
		{[]string{"+441632960089", at}, "", "no such number: 9.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. does not exist (NXDOMAIN)", 1},

		{[]string{"+441632960083", servfail}, "", "SERVFAIL (Not Ready)", 2},
		{[]string{"+441632960083", servfail}, "", `says: "no \x1b[31mdata"`, 2},
		{[]string{"+441632960083", silent, "--timeout", "50ms"}, "", "no reply in time", 2},
		{[]string{"+441632960083", "@127.0.0.1:1"}, "", "connection refused", 2},
		{[]string{"+441632960083", at, "--apex", "1.e164.arpa"}, "", "does not lie below the apex", 2},
		{[]string{}, "", "requires at least 1 arg", 2},
		{[]string{at}, "", "no number", 2},
		{[]string{"+44", "1632", at}, "", `"1632": one number at a time; write it in quotes`, 2},
		{[]string{"01632960083", at}, "", `write it with "+" and the country code; for a private plan use --dialplan`, 2},
		{[]string{"4711", at, "--dialplan"}, "", "name a private tree with --apex", 2},
		{[]string{"+441632960083", "@https://192.0.2.1"}, "", `server "https://192.0.2.1"`, 2},
		{[]string{"+441632960083", at, "--service", "im+"}, "", "--service im+: empty element", 2},
		{[]string{"+441632960083", at, "--apex", "a..b"}, "", "--apex", 2},
		{[]string{"+441632960083", at, "--timeout", "0s"}, "", "--timeout 0s: must be above 0", 2},
		{[]string{"+441632960083", at, "--tcp", "--tls"}, "", "choose one", 2},
		{[]string{"+441632960083", at, "--ca", "/nowhere.pem"}, "", "--ca", 2},
		{[]string{"+441632960083", at, "--ca", save(t, "not.pem", "x")}, "", "no certificates in PEM form", 2},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			out, errs, code := tool(t, "", append([]string{"query"}, c.args...)...)
			if out != c.out || code != c.code {
				t.Errorf("exit %d, printed %q\nwant %d, %q\n%s", code, out, c.code, c.out, errs)
			}
			if !strings.Contains(errs, c.errs) || (errs == "") != (c.errs == "") || strings.ContainsRune(errs, '\x1b') {
				t.Errorf("standard error %q, want %q in it", errs, c.errs)
			}
		})
	}
}

// --records shows every record and what became of it, in lines that a script skips.
func TestQueryRecords(t *testing.T) {
	address := askable(t, answering(t, queried+`
3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.com.
`), nil)
	out, errs, code := tool(t, "", "query", "+441632960083", "@"+address, "--records", "--service", "im")
	out = regexp.MustCompile(`, [0-9.]+[mµ]?s: `).ReplaceAllString(strings.ReplaceAll(out, address, "SERVER"), ", TIME: ")
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	want := `; ` + name + ` NAPTR @SERVER udp, TIME: NOERROR rd ra 398 octets
;   ` + name + ` 300 IN NAPTR 100 20 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" .
;    -> not used: its service is not the one that is wanted
;   ` + name + ` 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
;    -> im:alice@example.com
;   ` + name + ` 300 IN NAPTR 100 30 "u" "E2U+sms:tel" "!^.*$!tel:+442079460148!" .
;    -> not used: its service is not the one that is wanted
;   ` + name + ` 300 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.com.
;    -> not used: its flag is not one of ENUM
im:alice@example.com
`
	if out != want || code != 0 || errs != "" {
		t.Errorf("exit %d, %s\n%s\nwant\n%s", code, errs, out, want)
	}
}

// The trail tells of cut, failed and odd replies.
func TestQueryTrail(t *testing.T) {
	var n atomic.Int32
	address := askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		switch n.Add(1) {
		case 1:
			m.Id++
			w.WriteMsg(m)
			m.Id--
			m.Truncated = true
		case 2:
			m.SetEdns0(1232, false)
			m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 3, ExtraText: "\x9b31m"}}
			m.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: "a.example.com."}}
		default:
			m.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: "example.com.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "ns.example.com."}}
		}
		w.WriteMsg(m)
	}, nil)
	out, errs, code := tool(t, "", "query", "+441632960083", "@"+address, "--records")
	for _, want := range []string{
		"NOERROR tc ", "replies ignored, because they answer another question: 1", " tcp, ", `extended error 3 (Stale Answer): "\x9b31m"`,
		"CNAME a.example.com.", "; a.example.com. NAPTR", "refers to other servers",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code != 2 || !strings.Contains(errs, "refers to other servers") || strings.Contains(errs, "says") {
		t.Errorf("exit %d, %s", code, errs)
	}
	for _, c := range []struct {
		handler dns.HandlerFunc
		want    string
	}{
		{func(dns.ResponseWriter, *dns.Msg) {}, "ms: no reply in time\n"},
		{func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused)) }, ": REFUSED rd 51 octets\n"},
	} {
		out, _, code := tool(t, "", "query", "+441632960083", "@"+askable(t, c.handler, nil), "--records", "--timeout", "50ms")
		if !strings.Contains(out, c.want) || code != 2 {
			t.Errorf("exit %d, %q is not in\n%s", code, c.want, out)
		}
	}
}

// --timeout is for one reply; however many names a number leads to, all together take ten times that.
func TestQueryTimeout(t *testing.T) {
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	server := askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if q.Question[0].Name != name {
			return
		}
		m := new(dns.Msg).SetReply(q)
		for i := range 10 {
			m.Answer = append(m.Answer, &dns.NAPTR{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET}, Replacement: string(rune('a'+i)) + ".example.com."})
		}
		w.WriteMsg(m)
	}, nil)
	out, _, code := tool(t, "", "query", "+441632960083", "@"+server, "--timeout", "100ms", "--json")
	if n := strings.Count(out, `"server":`); code != 2 || n < 3 || n > 11 {
		t.Errorf("exit %d after %d queries", code, n)
	}
	silent := askable(t, func(dns.ResponseWriter, *dns.Msg) {}, nil)
	out, _, code = tool(t, "", "query", "+441632960083", "@"+silent, "--timeout", "100ms", "--json")
	if n := strings.Count(out, `"server":`); code != 2 || n != 2 {
		t.Errorf("exit %d after %d queries to a silent server", code, n)
	}
}

// What a server says of its own transport goes before --tcp and --tls, and resolvers of the system are
// asked for the domains of URIs only where the server is no resolver and nobody wants TLS.
func TestQueryServers(t *testing.T) {
	for _, c := range []struct {
		f    queryFlags
		want string
	}{
		{queryFlags{}, "192.0.2.1:53 tcp://192.0.2.2:53 tls://192.0.2.3:853"},
		{queryFlags{tcp: true}, "tcp://192.0.2.1:53 tcp://192.0.2.2:53 tls://192.0.2.3:853"},
		{queryFlags{tls: true}, "tls://192.0.2.1:853 tcp://192.0.2.2:53 tls://192.0.2.3:853"},
	} {
		servers, err := c.f.ask([]string{"192.0.2.1", "tcp://192.0.2.2", "tls://192.0.2.3"})
		var got []string
		for _, s := range servers {
			got = append(got, s.String())
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s, %v, want %s", got, err, c.want)
		}
	}
	if _, err := resolve.SystemServers(""); err != nil {
		t.Skip(err)
	}
	c := &resolve.Client{Servers: []resolve.Server{{Host: "192.0.2.1"}}}
	for _, x := range []struct {
		exchange resolve.Exchange
		wider    bool
	}{
		{resolve.Exchange{}, true},
		{resolve.Exchange{Header: dns.MsgHdr{RecursionAvailable: true}}, false},
		{resolve.Exchange{Transport: resolve.TLS}, false},
	} {
		a := &answer{trail: []*resolve.Exchange{&x.exchange}}
		if got := a.widened(c); (len(got.Servers) > 1) != x.wider || got.Servers[0] != c.Servers[0] || len(c.Servers) != 1 {
			t.Errorf("%+v: %v", x.exchange, got.Servers)
		}
	}
}

// JSON holds what the text holds, also of a look-up that failed.
func TestQueryJSON(t *testing.T) {
	address := askable(t, answering(t, queried), nil)
	var got jsonAnswer
	read := func(args ...string) (code int) {
		t.Helper()
		out, _, code := tool(t, "", append([]string{"query", "--json", "--timeout", "5s"}, args...)...)
		got = jsonAnswer{}
		d := json.NewDecoder(bytes.NewReader([]byte(out)))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return code
	}
	if code := read("+44 1632 960083", "@"+address, "--resolve", "--service", "im"); code != 0 || got.Number != "+441632960083" || got.Status != "found" || got.Error != "" ||
		len(got.Names) != 1 || got.Names[0] != "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa." || len(got.URIs) != 1 || len(got.Queries) < 4 {
		t.Fatalf("exit %d, %+v", code, got)
	}
	u := got.URIs[0]
	if u.URI != "im:alice@example.com" || u.Order != 100 || u.Preference != 10 || u.TTL != 300 || u.Owner != got.Names[0] || u.Regexp != "!^.*$!im:alice@example.com!" ||
		len(u.Services) != 1 || u.Services[0] != "im" || len(u.Targets) != 1 || u.NoTarget != "" {
		t.Errorf("%+v", u)
	}
	if x := u.Targets[0]; x.URI != "xmpp:alice@example.com" || x.Protocol != "xmpp" || x.Host != "x.example.com." || x.Port != 5269 || len(x.Addresses) != 1 || x.Addresses[0] != "192.0.2.7" {
		t.Errorf("%+v", x)
	}
	q := got.Queries[0]
	if q.Server != address || q.Transport != "udp" || q.Type != "NAPTR" || q.Rcode != "NOERROR" || q.Size == 0 || strings.Join(q.Flags, " ") != "rd ra" || len(q.Records) != 3 ||
		q.Records[1].URI != u.URI || q.Records[0].Unused == "" || !strings.Contains(q.Records[0].Record, `"E2U+sip"`) {
		t.Errorf("%+v", q)
	}
	if code := read("+441632960084", "@"+address); code != 1 || got.Status != "no data" || got.URIs == nil || len(got.Queries) != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
	if code := read("+441632960083", "@127.0.0.1:1"); code != 2 || got.Status != "unknown" || !strings.Contains(got.Error, "refused") || got.Queries[0].Error == "" || got.Queries[0].Rcode != "" {
		t.Errorf("exit %d, %+v", code, got)
	}
	if code := read("+44201", "@"+address, "--resolve"); code != 0 || len(got.URIs) != 3 || len(got.URIs[0].Targets) != 1 || got.URIs[0].Targets[0].Implicit || len(got.URIs[1].Targets) != 2 ||
		!got.URIs[1].Targets[0].Implicit || got.URIs[1].Targets[0].Alias || got.URIs[1].Targets[0].Host != "example.net." || len(got.URIs[2].Targets) != 1 {
		t.Errorf("exit %d, %+v", code, got.URIs)
	}
	asked := 0
	for _, q := range got.Queries {
		if q.Name == "_im._sip.example.com." {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("one URI looked up %d times", asked)
	}
	failing := askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 14, ExtraText: "no data"}}
		w.WriteMsg(m)
	}, nil)
	if code := read("+44201", "@"+failing); code != 2 || got.Queries[0].Rcode != "SERVFAIL" || len(got.Queries[0].EDE) != 1 || got.Queries[0].EDE[0] != (jsonEDE{14, "Not Ready", "no data"}) {
		t.Errorf("exit %d, %+v", code, got.Queries)
	}
	if code := read("4711", "@"+address, "--dialplan", "--apex", "pbx.example.net"); code != 0 || got.Number != "4711" {
		t.Errorf("exit %d, %+v", code, got)
	}
}

// What a terminal would obey or hide stands in JSON as escapes, and readers get it as it was sent.
func TestQueryJSONPrintable(t *testing.T) {
	const hostile = "\u009b31m \u202e \x7f \x1b[31m \U000e0041 é"
	address := askable(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 3, ExtraText: hostile}}
		m.Answer = []dns.RR{&dns.NAPTR{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET},
			Flags: "u", Service: "E2U+im", Regexp: "!^.*$!im:\u202e\u009bé@example.com!", Replacement: "."}}
		w.WriteMsg(m)
	}, nil)
	out, _, code := tool(t, "", "query", "+441632960083", "@"+address, "--json", "--timeout", "5s")
	if i := strings.IndexFunc(out, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); i >= 0 || code != 0 {
		t.Errorf("exit %d, octet %d is not printable: %q", code, i, out)
	}
	var got jsonAnswer
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(got.URIs) != 1 || got.URIs[0].Regexp != "!^.*$!im:\u202e\u009bé@example.com!" || got.URIs[0].URI != "im:%E2%80%AE%C2%9Bé@example.com" ||
		len(got.Queries[0].EDE) != 1 || got.Queries[0].EDE[0].Text != hostile {
		t.Errorf("%q", out)
	}
}

// Where nothing is found by RFC 3861 the reason is shown, and what the protocols' own rules find.
func TestQueryUnresolvable(t *testing.T) {
	address := askable(t, answering(t, queried[:strings.Index(queried, "_im._xmpp")]+"_xmpp-server._tcp.example.com. SRV 0 0 5269 x.example.com.\n"), nil)
	out, _, code := tool(t, "", "query", "+441632960083", "@"+address, "--service", "im", "--resolve")
	const want = "im:alice@example.com\n  ; no server by RFC 3861: neither SRV records nor an address\n  ; xmpp by its own rules: _xmpp-server._tcp.example.com. x.example.com:5269\n"
	if out != want || code != 0 {
		t.Errorf("exit %d\n%s\nwant\n%s", code, out, want)
	}
	out, _, code = tool(t, "", "query", "+441632960083", "@"+address, "--service", "im", "--resolve", "--json")
	if code != 0 || !strings.Contains(out, `"no_target": "neither SRV`) || !strings.Contains(out, `"name": "_xmpp-server._tcp.example.com."`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// --tls asks over TLS and nothing else, with the authorities of --ca.
func TestQueryTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"dns.example.net"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca := save(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	address := askable(t, answering(t, queried), &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	for _, c := range []struct {
		args []string
		errs string
		code int
	}{
		{[]string{"@" + address, "--tls", "--ca", ca}, "", 0},
		{[]string{"@tls://" + address + "#dns.example.net", "--ca", ca}, "", 0},
		{[]string{"@tls://" + address + "#dns.example.org", "--ca", ca}, "certificate refused", 2},
		{[]string{"@" + address, "--tls"}, "certificate refused", 2},
	} {
		out, errs, code := tool(t, "", append([]string{"query", "+441632960083", "--service", "im"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.errs) || (code == 0) != (out == "im:alice@example.com\n") {
			t.Errorf("%v: exit %d, %q, %q", c.args, code, out, errs)
		}
	}
}

// Without a server the resolvers of the system are asked; no test may ask them.
func TestQueryHelp(t *testing.T) {
	out, _, code := tool(t, "", "query", "--help")
	for _, want := range []string{"enumim query +12025550100", "--service", "--apex", "--server", "--tcp", "--tls", "--ca", "--timeout", "--records", "--resolve", "--json", "--dialplan", "/etc/resolv.conf"} {
		if !strings.Contains(out, want) {
			t.Errorf("help does not tell of %s", want)
		}
	}
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat("/etc/resolv.conf"); err == nil {
		if servers, err := (&queryFlags{tls: true}).ask(nil); err != nil || len(servers) == 0 || servers[0].Transport.String() != "tls" {
			t.Errorf("%v, %v", servers, err)
		}
	}
}
