package enumim

import (
	"context"
	"errors"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
)

// extended is an Extended DNS Error (RFC 8914). Its text tells no number, host or secret.
type extended struct {
	code uint16
	text string
}

var (
	edeNotReady      = extended{dns.ExtendedErrorCodeNotReady, "no number data loaded yet"}
	edeUnavailable   = extended{dns.ExtendedErrorCodeNetworkError, "number store not reachable"}
	edeBusy          = extended{dns.ExtendedErrorCodeNetworkError, "number store busy"}
	edeTooStale      = extended{dns.ExtendedErrorCodeInvalidData, "number data too old"}
	edeInvalid       = extended{dns.ExtendedErrorCodeInvalidData, "number data cannot be served"}
	edeInternal      = extended{dns.ExtendedErrorCodeOther, "internal error"}
	edeShutdown      = extended{dns.ExtendedErrorCodeNotReady, "shutting down"}
	edeStale         = extended{dns.ExtendedErrorCodeStaleAnswer, "number store not reachable"}
	edeStaleNXDomain = extended{dns.ExtendedErrorCodeStaleNXDOMAINAnswer, "number store not reachable"}
	edeTransfer      = extended{dns.ExtendedErrorCodeProhibited, "zone transfer not allowed"}
	edeNotOurs       = extended{dns.ExtendedErrorCodeNotAuthoritative, ""}
	edeUnreadable    = extended{dns.ExtendedErrorCodeInvalidData, "reply of another server is no DNS message"}
	edeTooLarge      = extended{dns.ExtendedErrorCodeInvalidData, "answer larger than a DNS message"}
)

// extendedOf returns the Extended DNS Error for an error of a backend.
func extendedOf(err error) extended {
	switch {
	case errors.Is(err, backend.ErrNotReady):
		return edeNotReady
	case errors.Is(err, backend.ErrStale):
		return edeTooStale
	case errors.Is(err, backend.ErrInvalidData):
		return edeInvalid
	case errors.Is(err, backend.ErrBusy):
		return edeBusy
	case errors.Is(err, backend.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return edeUnavailable
	case errors.Is(err, backend.ErrClosed):
		return edeShutdown
	}
	return edeInternal
}

// option returns the EDNS option, for a message of its own.
func (e extended) option() *dns.EDNS0_EDE {
	return &dns.EDNS0_EDE{InfoCode: e.code, ExtraText: e.text}
}

// refuse makes the reply a REFUSED.
func (q *query) refuse(why extended) {
	q.begin()
	q.result = resultRefused
	q.reply.msg.Rcode = dns.RcodeRefused
	q.reply.msg.Authoritative = false
	q.ede = why
}

// fail makes the reply a SERVFAIL: the backend cannot tell, and an outage must never look like a
// number that does not exist.
func (q *query) fail(err error) {
	q.begin()
	q.result = resultServFail
	q.reply.msg.Rcode = dns.RcodeServerFailure
	q.reply.msg.Authoritative = false
	q.ede = extendedOf(err)
	if q.t.quiet.ok() {
		log.Errorf("zone %s: %s", q.t.zone, masked(err.Error()))
	}
}
