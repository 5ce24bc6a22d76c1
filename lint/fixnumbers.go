package lint

import (
	"fmt"
	"strings"

	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/naptr"
)

// numbers mends the text of a numbers file.
func (f *Fixed) numbers(mends []mend) {
	k := newKnown(mends)
	numbers.Layouts(f.Text, func(entry []numbers.Layout) {
		for _, l := range entry {
			k.see(spot{l.Line, l.Column})
		}
	})
	n := numbersFixer{text: f.Text, known: k}
	numbers.Layouts(f.Text, n.entry)
	f.Text = n.edits.apply(f.Text)
	f.Entries, f.Left = k.count()
}

type numbersFixer struct {
	text  []byte
	known *known
	edits edits
	rank  rank
}

// rank is the order and preference that the next URI of an entry has where none is written before it.
type rank struct{ order, preference int }

// Of the first URI, and what the preference grows by with each (docs/numbers-file.md).
const (
	firstOrder      = 100
	firstPreference = 10
	preferenceStep  = 10
)

// entry mends one entry.
func (n *numbersFixer) entry(entry []numbers.Layout) {
	first := spot{entry[0].Line, entry[0].Column}
	if _, _, ok := n.known.mended(first); !ok {
		return
	}
	texts := make([][]string, len(entry)) // of the records that each becomes
	left := 0
	for i := range entry {
		l := &entry[i]
		m, r, ok := n.known.mended(spot{l.Line, l.Column})
		for k := 0; ok && k < len(r.now); k++ {
			var text string
			text, ok = n.write(m, l, r, r.now[k])
			texts[i] = append(texts[i], text)
			left++
		}
		if !ok {
			n.known.refuse(first)
			return
		}
	}
	n.rank = rank{firstOrder, firstPreference}
	for i := range entry {
		l := &entry[i]
		_, r, _ := n.known.mended(spot{l.Line, l.Column})
		n.record(l, r, texts[i])
	}
	if left == 0 {
		n.edits.insert(entry[0].URI.From, "none")
	}
}

// record puts the texts in the place of a record, each with the settings that it needs.
func (n *numbersFixer) record(l *numbers.Layout, r *mended, texts []string) {
	if len(texts) == 0 || isNAPTR(texts[0]) { // which takes no settings
		n.remove(l.Order, l.Preference, l.Services)
		l.Order, l.Preference, l.Services = source.Span{}, source.Span{}, source.Span{}
	}
	if len(texts) == 0 {
		n.remove(l.URI)
		n.remove(l.Data...)
		return
	}
	end := l.URI.To
	now := r.now[0]
	switch {
	case l.Data != nil:
		end = l.Data[len(l.Data)-1].To
		a, b := rawFields(r.old), rawFields(now)
		for i, at := range l.Data {
			if a[i] != b[i] {
				n.edits.replace(at, b[i])
			}
		}
	case isNAPTR(texts[0]):
		n.edits.replace(l.URI, texts[0])
	default:
		n.setting(l, &l.Order, "order=", int(now.Order), &n.rank.order)
		n.setting(l, &l.Preference, "pref=", int(now.Preference), &n.rank.preference)
		n.rank.preference += preferenceStep
		if now.Services != r.old.Services {
			if l.Services.Empty() {
				n.edits.insert(l.URI.From, now.Services+" ")
			} else {
				n.edits.replace(l.Services, now.Services)
			}
		}
		if texts[0] != string(l.URI.Of(n.text)) {
			n.edits.replace(l.URI, texts[0])
		}
	}
	for i, text := range texts[1:] {
		n.edits.insert(end, n.further(r.now[1+i], text))
	}
}

// setting writes order= or pref= before a URI where what would be without it is another value.
func (n *numbersFixer) setting(l *numbers.Layout, at *source.Span, name string, value int, current *int) {
	text := fmt.Sprintf("%s%d", name, value)
	switch {
	case !at.Empty():
		if v := string(at.Of(n.text)); v != text && strings.TrimLeft(v[len(name):], "0") != strings.TrimLeft(text[len(name):], "0") {
			n.edits.replace(*at, text)
		}
	case *current != value:
		n.edits.insert(l.URI.From, text+" ")
	}
	*current = value
}

// further writes a record behind another of its entry.
func (n *numbersFixer) further(r naptr.Record, text string) string {
	if isNAPTR(text) {
		return " " + text
	}
	var b strings.Builder
	if n.rank.order != int(r.Order) {
		fmt.Fprintf(&b, " order=%d", r.Order)
	}
	if n.rank.preference != int(r.Preference) {
		fmt.Fprintf(&b, " pref=%d", r.Preference)
	}
	n.rank = rank{int(r.Order), int(r.Preference) + preferenceStep}
	return b.String() + " " + r.Services + " " + text
}

// remove takes words out of the text.
func (n *numbersFixer) remove(words ...source.Span) {
	for _, at := range words {
		if !at.Empty() {
			n.edits.replace(at, "")
		}
	}
}

// write returns a record as a URI or as a NAPTR, without settings; false where a numbers file cannot hold
// it.
func (n *numbersFixer) write(m *mend, l *numbers.Layout, r *mended, now naptr.Record) (string, bool) {
	asURI := l.Data == nil && now.Flags == "u" && len(now.Replacement) <= 1
	switch uri, literal := naptr.CutLiteral(now.Regexp); {
	case asURI && now.Regexp == r.old.Regexp:
		return string(l.URI.Of(n.text)), true
	case asURI && r.template:
		return m.template(r.old, string(l.URI.Of(n.text)))
	case asURI && literal && plainWord(uri) && !strings.ContainsAny(uri, "{}"):
		return uri, true
	}
	if r.template {
		return "", false
	}
	for _, s := range []string{now.Flags, now.Services, now.Regexp} {
		if strings.ContainsAny(s, "\"") || strings.Contains(s, `\\`) || !plainWord(strings.ReplaceAll(s, " ", "")) {
			return "", false
		}
	}
	f := rawFields(now)
	return "NAPTR " + strings.Join(f[:], " "), true
}

// template mends a URI with placeholders: digits that stand in for these stay as they are.
func (m *mend) template(old naptr.Record, template string) (string, bool) {
	var names []string
	var filled strings.Builder
	for rest := template; ; {
		before, after, ok := strings.Cut(rest, "{")
		filled.WriteString(before)
		if !ok {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			return "", false
		}
		filled.WriteString(standIn(len(names)))
		names = append(names, "{"+name+"}")
		rest = behind
	}
	literal, err := naptr.Literal(filled.String())
	if err != nil {
		return "", false
	}
	old.Regexp = literal
	now := m.checker.Repair(m.number, []naptr.Record{old})
	if len(now) == 0 {
		return "", false
	}
	uri, ok := naptr.CutLiteral(now[0].Regexp)
	for i, name := range names {
		if strings.Count(uri, standIn(i)) != 1 {
			return "", false
		}
		uri = strings.Replace(uri, standIn(i), name, 1)
	}
	return uri, ok && plainWord(uri)
}

// standIn returns digits that stand for placeholder i.
func standIn(i int) string { return fmt.Sprintf("90817263%02d", i) }

// isNAPTR reports whether a text that write returned is a NAPTR.
func isNAPTR(text string) bool { return strings.HasPrefix(text, "NAPTR ") }

// plainWord reports whether a text can stand in a numbers file as a word.
func plainWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// rawFields writes the fields of a NAPTR as a numbers file has them: nothing in quotes is an escape.
func rawFields(r naptr.Record) [6]string {
	return [6]string{
		decimal(int(r.Order)), decimal(int(r.Preference)), `"` + r.Flags + `"`, `"` + r.Services + `"`, `"` + r.Regexp + `"`, nameText(r.Replacement),
	}
}
