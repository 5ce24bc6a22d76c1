package notation

import (
	"github.com/enumim/enumim/e164"
)

// Codec reads and writes entries, and holds what is read to the rules that a numbers file is held to. The
// zero value serves E.164 numbers of any tree. It is safe for concurrent use.
type Codec struct {
	// Apexes are the trees that the numbers must be of; none stands for any.
	Apexes []e164.Apex
	// DialPlan says that numbers are the bare digits of a private dial plan.
	DialPlan bool
	// TTL, in seconds, is for records that give none; 0 stands for an hour.
	TTL uint32
}

const defaultTTL = 3600

func (c *Codec) ttl() uint32 {
	if c.TTL == 0 {
		return defaultTTL
	}
	return c.TTL
}

// MaxTTL is the most a TTL of a store is taken for, in seconds: a week. Longer ones are cut to it.
const MaxTTL = 604800
