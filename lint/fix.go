package lint

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// fixes are what is to be mended, by file.
type fixes map[string]*fileFixes

// fileFixes are what is to be mended in one file.
type fileFixes struct {
	faulty bool // parts of it could not be read
	mends  []mend
	left   int // entries that cannot be mended
}

// mend says what is to stand in the place of the records of one entry.
type mend struct {
	checker enumservice.Checker
	number  e164.Number
	key     uint64 // of the name
	records []mended
}

// mended is one record of a mend.
type mended struct {
	line, column int
	template     bool
	old          naptr.Record
	now          []naptr.Record // none where the record goes
}

func (f fixes) file(name string) *fileFixes {
	x := f[name]
	if x == nil {
		x = &fileFixes{}
		f[name] = x
	}
	return x
}

// ambiguous reports whether records that differ give one number the same.
func ambiguous(records, set []naptr.Record) bool {
	for i := range set {
		for j := range i {
			if set[i].Regexp == set[j].Regexp && records[i].Regexp != records[j].Regexp {
				return true
			}
		}
	}
	return false
}

// fixer notes what is to be mended in a tree.
type fixer struct {
	fixes
	tree *tree
}

// fault notes that a file could not be read in full.
func (f *fixer) fault(name string) {
	if f != nil {
		f.file(name).faulty = true
	}
}

// entry notes what the records of an entry, which was just judged, are to be.
func (f *fixer) entry(zone bool, c enumservice.Checker, e *backend.Entry, at, again []source.Place) {
	o := f.tree.o
	number := e.Kind == backend.Number && e.Name.IsNumber()
	ch := chooser{o: o, checker: c, zone: zone, expands: number && !zone}
	wanted := ch.choose(f.tree.judge.found, len(e.Records))
	if len(again) > 0 && !o.mends(ruleOf("D09")) {
		again = nil
	}
	if !wanted.any && len(again) == 0 {
		return
	}
	elsewhere := func(p source.Place) bool { return p.File != at[0].File }
	if slices.ContainsFunc(at, elsewhere) || slices.ContainsFunc(again, elsewhere) {
		f.file(at[0].File).left++ // mended in one of the files, it would say something else
		return
	}
	switch {
	case e.Kind == backend.Block:
		b := block{number: e.Name.Number, min: int8(e.Min), max: int8(e.Max)}
		ch.number, _ = b.ends()
	case number:
		ch.number = e.Name.Number
	}
	set := slices.Clone(e.Records)
	for i := range set {
		if at[i].Template && e.Kind == backend.Block {
			if x, err := naptr.ParseExpression(set[i].Regexp); err == nil {
				set[i].Regexp = plain(x, set[i].Regexp, ch.number, c.DialPlan)
			}
		}
	}
	if ambiguous(e.Records, set) {
		f.file(at[0].File).left++
		return
	}
	now, changed := ch.mend(set, wanted)
	if !changed && len(again) == 0 {
		return
	}
	m := mend{checker: c, number: ch.number, key: keyOf(e), records: make([]mended, len(set))}
	for i := range m.records {
		m.records[i] = mended{line: at[i].Line, column: at[i].Column, template: at[i].Template, old: cloneRecord(set[i])}
	}
	for _, x := range now {
		r := &m.records[x.from]
		r.now = append(r.now, cloneRecord(x.Record))
	}
	for _, p := range again {
		m.records = append(m.records, mended{line: p.Line})
	}
	f.file(at[0].File).mends = append(f.file(at[0].File).mends, m)
}

func cloneRecord(r naptr.Record) naptr.Record {
	r.Flags, r.Services = strings.Clone(r.Flags), strings.Clone(r.Services)
	r.Regexp, r.Replacement = strings.Clone(r.Regexp), strings.Clone(r.Replacement)
	return r
}

// Errors of Linter.Fix, beside atomicfile.ErrChanged.
var (
	// ErrFaults: the text has faults that only its author can mend; until then it is not rewritten.
	ErrFaults = errors.New("has faults that cannot be mended automatically: mend these first")
	// ErrNotMended: what was to be written does not say what it should. Please report it.
	ErrNotMended = errors.New("cannot be mended without changing what it says")
	// ErrSigned: the signatures of the zone would not fit any more (RFC 4035 section 5.3).
	ErrSigned = errors.New("signed: mend what it was signed from")
)

// Fixed is what Linter.Fix did.
type Fixed struct {
	Text    []byte
	File    fs.FileInfo // of the file that was read; nil where it was none
	Zone    bool        // it is a zone, whose serial is to be raised
	Entries int         // that were mended
	Left    int         // of which a record was not: it was generated, or the file cannot hold it otherwise
	Others  []string    // files that were included and have something to mend, too
}

// Fix returns the text of a source that was read, with what has a repair mended. All else stays as it is,
// octet by octet. It returns ErrFaults where Read could not read parts of the text, ErrSigned for a signed
// zone, atomicfile.ErrChanged where the text is not the one that Read judged, and ErrNotMended where the
// mended text says something else.
func (l *Linter) Fix(ctx context.Context, s Source) (Fixed, error) {
	var f Fixed
	r, err := s.Open()
	if err != nil {
		return f, err
	}
	defer r.Close()
	if opened, ok := r.(fs.File); ok {
		if f.File, err = opened.Stat(); err != nil {
			return f, err
		}
	}
	if f.Text, err = io.ReadAll(r); err != nil {
		return f, err
	}
	if sha256.Sum256(f.Text) != l.sums[s.Name] {
		return f, atomicfile.ErrChanged
	}
	f.Others = l.others(s.Name)
	mends := l.fixes[s.Name]
	old := f.Text
	f.Zone = file.FormatOf(bufio.NewReader(bytes.NewReader(f.Text))) == file.ZoneFile
	switch {
	case mends == nil:
		return f, nil
	case mends.faulty:
		return f, ErrFaults
	case len(mends.mends) == 0:
		f.Left = mends.left
		return f, nil
	case f.Zone && (l.signed[s.Name] || isSigned(f.Text)):
		return f, ErrSigned
	case f.Zone:
		if !bytes.HasSuffix(f.Text, []byte("\n")) {
			f.Text = append(slices.Clip(f.Text), '\n') // so that lines can follow
		}
		old = f.Text
		f.zone(mends.mends)
	default:
		f.numbers(mends.mends)
	}
	f.Left += mends.left
	return f, l.prove(ctx, s, old, f.Text, mends.mends)
}

// others lists the files that were included, were not read by themselves, and have something to mend.
func (l *Linter) others(name string) (list []string) {
	for other, x := range l.fixes {
		read := func(name string) bool { return filepath.Clean(name) == filepath.Clean(other) }
		if other != name && len(x.mends)+x.left > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(l.sums)), read) {
			list = append(list, other)
		}
	}
	slices.Sort(list)
	return list
}

// isSigned reports whether a text has records that bind what stands in a zone: a signature of each set,
// and a chain of its names.
func isSigned(text []byte) (signed bool) {
	master.Layouts(text, func(l *master.Layout) {
		switch l.Type {
		case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeDNSKEY:
			signed = true
		}
	})
	return signed
}
