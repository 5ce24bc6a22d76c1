package resolve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

const (
	// udpSize is what fits everywhere without fragments (DNS Flag Day 2020, RFC 9715).
	udpSize    = 1232
	headerSize = 12
	// block is what queries over TLS are padded to (RFC 8467 section 4.1): the length of the name tells
	// the length of the number.
	block = 128
)

// query is one message to send.
type query struct {
	name  string // fully qualified
	qtype uint16
	edns  bool
	pad   bool
	wire  []byte
}

// pack writes the message under a new id. It returns ErrName for a name that cannot be packed.
func (q *query) pack() error {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.RecursionDesired = q.qtype != dns.TypeAXFR
	m.AuthenticatedData = true // RFC 6840 section 5.7: tell whether the answer was validated
	m.Question = []dns.Question{{Name: q.name, Qtype: q.qtype, Qclass: dns.ClassINET}}
	if q.edns {
		m.SetEdns0(udpSize, false)
	}
	wire, err := m.Pack()
	if err != nil {
		return ErrName // its error repeats the name
	}
	if q.edns && q.pad {
		const option = 4 // code and length
		opt := m.IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_PADDING{Padding: make([]byte, (block-(len(wire)+option)%block)%block)})
		if wire, err = m.Pack(); err != nil {
			return ErrName
		}
	}
	q.wire = wire
	return nil
}

// answers reports whether a message is a reply to q: id and question are those of q, letter case aside.
// Only a reply that reports an error may leave the question out.
func (q *query) answers(reply []byte) bool {
	if len(reply) < headerSize || reply[0] != q.wire[0] || reply[1] != q.wire[1] {
		return false
	}
	const response, opcode = 0x80, 0x78
	if reply[2]&response == 0 || reply[2]&opcode != 0 {
		return false
	}
	switch binary.BigEndian.Uint16(reply[4:]) {
	case 0:
		rcode := int(reply[3] & 0xf)
		return rcode != dns.RcodeSuccess && rcode != dns.RcodeNameError
	case 1:
	default:
		return false
	}
	_, end, err := dns.UnpackDomainName(q.wire, headerSize)
	if err != nil || len(reply) < end+4 {
		return false
	}
	for i := headerSize; i < end; i++ {
		if lower(q.wire[i]) != lower(reply[i]) {
			return false
		}
	}
	return string(q.wire[end:end+4]) == string(reply[end:end+4])
}

// lower folds ASCII letters; length octets lie below them.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// truncated reports whether a reply has TC set. It may end in the middle of a record, so it is told
// before the rest is read.
func truncated(reply []byte) bool { return reply[2]&0x02 != 0 }

// unpack reads a reply. miekg/dns takes one that ends before all of its records as whole; the records
// that are missing would look as if they did not exist.
func unpack(reply []byte) (*dns.Msg, error) {
	m := new(dns.Msg)
	if err := m.Unpack(reply); err != nil {
		// A stranger's data is not repeated.
		return nil, ErrMalformed
	}
	for i, n := range []int{len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra)} {
		if n != int(binary.BigEndian.Uint16(reply[4+2*i:])) {
			return nil, fmt.Errorf("%w: it ends too early", ErrMalformed)
		}
	}
	return m, nil
}

// refusesEDNS reports whether the reply is that of a server that knows no EDNS, or another version of
// it (RFC 6891 sections 6.1.3 and 7).
func refusesEDNS(m *dns.Msg) bool {
	return slices.Contains([]int{dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeBadVers}, m.Rcode)
}

// EDE is an Extended DNS Error (RFC 8914).
type EDE struct {
	Code uint16
	Text string // as the server sent it: nobody has checked what is in it
}

func extendedErrors(m *dns.Msg) []EDE {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	var list []EDE
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			list = append(list, EDE{e.InfoCode, e.ExtraText})
		}
	}
	return list
}

// checkRcode returns the error of a reply that says neither what exists nor that nothing does.
func checkRcode(server Server, m *dns.Msg) error {
	if m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError {
		return nil
	}
	e := &ServerError{Server: server, Rcode: m.Rcode, Err: ErrRcode}
	for _, x := range extendedErrors(m) {
		e.EDE = append(e.EDE, x.Code)
	}
	return e
}

// final reports whether asking the same server again is of no use.
func final(err error) bool {
	return !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrMalformed)
}
