package lint

import (
	"bytes"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// zone mends the text of a zone file.
func (f *Fixed) zone(mends []mend) {
	z := zoneFixer{text: f.Text, known: newKnown(mends), fixed: -1}
	if i := directive(f.Text, "$TTL"); i >= 0 {
		z.fixed = i
	}
	master.Layouts(f.Text, func(l *master.Layout) { z.known.see(spot{line: l.Line}) })
	master.Layouts(f.Text, z.record)
	z.settle(len(f.Text))
	f.Text = z.edits.apply(f.Text)
	f.Entries, f.Left = z.known.count()
}

// directive returns where a directive first stands in a text; -1 where it does not. An empty name stands
// for any.
func directive(text []byte, name string) int {
	for at := 0; ; {
		if line := text[at:]; len(line) > 0 && line[0] == '$' && len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			return at
		}
		next := bytes.IndexByte(text[at:], '\n') + 1
		if next == 0 {
			return -1
		}
		at += next
	}
}

type zoneFixer struct {
	text  []byte
	known *known
	edits edits
	fixed int    // where $TTL takes the place of the TTL that was stated last; -1 where it does not
	ttl   string // that was stated last
	going []going
}

// going is a record that goes, if what stands behind it allows that: a record without owner has that of
// the one before, and may have its TTL.
type going struct {
	layout  master.Layout
	ttl     string
	instead naptr.Record // which it repeats where it has to stay
}

// record mends one record.
func (z *zoneFixer) record(l *master.Layout) {
	m, r, ok := z.known.mended(spot{line: l.Line})
	ttl := z.stated(l)
	if ok && len(r.now) == 0 {
		g := going{*l, ttl, m.any()}
		g.layout.Head, g.layout.Data = slices.Clone(l.Head), slices.Clone(l.Data)
		z.going = append(z.going, g)
		return
	}
	if owner, state := z.settle(l.Lines.From); owner != "" || state != "" {
		if l.Owner.Empty() {
			z.edits.insert(l.Lines.From, owner)
		}
		if ttl == "" && state != "" && z.fixed < 0 {
			z.edits.insert(l.Head[0].From, state+" ")
			ttl = state
		}
	}
	if ttl != "" {
		z.ttl = ttl
	}
	if !ok {
		return
	}
	was, is := fields(r.old), fields(r.now[0])
	z.fields(l, &was, &is)
	for _, more := range r.now[1:] {
		z.edits.insert(l.Lines.To, z.line(l, more))
	}
}

// any returns one of the records that stay.
func (m *mend) any() (r naptr.Record) {
	for i := range m.records {
		if now := m.records[i].now; len(now) > 0 {
			return now[0]
		}
	}
	return r
}

// stated returns the TTL that a record states; "" where it has that of $TTL, or of the record before.
func (z *zoneFixer) stated(l *master.Layout) string {
	for _, at := range l.Head {
		if word := at.Of(z.text); word[0] >= '0' && word[0] <= '9' {
			return string(word)
		}
	}
	return ""
}

// settle takes the records out that are going, and returns the owner and TTL that they leave to what stands
// at end. Where a directive stands between, which may read both in another way, they stay and repeat a
// record of their set, which says nothing more.
func (z *zoneFixer) settle(end int) (owner, ttl string) {
	if len(z.going) == 0 {
		return "", ""
	}
	stay := directive(z.text[z.going[0].layout.Lines.From:end], "$") >= 0
	for i := range z.going {
		g := &z.going[i]
		l := &g.layout
		if stay {
			var none [6]string
			is := fields(g.instead)
			z.fields(l, &none, &is)
			if g.ttl != "" {
				z.ttl = g.ttl
			}
			continue
		}
		if !l.Owner.Empty() {
			owner = string(l.Owner.Of(z.text))
		}
		if g.ttl != "" {
			ttl = g.ttl
		}
		z.edits.replace(l.Lines, "")
	}
	z.going = z.going[:0]
	if ttl == z.ttl {
		ttl = ""
	}
	return owner, ttl
}

// fields rewrites those fields of a record that change.
func (z *zoneFixer) fields(l *master.Layout, was, is *[6]string) {
	if len(l.Data) != len(is) { // in the form of RFC 3597 section 5
		z.edits.replace(l.Head[len(l.Head)-1], "NAPTR")
		z.edits.replace(l.Data[0], strings.Join(is[:], " "))
		for _, at := range l.Data[1:] {
			z.edits.replace(at, "")
		}
		return
	}
	for i, at := range l.Data {
		if was[i] != is[i] {
			z.edits.replace(at, is[i])
		}
	}
}

// line writes a further record of the same owner, with the TTL and class that the first has.
func (z *zoneFixer) line(l *master.Layout, r naptr.Record) string {
	var b strings.Builder
	b.WriteByte('\t')
	for _, at := range l.Head[:len(l.Head)-1] {
		b.Write(at.Of(z.text))
		b.WriteByte(' ')
	}
	f := fields(r)
	b.WriteString("NAPTR " + strings.Join(f[:], " "))
	if lines := l.Lines.Of(z.text); bytes.HasSuffix(lines, []byte("\r\n")) {
		b.WriteByte('\r')
	}
	b.WriteByte('\n')
	return b.String()
}

// fields writes the fields of a record as a zone file has them.
func fields(r naptr.Record) [6]string {
	quoted := func(s string) string { return `"` + string(rr.Escape(nil, s)) + `"` }
	return [6]string{
		decimal(int(r.Order)), decimal(int(r.Preference)), quoted(r.Flags), quoted(r.Services), quoted(r.Regexp), nameText(r.Replacement),
	}
}

// nameText writes a replacement.
func nameText(wire string) string {
	if len(wire) > 1 {
		if name, err := rr.NameFromWire(wire); err == nil {
			return name
		}
	}
	return "."
}
