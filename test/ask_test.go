package test

import (
	"encoding/hex"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// question is one query: what the header, the question and the OPT say.
type question struct {
	name       string // fully qualified, escaped as miekg/dns does it
	qtype      uint16
	class      uint16
	rd, cd, ad bool
	edns       bool
	size       uint16
	do         bool
	version    uint8
	options    []dns.EDNS0
	tcp        bool
}

func (q *question) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", q.name, dns.Class(q.class), dns.Type(q.qtype))
	for _, flag := range []struct {
		set  bool
		name string
	}{{q.rd, "rd"}, {q.cd, "cd"}, {q.ad, "ad"}, {q.tcp, "tcp"}, {q.do, "do"}} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	if q.edns {
		fmt.Fprintf(&b, " edns%d size %d", q.version, q.size)
	}
	for _, o := range q.options {
		fmt.Fprintf(&b, " option %d", o.Option())
	}
	return b.String()
}

func (q *question) message(id uint16) *dns.Msg {
	m := &dns.Msg{
		MsgHdr:   dns.MsgHdr{Id: id, RecursionDesired: q.rd, CheckingDisabled: q.cd, AuthenticatedData: q.ad},
		Question: []dns.Question{{Name: q.name, Qtype: q.qtype, Qclass: q.class}},
	}
	if q.edns {
		opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
		opt.SetUDPSize(q.size)
		opt.SetVersion(q.version)
		if q.do {
			opt.SetDo()
		}
		opt.Option = q.options
		m.Extra = []dns.RR{opt}
	}
	return m
}

// record is a resource record in a form that can be compared: names in lower case, since case is
// insignificant and the servers keep, fold or echo it as they like (RFC 4343).
type record struct {
	owner string
	typ   uint16
	class uint16
	ttl   uint32
	rdata string // wire octets in hexadecimal, no name in it compressed
	text  string // for people
}

func (r record) set() string { return fmt.Sprintf("%s %d %d", r.owner, r.class, r.typ) }

// reply is what can be compared of a message.
type reply struct {
	rcode                       int
	opcode                      int
	qr, aa, tc, rd, ra, ad, cd  bool
	zero                        bool
	question                    string
	edns                        bool
	version                     uint8
	do                          bool
	flags                       uint16 // of the OPT, without DO
	options                     []uint16
	answer, authority, addition []record
	// sets are the RRsets of the answer in the order in which they first appear: a client follows an
	// alias from record to record.
	sets []string
	size int // octets
	raw  *dns.Msg
	err  error // why there is no reply
}

// lowerNames folds the domain names in the RDATA of rr.
func lowerNames(rr dns.RR) {
	v := reflect.ValueOf(rr).Elem()
	for i := range v.NumField() {
		switch v.Type().Field(i).Tag.Get("dns") {
		case "domain-name", "cdomain-name":
			switch f := v.Field(i); f.Kind() {
			case reflect.String:
				f.SetString(strings.ToLower(f.String()))
			case reflect.Slice:
				for j := range f.Len() {
					f.Index(j).SetString(strings.ToLower(f.Index(j).String()))
				}
			}
		}
	}
}

func recordOf(rr dns.RR) (record, error) {
	rr = dns.Copy(rr)
	hdr := rr.Header()
	hdr.Name = strings.ToLower(hdr.Name)
	lowerNames(rr)
	buf := make([]byte, 1<<16+300)
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return record{}, err
	}
	start, err := dns.PackDomainName(hdr.Name, make([]byte, 256), 0, nil, false)
	if err != nil {
		return record{}, err
	}
	text := strings.Join(strings.Fields(rr.String()), " ")
	return record{hdr.Name, hdr.Rrtype, hdr.Class, hdr.Ttl, hex.EncodeToString(buf[start+10 : end]), text}, nil
}

func recordsOf(section []dns.RR) ([]record, error) {
	var records []record
	for _, rr := range section {
		if rr.Header().Rrtype == dns.TypeOPT {
			continue
		}
		r, err := recordOf(rr)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", rr, err)
		}
		records = append(records, r)
	}
	return records, nil
}

func compareRecords(a, b record) int { return strings.Compare(a.key(), b.key()) }

func (r record) key() string { return fmt.Sprintf("%s %d %s", r.set(), r.ttl, r.rdata) }

// read takes a reply apart.
func read(wire []byte) *reply {
	m := new(dns.Msg)
	if err := m.Unpack(wire); err != nil {
		return &reply{err: fmt.Errorf("the reply does not unpack: %w: %x", err, wire)}
	}
	p := &reply{
		rcode: m.Rcode, opcode: m.Opcode, qr: m.Response, aa: m.Authoritative, tc: m.Truncated, rd: m.RecursionDesired,
		ra: m.RecursionAvailable, ad: m.AuthenticatedData, cd: m.CheckingDisabled, zero: m.Zero,
		size: len(wire), raw: m,
	}
	if len(m.Question) > 0 {
		p.question = m.Question[0].String()
	}
	for _, rr := range m.Extra {
		opt, ok := rr.(*dns.OPT)
		if !ok {
			continue
		}
		if p.edns {
			p.err = fmt.Errorf("two OPT in a reply: %v", m)
			return p
		}
		p.edns, p.version, p.do = true, opt.Version(), opt.Do()
		p.flags = uint16(opt.Hdr.Ttl) &^ (1 << 15)
		for _, o := range opt.Option {
			p.options = append(p.options, o.Option())
		}
	}
	for _, s := range []struct {
		from []dns.RR
		to   *[]record
	}{{m.Answer, &p.answer}, {m.Ns, &p.authority}, {m.Extra, &p.addition}} {
		if *s.to, p.err = recordsOf(s.from); p.err != nil {
			return p
		}
	}
	p.order()
	return p
}

// order notes the order of the RRsets of the answer and sorts the records.
func (p *reply) order() {
	p.sets = nil
	for _, r := range p.answer {
		if !slices.Contains(p.sets, r.set()) {
			p.sets = append(p.sets, r.set())
		}
	}
	for _, section := range [][]record{p.answer, p.authority, p.addition} {
		slices.SortFunc(section, compareRecords)
	}
}

func (p *reply) String() string {
	if p.err != nil {
		return p.err.Error() + "\n"
	}
	var b strings.Builder
	b.WriteString(dns.RcodeToString[p.rcode])
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{!p.qr, "query"}, {p.aa, "aa"}, {p.tc, "tc"}, {p.rd, "rd"}, {p.ra, "ra"}, {p.ad, "ad"}, {p.cd, "cd"}, {p.zero, "z"},
		{p.edns, "edns"}, {p.do, "do"},
	} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	if p.edns && (p.version != 0 || p.flags != 0 || len(p.options) > 0) {
		fmt.Fprintf(&b, " version %d flags %#x options %v", p.version, p.flags, p.options)
	}
	fmt.Fprintf(&b, " (%d octets)\n  question: %s\n", p.size, p.question)
	for _, section := range []struct {
		name    string
		records []record
	}{{"answer", p.answer}, {"authority", p.authority}, {"additional", p.addition}} {
		for i, r := range section.records {
			if i == 8 {
				fmt.Fprintf(&b, "  %s: and %d more\n", section.name, len(section.records)-i)
				break
			}
			text := r.text
			if len(text) > 200 {
				text = text[:200] + "..."
			}
			fmt.Fprintf(&b, "  %s: %s\n", section.name, text)
		}
	}
	return b.String()
}

// client asks one server; its connections stay open.
type client struct {
	server
	udp, tcp *dns.Conn
	id       uint16
}

func (c *client) conn(network string) (*dns.Conn, error) {
	at := &c.udp
	if network == "tcp" {
		at = &c.tcp
	}
	if *at == nil {
		conn, err := net.DialTimeout(network, c.of(network), 5*time.Second)
		if err != nil {
			return nil, err
		}
		*at = &dns.Conn{Conn: conn, UDPSize: dns.MaxMsgSize}
	}
	return *at, nil
}

func (c *client) close() {
	for _, conn := range []*dns.Conn{c.udp, c.tcp} {
		if conn != nil {
			conn.Close()
		}
	}
	c.udp, c.tcp = nil, nil
}

// ask sends a question and waits for its reply; a connection that the server has closed is opened
// again.
func (c *client) ask(q *question) *reply {
	network := "udp"
	if q.tcp {
		network = "tcp"
	}
	var p *reply
	for range 3 {
		c.id++
		wire, err := q.message(c.id).Pack()
		if err != nil {
			return &reply{err: err}
		}
		if p = c.exchange(network, wire); p.err == nil || p.raw != nil {
			return p
		}
		c.close()
	}
	return p
}

func (c *client) exchange(network string, wire []byte) *reply {
	conn, err := c.conn(network)
	if err != nil {
		return &reply{err: err}
	}
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := conn.Write(wire); err != nil {
		return &reply{err: err}
	}
	for {
		got, err := conn.ReadMsgHeader(nil)
		if err != nil {
			return &reply{err: err}
		}
		if string(got[:2]) == string(wire[:2]) {
			return read(got)
		}
	}
}
