package enumim

import (
	"slices"
	"sort"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// maxCourtesy is the most octets of a reply with records that no client needs, where a cache plugin may stand
// in front. That keeps the reply for clients with less room than the one that asked, and the server would cut
// it for them, which has them ask again over TCP. All of them have room for 512 octets (RFC 1035 section
// 2.3.4), of which plugins in front may want some for a TSIG and for options, such as cookies.
const maxCourtesy = dns.MinMsgSize - 128

// fill adds additional records and an Extended DNS Error to reply, as far as the client has room for them; it
// reports whether it added any. What is there already stays. Where there is no room, the text of the error goes
// first (RFC 8914 section 3), then the records, by whole RRsets, and at last the error. With records the reply
// has no more than most octets, apart from the error, which no cache keeps.
//
// The tsig plugin, in front, adds its record to that, and takes it from the query, so that nobody can tell.
func fill(reply *dns.Msg, state *request.Request, more []dns.RR, why *extended, most int) bool {
	opt := state.Req.IsEdns0()
	if opt == nil || why != nil && says(reply, *why) {
		why = nil // no EDNS without EDNS (RFC 6891 section 7)
	}
	if len(more) == 0 && why == nil || crowded(reply, state) {
		return false
	}
	var bare *extended
	if why != nil {
		bare = &extended{code: why.code}
	}
	there := reply.Extra
	fitsWith := func(n int, why *extended) bool {
		if n > 0 && most < dns.MaxMsgSize {
			if reply.Extra = extra(there, more[:n], opt, nil); !within(reply, most) {
				return false
			}
		}
		reply.Extra = extra(there, more[:n], opt, why)
		return fits(reply, state, opt, dns.MaxMsgSize)
	}
	n := len(more)
	if fitsWith(n, why) || fitsWith(n, bare) {
		return true
	}
	if !fitsWith(0, bare) {
		why, bare = nil, nil
		if !fitsWith(0, nil) {
			reply.Extra = there
			return false
		}
	}
	if n > 0 {
		ends := append(setEnds(more, 0), n)
		i := sort.Search(len(ends), func(i int) bool { return !fitsWith(ends[i], bare) })
		n = ends[max(0, i-1)] // the first is 0, which fits
	}
	return (fitsWith(n, why) || fitsWith(n, bare)) && (n > 0 || why != nil)
}

// within reports whether msg, in its smallest form and with an OPT, has no more than most octets.
func within(msg *dns.Msg, most int) bool {
	compress := msg.Compress
	msg.Compress = true
	n := msg.Len()
	msg.Compress = compress
	if msg.IsEdns0() == nil {
		n += optLen
	}
	return n <= most
}

// says reports whether reply has the Extended DNS Error already: from the other directive, behind the cache.
func says(reply *dns.Msg, why extended) bool {
	for _, record := range reply.Extra {
		if opt, ok := record.(*dns.OPT); ok && slices.ContainsFunc(opt.Option, func(o dns.EDNS0) bool {
			ede, ok := o.(*dns.EDNS0_EDE)
			return ok && ede.InfoCode == why.code && ede.ExtraText == why.text
		}) {
			return true
		}
	}
	return false
}

// crowded reports whether reply has so many records that there is no room, or that finding some takes long:
// measuring how names compress can cost more than all that is found in them.
func crowded(reply *dns.Msg, state *request.Request) bool {
	n := 0
	for _, section := range [][]dns.RR{reply.Answer, reply.Ns, reply.Extra} {
		for _, record := range section {
			n += least(record)
		}
	}
	if n <= maxUDP {
		return false
	}
	reply.Compress = false
	return state.Proto() == "udp" || reply.Len() > dns.MaxMsgSize/2
}

// least returns how many octets a record has at least, however its names compress (RFC 1035 section 4.1.3).
func least(record dns.RR) int {
	switch r := record.(type) {
	case *dns.NAPTR:
		return dns.Len(r) - len(r.Hdr.Name) - len(r.Replacement)
	case *dns.OPT:
		return optLen + 4*len(r.Option) // RFC 6891 section 6.1.2
	}
	return 11
}

// extra returns an additional section of what is there, with more records before the OPT, and before what
// must come last (RFC 8945 section 5.1), and an Extended DNS Error in the OPT.
func extra(there, more []dns.RR, client *dns.OPT, why *extended) []dns.RR {
	at := slices.IndexFunc(there, func(record dns.RR) bool {
		switch record.(type) {
		case *dns.OPT, *dns.TSIG, *dns.SIG:
			return true
		}
		return false
	})
	if at < 0 {
		at = len(there)
	}
	section := slices.Concat(there[:at], more, there[at:])
	if why == nil {
		return section
	}
	at += len(more)
	for i, record := range section[at:] {
		if opt, ok := record.(*dns.OPT); ok {
			own := *opt
			own.Option = slices.Concat(own.Option, []dns.EDNS0{why.option()})
			section[at+i] = &own
			return section
		}
	}
	return slices.Insert(section, at, dns.RR(optOf(client, *why)))
}
