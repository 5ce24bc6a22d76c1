package master

import (
	"bytes"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/naptr/rr"
)

// Layout says where the parts of a resource record stand in a text.
type Layout struct {
	Line  int           // of the type, from 1: the line that a source.Place names
	Lines source.Span   // from the beginning of its first line to behind the line feed of its last
	Owner source.Span   // empty where the record has the owner of the one before
	Head  []source.Span // TTL, class and type, as far as they stand there
	Type  uint16
	Data  []source.Span // the words of the RDATA, with their quotes
}

// Layouts calls each for the resource records of a text, in its order, without those of files that it
// includes or that it generates. The Layout is used again. Of a text with faults, what can be told apart is
// told.
func Layouts(text []byte, each func(l *Layout)) {
	p := newParser(Options{})
	l := &p.lx
	*l = lexer{src: text, line: 1}
	if bytes.HasPrefix(text, []byte(bom)) {
		l.pos, l.bol = len(bom), len(bom)
	}
	var at Layout
	for l.pos < len(text) {
		at = Layout{Lines: source.Span{From: l.pos}, Head: at.Head[:0], Data: at.Data[:0]}
		blank := text[l.pos] == ' ' || text[l.pos] == '\t'
		k := l.next()
		switch {
		case k == end:
			continue
		case k == word && l.tok[0] == '$':
			if bytes.EqualFold(l.tok, []byte("$GENERATE")) {
				k = bad // its line is taken whole
			}
			fallthrough
		case k == bad:
			l.skip(k)
			continue
		}
		if !blank {
			at.Owner = source.Span{From: l.at.pos, To: l.pos}
			k = l.next()
		}
		for typed := false; !typed && k == word; k = l.next() {
			at.Head = append(at.Head, source.Span{From: l.at.pos, To: l.pos})
			if _, class := parseClass(l.tok); class || l.tok[0] >= '0' && l.tok[0] <= '9' {
				continue
			}
			at.Type, typed = rr.Type(string(l.tok))
			if at.Line = l.at.line; !typed {
				break
			}
		}
		if at.Type == 0 {
			l.skip(k)
			continue
		}
		for ; k == word || k == quoted; k = l.next() {
			at.Data = append(at.Data, source.Span{From: l.at.pos, To: l.pos})
		}
		if k == bad {
			l.skip(k)
			continue
		}
		at.Lines.To = l.pos
		each(&at)
	}
}
