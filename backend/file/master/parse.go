package master

import (
	"bytes"
	"fmt"
	"io"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// endMarker, in a comment line of its own, says that the data is complete.
const endMarker = "$END"

const (
	maxTTL  = 1<<31 - 1 // RFC 2181 section 8
	maxText = 200       // octets of a faulty text that are looked at
)

// Options says how a file is read. The zero value reads a file that names its own origin.
type Options struct {
	// File is the path of the file, which errors show.
	File string
	// Origin completes relative names until the first $ORIGIN: a domain name in presentation form,
	// fully qualified. Empty where the file must say it.
	Origin string
	// Open opens a file that $INCLUDE names. name is a slash-separated path relative to the folder
	// of File, without "..". It must not follow a symbolic link out of that folder. The file is
	// closed when it was read. nil refuses $INCLUDE.
	Open func(name string) (io.ReadCloser, error)
	// Stop is asked every few thousand lines and at each $INCLUDE. Its error ends the reading and is
	// returned as it is. nil never stops.
	Stop func() error
	// Generate allows $GENERATE.
	Generate bool
	// Unordered has what is plain handed out as it is read, so that nothing of it is kept and
	// sorted: the NAPTR records that stand together at a number which has no others there. What the
	// file holds of such a number elsewhere comes as further entries; that these belong together, or
	// contradict each other, or are hidden by a delegation or DNAME, is neither told nor mended.
	// Where that is so, the file is to be read again without Unordered.
	Unordered bool
	// Source, if not nil, is told before each entry which file the entry's first record stands in: File,
	// or the path of one that $INCLUDE names, as errors show it.
	Source func(file string)
	// Lint, if not nil, has the file looked through instead of prepared to be served.
	Lint *source.Lint
}

// Stats tells what was read.
type Stats struct {
	Records  int       // resource records, those left out among them
	Entries  int       // entries delivered
	End      bool      // the file has the end marker, a comment line "; $END" behind everything else
	Files    []string  // what $INCLUDE named, readable or not, as paths below the folder of the file
	NoEnd    []string  // those of Files without the end marker
	Findings []Finding // what was served all the same, or left out; one of each rule
}

// Finding is something in the data that deserves a look.
type Finding struct {
	Rule  string // one of the Rule constants
	Text  string // what it means; no number, no URI
	File  string // where the first one stands
	Line  int
	Count int // how many there are
}

// The rules of findings.
const (
	RuleOccluded  = "occluded-data"    // data below a delegation or a DNAME
	RuleTTL       = "ttl-mismatch"     // different TTLs in an RRset
	RuleDuplicate = "duplicate-record" // a record that stands there twice
	RuleGlue      = "missing-glue"     // a name server below its delegation without address
	RuleNoNS      = "no-apex-ns"       // the zone names no name servers
)

var ruleText = map[string]string{
	RuleOccluded:  "data below a delegation or a DNAME is not served (RFC 2181 section 6.1, RFC 6672 section 2.4)",
	RuleTTL:       "the records of an RRset have different TTLs; the lowest is used (RFC 2181 section 5.2)",
	RuleDuplicate: "a record stands in the file more than once (RFC 2181 section 5)",
	RuleGlue:      "a name server at or below its own delegation has no address record",
	RuleNoNS:      "the zone has no NS records at its apex",
}

// Read reads the master file src and hands its entries to add, ascending by name; line is where the
// entry's first record stands. The entry, its slices and the arrays of the slices are used again for
// the next one; its strings are good until add returns. Of the text, no more than about a mebibyte is in
// memory at once, and a record with all its lines has half of that at most.
//
// The zone frame holds the SOA and the RRsets of the apex but NAPTR, which comes as an entry of kind
// Number at the name of the apex. A DNAME at the apex stands in the frame and comes as an entry, too.
//
// Faults of the file come together as *source.Errors. Entries may have been handed out before one is
// found, so what add received counts only if Read returns nil. When src cannot be read to its end, or
// add returns an error, Read stops and returns that error as it is.
func Read(src io.Reader, o Options, add func(e *backend.Entry, line int) error) (*backend.Zone, e164.Apex, Stats, error) {
	return newParser(o).read(source.NewWindow(src, windowSize), add)
}

// Parse is Read for a text that is in memory.
func Parse(src []byte, o Options, add func(e *backend.Entry, line int) error) (*backend.Zone, e164.Apex, Stats, error) {
	return newParser(o).read(source.Whole(src), add)
}

func (p *parser) read(text *source.Window, add func(e *backend.Entry, line int) error) (*backend.Zone, e164.Apex, Stats, error) {
	p.direct = zone{p: p, data: &p.gathered, add: add}
	p.parse(text)
	p.pass()
	if p.stop == nil {
		p.stop = text.Err
	}
	if p.stop != nil {
		return nil, e164.Apex{}, p.stats, p.stop
	}
	if p.apex == (e164.Apex{}) && p.early == 0 && p.errs.Err() == nil {
		p.errs.Add(&source.Error{File: p.o.File, Line: 1, Want: "expected an SOA record: a zone file begins with one"})
	}
	zone, err := p.deliver(add)
	if err == nil {
		err = p.errs.Err()
	}
	if err != nil {
		return nil, e164.Apex{}, p.stats, err
	}
	return zone, p.apex, p.stats, nil
}

// parser holds what is known between records.
type parser struct {
	o     Options
	sizes sizes
	lx    lexer
	errs  source.Errors
	stats Stats

	files  []string // paths for errors; files[0] is the file itself
	file   int      // which of them is being read
	depth  int      // of $INCLUDE
	active []string // the files that are being read, outermost first
	made   int      // records made by $GENERATE
	asked  int      // how often stopped was called
	stop   error    // what Options.Stop returned

	origin     string // wire form; empty where there is none yet
	originText string // the same in presentation form

	ttl     uint32 // of $TTL, else the last one stated, else the SOA's MINIMUM
	haveTTL bool
	fixed   bool // ttl is from $TTL

	apex     e164.Apex
	apexWire string // lower case
	apexText []byte // in presentation form, with a dot before it
	soa      ref
	early    int // records before the SOA

	owner owner
	names names
	arena arena
	refs  []ref

	gathered gathered
	direct   zone // for what is plain
}

func newParser(o Options) *parser {
	p := &parser{o: o, sizes: usual, files: []string{o.File}}
	if o.Lint != nil {
		p.errs.Most = o.Lint.Faults
	}
	if o.Origin != "" {
		if err := p.setOrigin([]byte(o.Origin)); err != nil {
			p.errs.Add(&source.Error{File: o.File, Line: 1, Want: "expected an origin that is a domain name: " + err.Error()})
		}
	}
	return p
}

// stopped reports whether the reading is to end. Options.Stop may cost, so it is asked now and then.
func (p *parser) stopped() bool {
	const every = 4096
	if p.asked++; p.asked%every == 0 {
		p.ask()
	}
	return p.stop != nil
}

func (p *parser) ask() {
	if p.stop == nil && p.o.Stop != nil {
		p.stop = p.o.Stop()
	}
}

// fail reports that want, a noun phrase, was expected where the last token stands.
func (p *parser) fail(want string) {
	l := &p.lx
	p.failAt(l.at, l.tok, want)
}

func (p *parser) failAt(at place, text []byte, want string) {
	l := &p.lx
	// What is wrong with the last line of a file without final newline is that it ends there.
	if l.cutShort && at.bol > bytes.LastIndexByte(l.src, '\n') {
		return
	}
	e := &source.Error{
		File: p.files[p.file], Line: at.line, Column: at.pos - at.bol + 1,
		Text: string(text[:min(len(text), maxText)]), Want: "expected " + want,
	}
	if e.Text != "@" { // the origin, no user of a URI
		e.Text = source.Mask(e.Text)
	}
	if l.made {
		e.Column = 0
	}
	p.errs.Add(e)
}

func (p *parser) failf(format string, args ...any) { p.fail(fmt.Sprintf(format, args...)) }

// find counts a finding.
func (p *parser) find(rule string, r ref) {
	if p.o.Lint != nil && p.o.Lint.Found != nil && (rule != RuleDuplicate || r.typ != rr.TypeNAPTR) {
		p.o.Lint.Found(rule, ruleText[rule], source.Place{File: p.files[r.file], Line: int(r.line)})
	}
	for i := range p.stats.Findings {
		if f := &p.stats.Findings[i]; f.Rule == rule {
			f.Count++
			if r.file == 0 && (f.Line > int(r.line) || f.File != p.files[0]) {
				f.File, f.Line = p.files[0], int(r.line)
			}
			return
		}
	}
	p.stats.Findings = append(p.stats.Findings, Finding{
		Rule: rule, Text: ruleText[rule], File: p.files[r.file], Line: int(r.line), Count: 1,
	})
}
