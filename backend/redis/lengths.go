package redis

import (
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// lengths is the set of how many digits names have at which more or else than a number stands: blocks and
// delegations decide about other numbers. The marker has it, with the generation that it is of, so that fewer
// prefixes of a number have to be looked at: two or three instead of eleven. A set with too many is no harm, and
// one of another generation counts for nothing: who writes without knowing of it adds to the generation, as every
// writer does, and thereby withdraws it.
type lengths uint16

// add adds the name of an entry where that is needed.
func (l *lengths) add(e *backend.Entry) {
	if e.Kind != backend.Number {
		*l |= 1 << e.Name.Number.Len()
	}
}

// String returns the form of the marker: "2,4".
func (l lengths) String() string {
	var b strings.Builder
	for n := 1; n <= e164.MaxDigits; n++ {
		if l&(1<<n) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// parseLengths reads that form.
func parseLengths(text string) (l lengths) {
	for part := range strings.SplitSeq(text, ",") {
		if n, err := strconv.Atoi(part); err == nil && 1 <= n && n <= e164.MaxDigits {
			l |= 1 << n
		}
	}
	return l
}
