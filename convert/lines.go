package convert

import (
	"errors"
	"fmt"
	"io"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

func (l *loading) readJSON(src io.Reader) error {
	r := jsonReader{dialPlan: l.o.DialPlan, ttl: l.ttl}
	return l.readLines(src, func(lines *lineReader, text []byte) {
		if len(text) == 0 {
			return
		}
		it, err := r.read(text)
		if err != nil {
			l.faults.fail(lines.line, err)
			return
		}
		l.item(it, lines.line)
	}, func() {})
}

func (l *loading) readCSV(src io.Reader) error {
	r := csvReader{dialPlan: l.o.DialPlan, ttl: l.ttl}
	first := 0 // line of the entry that is being read
	take := func(it *item, err error) {
		if err != nil {
			l.faults.fail(first, err)
		} else if it != nil {
			l.item(it, first)
		}
	}
	return l.readLines(src, func(lines *lineReader, text []byte) {
		if r.header.columns == nil {
			if len(text) == 0 {
				return
			}
			var ok bool
			if r.header, ok = headerOf(text); !ok {
				l.faults.add(lines.line, 0, "", "expected a header line that names the columns, number among them")
				r.header = header{separator: ',', columns: make([]int, columns)}
				for i := range r.header.columns {
					r.header.columns[i] = i
				}
				return
			}
			if err := r.header.check(text); err != nil {
				l.faults.fail(lines.line, err)
			}
			return
		}
		row, err := r.parse(text)
		if err == nil && row == nil {
			return
		}
		if err != nil || !r.open || row.key != r.key {
			take(r.complete())
		}
		if err == nil {
			if !r.open {
				r.begin(row.key)
				first = lines.line
			}
			err = r.row(row)
		}
		if err != nil {
			r.open = false
			l.faults.fail(lines.line, err)
		}
	}, func() { take(r.complete()) })
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
			if _, ok := errors.AsType[*fault](err); !ok {
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
func (l *loading) item(it *item, line int) {
	switch {
	case l.ended:
		l.faults.add(line, 0, "", "nothing may follow the end: what was sorted or added behind it belongs before it")
	case it.end:
		l.ended = true
		// Entries count before any is left out.
		// Those with faults were not counted.
		if have := l.read; it.entries != uint64(have) && l.faults.Err() == nil {
			l.faults.add(line, 0, "", fmt.Sprintf("the end says that there are %d entries, but %d stand before it: was the file cut? If it was changed on purpose, correct this line or take it away", it.entries, have))
		}
	case it.zone != nil && l.zone != nil:
		l.faults.add(line, 0, "", "a second zone: one file holds one")
	case it.zone != nil && l.o.Apex != (e164.Apex{}) && l.o.Apex != it.apex:
		l.faults.add(line, 0, "", "the zone has another name than --apex")
	case it.zone != nil:
		l.zone, l.apex, l.frameLine = it.zone, it.apex, line
	default:
		l.read++
		l.add(&it.entry, line)
	}
}
