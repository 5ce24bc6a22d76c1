package lint

import (
	"bytes"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// zone mends the text of a zone file.
func (f *Fixed) zone(mends []mend) {
	z := zoneFixer{text: f.Text, known: newKnown(mends), fixed: directive(f.Text, "$TTL")}
	master.Layouts(f.Text, func(l *master.Layout) { z.known.see(spot{line: l.Line}) })
	for again := true; again; { // each time with fewer entries
		z.edits, z.stayed = nil, false
		master.Layouts(f.Text, z.record)
		z.settle(nil)
		again = z.stayed
	}
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
	fixed int // where $TTL takes the place of the TTL that was stated last; -1 where it does not

	going  []going
	stayed bool // a record had to stay
}

// going is a record that goes, if what stands behind it allows that: a record without owner has that of
// the one before, and may have its TTL.
type going struct {
	layout master.Layout
	ttl    string
}

// record mends one record.
func (z *zoneFixer) record(l *master.Layout) {
	_, r, ok := z.known.mended(spot{line: l.Line})
	ttl := z.stated(l)
	if ok && len(r.now) == 0 {
		g := going{*l, ttl}
		g.layout.Head, g.layout.Data = slices.Clone(l.Head), slices.Clone(l.Data)
		z.going = append(z.going, g)
		return
	}
	z.settle(l)
	if !ok {
		return
	}
	was, is := fields(r.old), fields(r.now[0])
	z.fields(l, &was, &is)
	for _, more := range r.now[1:] {
		z.edits.insert(l.Lines.To, z.line(l, more))
	}
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

// settle takes the records out that are going, and gives the record behind them, next, what it had of
// them: the owner, and the TTL where $TTL is not in force. Where it cannot be given that, they stay, and their entries. next is
// nil at the end of the text.
func (z *zoneFixer) settle(next *master.Layout) {
	if len(z.going) == 0 {
		return
	}
	end := len(z.text)
	if next != nil {
		end = next.Lines.From
	}
	var owner, ttl string
	for i := range z.going {
		g := &z.going[i]
		if at := g.layout.Owner; !at.Empty() {
			owner = string(at.Of(z.text))
		}
		if g.ttl != "" {
			ttl = g.ttl
		}
	}
	ownerless := next != nil && next.Owner.Empty() && owner != ""
	timeless := next != nil && ttl != "" && z.stated(next) == "" && (z.fixed < 0 || z.fixed > end)
	between := z.text[z.going[0].layout.Lines.From:end]
	// Text from elsewhere may have the owner or the TTL of a record that goes, or have set $TTL before.
	elsewhere := func(text []byte) bool { return directive(text, "$INCLUDE") >= 0 || directive(text, "$GENERATE") >= 0 }
	stay := elsewhere(between) || (ownerless || timeless) && directive(between, "$") >= 0 || timeless && elsewhere(z.text[:end])
	for i := range z.going {
		l := &z.going[i].layout
		if stay {
			// Its entry stays as a whole: other ranks beside it could mean something else.
			z.known.refuse(spot{line: l.Line})
			z.stayed = true
			continue
		}
		z.edits.replace(l.Lines, z.comments(l))
	}
	z.going = z.going[:0]
	if stay {
		return
	}
	if ownerless {
		z.edits.insert(next.Lines.From, owner)
	}
	if timeless {
		z.edits.insert(next.Head[0].From, ttl+" ")
	}
}

// comments returns the comments of the lines of a record, each as a line.
func (z *zoneFixer) comments(l *master.Layout) string {
	var b strings.Builder
	at := l.Lines.From
	gap := func(to int) {
		for between := z.text[at:to]; ; {
			i := bytes.IndexByte(between, ';')
			if i < 0 {
				return
			}
			end := bytes.IndexByte(between[i:], '\n')
			if end < 0 {
				b.Write(between[i:])
				return
			}
			b.Write(between[i : i+end+1])
			between = between[i+end+1:]
		}
	}
	for _, word := range slices.Concat([]source.Span{l.Owner}, l.Head, l.Data) {
		if !word.Empty() {
			gap(word.From)
			at = word.To
		}
	}
	gap(l.Lines.To)
	return b.String()
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
