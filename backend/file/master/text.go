package master

import (
	"bytes"
	"slices"

	"github.com/enumim/enumim/backend/file/source"
)

// sizes say how much of a text is looked at, in octets.
type sizes struct {
	record int // the longest record, all its lines and comments counted
	window int
}

// usual leaves room for the longest RDATA with each octet of it escaped, twice.
var usual = sizes{record: 512 << 10, window: windowSize}

// windowSize is how much of a text is in memory at once, in octets.
const windowSize = 1 << 20

// parse reads the whole of one file.
func (p *parser) parse(w *source.Window) {
	before := p.errs
	at, want := p.records(w)
	switch {
	case p.stop != nil || w.Err != nil:
		return
	case want != "":
		// What is no text has countless faults, of which this is the one that matters.
		p.errs = before
		p.errs.Add(&source.Error{File: p.files[p.file], Line: at.line, Column: at.pos - at.bol + 1, Want: want})
		return
	}
	l := &p.lx
	if l.cutShort && l.pos == len(l.src) {
		want := "expected a newline at the end of the file: is the file cut short?"
		if l.src[len(l.src)-1] == '\r' {
			want = "expected " + wantLF
		}
		p.errs.Add(&source.Error{File: p.files[p.file], Line: l.line, Column: l.pos - l.bol + 1, Want: want})
	}
	if p.depth == 0 {
		p.stats.End = l.ended
	} else if file := p.active[len(p.active)-1]; !l.ended && !slices.Contains(p.stats.NoEnd, file) {
		p.stats.NoEnd = append(p.stats.NoEnd, file)
	}
}

// records reads the records and directives of a file. Where the file is no text, it returns why, and
// where that shows.
func (p *parser) records(w *source.Window) (at place, want string) {
	if !w.End {
		w.Slide(0, len(bom)+2)
	}
	if text, marked := bytes.CutPrefix(w.Text, []byte(bom)); marked {
		w.Text, w.Fresh = text, 0
	}
	if bytes.HasPrefix(w.Text, []byte("\xff\xfe")) || bytes.HasPrefix(w.Text, []byte("\xfe\xff")) {
		return place{line: 1}, "expected text: this is UTF-16, save the file as UTF-8 or ASCII"
	}
	p.lx = lexer{text: w, line: 1}
	if at, want = p.nul(); want != "" {
		return at, want
	}
	for w.Err == nil {
		l := &p.lx
		if len(w.Text)-l.pos <= p.sizes.record && !w.End {
			p.slide()
			if at, want = p.nul(); want != "" {
				return at, want
			}
			continue
		}
		l.src = w.Text
		if l.cut = len(l.src)-l.pos > p.sizes.record; l.cut {
			l.src = l.src[:l.pos+p.sizes.record]
		}
		l.cutShort = !l.cut && len(l.src) > 0 && l.src[len(l.src)-1] != '\n'
		if l.pos == len(l.src) || p.stopped() || !p.record() {
			break
		}
	}
	return place{}, ""
}

// bom is the byte order mark that some editors begin a text in UTF-8 with.
const bom = "\xef\xbb\xbf"

// slide makes the window begin where the next record does.
func (p *parser) slide() {
	l := &p.lx
	by := l.pos
	l.text.Slide(by, p.sizes.record+1)
	l.pos, l.bol = 0, l.bol-by
	// The owner may yet be told of.
	p.owner.at.pos -= by
	p.owner.at.bol -= by
}

// nul looks for octets that are zero, as an editor for UTF-16 or a broken disk leaves behind, in what
// the window has just read.
func (p *parser) nul() (at place, want string) {
	l := &p.lx
	text := l.text.Text
	i := bytes.IndexByte(text[l.text.Fresh:], 0)
	if i < 0 {
		return place{}, ""
	}
	i += l.text.Fresh
	at = place{line: l.line + bytes.Count(text[l.pos:i], []byte{'\n'}), bol: l.bol, pos: i}
	if bol := bytes.LastIndexByte(text[:i], '\n') + 1; bol > 0 {
		at.bol = bol
	}
	return at, `expected text: here stands a NUL octet; is this a zone file? Write \000 where it is meant`
}
