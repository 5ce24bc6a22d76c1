package enumim

import (
	"sort"
	"strings"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// maxUDP is the most octets of a reply over UDP, whatever the client offers: larger ones are cut into
// fragments that get lost or forged (RFC 9715).
const maxUDP = 1232

// reply is what a usual reply consists of, in one allocation of less than 512 octets, above which the Go
// runtime takes twice the time. Its records belong to the reply alone, as other plugins keep and change
// what they are given.
type reply struct {
	msg      dns.Msg
	question [1]dns.Question
	answer   [2]dns.RR
	ns       [1]dns.RR
	naptr    [2]dns.NAPTR
}

// begin makes an authoritative reply without records, also over one that was begun before. AD and CD stay
// clear (RFC 4035 section 3.1.6).
func (q *query) begin() {
	p, r := new(reply), q.r
	p.question[0] = r.Question[0]
	p.msg.Id, p.msg.Opcode, p.msg.RecursionDesired = r.Id, r.Opcode, r.RecursionDesired
	p.msg.Response, p.msg.Authoritative = true, true
	p.msg.Question, p.msg.Answer, p.msg.Ns = p.question[:], p.answer[:0], p.ns[:0]
	q.reply, q.needed, q.accompanied = p, 0, false
}

// holds reports whether the answer has a record of a type at a name, spelled in any letter case.
func (p *reply) holds(owner string, typ uint16) bool {
	for _, record := range p.msg.Answer {
		if hdr := record.Header(); hdr.Rrtype == typ && strings.EqualFold(hdr.Name, owner) {
			return true
		}
	}
	return false
}

// passed reports whether the aliases of the answer have led past name, so that they are a loop.
func (p *reply) passed(name string) bool { return p.holds(name, dns.TypeCNAME) }

// finish adds what does not depend on the records: the Extended DNS Error and the limits of size.
func (q *query) finish() {
	if q.result == resultFallthrough {
		return // the query is passed on as it came
	}
	msg, opt := &q.reply.msg, q.r.IsEdns0()
	most := q.bound(opt)
	if q.ede == (extended{}) && small(msg, most) {
		return
	}
	state := request.Request{W: q.w, Req: q.r}
	records := msg.Extra
	fitsWith := func(n int) bool {
		msg.Extra = records[:n:n]
		if opt != nil && q.ede != (extended{}) {
			msg.Extra = append(msg.Extra, optOf(opt, q.ede))
		}
		return fits(msg, &state, opt, most) && (!q.accompanied || n <= q.needed || within(msg, maxCourtesy))
	}
	if fitsWith(len(records)) {
		return
	}
	// What is not needed is left out where there is no room, by whole RRsets and without a word (RFC
	// 2181 section 9). Measuring a message costs time, so it is done few times.
	ends := setEnds(records, q.needed)
	if n := sort.Search(len(ends), func(i int) bool { return !fitsWith(ends[i]) }); n > 0 {
		fitsWith(ends[n-1])
		return
	}
	// Part of a reply would help nobody, and cost the victim of a forged source address (RFC 2181
	// section 9): over UDP the client gets nothing and asks again over TCP.
	kept := msg.Extra[max(0, len(msg.Extra)-1):]
	msg.Answer, msg.Ns, msg.Extra = nil, nil, nil
	if state.Proto() == "udp" {
		if opt != nil && q.ede != (extended{}) {
			msg.Extra = kept
		}
		msg.Truncated = true
		q.result = resultTruncated
		return
	}
	msg.Rcode, msg.Authoritative = dns.RcodeServerFailure, false
	q.result = resultServFail
	if opt != nil {
		msg.Extra = []dns.RR{optOf(opt, edeTooLarge)}
	}
}

// maxFactor is how many times the octets of a query a reply over UDP may have: whoever forges the address of a victim
// must not gain much by it.
const maxFactor = 10

// bound returns the most octets that the reply may have. It has the plugins in front and the server, which decides on
// compression, take the client for one that offers no more; but it offers 512 at least (RFC 6891 section 6.2.3).
func (q *query) bound(opt *dns.OPT) int {
	if q.t == nil || q.proven() {
		return dns.MaxMsgSize // it is nobody's tree, and the reply has no records; or this is the client for sure
	}
	most := min(maxFactor*asked(q.name, opt), maxUDP)
	if offered := max(dns.MinMsgSize, most); opt != nil && int(opt.UDPSize()) > offered {
		opt.SetUDPSize(uint16(offered))
	}
	return most
}

// asked returns how many octets a query has at least. What else may be in one, and is not asked for, does not count:
// names in other records can take more room here than they did on the wire.
func asked(name string, opt *dns.OPT) int {
	const header, typeAndClass = 12, 4
	n := header + len(name) + 1 + typeAndClass
	if strings.IndexByte(name, '\\') >= 0 {
		n = (&dns.Msg{Question: []dns.Question{{Name: name}}}).Len()
	}
	if opt != nil {
		n += optLen
	}
	return n
}

// setEnds returns how many records there are up to the end of each RRset, beginning with the first needed
// ones, which are no part of the others.
func setEnds(records []dns.RR, needed int) []int {
	ends := []int{needed}
	for i := needed + 1; i < len(records); i++ {
		last, hdr := records[i-1].Header(), records[i].Header()
		if hdr.Rrtype != last.Rrtype || hdr.Name != last.Name {
			ends = append(ends, i)
		}
	}
	return ends
}

// optOf returns an OPT that answers the client's and explains.
func optOf(client *dns.OPT, why extended) *dns.OPT {
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	opt.SetUDPSize(maxUDP)
	if client.Do() {
		opt.SetDo()
	}
	opt.Option = []dns.EDNS0{why.option()}
	return opt
}

// optLen is the length of an OPT without options, which the server adds where the query had one.
const optLen = 11

// small reports whether msg holds nothing but NAPTR records that fit what every client takes and most octets, with an OPT.
// Measuring a message takes longer than most look-ups; the fields as text are never shorter than on the
// wire.
func small(msg *dns.Msg, most int) bool {
	if len(msg.Ns)+len(msg.Extra) > 0 {
		return false
	}
	const header, fixed, terminators = 12, 4 + 10 + 4, 2 + 3 // lengths, and ends of names
	n := header + len(msg.Question[0].Name) + 2 + 4 + optLen
	for _, record := range msg.Answer {
		r, ok := record.(*dns.NAPTR)
		if !ok {
			return false
		}
		n += len(r.Hdr.Name) + len(r.Flags) + len(r.Service) + len(r.Regexp) + len(r.Replacement) + fixed + terminators
	}
	return n <= min(most, dns.MinMsgSize)
}

// fits reports whether msg has no more than most octets, and is small enough for the client, in the form that the
// server will send it in: compressed only where it is larger than the client takes, or than CoreDNS dares to send.
func fits(msg *dns.Msg, state *request.Request, opt *dns.OPT, most int) bool {
	size := state.Size()
	limit, udp := min(size, most), state.Proto() == "udp"
	if udp {
		limit = min(limit, maxUDP)
	}
	if opt != nil && msg.IsEdns0() == nil {
		limit -= optLen
		size -= optLen
	}
	msg.Compress = false // as the server begins
	n := msg.Len()
	if n <= limit {
		return true
	}
	if n <= size && !(state.Family() == 1 && n > 1480 || state.Family() == 2 && n > 1220) {
		return false
	}
	msg.Compress = true
	return msg.Len() <= limit
}

// twoOPT reports whether a query has more than one OPT (RFC 6891 section 6.1.1).
func twoOPT(r *dns.Msg) bool {
	n := 0
	for _, record := range r.Extra {
		if record.Header().Rrtype == dns.TypeOPT {
			n++
		}
	}
	return n > 1
}

// unknownFlags are the bits of an OPT's TTL that a reply must not have set (RFC 6891 section 6.1.4).
const unknownFlags = 0x7fff

// write sends the reply, once.
func (q *query) write() error {
	q.writing = true
	// CoreDNS makes the OPT of the reply from that of the query, of which it keeps some flags.
	if opt := q.r.IsEdns0(); opt != nil {
		opt.Hdr.Ttl &^= unknownFlags
	}
	return q.w.WriteMsg(&q.reply.msg)
}
