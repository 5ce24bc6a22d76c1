package guard

import (
	"slices"

	"github.com/miekg/dns"
)

// reply is what m becomes.
type reply struct {
	m                 *dns.Msg
	answer, ns, extra []dns.RR
	changed           bool
}

// altered returns the reply with what is left. It is not what a validating resolver vouched for.
func (o *reply) altered() *dns.Msg {
	out := duplicate(o.m)
	out.Answer, out.Ns, out.Extra = slices.Clip(o.answer), slices.Clip(o.ns), withoutEDE(ownOPT(o.extra))
	out.AuthenticatedData = false
	return out
}

// empty returns a reply without records. One that was cut off stays so, and the client asks for the whole. A number
// that has records is not denied, whatever the reply with them says.
// Name servers go: beside no answer they would make a referral of it (RFC 2308 section 2.2).
func (o *reply) empty(how Empty) *dns.Msg {
	if o.m.Rcode != dns.RcodeSuccess || how == ServFail && !o.m.Truncated {
		return o.servFail()
	}
	out := o.bare()
	out.Answer = o.answer
	return out
}

// servFail returns a reply that says nothing of the number.
func (o *reply) servFail() *dns.Msg {
	out := o.bare()
	out.Rcode, out.Authoritative, out.Truncated = dns.RcodeServerFailure, false, false
	return out
}

func (o *reply) bare() *dns.Msg {
	out := &dns.Msg{MsgHdr: o.m.MsgHdr, Compress: o.m.Compress, Question: slices.Clone(o.m.Question)}
	out.AuthenticatedData = false
	if at := indexOPT(o.m.Extra); at >= 0 {
		out.Extra = withoutEDE(ownOPT(o.m.Extra[at : at+1]))
	}
	return out
}

// withoutEDE takes Extended DNS Errors from a section with OPT records of its own: their text may be what is kept
// back.
func withoutEDE(section []dns.RR) []dns.RR {
	told := func(o dns.EDNS0) bool { return o != nil && o.Option() == dns.EDNS0EDE }
	for _, rr := range section {
		if opt, ok := rr.(*dns.OPT); ok && opt != nil && slices.ContainsFunc(opt.Option, told) {
			few := opt.Option[:min(len(opt.Option), maxOptions)]
			opt.Option = slices.DeleteFunc(slices.Clone(few), told)
		}
	}
	return section
}

// duplicate returns a message of its own with the records of m. Only OPT is copied, whose header others
// set before a message is sent.
func duplicate(m *dns.Msg) *dns.Msg {
	out := new(dns.Msg)
	*out = *m
	out.Question = slices.Clone(m.Question)
	out.Answer, out.Ns, out.Extra = slices.Clip(m.Answer), slices.Clip(m.Ns), ownOPT(m.Extra)
	return out
}

// ownOPT returns the section with an OPT of its own. Of several, which no message may have (RFC 6891 section 6.1.1),
// one is left.
func ownOPT(section []dns.RR) []dns.RR {
	at := indexOPT(section)
	if at < 0 {
		return slices.Clip(section)
	}
	own := make([]dns.RR, 0, len(section))
	for i, rr := range section {
		switch opt, ok := rr.(*dns.OPT); {
		case !ok || opt == nil:
			own = append(own, rr)
		case i == at:
			own = append(own, &dns.OPT{Hdr: opt.Hdr, Option: slices.Clip(opt.Option)})
		}
	}
	return own
}

// indexOPT returns the index of the OPT that miekg/dns reads and writes, -1 for none.
func indexOPT(section []dns.RR) int {
	for i, rr := range slices.Backward(section) {
		if opt, ok := rr.(*dns.OPT); ok && opt != nil {
			return i
		}
	}
	return -1
}
