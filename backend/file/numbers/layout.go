package numbers

import (
	"bytes"

	"github.com/enumim/enumim/backend/file/source"
)

// Layout says where the parts of a record stand in a text: a URI with the settings that apply to it, or a
// NAPTR.
type Layout struct {
	Line, Column int // of the URI or of the word NAPTR, from 1: what a source.Place names
	// The settings that stand before a URI; empty where one does not.
	Order, Preference, Services source.Span
	// URI is the URI itself; of a NAPTR, it is the word NAPTR.
	URI source.Span
	// Data are the six fields of a NAPTR, with their quotes; nil for a URI.
	Data []source.Span
}

// Layouts calls each for every entry of a text, in its order, with the records of the entry; entries
// without records and files that the text includes are left out. The Layouts are used again. Of a text with
// faults, what can be told apart is told.
func Layouts(text []byte, each func(entry []Layout)) {
	s := scanner{each: each}
	rest := bytes.TrimPrefix(text, []byte(bom))
	for number := 1; len(rest) > 0; number++ {
		from := len(text) - len(rest)
		next := bytes.IndexByte(rest, '\n') + 1
		if next == 0 {
			next = len(rest)
		}
		s.line(line{text: bytes.TrimRight(rest[:next], "\r\n")}, number, from)
		rest = rest[next:]
	}
	s.flush()
}

// scanner gathers the records of an entry.
type scanner struct {
	each  func(entry []Layout)
	entry []Layout
	next  Layout // the settings of the URI to come
}

func (s *scanner) flush() {
	if len(s.entry) > 0 {
		s.each(s.entry)
	}
	s.entry, s.next = s.entry[:0], Layout{}
}

// line reads one line, which begins at an octet of the text.
func (s *scanner) line(l line, number, from int) {
	if len(l.text) == 0 || l.text[0] == '#' {
		return
	}
	span := func(w word) source.Span {
		return source.Span{From: from + w.col - 1, To: from + w.col - 1 + len(w.text)}
	}
	if classes[l.text[0]] != blank {
		s.flush()
		if l.text[0] == '$' {
			return
		}
		l.word()
	}
	for w := l.word(); len(w.text) > 0; w = l.word() {
		switch {
		case bytes.HasPrefix(w.text, []byte("order=")):
			s.next.Order = span(w)
		case bytes.HasPrefix(w.text, []byte("pref=")):
			s.next.Preference = span(w)
		case bytes.HasPrefix(w.text, []byte("ttl=")), bytes.EqualFold(w.text, []byte("none")):
		case isService(w.text):
			s.next.Services = span(w)
		case bytes.EqualFold(w.text, []byte("ns")), bytes.EqualFold(w.text, []byte("ds")):
			return // to the end of the line
		default:
			s.next.Line, s.next.Column, s.next.URI = number, w.col, span(w)
			if bytes.EqualFold(w.text, []byte("naptr")) {
				s.next.Data = s.raw(&l, from)
			}
			s.entry = append(s.entry, s.next)
			s.next = Layout{}
		}
	}
}

// raw reads the fields of a NAPTR.
func (s *scanner) raw(l *line, from int) []source.Span {
	fields := make([]source.Span, 0, 6)
	for i := range 6 {
		l.skip()
		at := l.at
		if i >= 2 && i < 5 {
			l.quoted()
		} else {
			l.word()
		}
		fields = append(fields, source.Span{From: from + at, To: from + l.at})
	}
	return fields
}
