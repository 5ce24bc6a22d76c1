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
	edeNotReady    = extended{dns.ExtendedErrorCodeNotReady, "no number data loaded yet"}
	edeUnavailable = extended{dns.ExtendedErrorCodeNetworkError, "number store not reachable"}
	edeBusy        = extended{dns.ExtendedErrorCodeNetworkError, "number store busy"}
	edeTooStale    = extended{dns.ExtendedErrorCodeInvalidData, "number data too old"}
	edeInvalid     = extended{dns.ExtendedErrorCodeInvalidData, "number data cannot be served"}
	edeInternal    = extended{dns.ExtendedErrorCodeOther, "internal error"}
	edeShutdown    = extended{dns.ExtendedErrorCodeNotReady, "shutting down"}
	// The store may be away, or hold something that was refused.
	edeStale         = extended{dns.ExtendedErrorCodeStaleAnswer, "number data not current"}
	edeStaleNXDomain = extended{dns.ExtendedErrorCodeStaleNXDOMAINAnswer, "number data not current"}
	edeTransfer      = extended{dns.ExtendedErrorCodeProhibited, "zone transfer not allowed"}
	edeWalker        = extended{dns.ExtendedErrorCodeProhibited, "too many neighbours of numbers asked for"}
	edeNotOurs       = extended{dns.ExtendedErrorCodeNotAuthoritative, ""}
	edeUnreadable    = extended{dns.ExtendedErrorCodeInvalidData, "reply of another server is no DNS message"}
	edeTooLarge      = extended{dns.ExtendedErrorCodeInvalidData, "answer larger than a DNS message"}
)

// failure is what an error of a backend is: for clients, and for metrics.
type failure struct {
	sort   error
	ede    extended
	reason string
}

// failures are the sorts of errors, the more particular first.
var failures = []failure{
	{backend.ErrClosed, edeShutdown, "closed"},
	{backend.ErrPanic, edeInternal, "panic"},
	{backend.ErrNotReady, edeNotReady, "not_ready"},
	{backend.ErrStale, edeTooStale, "stale"},
	{backend.ErrInvalidData, edeInvalid, "invalid"},
	{backend.ErrBusy, edeBusy, "busy"},
	{context.DeadlineExceeded, edeUnavailable, "timeout"},
	{backend.ErrUnavailable, edeUnavailable, "unavailable"},
	{context.Canceled, edeUnavailable, "unavailable"},
}

// failureOf returns what an error of a backend is.
func failureOf(err error) failure {
	for _, f := range failures {
		if errors.Is(err, f.sort) {
			return f
		}
	}
	return failure{err, edeInternal, "other"}
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
	why := failureOf(err)
	q.ede = why.ede
	lookupErrors.WithLabelValues(q.t.zone, why.reason).Inc()
	if q.t.quiet.ok() {
		log.Errorf("zone %s: %s", q.t.zone, masked(err.Error()))
	}
}
