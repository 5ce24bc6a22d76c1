package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
)

// loading is an input that is being read into an index.
type loading struct {
	o         Options
	ctx       context.Context //nolint:containedctx // of one call of Convert
	from      Format
	ttl       uint32
	table     *table.Table
	builder   *table.Builder
	zone      *backend.Zone
	apex      e164.Apex // of zone
	known     e164.Apex // that the input is about, if that can be told before it is read
	ended     bool
	read      int // entries of CSV and JSON lines
	faults    faults
	proof     *proof
	canon     canonical
	said      said
	blocks    []blockRef        // those that are written
	kept      int               // entries that are written, as far as is known while they are read
	skipped   map[entryKey]int  // what is left out, and the line it stands on
	cuts      map[e164.Name]int // lines of delegations left of numbers, for a zone
	frameLine int               // of the zone in CSV and JSON lines
	ends      [2]lineRef        // the least and the greatest number
	report    Report
}

// tree is data that was read and can be written.
type tree struct {
	table    *table.Table
	zone     *backend.Zone // nil where the input has no frame
	apex     e164.Apex
	dialPlan bool
	ttl      uint32
	servers  servers
	skipped  map[entryKey]int
}

func (l *loading) tree() *tree {
	return &tree{table: l.table, zone: l.zone, apex: l.apex, dialPlan: l.o.DialPlan, ttl: l.ttl, skipped: l.skipped}
}

func (l *loading) stop() error { return l.ctx.Err() }

func (l *loading) note(format string, args ...any) {
	l.report.Notes = append(l.report.Notes, fmt.Sprintf(format, args...))
}

// begin makes everything ready for reading the input, for the first time or once more.
func (l *loading) begin() {
	l.table = table.New(table.Options{Form: backend.Stored})
	l.builder = l.table.Builder()
	l.builder.Merge = l.from == Zone
	l.faults = faults{}
	l.report = Report{From: l.from}
	l.blocks, l.kept, l.skipped, l.read, l.ended = l.blocks[:0], 0, nil, 0, false
	l.cuts, l.frameLine = nil, 0
	l.proof = nil
	if l.o.To == Numbers {
		l.proof = &proof{faults: &l.faults, writer: numbersText{dialPlan: l.o.DialPlan}}
		if l.known != (e164.Apex{}) {
			l.proof.apexes = []e164.Apex{l.known}
		}
	}
}

// add takes an entry that stands on a line of the input.
func (l *loading) add(e *backend.Entry, line int) {
	err := l.holds(e)
	switch {
	case l.o.Skip && (err != nil || l.proof != nil && !l.proof.holds(e)):
		if l.skipped == nil {
			l.skipped = make(map[entryKey]int)
		}
		key := keyOf(e)
		key.name.Labels = strings.Clone(key.name.Labels)
		l.skipped[key] = l.faults.ref(line)
		if err == nil {
			err = errNumbersFile
		}
		l.report.Left.Add(l.faults.of(line, err))
	case err != nil:
		l.faults.fail(line, err)
		return
	default:
		if l.proof != nil && !l.o.Skip {
			l.proof.add(e, line)
		}
		l.keep(e, l.faults.ref(line))
	}
	if err := l.builder.Add(e, uint32(l.faults.ref(line))); err != nil {
		l.faults.fail(line, errors.New(err.Error()))
	}
}

// keep notes where an entry stands that is written.
func (l *loading) keep(e *backend.Entry, line int) {
	if (l.o.To == Zone || l.o.Skip) && e.Kind == backend.Block {
		l.blocks = append(l.blocks, blockRef{e.Name.Number, e.Min, e.Max, line})
	}
	if l.o.To == Zone && e.Kind == backend.Delegation && !e.Name.IsNumber() {
		if l.cuts == nil {
			l.cuts = make(map[e164.Name]int)
		}
		l.cuts[e164.Name{Number: e.Name.Number, Labels: strings.Clone(e.Name.Labels)}] = line
	}
	at := lineRef{e.Name.Number, line}
	if l.kept == 0 || at.number < l.ends[0].number {
		l.ends[0] = at
	}
	if l.kept == 0 || at.number > l.ends[1].number {
		l.ends[1] = at
	}
	l.kept++
}

// holds says why the output cannot hold an entry.
func (l *loading) holds(e *backend.Entry) error {
	if l.o.Holds != nil {
		if err := l.o.Holds(e); err != nil {
			return err
		}
	}
	if l.o.To == Numbers {
		return numbersHolds(e)
	}
	if n := e.Name.Number; (l.o.To == CSV || l.o.To == JSONLines) && !l.o.DialPlan && n.IsValid() && n.Digit(0) == '0' {
		return fmt.Errorf("%w: the digits of a private dial plan are written with the option dialplan", e164.ErrLeadingZero)
	}
	if a := l.o.Apex; a != (e164.Apex{}) && !e.Name.Number.HasPrefix(a.Prefix()) {
		return outside(a)
	}
	return nil
}

func outside(a e164.Apex) error {
	return fmt.Errorf("outside the tree: %s holds the numbers that begin with %s", a, a.Prefix())
}

// load reads the inputs.
func (l *loading) load(inputs ...Input) error {
	l.begin()
	for i := range inputs {
		if err := l.input(&inputs[i]); err != nil {
			return err
		}
	}
	l.faults.base = 0
	return l.publish()
}

// input reads one of the inputs.
func (l *loading) input(in *Input) error {
	l.o.File, l.o.Open, l.from = in.File, in.Open, in.From
	l.builder.Merge = l.from == Zone
	l.faults.begin(in.File)
	l.read, l.ended = 0, false
	before := l.builder.Len()
	var err error
	switch l.from {
	case Zone:
		err = l.loadZone(in.Src)
	case CSV:
		err = l.readCSV(in.Src)
	case JSONLines:
		err = l.readJSON(in.Src)
	default:
		err = l.readNumbers(in.Src)
	}
	if err != nil {
		return err
	}
	if l.proof != nil {
		l.proof.flush()
	}
	if err := l.faults.err(); err != nil {
		return err
	}
	if !l.ended {
		// A query of a database that died leaves nothing, too.
		if empty := l.builder.Len() == before && l.from != Zone; l.o.RequireEnd || empty {
			return fmt.Errorf("%s: %w", l.o.File, ErrNoEnd)
		}
		if l.from == CSV || l.from == JSONLines {
			l.note("the input has no line of kind %q: nothing tells whether it is complete", notation.KindEnd)
		}
	}
	return nil
}

// publish finds what is wrong with all that was read.
func (l *loading) publish() error {
	if err := l.builder.Publish(false); err != nil {
		return l.conflicts(err)
	}
	l.report.Skipped = len(l.skipped)
	left := faults{Errors: l.report.Left}
	_ = left.err() // sorts them
	var err error
	if l.report.Entries, err = l.tree().written(l.ctx); err != nil {
		return err
	}
	if err := l.verify(); err != nil {
		return err
	}
	l.exposed()
	return l.faults.err()
}

// loadZone reads a zone file. Nearly all of a large one are numbers with their records in one place,
// which the builder takes in any order; where there is more, and the file can be read twice, it is read
// again in a way that takes more memory and knows what belongs together.
func (l *loading) loadZone(src io.Reader) error {
	seeker, ok := src.(io.Seeker)
	var start int64
	if ok {
		var err error
		start, err = seeker.Seek(0, io.SeekCurrent)
		ok = err == nil
	}
	if err := l.readZone(src, ok); err != nil || !ok {
		return err
	}
	if err := l.builder.Finish(); err == nil && l.builder.Joined()+l.builder.Occluded() == 0 {
		return nil
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return err
	}
	l.begin()
	l.faults.begin(l.o.File)
	return l.readZone(src, false)
}

// conflicts tells of entries that contradict each other, by line.
func (l *loading) conflicts(err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	l.faults.Errors = source.Errors{}
	out := &l.faults
	out.base = 0
	for _, err := range all {
		if dup, ok := errors.AsType[*table.DuplicateError](err); ok {
			out.addf(int(dup.Second), "%s has an entry for the same number, or a block of the same digits and a common length: join the two, or delete one", out.where(int(dup.First)))
		}
		if occ, ok := errors.AsType[*table.OccludedError](err); ok {
			out.addf(int(occ.Entry), "lies below the delegation or DNAME in %s, so it can never be answered: delete one of them", out.where(int(occ.Cut)))
		}
	}
	if out.Err() == nil {
		return err
	}
	return out.Err()
}

func (l *loading) readNumbers(src io.Reader) error {
	var apexes []e164.Apex
	if l.o.Apex != (e164.Apex{}) {
		apexes = []e164.Apex{l.o.Apex}
	}
	res, err := numbers.Read(src, numbers.Options{
		File: l.o.File, Apexes: apexes, DialPlan: l.o.DialPlan, TTL: l.o.TTL, Open: l.o.Open, Stop: l.stop,
	}, func(e *backend.Entry, line int) error {
		l.add(e, line)
		return nil
	})
	l.ended = res.End
	for _, f := range res.Findings {
		if f.Code == "D01" {
			l.note("%s (line %d, %d in all)", f.Text, f.Line, f.Count)
		}
	}
	return err
}
