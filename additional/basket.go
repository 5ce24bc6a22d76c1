package additional

import (
	"context"
	"slices"

	"github.com/miekg/dns"
)

// Outcome is what came of a search.
type Outcome uint8

const (
	// Unasked: there is no domain to ask for. It is the zero value.
	Unasked Outcome = iota
	// Found: records, and nothing is missing.
	Found
	// Partial: records, and some that were not there in time, could not be told, or do not fit.
	Partial
	// None: there are none that may be kept.
	None
	// Late: none were there in time.
	Late
	// Failed: whether there are any could not be told.
	Failed
	outcomes
)

var outcomeNames = [outcomes]string{"unasked", "found", "partial", "none", "late", "failed"}

// String returns the outcome in lower case, such as "found"; "" for what is no Outcome.
func (o Outcome) String() string {
	if o >= outcomes {
		return ""
	}
	return outcomeNames[o]
}

// basket gathers the records for one answer.
type basket struct {
	authentic bool // only those that are
	records   []dns.RR
	octets    int
	late      bool
	failed    bool
	over      bool
}

// add waits for a look-up and adds copies of what it found. It reports whether it did.
func (b *basket) add(ctx context.Context, l *lookup) bool {
	if !l.await(ctx) {
		b.late = true
		return false
	}
	if l.failed {
		b.failed = true
	}
	ttl := l.left()
	if len(l.records) == 0 || ttl == 0 || b.authentic && !l.authentic {
		return false // nobody may keep what has no TTL, and a cache would keep the whole answer no longer
	}
	if b.octets+l.octets > maxOctets {
		b.over = true
		return false
	}
	for _, record := range l.records {
		again := func(other dns.RR) bool { return dns.IsDuplicate(record, other) }
		if slices.ContainsFunc(b.records, again) { // a server of two protocols, an alias to addresses of both kinds
			continue
		}
		b.octets += dns.Len(record)
		record = dns.Copy(record)
		record.Header().Ttl = ttl
		b.records = append(b.records, record)
	}
	return true
}

func (b *basket) outcome() Outcome {
	whole := !b.late && !b.failed && !b.over
	switch {
	case len(b.records) > 0 && whole:
		return Found
	case len(b.records) > 0:
		return Partial
	case b.late:
		return Late
	case b.failed:
		return Failed
	}
	return None
}
