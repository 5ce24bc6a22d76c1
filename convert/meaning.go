package convert

import (
	"bytes"
	"slices"

	"github.com/enumim/enumim/backend"
)

// Same reports whether two entries mean the same: they have the same kind, name and lengths, and what stands
// there in another order, in other letter cases of domain names, or as a TTL of no records, is no difference
// (RFC 2181 section 5, RFC 4343).
func Same(a, b *backend.Entry) bool {
	if a.Broken || b.Broken || a.Kind != b.Kind || a.Name != b.Name || a.Min != b.Min || a.Max != b.Max {
		return false
	}
	if len(a.Records) != len(b.Records) || len(a.Sets) != len(b.Sets) || len(a.Glue) != len(b.Glue) || len(a.Records) > 0 && a.TTL != b.TTL {
		return false
	}
	// Nearly always they are equal as they stand, which takes no memory to see.
	if len(a.Sets) == 0 && len(a.Glue) == 0 && slices.Equal(a.Records, b.Records) {
		return true
	}
	var one, other canonical
	return bytes.Equal(one.bytes(a), other.bytes(b))
}
