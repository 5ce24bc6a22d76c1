package lint

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// zone mends the text of a zone file.
func (f *Fixed) zone(mends []mend) {
	k := newKnown(mends)
	defaults := bytes.Contains(bytes.ToUpper(f.Text), []byte("$TTL"))
	master.Layouts(f.Text, func(l *master.Layout) { k.see(spot{line: l.Line}) })
	var before master.Layout
	master.Layouts(f.Text, func(l *master.Layout) {
		// A record that goes leaves its owner to the next. Behind a directive, that may be read as another
		// name.
		if l.Owner.Empty() && before.Line > 0 && hasDirective(f.Text[before.Lines.To:l.Lines.From]) {
			if _, r, ok := k.mended(spot{line: before.Line}); ok && len(r.now) == 0 {
				k.refuse(spot{line: before.Line})
			}
		}
		before = *l
	})
	if !defaults {
		// The TTL of a record may be that of the one before.
		for _, m := range mends {
			for _, r := range m.records {
				if len(r.now) == 0 {
					k.refuse(spot{line: r.line})
				}
			}
		}
	}
	z := zoneFixer{text: f.Text, known: k}
	master.Layouts(f.Text, z.record)
	f.Text = z.edits.apply(f.Text)
	f.Entries, f.Left = k.count()
}

func hasDirective(text []byte) bool {
	return bytes.HasPrefix(text, []byte("$")) || bytes.Contains(text, []byte("\n$"))
}

type zoneFixer struct {
	text  []byte
	known *known
	edits edits
	owner string // left by a record that went, for the next without one
}

// record mends one record.
func (z *zoneFixer) record(l *master.Layout) {
	_, r, ok := z.known.mended(spot{line: l.Line})
	gone := ok && len(r.now) == 0
	switch {
	case !l.Owner.Empty():
		z.owner = ""
		if gone {
			z.owner = string(l.Owner.Of(z.text))
		}
	case z.owner != "" && !gone:
		z.edits.insert(l.Lines.From, z.owner)
		z.owner = ""
	}
	switch {
	case !ok:
	case gone:
		z.edits.replace(l.Lines, "")
	default:
		z.fields(l, r.old, r.now[0])
		for _, more := range r.now[1:] {
			z.edits.insert(l.Lines.To, z.line(l, more))
		}
	}
}

// fields rewrites those fields of a record that change.
func (z *zoneFixer) fields(l *master.Layout, old, now naptr.Record) {
	a, b := fields(old), fields(now)
	if len(l.Data) != len(b) { // RFC 3597 section 5
		z.edits.replace(l.Data[0], strings.Join(b[:], " "))
		for _, at := range l.Data[1:] {
			z.edits.replace(at, "")
		}
		return
	}
	for i, at := range l.Data {
		if a[i] != b[i] {
			z.edits.replace(at, b[i])
		}
	}
}

// line writes a further record of the same owner, with the TTL and class that the first has.
func (z *zoneFixer) line(l *master.Layout, r naptr.Record) string {
	var b strings.Builder
	b.WriteByte('\t')
	for _, at := range l.Head {
		b.Write(at.Of(z.text))
		b.WriteByte(' ')
	}
	f := fields(r)
	b.WriteString(strings.Join(f[:], " "))
	if lines := l.Lines.Of(z.text); bytes.HasSuffix(lines, []byte("\r\n")) {
		b.WriteByte('\r')
	}
	b.WriteByte('\n')
	return b.String()
}

// fields writes the fields of a record as a zone file has them.
func fields(r naptr.Record) [6]string {
	quoted := func(s string) string { return `"` + string(rr.Escape(nil, s)) + `"` }
	replacement := "."
	if len(r.Replacement) > 1 {
		if name, err := rr.NameFromWire(r.Replacement); err == nil {
			replacement = name
		}
	}
	return [6]string{
		strconv.Itoa(int(r.Order)), strconv.Itoa(int(r.Preference)), quoted(r.Flags), quoted(r.Services), quoted(r.Regexp), replacement,
	}
}
