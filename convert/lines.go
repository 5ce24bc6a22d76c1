package convert

import (
	"errors"
	"fmt"
	"io"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// codec reads and writes the entries of CSV and JSON lines.
func (l *loading) codec() *notation.Codec { return &notation.Codec{DialPlan: l.o.DialPlan, TTL: l.ttl} }

func (l *loading) readJSON(src io.Reader) error {
	r := l.codec().Objects()
	return l.readLines(src, func(lines *lineReader, text []byte) {
		if len(text) == 0 {
			return
		}
		it, err := r.Read(text)
		if err != nil {
			l.faults.fail(lines.line, err)
			return
		}
		l.item(it, lines.line)
	}, func() {})
}

func (l *loading) readCSV(src io.Reader) error {
	var text csvCells
	var rows *notation.Rows
	var bare bareNumbers
	found := func(it *notation.Item, line int, err error) {
		if err == nil {
			l.item(it, line)
			return
		}
		if f, ok := errors.AsType[*notation.Fault](err); ok && f.Cell > 0 {
			f.Column = text.cols[f.Cell-1]
		}
		l.faults.fail(line, err)
	}
	return l.readLines(src, func(lines *lineReader, line []byte) {
		if rows != nil {
			if err := text.split(line); err != nil {
				rows.Finish(found)
				found(nil, lines.line, err)
				return
			}
			bare.look(lines.line, &text)
			rows.Step(lines.line, text.texts, found)
			return
		}
		if len(line) == 0 {
			return
		}
		var ok bool
		if text.header, ok = headerOf(line); !ok {
			l.faults.add(lines.line, 0, "", "expected a header line that names the columns, number among them")
			text.header = header{separator: ',', columns: columnNames}
		} else if err := text.header.check(line); err != nil {
			l.faults.fail(lines.line, err)
		}
		rows, _ = l.codec().Rows(text.header.columns) // check has told what is wrong
	}, func() {
		if rows != nil {
			rows.Finish(found)
		}
		if bare.lines > 0 && !l.o.DialPlan {
			l.note("numbers without + are taken to begin with their country code: a national one would be a number of another country (%s:%d:%d, %d in all)", l.o.File, bare.line, bare.column, bare.lines)
		}
	})
}

// readLines calls line for each line, and done behind the last.
func (l *loading) readLines(src io.Reader, line func(lines *lineReader, text []byte), done func()) error {
	lines := newLineReader(src, l.stop)
	for {
		text, err := lines.next()
		var odd errNotText
		switch {
		case errors.Is(err, io.EOF):
			done()
			return nil
		case errors.As(err, &odd):
			l.faults.Errors = source.Errors{} // what is no text has countless faults
			l.faults.add(lines.line, 0, "", odd.want)
			return nil
		case err != nil:
			if _, ok := errors.AsType[*notation.Fault](err); !ok {
				return err
			}
			l.faults.fail(lines.line, err)
			continue
		}
		if l.ended && len(text) > 0 {
			l.faults.add(lines.line, 0, "", "nothing may follow the end: what was sorted or added behind it belongs before it")
			return nil
		}
		line(lines, text)
	}
}

// item takes what a line of CSV or JSON lines says.
func (l *loading) item(it *notation.Item, line int) {
	switch {
	case l.ended:
		l.faults.add(line, 0, "", "nothing may follow the end: what was sorted or added behind it belongs before it")
	case it.End:
		l.ended = true
		// Entries count before any is left out.
		// Those with faults were not counted.
		if have := l.read; it.Entries != uint64(have) && l.faults.Err() == nil {
			l.faults.add(line, 0, "", fmt.Sprintf("the end says that there are %d entries, but %d stand before it: was the file cut? If it was changed on purpose, correct this line or take it away", it.Entries, have))
		}
	case it.Zone != nil && l.zone != nil:
		l.faults.add(line, 0, "", "a second zone: one file holds one")
	case it.Zone != nil && l.o.Apex != (e164.Apex{}) && l.o.Apex != it.Apex:
		l.faults.add(line, 0, "", "the zone has another name than --apex")
	case it.Zone != nil:
		l.zone, l.apex, l.frameLine = it.Zone, it.Apex, line
	default:
		l.read++
		l.add(&it.Entry, line)
	}
}
