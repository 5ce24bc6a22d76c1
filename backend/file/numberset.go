package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table"
)

// numberSet is what all numbers files together serve: one table for the apexes without zone file.
type numberSet struct {
	table    *table.Table
	due      bool // a file changed that is not served yet
	hash     string
	entries  int
	reported string
}

// numberFiles are the files that are numbers files, good or bad.
func (l *loader) numberFiles() []*dataFile {
	var files []*dataFile
	for _, f := range l.files {
		if f.format == NumbersFile {
			files = append(files, f)
		}
	}
	return files
}

// loadNumbers loads all numbers files when one of them changed and all of them can be loaded.
func (l *loader) loadNumbers(ctx context.Context) {
	files := l.numberFiles()
	if !l.numbers.due || len(files) == 0 {
		return
	}
	set := sourceOf(files)
	if len(l.free()) == 0 {
		l.refuse(set, versions(files), &l.numbers.reported, fmt.Errorf(
			"no apex is left for it: %s", oneOrTheOther))
		return
	}
	for _, f := range files {
		if f.err != nil || f.changed() {
			return
		}
	}
	if !l.known() {
		return
	}
	err := guarded(func() error { return l.parseNumbers(ctx, files) })
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, errMoving):
		l.moved = true
	case err == nil || errors.Is(err, errFaulty):
		l.numbers.due = false
	default:
		l.numbers.due = false
		l.refuse(set, versions(files), &l.numbers.reported, err)
	}
}

// versions tells the versions of files that were tried last apart.
func versions(files []*dataFile) string {
	var b strings.Builder
	for _, f := range files {
		b.WriteString(f.tried.version())
	}
	return b.String()
}

// parseNumbers reads the files and publishes them. It returns errFaulty where the faults are in the
// files.
func (l *loader) parseNumbers(ctx context.Context, files []*dataFile) error {
	start := time.Now()
	n := &l.numbers
	hash := hashOf(files)
	if hash != "" && hash == n.hash {
		l.recovered(files)
		return nil
	}
	t := n.table
	if t == nil {
		t = l.newTable(backend.Plain)
	}
	b := t.Builder()
	var at places
	var results []numbers.Result
	entries, faulty := 0, false
	for _, f := range files {
		base := at.add(f.path)
		o := numbers.Options{File: f.path, Apexes: l.free(), DialPlan: l.o.dialPlan, TTL: l.o.ttl, Stop: f.stop(ctx)}
		if l.o.include {
			o.Open = f.include(l.rest)
		}
		var res numbers.Result
		err := f.parse(func(text io.Reader) (err error) {
			res, err = numbers.Read(text, o, func(e *backend.Entry, line int) error {
				return addAt(b, e, f.path, line, base+uint32(line))
			})
			return err
		})
		if errors.Is(err, errMoving) {
			return err
		}
		l.octets += f.tried.size
		if !at.end(res.Lines) {
			return errors.New("more than 4294967295 lines in all: split the files among several blocks")
		}
		switch {
		case err == nil:
			if err = l.checkEnd(f, res.End, res.NoEnd); err == nil && res.Entries == 0 && !res.End {
				err = errNoEntries
			}
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err != nil && misread(f.head()) {
			err = fmt.Errorf("%w\n%s", err, hintSOA)
		}
		if f.err = err; err != nil {
			faulty = true
		}
		entries += res.Entries
		results = append(results, res)
	}
	if faulty {
		return errFaulty
	}
	// Files that change together, as those of a ConfigMap do, are published together.
	for _, f := range files {
		f.look(start, l.rest)
		if f.changed() && !f.again {
			return errMoving
		}
	}
	if err := b.Publish(l.o.shrink != 0); err != nil {
		return advise(at.translate(err))
	}
	n.table, n.entries, n.hash = t, entries, hashOf(files)
	n.reported = ""
	for i, f := range files {
		f.served, f.marked, f.size, f.reported = true, results[i].End, f.tried.size, ""
	}
	tables := served{}
	for _, a := range l.free() {
		tables[a.String()] = t
	}
	l.put(tables)
	l.tellLoaded(sourceOf(files), t, entries, time.Since(start))
	for i, f := range files {
		for _, x := range results[i].Findings {
			l.tellFinding(f.path, x.Code, x.File, x.Line, x.Text, x.Count)
		}
	}
	return nil
}

// recovered tells that what is served is what the files hold, after a version was refused.
func (l *loader) recovered(files []*dataFile) {
	tell := l.numbers.reported != ""
	l.numbers.reported = ""
	for _, f := range files {
		tell = tell || f.reported != ""
		f.reported = ""
	}
	if tell {
		l.tellLoaded(sourceOf(files), l.numbers.table, l.numbers.entries, 0)
	}
}

// hashOf tells the content of all files apart; "" where it is not known, and where they include others,
// which it leaves out.
func hashOf(files []*dataFile) string {
	var b strings.Builder
	for _, f := range files {
		if len(f.included) > 0 || !f.hashed {
			return ""
		}
		fmt.Fprintf(&b, "%s %x\n", f.path, f.hash)
	}
	return b.String()
}

// sourceOf names the files in events.
func sourceOf(files []*dataFile) string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.path
	}
	return strings.Join(paths, " ")
}

// places turns the refs of a table back into files and lines: the lines of all files, counted on.
type places []place

type place struct {
	path string
	base uint32 // the refs of the file are greater
}

// add begins a file and returns its base.
func (p *places) add(path string) (base uint32) {
	if len(*p) == 0 {
		*p = append(*p, place{})
	}
	last := &(*p)[len(*p)-1]
	last.path = path
	return last.base
}

// end ends the file of so many lines. It returns false where no more can be counted.
func (p *places) end(lines int) bool {
	next := uint64((*p)[len(*p)-1].base) + uint64(lines) + 1
	*p = append(*p, place{base: uint32(next)})
	return next <= math.MaxUint32
}

func (p places) find(ref uint32) (path string, line int) {
	for i := range p {
		if i == len(p)-1 || ref <= p[i+1].base {
			return p[i].path, int(ref - p[i].base)
		}
	}
	return "", int(ref)
}

// translate puts files and lines into the errors of a table.
func (p places) translate(err error) error {
	var faults source.Errors
	for _, err := range leaves(err) {
		var dup *table.DuplicateError
		var occ *table.OccludedError
		switch {
		case errors.As(err, &dup):
			path, line := p.find(dup.First)
			faults.Add(p.fault(dup.Second, fmt.Sprintf("already defined in %s:%d: delete one of them", path, line)))
		case errors.As(err, &occ):
			path, line := p.find(occ.Cut)
			if occ.Cut == occ.Entry { // the table keeps one place for what stands at the same digits
				faults.Add(p.fault(occ.Entry, "these digits are delegated, by this line or a later one, and have an entry beside that, which can never be answered: delete one of them"))
				continue
			}
			faults.Add(p.fault(occ.Entry, fmt.Sprintf("lies below what %s:%d gives away, so it can never be answered: delete one of them", path, line)))
		}
	}
	if faults.Err() == nil {
		return err
	}
	return &faults
}

func (p places) fault(ref uint32, want string) *source.Error {
	path, line := p.find(ref)
	return &source.Error{File: path, Line: line, Want: want}
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, leaves(e)...)
		}
		return all
	}
	return []error{err}
}
