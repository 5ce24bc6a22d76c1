package enumim

import "github.com/miekg/dns"

var (
	edeQueryType    = extended{dns.ExtendedErrorCodeInvalidQueryType, ""}
	edeNotSupported = extended{dns.ExtendedErrorCodeNotSupported, ""}
)

// refuseType replies to queries of a type that no record can have, whatever the name. It reports
// whether it did.
//
// NODATA says that a record could be there, and is remembered. Types 128 to 255 are for queries and
// for records that live in a message only, as is OPT (RFC 6895 section 3.1). Of the former ANY is
// answered; the others are well-formed and not implemented, which RFC 8906 section 3.1.2 allows to say.
// To ask for the latter is an error (RFC 9824 section 3.5).
func (q *query) refuseType() bool {
	t := q.qtype
	switch {
	case t != dns.TypeOPT && (t < 128 || t > 254):
		return false
	case t == dns.TypeAXFR, t == dns.TypeIXFR:
		q.refuse(edeTransfer)
	case t == dns.TypeMAILA, t == dns.TypeMAILB:
		q.reject(dns.RcodeNotImplemented, resultNotImplemented, edeNotSupported)
	default:
		q.reject(dns.RcodeFormatError, resultFormatError, edeQueryType)
	}
	return true
}

// reject makes the reply a refusal with another rcode.
func (q *query) reject(rcode int, result result, why extended) {
	q.refuse(why)
	q.reply.msg.Rcode, q.result = rcode, result
}
