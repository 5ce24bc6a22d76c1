package lint

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// Source is a text that can be read from its beginning as often as needed.
type Source struct {
	Name string // as findings show it; the path of a file, which what it includes is searched from
	Open func() (io.ReadCloser, error)
	// Live says that the text was made of a zone as servers have it: findings name what they are about,
	// and no lines.
	Live bool
}

// FileSource returns the Source of a file.
func FileSource(path string) Source {
	return Source{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// Read reads numbers or a zone, told apart by content. Faults of the text become findings; the error says
// that it cannot be read to its end, or that ctx ended.
func (l *Linter) Read(ctx context.Context, s Source) error {
	if l.o.Fix {
		held, err := hold(s)
		if err != nil {
			return err
		}
		l.sums[s.Name] = sha256.Sum256(held)
		s = s.of(held)
	}
	text, err := s.Open()
	if err != nil {
		return err
	}
	format := file.FormatOf(bufio.NewReader(text))
	if err := text.Close(); err != nil {
		return err
	}
	if format == file.ZoneFile {
		return l.zone(ctx, s)
	}
	return l.readNumbers(ctx, s)
}

// of returns a source whose text is this.
func (s Source) of(text []byte) Source {
	s.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return s
}

// hold reads the whole of a source.
func hold(s Source) ([]byte, error) {
	text, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer text.Close()
	return io.ReadAll(text)
}

// open opens a source from its beginning; read reads it and closes it.
func (l *Linter) open(s Source, read func(text io.Reader) error) error {
	text, err := s.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	if l.o.Progress == nil {
		return read(text)
	}
	return read(&progress{text, l.o.Progress})
}

// progress tells how much of a text was read.
type progress struct {
	io.Reader
	tell func(n int)
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.tell(n)
	return n, err
}

// included returns the function that opens what a file includes, in its folder and below; nil where
// nothing may be included.
func (l *Linter) included(s Source) func(name string) (io.ReadCloser, error) {
	if !l.o.Include {
		return nil
	}
	return func(name string) (io.ReadCloser, error) {
		root, err := os.OpenRoot(filepath.Dir(s.Name))
		if err != nil {
			return nil, err
		}
		defer root.Close()
		f, err := root.Open(filepath.FromSlash(name))
		if err != nil || !l.o.Fix {
			return f, err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		l.signed[s.Name] = l.signed[s.Name] || isSigned(text)
		return io.NopCloser(bytes.NewReader(text)), err
	}
}

func (l *Linter) newTree() *tree {
	t := &tree{o: &l.o, report: l.report, files: &l.files, checker: l.o.Checker}
	if l.fixes != nil {
		t.fixes = &fixer{l.fixes, t}
	}
	return t
}

func (l *Linter) readNumbers(ctx context.Context, s Source) error {
	if l.numbers == nil {
		l.numbers = l.newTree()
		// What records refer to is completed with the tree of the numbers.
		if l.numbers.apex, _ = e164.ParseApex("e164.arpa."); len(l.o.Apexes) > 0 {
			l.numbers.apex = l.o.Apexes[0]
			if !slices.ContainsFunc(l.o.Apexes, e164.Apex.Public) {
				l.numbers.checker.Private = true
			}
		}
	}
	t := l.numbers
	l.report.file(s.Name)
	var places, again []source.Place
	o := numbers.Options{
		File: s.Name, Apexes: l.o.Apexes, DialPlan: l.o.Checker.DialPlan, Open: l.included(s), Stop: ctx.Err,
		Lint: &source.Lint{
			Faults: l.faults(),
			Placed: func(at, more []source.Place) { places, again = at, more },
			Found: func(rule, _ string, at source.Place) {
				t.tell(ruleOf(rule), at, subject{}, nil)
			},
		},
	}
	return l.open(s, func(text io.Reader) error {
		res, err := numbers.Read(text, o, func(e *backend.Entry, _ int) error {
			t.add(e, places, again)
			return nil
		})
		if err == nil && res.Entries == 0 && !res.End {
			t.report.add(Finding{
				Finding: ruleOf("L01"), File: s.Name, Line: max(res.Lines, 1),
				Note: "holds no entries: enumim takes that for an accident; write $END at its end to publish no numbers",
			}, nil, nil)
		}
		return t.told(err)
	})
}

// zone reads and judges a zone. Nearly all of a large zone are numbers with NAPTR records that stand
// together. Where the zone has more of a number, it is read again, in a way that takes more memory and
// brings these together.
func (l *Linter) zone(ctx context.Context, s Source) error {
	l.report.file(s.Name)
	for _, unordered := range []bool{true, false} {
		// What is found in vain the first time is not told.
		t := l.newTree()
		t.zone, t.live, t.report = true, s.Live, newReport(l.o.Most)
		t.report.files = l.report.files
		if t.fixes != nil {
			t.fixes.fixes = make(fixes)
		}
		if err := l.readZone(ctx, s, t, unordered); err != nil {
			return err
		}
		t.sort()
		if unordered && t.joined() {
			continue
		}
		t.whole()
		l.report.merge(t.report)
		if t.fixes != nil {
			maps.Copy(l.fixes, t.fixes.fixes)
		}
		break
	}
	return nil
}

func (l *Linter) readZone(ctx context.Context, s Source, t *tree, unordered bool) error {
	var places, again []source.Place
	o := master.Options{
		File: s.Name, Origin: l.o.Origin, Open: l.included(s), Stop: ctx.Err, Generate: l.o.Generate, Unordered: unordered,
		Lint: &source.Lint{
			Faults: l.faults(),
			Placed: func(at, more []source.Place) { places, again = at, more },
			Apex: func(apex e164.Apex) {
				t.apex = apex
				t.checker.Private = t.checker.Private || !apex.Public()
			},
			Found: func(rule, _ string, at source.Place) {
				f := ruleOf(zoneRules[rule])
				if f.Repair.Automatic() {
					f.Repair = enumservice.ByPolicy // only records for numbers are mended
				}
				t.tell(f, at, subject{}, nil)
			},
		},
	}
	return l.open(s, func(text io.Reader) error {
		ended := &ending{Reader: text}
		defer ended.tell(t, s.Name)
		_, _, _, err := master.Read(ended, o, func(e *backend.Entry, _ int) error {
			t.add(e, places, again)
			return nil
		})
		return t.told(err)
	})
}

// ending ends a text whose last line has no end, as other name servers do.
type ending struct {
	io.Reader
	lines int
	last  byte
	cut   bool // the end was missing
}

func (e *ending) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	e.lines += bytes.Count(b[:n], []byte("\n"))
	if n > 0 {
		e.last = b[n-1]
	}
	if n == 0 && err == io.EOF && len(b) > 0 && e.last != 0 && e.last != '\n' && e.last != '\r' {
		b[0], e.last, e.cut = '\n', '\n', true
		return 1, nil
	}
	return n, err
}

// tell reports what was missing.
func (e *ending) tell(t *tree, file string) {
	if e.cut {
		f := Finding{Finding: ruleOf("L01"), File: file, Line: e.lines + 1, Note: "no newline at the end: enumim refuses it as cut short, others load it"}
		f.Severity = enumservice.Warning
		t.report.add(f, nil, nil)
	}
}

// faults is how many faults of a text are kept.
func (l *Linter) faults() int {
	if l.o.Most > 0 {
		return l.o.Most
	}
	return 1 << 30
}

// told makes findings of the faults of a text, and returns any other error.
func (t *tree) told(err error) error {
	var faults *source.Errors
	if !errors.As(err, &faults) {
		return err
	}
	for _, e := range faults.List {
		f := Finding{Finding: ruleOf("L01"), File: e.File, Line: e.Line, Column: e.Column, Note: e.Want}
		if e.Text != "" {
			f.Note = fmt.Sprintf("%q: %s", e.Text, e.Want)
		}
		t.report.add(f, nil, nil)
		t.fixes.fault(e.File)
	}
	if faults.More > 0 {
		t.report.counts(ruleOf("L01"), faults.More)
	}
	return nil
}
