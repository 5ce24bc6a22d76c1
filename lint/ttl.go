package lint

import (
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

// staleTTL is for how many seconds ported numbers may be cached: a number that is ported keeps going to
// where it was.
const staleTTL = 24 * 3600

// ttl judges how long the records of an entry may be cached.
func (t *tree) ttl(e *backend.Entry, at source.Place, s subject) {
	switch {
	case e.TTL == 0:
		t.tell(ruleOf("T01"), at, s, nil)
	case e.TTL > staleTTL:
		for _, r := range e.Records {
			if strings.Contains(r.Regexp, "npdi") || strings.Contains(r.Regexp, ";rn=") {
				t.tell(ruleOf("T02"), at, s, nil)
				return
			}
		}
	}
}
