package enumim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

// mailboxes are numbers with im: records: one of its own, one in a wildcard, one that is signed, one with a
// sip: record, aliases, and names that are no number.
const mailboxes = `
@ 3600 IN SOA ns1 hm 1 7200 900 1209600 300
1.1.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
1.1.4.4 600 IN TXT "text"
*.2.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .
1.3.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
1.3.4.4 600 IN RRSIG NAPTR 8 6 600 20300101000000 20200101000000 1 example.com. AAAA
1.4.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
1.4.4.4 600 IN RRSIG TXT 8 6 600 20300101000000 20200101000000 1 example.com. AAAA
1.5.4.4 600 IN CNAME 1.2.4.4
1.6.4.4 600 IN CNAME box
box 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:box@example.com!" .
_x.1.7.4.4 600 IN CNAME 1.1.4.4
*.i.9.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .
`

// services lists what a reply offers: the URI of each NAPTR record behind its service.
func services(m *dns.Msg) (list []string) {
	for _, record := range m.Answer {
		if r, ok := record.(*dns.NAPTR); ok {
			_, uri, _ := strings.Cut(strings.TrimSuffix(r.Regexp, "!"), "$!")
			list = append(list, r.Service+" "+uri)
		}
	}
	return list
}

// A number's im: records are answered with twins for other protocols behind them, in either form, for the number
// asked. What is signed stays alone, and so does what stands at a name that is no number.
func TestTwins(t *testing.T) {
	const alice = "E2U+im im:alice@example.com"
	twins := func(mailbox string) []string {
		return []string{"E2U+im im:" + mailbox, "E2U+sip sip:" + mailbox, "E2U+xmpp xmpp:" + mailbox}
	}
	wildcard := twins("4421@example.com")
	for name, test := range map[string]struct{ plain, stored []string }{
		"1.1.4.4":    {plain: twins("alice@example.com")},
		"1.2.4.4":    {wildcard, slices.Concat([]string{`E2U+im im:\\1@example.com`}, wildcard[1:])},
		"1.3.4.4":    {plain: []string{alice}},
		"1.4.4.4":    {plain: twins("alice@example.com")}, // the signature is over another RRset
		"1.5.4.4":    {twins("4451@example.com"), slices.Concat([]string{`E2U+im im:\\1@example.com`}, twins("4451@example.com")[1:])},
		"1.6.4.4":    {plain: twins("box@example.com")},
		"box":        {plain: []string{"E2U+im im:box@example.com"}},
		"_x.1.7.4.4": {plain: []string{alice}},
		"2.1.i.9.4":  {twins("4912@example.com"), slices.Concat([]string{`E2U+im im:\\1@example.com`}, twins("4912@example.com")[1:])}, // RFC 5527 section 4
	} {
		if test.stored == nil {
			test.stored = test.plain
		}
		for form, change := range map[string]func(*block){"plain": plain, "stored": stored} {
			for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeANY} {
				e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", mailboxes), change, func(b *block) {
					b.Options.Twins = []im.Protocol{im.SIP, im.XMPP}
				})
				want := test.plain
				if form == "stored" {
					want = test.stored
				}
				m := askHandler(t, e, query1(name+".e164.arpa.", qtype), nil)
				if _, alias := m.Answer[0].(*dns.CNAME); alias && qtype == dns.TypeANY {
					continue
				}
				if got := services(m); !slices.Equal(got, want) {
					t.Errorf("%s, %s, %s: got\n%q, want\n%q", name, form, dns.TypeToString[qtype], got, want)
				}
			}
		}
	}
}

// A twin has the owner and TTL of its set and ranks behind it (RFC 2181 section 5.2), and other types have none.
func TestTwinsBelongToTheSet(t *testing.T) {
	e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", mailboxes), func(b *block) { b.Options.Twins = []im.Protocol{im.SIP} })
	wantReply(t, askHandler(t, e, query1("1.1.4.4.E164.arpa.", dns.TypeNAPTR), nil), `NOERROR aa
		answer: 1.1.4.4.E164.arpa. 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
		answer: 1.1.4.4.E164.arpa. 600 IN NAPTR 100 11 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .`)
	wantReply(t, askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeTXT), nil), `NOERROR aa
		answer: 1.1.4.4.e164.arpa. 600 IN TXT "text"`)
}

// A dial plan's expressions match digits without "+" (RFC 6116 section 3.7), and in a private tree a host needs
// no dot.
func TestTwinsInPrivateTrees(t *testing.T) {
	const data = `
1.1 600 IN NAPTR 100 10 "u" "E2U+im" "!^(11)$!im:\\1@host!" .
1.2 600 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(21)$!im:\\1@host!" .`
	for name, want := range map[string][2]int{"1.1": {1, 2}, "1.2": {2, 1}} {
		for i, dialPlan := range []bool{false, true} {
			for apex, extra := range map[string]bool{"plan.example": true, "e164.arpa": false} {
				e := serve(t, apex, newMemory(t, apex, data), stored, func(b *block) {
					b.Options.Twins = []im.Protocol{im.SIP}
					b.Options.DialPlan = dialPlan
				})
				n := want[i]
				if !extra {
					n = 1
				}
				if got := services(askHandler(t, e, query1(name+"."+apex+".", dns.TypeNAPTR), nil)); len(got) != n {
					t.Errorf("%s.%s, dial plan %v: got %q, want %d", name, apex, dialPlan, got, n)
				}
			}
		}
	}
}

// No twin makes an answer outgrow the 512 octets that every client takes, and each that does not is there.
func TestTwinsThatFit(t *testing.T) {
	apex := "4.4." + strings.Repeat("x", 30) + ".example"
	const record = `1.1 600 IN NAPTR 100 10 "u" "E2U+web:http" "!^.*$!http://example.com/%s!" .` + "\n"
	twin, there, absent := 0, 0, 0
	for pad := range 220 {
		data := `1.1 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .` + "\n" +
			fmt.Sprintf(record, strings.Repeat("p", pad)) + fmt.Sprintf(record, strings.Repeat("q", 150))
		ask := func(protocols ...im.Protocol) (records, octets int) {
			e := serve(t, apex, newMemory(t, apex, data), func(b *block) { b.Options.Twins = protocols })
			m := askHandler(t, e, query1("1.1."+apex+".", dns.TypeNAPTR), overTCP)
			m.Compress = true
			return len(m.Answer), m.Len() + optLen
		}
		_, without := ask()
		if without > dns.MinMsgSize {
			break
		}
		records, with := ask(im.SIP)
		if pad == 0 {
			twin = with - without
		}
		switch {
		case records == 4 && with <= dns.MinMsgSize:
			there++
		case records == 3 && without+twin > dns.MinMsgSize:
			absent++
		default:
			t.Fatalf("pad %d: %d records in %d octets, a twin has %d", pad, records, with, twin)
		}
	}
	if twin == 0 || there == 0 || absent == 0 {
		t.Errorf("a twin of %d octets was there %d times and absent %d times", twin, there, absent)
	}
}

// Without the option nothing is added.
func TestNoTwinsUnasked(t *testing.T) {
	e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", mailboxes))
	if got := services(askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeNAPTR), nil)); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}
