package test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// reasons are what SERVFAIL may say for itself while a store fails (RFC 8914).
var reasons = []uint16{
	dns.ExtendedErrorCodeCachedError, dns.ExtendedErrorCodeNotReady, dns.ExtendedErrorCodeNetworkError, dns.ExtendedErrorCodeInvalidData,
}

// extended returns the Extended DNS Errors of a reply.
func extended(m *dns.Msg) (codes []uint16) {
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EDE); ok {
				codes = append(codes, e.InfoCode)
			}
		}
	}
	return codes
}

// isStale reports whether a reply says that it may be out of date.
func isStale(m *dns.Msg) bool {
	return slices.ContainsFunc(extended(m), func(code uint16) bool {
		return code == dns.ExtendedErrorCodeStaleAnswer || code == dns.ExtendedErrorCodeStaleNXDOMAINAnswer
	})
}

// wait notes how long a reply took.
func (l *load) wait(d time.Duration) {
	took := int64(d)
	for most := l.slowest.Load(); took > most && !l.slowest.CompareAndSwap(most, took); most = l.slowest.Load() {
	}
}

// calms waits until nothing has been stale or SERVFAIL for as long as a look-up that began before may take.
func (l *load) calms(tb testing.TB) {
	tb.Helper()
	bad, count := time.Now(), int64(-1)
	eventually(tb, func() error {
		if now := l.failed.Load() + l.stale.Load(); now != count {
			bad, count = time.Now(), now
		}
		if time.Since(bad) < steady {
			return errors.New("there are replies that are stale, or SERVFAIL")
		}
		return nil
	})
}

// duringOutage notes what outages make of replies, and checks those that only an outage excuses. It reports
// false for a reply that has to be right as at any time. What a stale reply says must be of a version there was. It
// raises no lowest one, and where the server is reloaded it may be below it, since another generation may have seen more.
func (l *load) duringOutage(p pending, m *dns.Msg) (excused bool, err error) {
	failed, stale := m.Rcode == dns.RcodeServerFailure, isStale(m)
	if failed {
		l.failed.Add(1)
	}
	if stale {
		l.stale.Add(1)
	}
	if !failed && !stale {
		return false, nil
	}
	if !p.outage && !l.outage.Load() {
		if !l.aside.Load() {
			return true, fmt.Errorf("%w: nothing is at fault, and the reply says so: %v", errWrong, m)
		}
		l.untimely.Add(1)
	}
	if stale {
		if p.seen == nil {
			p.low = 0
		}
		return true, p.check(m, p.low, true)
	}
	codes := extended(m)
	if len(m.Answer) > 0 || len(codes) != 1 || !slices.Contains(reasons, codes[0]) {
		return true, fmt.Errorf("%w: SERVFAIL with other than one of the reasons %v: %v", errWrong, reasons, m)
	}
	return true, nil
}
