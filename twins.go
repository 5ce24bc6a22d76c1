package enumim

import (
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// addTwins adds, behind the NAPTR records of the answer from index from on, those that offer the same mailboxes
// to clients of other protocols (enumservice.Checker.AppendTwins): for a number that was asked for, and where
// no signature covers the RRset.
func (q *query) addTwins(a *backend.Answer, from int) {
	asked, err := q.t.apex.Parse(q.name)
	if err != nil || signed(a.Sets, dns.TypeNAPTR) {
		return
	}
	if _, branch := asked.Branch(); !branch && !asked.IsNumber() {
		return
	}
	records := q.reply.msg.Answer[from:]
	set := make([]naptr.Record, len(records))
	for i := range records {
		record, ok := records[i].(*dns.NAPTR)
		if !ok {
			return
		}
		if set[i], err = rr.From(record); err != nil {
			return
		}
	}
	checker := enumservice.CheckerFor(q.t.apex, q.t.Options.DialPlan)
	for _, twin := range checker.AppendTwins(nil, q.number, set, q.t.Options.Twins) {
		q.reply.msg.Answer = append(q.reply.msg.Answer, rr.To(*records[0].Header(), twin))
	}
}

// signed reports whether an RRSIG among sets covers a type, which its RDATA begins with (RFC 4034 section 3.1).
func signed(sets []backend.RRset, typ uint16) bool {
	i := indexType(sets, dns.TypeRRSIG)
	if i < 0 {
		return false
	}
	return slices.ContainsFunc(sets[i].Data, func(rdata string) bool { return covers(rdata, typ) })
}

// covers reports whether the RDATA of an RRSIG is a signature of RRs of a type.
func covers(rdata string, typ uint16) bool {
	return len(rdata) >= 2 && uint16(rdata[0])<<8|uint16(rdata[1]) == typ
}
