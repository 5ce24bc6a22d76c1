package numbers

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// DefaultTTL is the TTL in seconds of entries for which neither the file nor Options gives one.
const DefaultTTL = 3600

// maxLine is the longest line in octets. It is far above what one DNS message holds, and keeps a
// file that is no text from being taken for one entry.
const maxLine = 64 << 10

// Options say how a numbers file is read. The zero value reads E.164 numbers below any apex and
// refuses $INCLUDE.
type Options struct {
	// File is the name that errors show.
	File string
	// Apexes are the trees that the file is for: a number that lies below none of them is an error.
	// Empty means that every number is taken.
	Apexes []e164.Apex
	// DialPlan says that the keys are bare digits of a private dial plan instead of "+" and an
	// E.164 number. They may be short and may begin with 0.
	DialPlan bool
	// TTL, in seconds, is that of entries above which no $TTL stands; 0 stands for DefaultTTL.
	TTL uint32
	// Open opens a file that $INCLUDE names. name is a slash-separated path relative to the folder
	// of File, without "..". It must not follow a symbolic link out of that folder: os.Root.Open
	// does what is needed. The file is closed when it was read. nil refuses $INCLUDE.
	Open func(name string) (io.ReadCloser, error)
	// Stop is asked every few thousand lines and at each $INCLUDE. Its error ends the reading and is
	// returned as it is. nil never stops.
	Stop func() error
	// Lint, if not nil, has the file looked through instead of prepared to be served.
	Lint *source.Lint
}

// Result is what is known of a file beside its entries.
type Result struct {
	// Entries counts the calls of add; a range counts once for each of its prefixes.
	Entries int
	// Lines counts the lines of the file, without those of the files that it includes.
	Lines int
	// End reports whether the file says with $END that it is complete.
	End bool
	// Included are the files that were included, as Options.Open was asked for them, in the order
	// they were first read.
	Included []string
	// NoEnd are those of Included that do not say with $END that they are complete.
	NoEnd []string
	// Findings are records that are served but deserve a look, one Finding a rule, in the order
	// of their first appearance.
	Findings []Finding
}

// Finding is a rule that records of a file do not keep, although they can be served.
type Finding struct {
	Code  string // of the rule, as package enumservice names it, or D01: glue outside of the trees
	Text  string // what is wrong, without number or URI
	Count int    // how many records
	File  string // where the first of them stands
	Line  int
}

// Read reads the numbers file src and calls add for each entry, in the order of the file. Of the text,
// no more than about half a mebibyte is in memory at once. The entry with all that it refers to is
// used again for the next call. line is the line where the entry begins; for an entry of an included
// file, the line of the $INCLUDE in src.
//
// Read goes on after a fault with the next entry, and returns all faults together as
// *source.Errors: what add was given must then be thrown away. When src cannot be read to its end, or
// add returns an error, Read stops and returns that error as it is. That two entries have one number
// is for add to notice.
func Read(src io.Reader, o Options, add func(e *backend.Entry, line int) error) (Result, error) {
	return read(source.NewWindow(src, windowSize), windowSize, o, add)
}

// Parse is Read for a text that is in memory.
func Parse(src []byte, o Options, add func(e *backend.Entry, line int) error) (Result, error) {
	return read(source.Whole(src), windowSize, o, add)
}

// windowSize is how much of a text is in memory at once, in octets.
const windowSize = 256 << 10

func read(text *source.Window, window int, o Options, add func(e *backend.Entry, line int) error) (Result, error) {
	p := &parser{o: o, add: add, window: window, services: map[string]string{}}
	if o.Lint != nil {
		p.errs.Most = o.Lint.Faults
	}
	p.check = enumservice.Checker{Private: private(o.Apexes), DialPlan: o.DialPlan}
	f := &file{name: o.File, path: path.Base(filepath.ToSlash(o.File)), text: text, ttl: cmp.Or(o.TTL, DefaultTTL)}
	p.read(f)
	p.res.Lines = f.line
	if p.stop == nil {
		p.stop = text.Err
	}
	if p.stop != nil {
		return p.res, p.stop
	}
	return p.res, p.errs.Err()
}

// parser holds what lives as long as one call of Parse.
type parser struct {
	o     Options
	add   func(e *backend.Entry, line int) error
	res   Result
	errs  source.Errors
	stop  error // what add or Options.Stop returned
	files int   // read through $INCLUDE

	file   *file
	entry  entry
	out    backend.Entry
	arena  []byte // what the strings of the entry are cut from, see intern
	buf    []byte
	window int // octets of the windows of included files

	services map[string]string // by scheme as written: the Enumservice, "" where there is none
	check    enumservice.Checker
	found    []enumservice.Finding // about the record that is being checked
	placed   []source.Place

	// What the last URI was like that stood at this place in its entry, counted from 0; the lines of
	// large files are alike.
	recent [4]struct {
		scheme, services string
		host             string // of a plain URI
	}
}

// file is one text that is being read.
type file struct {
	name   string // as errors show it
	path   string // relative to the folder of the first file
	text   *source.Window
	line   int    // of the text, from 1; of those read, how many there are
	ttl    uint32 // what $TTL says
	end    bool   // $END was seen
	parent *file  // the file with the $INCLUDE
}

// ref is the line that add is told for what stands on line n.
func (f *file) ref(n int) int {
	for ; f.parent != nil; f = f.parent {
		n = f.parent.line
	}
	return n
}

// askEvery is after how many lines Options.Stop is asked, which may cost.
const askEvery = 4096

// stopped asks Options.Stop whether the reading is to end.
func (p *parser) stopped() bool {
	if p.stop == nil && p.o.Stop != nil {
		p.stop = p.o.Stop()
	}
	return p.stop != nil
}

// line reads one line, without its end. Of a line of more than maxLine octets, size in all, text is
// the beginning.
func (p *parser) line(text []byte, size int) {
	f := p.file
	if len(text) == 0 || text[0] == '#' {
		return
	}
	indented := text[0] == ' ' || text[0] == '\t'
	l := line{text: text}
	var first word
	if indented || size > maxLine || f.end {
		at := l
		if first = at.word(); len(first.text) == 0 && (size == len(text) || len(bytes.TrimLeft(text, " \t")) > 0) {
			return
		}
	}
	if !indented {
		p.finish()
	}
	switch {
	case f.end:
		p.fail(first.col, first.text, "$END is the last line of a file: only comments may follow")
		p.entry.state = broken
	case size > maxLine:
		p.fail(0, nil, fmt.Sprintf("the line has %d octets, %d are the most: continue long entries on lines that begin with a blank", size, maxLine))
		p.entry.state = broken
	case indented && p.entry.state == idle:
		p.fail(first.col, first.text, "the line begins with a blank, so it continues an entry, but no entry stands above it: begin the line with the number")
		p.entry.state = broken
	case indented && p.entry.state == broken:
	case indented:
		p.words(&l)
	case text[0] == '$':
		p.directive(&l)
	default:
		p.begin(&l)
	}
}

// fail keeps a fault at a column of the current line; 0 is the whole line. text is what is wrong
// there.
func (p *parser) fail(col int, text []byte, want string) {
	p.failAt(p.file.line, col, text, want)
}

func (p *parser) failAt(line, col int, text []byte, want string) {
	// One octet more than Mask shows is enough to show, but not to know where a URI's user part
	// ends; what is longer than the longest URI is cut before it is masked.
	shown := string(text[:min(len(text), 512)])
	p.errs.Add(&source.Error{File: p.file.name, Line: line, Column: col, Text: source.Mask(shown), Want: want})
}

// private reports whether there are apexes and none of them is public.
func private(apexes []e164.Apex) bool {
	return len(apexes) > 0 && !slices.ContainsFunc(apexes, e164.Apex.Public)
}
