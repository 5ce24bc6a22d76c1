package convert

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// numbersText writes entries as the numbers file has them.
type numbersText struct {
	dialPlan bool
	services map[string]string // by scheme: what a URI without a service has; "" where one must be named
	uri      []byte
	sorted   []naptr.Record
}

// append appends an entry, which a numbers file must be able to hold.
func (w *numbersText) append(b []byte, e *backend.Entry) []byte {
	b = notation.AppendNumber(b, e.Name.Number, w.dialPlan)
	switch {
	case e.Kind == backend.Block && e.Max == e.Name.Number.Len(): // the rest of a range
		b = notation.AppendNumber(append(b, ".."...), e.Name.Number, w.dialPlan)
	case e.Kind == backend.Block:
		b = appendOpen(b, e.Min-e.Name.Number.Len(), e.Max-e.Name.Number.Len())
	}
	switch {
	case e.Kind == backend.Delegation:
		return w.appendCut(b, e)
	case len(e.Records) == 0:
		return append(b, "\tnone\n"...)
	}
	b = appendTTL(b, e.TTL)
	records := e.Records
	if !slices.IsSortedFunc(records, byRank) {
		w.sorted = append(w.sorted[:0], records...)
		slices.SortStableFunc(w.sorted, byRank)
		records = w.sorted
	}
	order, pref := notation.DefaultOrder, notation.FirstPreference
	for i := range records {
		r := &records[i]
		b = append(b, '\t')
		service, uri, ok := w.short(e, r)
		if !ok {
			b = appendRaw(b, r)
			continue
		}
		if int(r.Order) != order {
			order = int(r.Order)
			b = append(strconv.AppendInt(append(b, "order="...), int64(order), 10), ' ')
		}
		if int(r.Preference) != pref {
			pref = int(r.Preference)
			b = append(strconv.AppendInt(append(b, "pref="...), int64(pref), 10), ' ')
		}
		pref += notation.PreferenceStep
		if service != "" {
			b = append(append(b, service...), ' ')
		}
		b = append(append(b, uri...), '\n')
	}
	return b
}

func byRank(a, b naptr.Record) int {
	return int(a.Order)<<16 + int(a.Preference) - int(b.Order)<<16 - int(b.Preference)
}

// appendOpen appends what stands for the open digits of a block.
func appendOpen(b []byte, least, most int) []byte {
	switch {
	case least < most:
		b = strconv.AppendInt(append(b, "x{"...), int64(least), 10)
		return append(strconv.AppendInt(append(b, ','), int64(most), 10), '}')
	case most <= 6:
		return append(b, "xxxxxx"[:most]...)
	}
	return append(strconv.AppendInt(append(b, "x{"...), int64(most), 10), '}')
}

func appendTTL(b []byte, ttl uint32) []byte {
	if ttl == numbers.DefaultTTL {
		return b
	}
	return strconv.AppendUint(append(b, "\tttl="...), uint64(ttl), 10)
}

// appendRaw appends a NAPTR in full.
func appendRaw(b []byte, r *naptr.Record) []byte {
	b = strconv.AppendUint(append(b, "NAPTR "...), uint64(r.Order), 10)
	b = strconv.AppendUint(append(b, ' '), uint64(r.Preference), 10)
	for _, s := range []string{r.Flags, r.Services, r.Regexp} {
		b = append(append(append(b, ` "`...), s...), '"')
	}
	return append(append(append(b, ' '), notation.NameText(r.Replacement)...), '\n')
}

// short returns the URI, or the URI with placeholders, that the record comes from, and the service
// field where the scheme does not say it. ok is false where the record has to be written in full.
func (w *numbersText) short(e *backend.Entry, r *naptr.Record) (service string, uri []byte, ok bool) {
	if r.Flags != "u" || !notation.IsRoot(r.Replacement) {
		return "", nil, false
	}
	if uri, ok := naptr.CutLiteral(r.Regexp); ok && !strings.ContainsAny(uri, "{}") {
		w.uri = append(w.uri[:0], uri...)
	} else if e.Kind != backend.Block || !w.template(e, r.Regexp) {
		return "", nil, false
	}
	scheme, ok := notation.SchemeOf(w.uri)
	if !ok {
		return "", nil, false
	}
	implied, known := w.services[scheme]
	if !known {
		if s, err := enumservice.ForScheme(scheme); err == nil {
			implied = "E2U+" + s.String()
		}
		if w.services == nil {
			w.services = make(map[string]string)
		}
		if len(w.services) < 64 {
			w.services[scheme] = implied
		}
	}
	if r.Services == implied {
		return "", w.uri, true
	}
	if _, err := enumservice.ParseServices(nil, r.Services); err != nil || !isService(r.Services) {
		return "", nil, false
	}
	return r.Services, w.uri, true
}

// isService reports whether a numbers file takes the word for a service field.
func isService(word string) bool {
	return len(word) >= 4 && strings.EqualFold(word[:3], "e2u") && (word[3] == '+' || word[3] == ':') && notation.IsText(word)
}

// template puts the URI with placeholders into w.uri that gives the expression of a block.
func (w *numbersText) template(e *backend.Entry, regexp string) bool {
	prefix := e.Name.Number
	s, ok := shapeOf(regexp, prefix, e.Min, e.Max, w.dialPlan)
	if !ok || s.literal || s.groups == 0 || strings.ContainsAny(s.repl, "{}") {
		return false
	}
	names := [10]string{}
	for i, pos := range s.starts[:s.groups] {
		var name string
		switch {
		case !s.used[i+1]:
			return false
		case pos == plusAt:
			name = "{number}"
		case pos == 0:
			name = "{digits}"
		case pos == prefix.Len():
			name = "{rest}"
		case pos > e164.MaxDigits:
			name = "{last" + strconv.Itoa(tailAt-pos) + "}"
		default:
			name = "{last" + strconv.Itoa(e.Max-pos) + "}"
		}
		names[i+1] = name
	}
	// The dots behind ".*" are there for {lastN}, which needs as many open digits in the shortest number.
	if s.tail > 0 && (s.tail > e.Min-prefix.Len() || s.firstTail() != tailAt-s.tail) {
		return false
	}
	w.uri = w.uri[:0]
	for i := 0; i < len(s.repl); i++ {
		if s.repl[i] == '\\' {
			i++
			w.uri = append(w.uri, names[s.repl[i]-'0']...)
		} else {
			w.uri = append(w.uri, s.repl[i])
		}
	}
	// The shortest number must leave a user, and the longest fit 255 octets.
	if bytes.Contains(w.uri, []byte(":{rest}@")) && e.Min == prefix.Len() {
		return false
	}
	return len(s.repl)+strings.Count(s.repl, `\`)*e164.MaxDigits+len("!^.*$!!") <= 255
}

// firstTail returns where the first group of the last digits begins; 0 where there is none.
func (s *shape) firstTail() int {
	for _, pos := range s.starts[:s.groups] {
		if pos > e164.MaxDigits {
			return pos
		}
	}
	return 0
}
