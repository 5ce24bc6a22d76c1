package test

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// wireMessage puts replies together octet by octet, as a hostile server does.
type wireMessage struct{ b []byte }

// reply begins a reply to the query of somebody, with these counts.
func wireReply(flags uint16, counts ...uint16) *wireMessage {
	m := &wireMessage{binary.BigEndian.AppendUint16([]byte{0, 0}, 0x8000|flags)}
	for i := range 4 {
		count := uint16(0)
		if i < len(counts) {
			count = counts[i]
		}
		m.b = binary.BigEndian.AppendUint16(m.b, count)
	}
	return m
}

func wireName(name string) []byte {
	b := make([]byte, 256)
	n, err := dns.PackDomainName(name, b, 0, nil, false)
	if err != nil {
		panic(err)
	}
	return b[:n]
}

func (m *wireMessage) question(name string, qtype uint16) *wireMessage {
	m.b = append(m.b, wireName(name)...)
	m.b = append(m.b, byte(qtype>>8), byte(qtype), 0, 1)
	return m
}

// record appends a record; the owner is octets.
func (m *wireMessage) record(owner []byte, typ uint16, ttl uint32, rdata []byte) *wireMessage {
	m.b = append(m.b, owner...)
	m.b = append(m.b, byte(typ>>8), byte(typ), 0, 1)
	m.b = binary.BigEndian.AppendUint32(m.b, ttl)
	m.b = binary.BigEndian.AppendUint16(m.b, uint16(len(rdata)))
	m.b = append(m.b, rdata...)
	return m
}

// asked is a pointer to the name of the question.
var asked = []byte{0xc0, 12}

func naptrData(preference uint16, flags, services, regexp string, replacement ...byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, 100}, preference)
	for _, s := range []string{flags, services, regexp} {
		b = append(append(b, byte(len(s))), s...)
	}
	if len(replacement) == 0 {
		replacement = []byte{0}
	}
	return append(b, replacement...)
}

// goodRegexp is the expression of a record without any fault.
const goodRegexp = "!^.*$!im:user@example.com!"

func (m *wireMessage) good() *wireMessage {
	return m.record(asked, dns.TypeNAPTR, 3600, naptrData(10, "u", "E2U+im", goodRegexp))
}

func (m *wireMessage) naptr(flags, services, regexp string, replacement ...byte) *wireMessage {
	return m.record(asked, dns.TypeNAPTR, 3600, naptrData(20, flags, services, regexp, replacement...))
}

// hostile are messages that a server may send for the query of somebody, by name. What begins with
// "good" holds a record that no guard may lose.
func hostile() map[string][]byte {
	all := map[string][]byte{}
	reply := func(counts ...uint16) *wireMessage {
		return wireReply(0x0180, append([]uint16{1}, counts...)...).question(somebody, dns.TypeNAPTR)
	}
	add := func(name string, m *wireMessage) { all[name] = m.b }

	add("good alone", reply(1).good())
	add("good beside an escape too few", reply(2).good().naptr("u", "E2U+im", `!^.*$!im:user\@example.com!`))
	add("good beside escapes", reply(2).good().naptr("u\\", `E2U+\"im\000`, `!^\\\+\0\1\9\q.*\!$!im:\9\\\!@\`))
	add("good beside octets", reply(2).good().naptr("\x00\xff", "\"\x00\\\x7f", "!\x00\xff\x80\"\\!\n\r;()\xc3\x28!"))
	add("good beside empty fields", reply(2).good().naptr("", "", ""))
	add("good beside long fields", reply(2).good().naptr(strings.Repeat("u", 255), strings.Repeat("E2U+im", 42), strings.Repeat("!", 255)))
	add("good beside nested groups", reply(2).good().naptr("u", "E2U+im", "!^"+strings.Repeat("(", 60)+".*"+strings.Repeat(")*", 60)+`$!im:\1@example.com!`))
	add("good beside bounds", reply(2).good().naptr("u", "E2U+im", `!^((.{1,255}){1,255}){1,255}$!im:\1@example.com!`))
	add("good beside classes", reply(2).good().naptr("u", "E2U+im", `!^[[:digit:]][^]-[.a.][=b=]]*[!im:a@example.com!`))
	add("good beside a back-reference in a URI", reply(2).good().naptr("u", "E2U+im", `!^(.*)$!im:\1\1\1\1\1\1\1\1@example.com!`))
	add("good beside a pointer as replacement", reply(2).good().naptr("u", "E2U+im", "", 0xc0, 12))
	add("good and the same again", reply(3).good().good().good())
	add("good with CNAME loop", reply(3).record(asked, dns.TypeCNAME, 60, []byte{0xc0, 12}).record(asked, dns.TypeCNAME, 60, []byte{1, '1', 0xc0, 12}).good())
	add("good beside types nobody knows", reply(3).record(asked, 65280, 1, []byte{1, 2, 3}).good().record(asked, 0, 1, nil))
	add("good with records elsewhere", reply(1, 1, 1).good().naptr("u", "E2U+im", "!").naptr("", "", ""))
	add("good with a TTL of 32 bits", reply(2).good().record(asked, dns.TypeNAPTR, 0xffffffff, naptrData(30, "u", "E2U+im", goodRegexp)))
	add("good with another owner's", reply(2).good().record(wireName("evil.example."), dns.TypeNAPTR, 60, naptrData(1, "u", "E2U+im", "!")))
	add("good in capitals", reply(1).record(wireName(strings.ToUpper(somebody)), dns.TypeNAPTR, 60, naptrData(10, "u", "E2U+im", goodRegexp)))
	add("good beside RRSIG of nothing", reply(2).good().record(asked, dns.TypeRRSIG, 60, append([]byte{0, 1, 13, 2, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0, 1)))
	add("junk RRSIG", reply(2).naptr("u", "E2U+im", "!^.*$!sip:user@example.com!").
		record(asked, dns.TypeRRSIG, 60, append([]byte{0, 35, 13, 2, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0, 1)))

	add("another question", wireReply(0x0180, 1, 1).question("9.9.9.e164.arpa.", dns.TypeNAPTR).good())
	add("another type", wireReply(0x0180, 1, 1).question(somebody, dns.TypeA).good())
	add("no question", wireReply(0x0180, 0, 1).record(wireName(somebody), dns.TypeNAPTR, 60, naptrData(10, "u", "E2U+im", goodRegexp)))
	add("two questions", wireReply(0x0180, 2, 1).question(somebody, dns.TypeNAPTR).question(somebody, dns.TypeNAPTR).good())
	add("a query", &wireMessage{append([]byte{0, 0, 1, 0}, reply(1).good().b[4:]...)})
	add("an update", wireReply(0x2980, 1, 1).question(somebody, dns.TypeNAPTR).good())
	add("rcode of nobody", wireReply(0x018b, 1, 1).question(somebody, dns.TypeNAPTR).good())
	add("truncated bit", wireReply(0x0380, 1, 1).question(somebody, dns.TypeNAPTR).good())
	add("truncated bit, nothing", wireReply(0x0380, 1).question(somebody, dns.TypeNAPTR))
	add("header alone", wireReply(0x0180))
	add("counts of more than there is", reply(65535, 65535, 65535).good())
	add("cut", &wireMessage{reply(1).good().b[:60]})
	add("trailing octets", &wireMessage{append(reply(1).good().b, strings.Repeat("x", 100)...)})
	at := byte(len(reply().b))
	add("owner that points to itself", reply(1).record([]byte{0xc0, at}, dns.TypeNAPTR, 60, naptrData(10, "u", "E2U+im", goodRegexp)))
	add("owner that points ahead", reply(1).record([]byte{0xc0, at + 2}, dns.TypeNAPTR, 60, naptrData(10, "u", "E2U+im", goodRegexp)))
	add("owner that points out", reply(1).record([]byte{0xff, 0xff}, dns.TypeNAPTR, 60, naptrData(10, "u", "E2U+im", goodRegexp)))
	add("two owners that point at each other", reply(2).record([]byte{1, 'a', 0xc0, at + 2}, dns.TypeNAPTR, 60, nil).record([]byte{0xc0, at}, dns.TypeNAPTR, 60, nil))
	add("replacement that points to itself", reply(1).naptr("u", "E2U+im", "", 0xc0, at+12+7+9))
	add("a field longer than the record", reply(1).record(asked, dns.TypeNAPTR, 60, []byte{0, 100, 0, 10, 255, 'u'}))
	add("no data", reply(1).record(asked, dns.TypeNAPTR, 60, nil))
	add("data behind the replacement", reply(1).record(asked, dns.TypeNAPTR, 60, append(naptrData(10, "u", "E2U+im", goodRegexp), 1, 2, 3)))
	add("two OPT", reply(1, 0, 2).good().record([]byte{0}, dns.TypeOPT, 0, nil).record([]byte{0}, dns.TypeOPT, 0, nil))
	add("OPT in the answer", reply(2).record([]byte{0}, dns.TypeOPT, 0, []byte{0, 15, 0, 2, 0, 0}).good())
	add("broken OPT", reply(1, 0, 1).good().record([]byte{0}, dns.TypeOPT, 0, []byte{0, 15, 0, 9, 0}))

	for name, regexp := range map[string]string{
		"many records, hostile patterns": `!^((.*)*)*$!im:\1@a.bc!`,
		"many records, deep":             `!((((((((.?)*)*)*)*)*)*)*)*!im:a@b.cd!`,
		"many records, literal":          "!^.*$!im:%04d@example.com!",
	} {
		const overhead = 12 + 4 + 3 + 1 + 6 + 1
		text := func(i int) string {
			if strings.Contains(regexp, "%04d") {
				return fmt.Sprintf(regexp, i)
			}
			return regexp
		}
		n := min(1000, (65535-200)/(overhead+len(text(0))))
		m := reply(uint16(n + 1)).good()
		for i := range n {
			m.record(asked, dns.TypeNAPTR, 60, naptrData(uint16(20+i), "u", "E2U+im", text(i)))
		}
		add(name, m)
	}
	return all
}
