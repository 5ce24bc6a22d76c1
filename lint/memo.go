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
	forms map[string]form
	key   []byte
	uri   []byte
}

// form is an expression that many records have.
type form struct {
	expression *naptr.Expression // nil where its URI depends on more than the number's length and first digits
	colon, at  int               // how long the scheme is, and what stands behind the user part
}

// mostKinds is how many kinds of sets are remembered.
const mostKinds = 4096

// appendSet is Checker.AppendSet.
func (m *memo) appendSet(dst []enumservice.SetFinding, c enumservice.Checker, n e164.Number, set []naptr.Record) []enumservice.SetFinding {
	if !m.ordinary(c, n, set) {
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

// ordinary reports whether all records are URIs of a user of letters and digits, or of digits of the number,
// and makes m.key of all that matters of them and of the number.
func (m *memo) ordinary(c enumservice.Checker, n e164.Number, set []naptr.Record) bool {
	var users [8]string
	if len(set) > len(users) {
		return false
	}
	k := binary.BigEndian.AppendUint64(m.key[:0], uint64(n.CountryCode()))
	k = append(k, byte(n.Len()), byte(len(set)))
	defer func() { m.key = k }()
	for i, r := range set {
		if len(r.Replacement) > 1 {
			return false
		}
		uri, literal := naptr.CutLiteral(r.Regexp)
		colon := strings.IndexByte(uri, ':')
		end := -1
		if literal && colon >= 0 {
			end = userEnd(uri, colon+1)
		}
		matched := byte(1)
		if !literal {
			f := m.form(r.Regexp)
			if f.expression == nil {
				return false
			}
			aus := n.AppendDigits([]byte("+"))
			if c.DialPlan {
				aus = aus[1:]
			}
			out, ok := f.expression.Append(m.uri[:0], aus)
			m.uri = out
			if uri = string(out); ok {
				colon, end = f.colon, len(uri)-f.at
			} else {
				matched, colon, end = 0, 0, 0
			}
			k = append(append(k, byte(len(r.Regexp))), r.Regexp...)
		}
		if end < 0 {
			return false
		}
		users[i] = uri[min(colon+1, end):end]
		same := 0
		for users[same] != users[i] {
			same++
		}
		k = binary.BigEndian.AppendUint16(k, r.Order)
		k = binary.BigEndian.AppendUint16(k, r.Preference)
		k = append(k, matched, byte(same), byte(colon), byte(len(uri)), byte(len(r.Flags)), byte(len(r.Services)))
		k = append(append(append(append(k, r.Flags...), r.Services...), uri[:colon]...), uri[end:]...)
	}
	return true
}

// form returns what is known of an expression.
func (m *memo) form(regexp string) form {
	if f, known := m.forms[regexp]; known {
		return f
	}
	if m.forms == nil || len(m.forms) == mostKinds {
		m.forms = make(map[string]form)
	}
	f := newForm(regexp)
	m.forms[strings.Clone(regexp)] = f
	return f
}

// newForm looks for "!", a pattern of digits, groups and dots, "!", and a URI in which back-references stand
// in the user part only.
func newForm(regexp string) (f form) {
	pattern, rest, ok := strings.Cut(strings.TrimPrefix(regexp, "!"), "!")
	uri, ended := strings.CutSuffix(rest, "!")
	if !ok || !ended || regexp[0] != '!' || strings.Count(pattern, "*") > 1 || strings.ContainsAny(uri, "!%") {
		return form{}
	}
	for i := range len(pattern) {
		switch ch := pattern[i]; {
		case ch >= '0' && ch <= '9', ch == '^', ch == '$', ch == '(', ch == ')', ch == '.':
		case ch == '*' && i > 0 && pattern[i-1] == '.':
		case ch == '\\' && i+1 < len(pattern) && pattern[i+1] == '+':
		case ch == '+' && i > 0 && pattern[i-1] == '\\':
		default:
			return form{}
		}
	}
	colon, at := strings.IndexByte(uri, ':'), strings.LastIndexByte(uri, '@')
	first, last := strings.IndexByte(uri, '\\'), strings.LastIndexByte(uri, '\\')
	if colon < 0 || at < colon || first < colon || last > at {
		return form{}
	}
	x, err := naptr.ParseExpression(regexp)
	if err != nil {
		return form{}
	}
	return form{x, colon, len(uri) - at}
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
