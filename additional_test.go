package enumim

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

// brought is what comes along with number0, whose URI is in example.com.
var brought = []string{example[0], example[1], example[3], example[4], example[5], example[2]}

// beside is what of it has room, where a cache may stand in front, beside the three records of the answer.
var beside = brought[:5]

// startAdditional starts a server with the data of a memory and everything else elsewhere.
func startAdditional(t *testing.T, m *memory, e *elsewhere, option, more string) *caddy.Instance {
	t.Helper()
	return startServer(t, additionalCorefile(shelve(t, m), e, option, more))
}

func additionalCorefile(name string, e *elsewhere, option, more string) string {
	return fmt.Sprintf(".:0 {\n bind 127.0.0.1\n %s\n enumim e164.arpa {\n backend memory %s\n %s\n }\n forward . %s\n}", more, name, option, e.addr)
}

// Own answers bring along what is behind their im: URIs, over any transport, in one query.
func TestAdditional(t *testing.T) {
	e := startElsewhere(t, example...)
	udp, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 1s", "metadata"))
	for range 2 { // found, and kept
		for _, c := range []struct {
			network string
			r       *dns.Msg
			want    []string
		}{
			{"tcp", query1(number0, dns.TypeNAPTR), beside},
			{"udp", withOPT(query1(number0, dns.TypeNAPTR), 1232, false), beside},
			{"udp", query1(number0, dns.TypeNAPTR), beside},
			{"udp", query1(number0, dns.TypeANY), beside},
			// Validating resolvers take nothing of it, and dnssec in front needs the room.
			{"udp", withOPT(query1(number0, dns.TypeNAPTR), 1232, true), nil},
			{"tcp", query1("e164.arpa.", dns.TypeSOA), nil},
			{"tcp", query1("1.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeTXT), nil},
			{"tcp", query1("9.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR), nil},
		} {
			got := exchange(t, c.network, map[string]string{"udp": udp, "tcp": tcp}[c.network], c.r)
			wantExtra(t, got, c.want...)
			if got.Truncated || c.want != nil && len(got.Answer) != 3 {
				t.Errorf("got %v", got)
			}
		}
	}
	// What is asked for the sake of an answer is these types, with AD (RFC 6840 section 5.7) and RD, and no
	// answer to it brings anything along.
	if got := e.questions(); !slices.Equal(got, []string{
		"_im._sip.example.com. SRV", "_im._xmpp.example.com. SRV", "a.example.com. A", "a.example.com. AAAA", "b.example.com. A", "b.example.com. AAAA",
	}) {
		t.Errorf("asked for %q", got)
	}
	e.set(func() {
		if len(e.asked) != 6 {
			t.Errorf("asked %d times", len(e.asked))
		}
		for _, r := range e.asked {
			if opt := r.IsEdns0(); !r.AuthenticatedData || !r.RecursionDesired || opt == nil || opt.Do() {
				t.Errorf("asked %v", r)
			}
		}
	})
}

// The option says which protocols; without it nothing is asked for.
func TestAdditionalOption(t *testing.T) {
	for _, c := range []struct {
		id, option string
		want       []string
	}{
		{"none", "", nil},
		{"one", "additional srv xmpp wait 1s", []string{example[2], example[3], example[4]}},
		{"two", "additional srv xmpp sip wait 1s", []string{example[2], example[3], example[4], example[0], example[1], example[5]}},
	} {
		t.Run(c.id, func(t *testing.T) {
			e := startElsewhere(t, example...)
			_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", number0+` 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@example.com!" .`), e, c.option, ""))
			wantExtra(t, exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)), c.want...)
			if c.want == nil && len(e.questions()) > 0 {
				t.Errorf("asked for %q", e.questions())
			}
		})
	}
}

// An expression is applied to the number that was asked, in either form, and wherever an alias leads.
func TestAdditionalOfExpressions(t *testing.T) {
	const data = `
$ORIGIN e164.arpa.
0.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+1202(555)(.*)$!im:\\2@d\\1.example.com!" .
1.0.1.0.5.5.5.2.0.2.1 300 IN CNAME 0.0.1.0.5.5.5.2.0.2.1
2.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
2.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "" "E2U+im" "!^.*$!im:a@example.com!" .
2.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^+$!im:a@example.com!" .
2.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:example.com!" .
3.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+pres" "!^.*$!pres:a@example.com!" .
`
	const here, there = "_im._sip.d555.example.com. 300 IN SRV 0 0 5060 .", "_pres._sip.example.com. 300 IN SRV 0 0 5060 ."
	for _, form := range []string{"plain", "stored"} {
		e := startElsewhere(t, here, there)
		_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", data), e, "additional srv sip wait 1s\n form "+form, ""))
		for name, want := range map[string][]string{
			"0.0.1.0.5.5.5.2.0.2.1.e164.arpa.": {here},
			"1.0.1.0.5.5.5.2.0.2.1.e164.arpa.": {here},
			"2.0.1.0.5.5.5.2.0.2.1.e164.arpa.": nil,
			"3.0.1.0.5.5.5.2.0.2.1.e164.arpa.": {there},
		} {
			wantExtra(t, exchange(t, "tcp", tcp, query1(name, dns.TypeNAPTR)), want...)
		}
		if got := e.questions(); len(got) != 2 {
			t.Errorf("%s: asked for %q", form, got)
		}
	}
}

// Whatever room a client has, what comes along never costs it the answer or makes it ask again over TCP.
func TestAdditionalGivesWayToAnswers(t *testing.T) {
	e := startElsewhere(t, example...)
	seen := map[int]bool{}
	for n := 1; n <= 16; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var data strings.Builder
			data.WriteString("$ORIGIN e164.arpa.\n")
			for i := range n {
				fmt.Fprintf(&data, "0.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!im:%s%d@example.com!\" .\n", i, strings.Repeat("a", 17), i)
			}
			with, _ := addresses(startAdditional(t, newMemory(t, "e164.arpa", data.String()), e, "additional srv wait 1s", ""))
			without, _ := addresses(startAdditional(t, newMemory(t, "e164.arpa", data.String()), e, "", ""))
			for _, size := range []uint16{0, 300, 512, 600, 700, 800, 900, 1000, 1100, 1200, 1232, 1400, 4096} {
				r := query1(number0, dns.TypeNAPTR)
				if size > 0 {
					withOPT(r, size, false)
				}
				got, octets := measured(t, with, r)
				plain, _ := measured(t, without, r)
				// That a larger answer is compressed may save it from TC, and nothing else may differ.
				if got.Truncated && !plain.Truncated || len(got.Answer) != len(plain.Answer) && !plain.Truncated || got.Rcode != plain.Rcode || (got.IsEdns0() == nil) != (plain.IsEdns0() == nil) {
					t.Errorf("size %d: TC %t, %d records in the answer; without what comes along TC %t, %d records", size,
						got.Truncated, len(got.Answer), plain.Truncated, len(plain.Answer))
				}
				if most := max(int(size), dns.MinMsgSize); octets > min(most, maxUDP) {
					t.Errorf("size %d: %d octets", size, octets)
				}
				along := broughtAlong(got)
				seen[len(along)] = true
				if got.Compress = true; len(along) > 0 && got.Len() > maxCourtesy {
					t.Errorf("size %d: %d octets for a cache", size, got.Len())
				}
				if !slices.Contains([]int{0, 2, 3, 4, 5, 6}, len(along)) || !slices.Equal(along, brought[:len(along)]) {
					t.Errorf("size %d: no whole RRsets, or not the most useful ones:\n%s", size, strings.Join(along, "\n"))
				}
			}
		})
	}
	if len(seen) < 3 {
		t.Errorf("the sizes of the test show little: %v", seen)
	}
}

// measured returns the reply over UDP, and its length.
func measured(t *testing.T, address string, r *dns.Msg) (*dns.Msg, int) {
	t.Helper()
	conn, err := dns.DialTimeout("udp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	conn.UDPSize = dns.MaxMsgSize
	if err := conn.WriteMsg(r); err != nil {
		t.Fatal(err)
	}
	packet, err := conn.ReadMsgHeader(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(packet); err != nil {
		t.Fatal(err)
	}
	return m, len(packet)
}

// An answer does not wait for who does not answer; the next one has what came meanwhile.
func TestAdditionalFromSlowServer(t *testing.T) {
	e := startElsewhere(t, example...)
	hold := make(chan struct{})
	e.set(func() { e.hold = hold })
	_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 0", ""))
	got := exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)) // which would wait for ever
	if wantExtra(t, got); len(got.Answer) != 3 {
		t.Errorf("got %v", got)
	}
	close(hold)
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got = exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
		if len(got.Extra) == len(beside) || time.Now().After(end) {
			break
		}
	}
	wantExtra(t, got, beside...)
}

// Answers of others that pass bring along the same, and with AD only what is authentic.
func TestAdditionalOfPassingAnswers(t *testing.T) {
	e := startElsewhere(t, append([]string{number0 + ` 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:a@example.com!" .`}, example...)...)
	e.set(func() {
		e.alter = func(r, m *dns.Msg) {
			q := r.Question[0]
			m.AuthenticatedData = r.AuthenticatedData && (q.Qtype == dns.TypeNAPTR || q.Name == "_im._sip.example.com." || q.Qtype == dns.TypeAAAA)
		}
	})
	authentic := []string{example[0], example[1], example[4]}
	for _, c := range []struct {
		id, block string
		ad        bool
		want      []string
	}{
		{"enumim annotates", "enumim e164.arpa {\n inspect annotate\n additional srv wait 1s\n }", false, brought},
		{"enumim_guard annotates", "enumim_guard e164.arpa {\n inspect annotate\n additional srv wait 1s\n }\n cache", false, brought},
		{"enumim_guard enforces", "enumim_guard e164.arpa {\n inspect enforce\n additional srv wait 1s\n }\n cache", false, brought},
		{"authentic", "enumim_guard e164.arpa {\n inspect annotate\n additional srv wait 1s\n }\n cache", true, authentic},
		{"authenticated", "enumim_guard e164.arpa {\n inspect enforce\n require_authenticated\n additional srv wait 1s\n }\n cache", true, authentic},
		{"no option", "enumim_guard e164.arpa {\n inspect annotate\n }", true, nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			udp, tcp := addresses(startServer(t, fmt.Sprintf(".:0 {\n bind 127.0.0.1\n %s\n forward . %s\n}", c.block, e.addr)))
			for range 2 {
				for network, address := range map[string]string{"udp": udp, "tcp": tcp} {
					r := query1(number0, dns.TypeNAPTR)
					r.AuthenticatedData = c.ad
					got := exchange(t, network, address, r)
					wantExtra(t, got, c.want...)
					if len(got.Answer) != 1 || got.AuthenticatedData != c.ad || got.Truncated {
						t.Errorf("got %v", got)
					}
				}
			}
		})
	}
}

// Outages and hostile servers elsewhere change nothing in an answer but what comes along.
func TestAdditionalFromBadServers(t *testing.T) {
	for _, c := range []struct {
		id    string
		alter func(r, m *dns.Msg)
		want  []string
	}{
		{"SERVFAIL", func(_, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }, nil},
		{"REFUSED with records", func(_, m *dns.Msg) { m.Rcode = dns.RcodeRefused }, nil},
		{"cut", func(_, m *dns.Msg) { m.Truncated = true }, nil},
		{"another question", func(_, m *dns.Msg) { m.Question[0].Name = "example.org." }, nil},
		{"another owner", func(_, m *dns.Msg) {
			for _, record := range m.Answer {
				record.Header().Name = "example.org."
			}
		}, nil},
		{"a referral", func(_, m *dns.Msg) { m.Ns, m.Answer = m.Answer, nil }, nil},
		{"planted", func(r, m *dns.Msg) {
			evil := records(t, r.Question[0].Name+" 300 IN TXT evil", "bank.example. 300 IN A 192.0.2.66", number0+" 300 IN NAPTR 1 1 \"u\" \"E2U+im\" \"!^.*$!im:evil@example.org!\" .")
			m.Answer, m.Ns, m.Extra = append(m.Answer, evil...), append(m.Ns, evil...), append(m.Extra, evil...)
		}, beside},
		{"huge", func(r, m *dns.Msg) {
			for i := range 1000 {
				m.Answer = append(m.Answer, records(t, fmt.Sprintf("%s 300 IN SRV 0 %d 1 x.", r.Question[0].Name, i))...)
			}
		}, nil},
	} {
		t.Run(c.id, func(t *testing.T) {
			e := startElsewhere(t, example...)
			e.set(func() { e.alter = c.alter })
			udp, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 1s", ""))
			for range 2 {
				for network, address := range map[string]string{"udp": udp, "tcp": tcp} {
					got := exchange(t, network, address, withOPT(query1(number0, dns.TypeNAPTR), 1232, false))
					wantExtra(t, got, c.want...)
					if got.Rcode != dns.RcodeSuccess || !got.Authoritative || got.Truncated || len(got.Answer) != 3 || len(got.Ns) != 0 {
						t.Errorf("got %v", got)
					}
				}
			}
		})
	}
	t.Run("down", func(t *testing.T) {
		listener, err := net.Listen("tcp", Loopback+":0")
		if err != nil {
			t.Fatal(err)
		}
		e := &elsewhere{addr: listener.Addr().String()}
		listener.Close()
		_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 50ms", ""))
		for range 3 {
			got := exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
			if wantExtra(t, got); len(got.Answer) != 3 || got.Rcode != dns.RcodeSuccess {
				t.Errorf("got %v", got)
			}
		}
	})
}

// What the client must not ask is not asked on its behalf.
func TestAdditionalObeysACL(t *testing.T) {
	e := startElsewhere(t, example...)
	_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 1s",
		"acl _im._sip.example.com a.example.com {\n block type SRV net 127.0.0.0/8\n block type AAAA net 127.0.0.0/8\n allow\n }"))
	wantExtra(t, exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)), example[2], example[3])
}

// A domain in the tree of the block itself is asked for like any other, and that is the end of it.
func TestAdditionalOfOwnDomain(t *testing.T) {
	e := startElsewhere(t)
	const data = "0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:a@1.e164.arpa!\" .\n" +
		"*.1.e164.arpa. 300 IN SRV 0 0 5060 0.0.1.0.5.5.5.2.0.2.1.e164.arpa.\n"
	_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", data), e, "additional srv sip wait 1s", ""))
	wantExtra(t, exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)), "_im._sip.1.e164.arpa. 300 IN SRV 0 0 5060 "+number0)
}

// Many clients at once, some of whose queries go on while others' answers are written and changed.
func TestAdditionalForManyClients(t *testing.T) {
	e := startElsewhere(t, example...)
	udp, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 20ms", "metadata\n cache 1"))
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			for range 25 {
				network, address := "udp", udp
				if i%4 == 0 {
					network, address = "tcp", tcp
				}
				got := exchange(t, network, address, withOPT(query1(number0, dns.TypeNAPTR), 1232, i%8 == 1))
				if along := broughtAlong(got); len(got.Answer) != 3 || got.Truncated || len(along) > len(brought) {
					t.Errorf("got %v", got)
				}
			}
		})
	}
	clients.Wait()
	if n := len(e.questions()); n != 6 {
		t.Errorf("asked for %q", e.questions())
	}
}
