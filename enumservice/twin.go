package enumservice

import (
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// AppendTwins appends to dst, for the mailbox of each im: URI that set yields for n, records that offer
// the same mailbox as URIs of protocols, and returns the extended slice.
func (c Checker) AppendTwins(dst []naptr.Record, n e164.Number, set []naptr.Record, protocols []im.Protocol) []naptr.Record {
	return dst
}
