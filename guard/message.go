package guard

import (
	"reflect"

	"github.com/miekg/dns"
)

// headerOf returns the header of rr; nil where there is no record, which no other plugin has to prevent.
func headerOf(rr dns.RR) *dns.RR_Header {
	if v := reflect.ValueOf(rr); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return rr.Header()
}

// holds reports whether a section has anything to judge.
func holds(section []dns.RR) bool {
	for _, rr := range section {
		if concerns(headerOf(rr)) {
			return true
		}
	}
	return false
}

// concerns reports whether a record with this header is judged. Without a header it cannot be sent, and
// nothing of the message would be.
func concerns(h *dns.RR_Header) bool { return h == nil || h.Rrtype == dns.TypeNAPTR }

// wantsDNSSEC reports whether the query has the DO bit.
func wantsDNSSEC(r *dns.Msg) bool {
	for _, rr := range r.Extra {
		if opt, ok := rr.(*dns.OPT); ok && opt != nil && opt.Do() {
			return true
		}
	}
	return false
}

// answers reports whether a section has records other than such as lead to another name.
func answers(section []dns.RR) bool {
	for _, rr := range section {
		switch rr.Header().Rrtype {
		case dns.TypeCNAME, dns.TypeDNAME, dns.TypeRRSIG:
		default:
			return true
		}
	}
	return false
}
