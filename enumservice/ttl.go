package enumservice

import (
	"strings"

	"github.com/enumim/enumim/naptr"
)

const day = 24 * 60 * 60

// AppendTTL appends the findings on the times to live of a set's records, in seconds, to dst and
// returns the extended slice. ttls has one for each record, or one for all.
func (c Checker) AppendTTL(dst []SetFinding, set []naptr.Record, ttls ...uint32) []SetFinding {
	zero, long, mixed := false, false, false
	for _, ttl := range ttls {
		zero = zero || ttl == 0
		long = long || ttl > day
		mixed = mixed || ttl != ttls[0]
	}
	if zero {
		dst = reportSet(dst, ruleZeroTTL)
	}
	if long && hasPortability(set) {
		dst = reportSet(dst, ruleStaleTTL)
	}
	if mixed {
		dst = reportSet(dst, ruleMixedTTL)
	}
	return dst
}

// hasPortability reports whether a record tells where a number was ported to (RFC 4694), which
// changes when its owner does.
func hasPortability(set []naptr.Record) bool {
	for _, r := range set {
		if uri := strings.ToLower(r.Regexp); strings.Contains(uri, ";npdi") || strings.Contains(uri, ";rn=") {
			return true
		}
	}
	return false
}
