package lint

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
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

// fault notes that a file could not be read in full.
func (f fixes) fault(name string) {
	if f != nil {
		f.file(name).faulty = true
	}
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

// entry notes what the records of an entry are to be.
func (f fixes) entry(zone bool, c enumservice.Checker, e *backend.Entry, at, again []source.Place) {
	elsewhere := func(p source.Place) bool { return p.File != at[0].File }
	if slices.ContainsFunc(at, elsewhere) || slices.ContainsFunc(again, elsewhere) {
		f.file(at[0].File).left++ // mended in one of the files, it would say something else
		return
	}
	var n e164.Number
	switch {
	case e.Kind == backend.Block:
		b := block{number: e.Name.Number, min: int8(e.Min), max: int8(e.Max)}
		n, _ = b.ends()
	case e.Kind == backend.Number && e.Name.IsNumber():
		n = e.Name.Number
	}
	set := slices.Clone(e.Records)
	for i := range set {
		if at[i].Template && e.Kind == backend.Block {
			if x, err := naptr.ParseExpression(set[i].Regexp); err == nil {
				set[i].Regexp = plain(x, set[i].Regexp, n, c.DialPlan)
			}
		}
	}
	if ambiguous(e.Records, set) {
		f.file(at[0].File).left++
		return
	}
	now := c.Repair(n, set)
	if left := once(now); !zone && len(left) < len(now) {
		now = c.Repair(n, left)
	}
	if slices.Equal(now, set) && len(again) == 0 {
		return
	}
	m := mend{checker: c, number: n, records: pair(c, n, set, now)}
	for i := range m.records {
		r := &m.records[i]
		r.line, r.column, r.template = at[i].Line, at[i].Column, at[i].Template
		r.old = cloneRecord(r.old)
		for k := range r.now {
			r.now[k] = cloneRecord(r.now[k])
		}
	}
	for _, p := range again {
		m.records = append(m.records, mended{line: p.Line})
	}
	f.file(at[0].File).mends = append(f.file(at[0].File).mends, m)
}

// once leaves of records that say the same the one of the highest rank: who has tried a URI need not try
// it again, and an entry of a numbers file has room for one of them.
func once(set []naptr.Record) []naptr.Record {
	same := func(a, b naptr.Record) bool {
		return a.Flags == b.Flags && a.Services == b.Services && a.Regexp == b.Regexp && a.Replacement == b.Replacement
	}
	var list []naptr.Record
	for i, r := range set {
		best := true
		for j, other := range set {
			c := naptr.Compare(other, r)
			best = best && (!same(other, r) || c > 0 || c == 0 && j >= i)
		}
		if best {
			list = append(list, r)
		}
	}
	return list
}

// pair tells for each record of a set which of those that it is to become take its place: those that
// mending it alone gives, whatever their rank.
func pair(c enumservice.Checker, n e164.Number, set, now []naptr.Record) []mended {
	if len(set) == 1 {
		return []mended{{old: set[0], now: now}}
	}
	list := make([]mended, len(set))
	taken := make([]bool, len(now))
	take := func(i int, like naptr.Record, ranked bool) bool {
		for k, r := range now {
			if taken[k] || r.Services != like.Services || r.Regexp != like.Regexp || r.Flags != like.Flags || r.Replacement != like.Replacement ||
				ranked && (r.Order != like.Order || r.Preference != like.Preference) {
				continue
			}
			taken[k] = true
			list[i].now = append(list[i].now, r)
			return true
		}
		return false
	}
	alone := make([][]naptr.Record, len(set))
	for i, r := range set {
		list[i].old = r
		alone[i] = c.Repair(n, []naptr.Record{r})
	}
	for _, ranked := range []bool{true, false} {
		for i := range set {
			alone[i] = slices.DeleteFunc(alone[i], func(r naptr.Record) bool { return take(i, r, ranked) })
		}
	}
	for k, r := range now { // none, as far as is known
		if !taken[k] {
			list[len(list)-1].now = append(list[len(list)-1].now, r)
		}
	}
	return list
}

func cloneRecord(r naptr.Record) naptr.Record {
	r.Flags, r.Services = strings.Clone(r.Flags), strings.Clone(r.Services)
	r.Regexp, r.Replacement = strings.Clone(r.Regexp), strings.Clone(r.Replacement)
	return r
}

// Errors of Linter.Fix.
var (
	// ErrFaults: the text has faults that only its author can mend; until then it is not rewritten.
	ErrFaults = errors.New("has faults that cannot be mended automatically: mend these first")
	// ErrNotMended: what was to be written does not say what it should. Please report it.
	ErrNotMended = errors.New("cannot be mended without changing what it says")
)

// Fixed is what Linter.Fix did.
type Fixed struct {
	Text    []byte
	Entries int      // that were mended
	Left    int      // that were not, since a record was generated, or cannot be written in such a file
	Others  []string // files that were included and have something to mend, too
}

// Fix returns the text of a source that was read, with what has a repair mended. All else stays as it is,
// octet by octet. It returns ErrFaults where Read could not read parts of the text, and ErrNotMended where
// the mended text could not be read.
func (l *Linter) Fix(ctx context.Context, s Source) (Fixed, error) {
	var f Fixed
	err := l.open(s, func(text io.Reader) (err error) {
		f.Text, err = io.ReadAll(text)
		return err
	})
	if err != nil {
		return f, err
	}
	for other, x := range l.fixes {
		if other != s.Name && len(x.mends) > 0 {
			f.Others = append(f.Others, other)
		}
	}
	slices.Sort(f.Others)
	mends := l.fixes[s.Name]
	switch {
	case mends == nil:
		return f, nil
	case mends.faulty:
		return f, ErrFaults
	case file.FormatOf(bufio.NewReader(bytes.NewReader(f.Text))) == file.ZoneFile:
		f.zone(mends.mends)
	default:
		f.numbers(mends.mends)
	}
	f.Left += mends.left
	return f, l.prove(ctx, s.Name, f.Text)
}

// prove reads a mended text, which must have no faults.
func (l *Linter) prove(ctx context.Context, name string, text []byte) error {
	o := l.o
	o.Fix, o.Progress, o.Most = false, nil, 1
	again := New(o)
	again.textOnly = true
	err := again.Read(ctx, Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }})
	if err != nil {
		return err
	}
	for f := range again.report.Findings() {
		if f.Code == "L01" {
			return fmt.Errorf("%w: its line %d: %s", ErrNotMended, f.Line, f.Note)
		}
	}
	return nil
}
