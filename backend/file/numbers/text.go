package numbers

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/enumim/enumim/backend/file/source"
)

// read reads one file to its end.
func (p *parser) read(f *file) {
	p.file = f
	before := p.errs
	want := p.lines(f)
	if f.text.Err != nil {
		p.entry.state = idle
		return
	}
	if want != "" {
		// What is no text has countless faults, of which this is the one that matters.
		p.errs = before
		p.errs.Add(&source.Error{File: f.name, Line: f.line, Want: want})
		p.entry.state = idle
		return
	}
	p.finish()
	if f.parent == nil {
		p.res.End = f.end
	} else if !f.end && !slices.Contains(p.res.NoEnd, f.path) {
		p.res.NoEnd = append(p.res.NoEnd, f.path)
	}
}

// lines reads the lines of a file. Where the file is no text in UTF-8 with lines that end in LF or CR
// LF, it returns why, and f.line is where that shows.
func (p *parser) lines(f *file) (want string) {
	w := f.text
	if !w.End {
		w.Slide(0, len(bom)+2)
	}
	if text, marked := bytes.CutPrefix(w.Text, []byte(bom)); marked {
		w.Text = text
		w.Fresh = 0
	}
	if bytes.HasPrefix(w.Text, []byte("\xff\xfe")) || bytes.HasPrefix(w.Text, []byte("\xfe\xff")) {
		f.line = 1
		return "the file is UTF-16: save it as UTF-8"
	}
	if want = p.proper(w); want != "" {
		return want
	}
	for at := 0; w.Err == nil && p.stop == nil; {
		rest := w.Text[at:]
		i := bytes.IndexByte(rest[:min(len(rest), maxLine+2)], '\n')
		switch {
		case i >= 0:
			if f.line++; f.line%askEvery == 0 && p.stopped() {
				return ""
			}
			text := rest[:i]
			if i > 0 && text[i-1] == '\r' {
				text = text[:i-1]
			}
			p.line(text, len(text))
			at += i + 1
		case !w.End && len(rest) < maxLine+2:
			p.keep()
			w.Slide(at, len(rest)+1)
			at = 0
			if want = p.proper(w); want != "" {
				return want
			}
		case len(rest) == 0:
			return ""
		case len(rest) < maxLine+2:
			p.cutShort()
			return ""
		default:
			if at, want = p.long(w, at); want != "" {
				return want
			}
		}
	}
	return ""
}

// bom is the byte order mark that some editors begin a text in UTF-8 with.
const bom = "\xef\xbb\xbf"

func (p *parser) cutShort() {
	p.file.line++
	p.fail(0, nil, "the file ends without a newline: was it cut short? If not, end its last line with one")
	p.entry.state = broken
}

// long reads a line of more than maxLine octets, which begins at w.Text[at], and returns where the
// next one begins.
func (p *parser) long(w *source.Window, at int) (next int, want string) {
	begin := bytes.Clone(w.Text[at : at+maxLine+1])
	p.keep()
	size := 0 // of what is not in Text any more
	for {
		if i := bytes.IndexByte(w.Text[at:], '\n'); i >= 0 {
			p.file.line++
			size, next = size+i, at+i+1
			if w.Text[next-2] == '\r' {
				size--
			}
			p.line(begin, size)
			return next, ""
		}
		if w.End {
			p.cutShort()
			return len(w.Text), ""
		}
		// One octet stays, which may be the CR before the LF.
		size += len(w.Text) - 1 - at
		w.Slide(len(w.Text)-1, 2)
		at = 0
		if want = p.proper(w); want != "" || w.Err != nil {
			return 0, want
		}
	}
}

// proper says why what the window has just read is of no text, and sets f.line to where that shows.
func (p *parser) proper(w *source.Window) (want string) {
	text, end := w.Text, len(w.Text)
	if nul := bytes.IndexByte(text[w.Fresh:], 0); nul >= 0 {
		end = w.Fresh + nul
	}
	// What was read before may have ended in a CR.
	for i := max(0, w.Fresh-1); i < end; i++ {
		j := bytes.IndexByte(text[i:end], '\r')
		if j < 0 {
			break
		}
		i += j
		// A CR that ends the file is one of a missing newline; lines says so.
		if i+1 == len(text) || text[i+1] == '\n' {
			continue
		}
		p.file.line += 1 + bytes.Count(text[:i], []byte{'\n'})
		if p.file.line == 1 && !holdsLF(w) {
			return "the lines end in CR alone: save the file with LF or CR LF line ends"
		}
		return "a CR stands inside the line: line ends are LF or CR LF"
	}
	if end == len(text) {
		return ""
	}
	p.file.line += 1 + bytes.Count(text[:end], []byte{'\n'})
	return "the file is not text, it holds NUL octets: is it the right file, was it damaged, or is it UTF-16 instead of UTF-8?"
}

// holdsLF reports whether there is an LF in what is left of a text.
func holdsLF(w *source.Window) bool {
	for bytes.IndexByte(w.Text, '\n') < 0 {
		if w.End {
			return false
		}
		w.Slide(len(w.Text), 1)
	}
	return true
}

// keep copies what the entry refers to in the window, which is about to slide.
func (p *parser) keep() {
	e := &p.entry
	if e.state != open {
		return
	}
	e.word.text, e.unused.text = bytes.Clone(e.word.text), bytes.Clone(e.unused.text)
	for i := range e.items {
		e.items[i].uri = bytes.Clone(e.items[i].uri)
	}
}

// intern returns b as a string that stays until the next entry begins.
func (p *parser) intern(b []byte) string {
	start := len(p.arena)
	p.arena = append(p.arena, b...)
	return stringOf(p.arena[start:])
}

// stringOf returns b as a string without a copy. b is not to change as long as the string is used.
func stringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
