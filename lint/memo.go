package lint

import (
	"encoding/binary"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// memo remembers what was found in sets of records. Nearly all of a large file are like one of few: only
// the number and the user part of the URIs differ.
type memo struct {
	found map[string][]enumservice.SetFinding
	key   []byte
}

// mostKinds is how many kinds of sets are remembered.
const mostKinds = 4096

// appendSet is Checker.AppendSet.
func (m *memo) appendSet(dst []enumservice.SetFinding, c enumservice.Checker, n e164.Number, set []naptr.Record) []enumservice.SetFinding {
	if !m.ordinary(n, set) {
		return c.AppendSet(dst, n, set)
	}
	found, known := m.found[string(m.key)]
	if !known {
		found = c.AppendSet(nil, n, set)
		if m.found == nil || len(m.found) == mostKinds {
			m.found = make(map[string][]enumservice.SetFinding)
		}
		m.found[string(m.key)] = found
	}
	return append(dst, found...)
}

// ordinary reports whether all records are literal URIs of a user of letters and digits, and makes m.key of
// all that matters of them and of the number.
func (m *memo) ordinary(n e164.Number, set []naptr.Record) bool {
	var users [8]string
	if len(set) > len(users) {
		return false
	}
	k := binary.BigEndian.AppendUint64(m.key[:0], uint64(n.CountryCode()))
	k = append(k, byte(n.Len()), byte(len(set)))
	defer func() { m.key = k }()
	for i, r := range set {
		uri, ok := naptr.CutLiteral(r.Regexp)
		colon := strings.IndexByte(uri, ':')
		if !ok || colon < 0 || len(r.Replacement) > 1 {
			return false
		}
		end := userEnd(uri, colon+1)
		if end < 0 {
			return false
		}
		users[i] = uri[colon+1 : end]
		same := 0
		for users[same] != users[i] {
			same++
		}
		k = binary.BigEndian.AppendUint16(k, r.Order)
		k = binary.BigEndian.AppendUint16(k, r.Preference)
		k = append(k, byte(same), byte(len(users[i])), byte(colon), byte(len(uri)), byte(len(r.Flags)), byte(len(r.Services)))
		k = append(append(append(append(k, r.Flags...), r.Services...), uri[:colon]...), uri[end:]...)
	}
	return true
}

// userEnd returns where the user part that begins at an octet of a URI ends with "@"; -1 where it holds
// more than lower-case letters and digits, or no letter, since a number may be judged as one.
func userEnd(uri string, from int) int {
	letter := false
	for i := from; i < len(uri); i++ {
		switch c := uri[i]; {
		case c >= 'a' && c <= 'z':
			letter = true
		case c >= '0' && c <= '9':
		case c == '@' && letter:
			return i
		default:
			return -1
		}
	}
	return -1
}
