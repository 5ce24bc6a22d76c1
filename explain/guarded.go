package explain

import (
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/guard"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// Guarded is what becomes of the answer where a guard inspects it on its way to a client that does not validate.
type Guarded struct {
	Action guard.Action
	// Records are those that are sent, Kept those of the report that are not, or not as they are.
	Records, Kept []naptr.Record
	Failed        bool          // SERVFAIL is sent, not NODATA, as nothing is left
	Told          []guard.Count // what is to be told by the policy
	EDE           guard.EDE
}

// maxUDP is what the client takes, as RFC 9715 wants of all.
const maxUDP = 1232

// Judge has the records judged as a guard of the zone with that policy judges the reply of the server: that to a
// query with EDNS and without DO, AD or CD, which has neither signatures nor the AD bit.
func (r *Report) Judge(zone e164.Apex, policy guard.Policy) (*Guarded, error) {
	query := new(dns.Msg).SetQuestion(r.Apex.Domain(r.Number), dns.TypeNAPTR).SetEdns0(maxUDP, false)
	reply := new(dns.Msg).SetReply(query)
	reply.Authoritative = true
	owner := r.Apex.AppendName(nil, r.Hops[len(r.Hops)-1].Name)
	header := dns.RR_Header{Name: string(owner), Class: dns.ClassINET, Ttl: r.TTL}
	for _, record := range r.Records {
		reply.Answer = append(reply.Answer, rr.To(header, record))
	}
	v := guard.New(zone, policy).Judge(query, reply)
	g := &Guarded{Action: v.Action, Failed: v.Msg.Rcode == dns.RcodeServerFailure, EDE: v.EDE}
	for _, record := range v.Msg.Answer {
		if record, ok := record.(*dns.NAPTR); ok {
			sent, err := rr.From(record)
			if err != nil {
				return nil, err
			}
			g.Records = append(g.Records, sent)
		}
	}
	for _, record := range r.Records {
		if !slices.Contains(g.Records, record) {
			g.Kept = append(g.Kept, record)
		}
	}
	for _, c := range v.Counts {
		if c.Tell {
			g.Told = append(g.Told, c)
		}
	}
	return g, nil
}
