package lint

import (
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// subject is what a finding is about.
type subject struct {
	kind     backend.EntryKind
	name     e164.Name
	min, max int
}

// text writes a subject as its file would: a number or a block of a numbers file, a name of a zone. Of what
// is not known, it is the zone.
func (t *tree) text(s subject) string {
	n := s.name.Number
	switch {
	case s == (subject{}) && !t.live: // not known
		return ""
	case t.zone && s.kind == backend.Wildcard:
		return string(t.apex.AppendName(nil, s.name.Wildcard()))
	case t.zone:
		return string(t.apex.AppendName(nil, s.name))
	}
	var b strings.Builder
	if !t.checker.DialPlan {
		b.WriteByte('+')
	}
	b.WriteString(n.Digits())
	if s.kind != backend.Block {
		return b.String()
	}
	least, most := s.min-n.Len(), s.max-n.Len()
	b.WriteByte('x')
	switch {
	case least == most && most == 1:
	case least == most:
		b.WriteString("{" + decimal(most) + "}")
	default:
		b.WriteString("{" + decimal(least) + "," + decimal(most) + "}")
	}
	return b.String()
}
