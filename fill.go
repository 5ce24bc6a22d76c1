package enumim

import (
	"slices"
	"sort"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// fill adds additional records and an Extended DNS Error to reply, as far as the client has room for them; it
// reports whether it added any. What is there already stays. Where there is no room, the text goes first and
// the error next (RFC 8914 section 3), and then the records, by whole RRsets.
func fill(reply *dns.Msg, state *request.Request, more []dns.RR, why *extended) bool {
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
		reply.Extra = extra(there, more[:n], opt, why)
		return fits(reply, state, opt)
	}
	n := len(more)
	if fitsWith(n, why) || fitsWith(n, bare) {
		return true
	}
	if !fitsWith(0, nil) {
		reply.Extra = there
		return false
	}
	if !fitsWith(n, nil) {
		ends := setEnds(more, 0)
		i := sort.Search(len(ends), func(i int) bool { return !fitsWith(ends[i], nil) })
		n = ends[i-1] // the first is 0, which fits
		if fitsWith(n, why) || fitsWith(n, bare) {
			return true
		}
	}
	reply.Extra = extra(there, more[:n], opt, nil)
	return n > 0
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
