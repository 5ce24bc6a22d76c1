package convert

import (
	"bytes"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// separators are what stands between cells: spreadsheets follow the language of the desk.
const separators = ",;\t"

var columnNames = notation.AllColumns()

// header tells which cell of a line is which column.
type header struct {
	separator byte
	columns   []string // "" for one that there is not
}

// headerOf reads a header line. ok is false for a line that names no column number.
func headerOf(line []byte) (h header, ok bool) {
	for _, c := range []byte(separators) {
		names := bytes.Split(line, []byte{c})
		h = header{separator: c}
		for _, name := range names {
			text := strings.ToLower(strings.Trim(string(name), "\" "))
			ok = ok || text == "number"
			if !slices.Contains(columnNames, text) {
				text = ""
			}
			h.columns = append(h.columns, text)
		}
		if ok {
			return h, ok
		}
	}
	return h, false
}

// check says what is wrong with a header line.
func (h *header) check(line []byte) error {
	col := 1
	for i, name := range bytes.Split(line, []byte{h.separator}) {
		switch c := h.columns[i]; {
		case c == "":
			return &notation.Fault{Column: col, Text: string(name), Want: "unknown column; there are " + strings.Join(columnNames, ", ")}
		case slices.Contains(h.columns[:i], c):
			return &notation.Fault{Column: col, Text: string(name), Want: "the column stands there twice"}
		}
		col += len(name) + 1
	}
	return nil
}

// csvText writes entries as CSV, one record a line.
type csvText struct {
	separator byte
	rows      notation.RowWriter
	out       []byte
}

func newCSVText(separator byte, dialPlan bool) *csvText {
	w := &csvText{separator: separator, rows: notation.RowWriter{DialPlan: dialPlan}}
	w.rows.Emit = func(cells *notation.Cells) { w.out = w.line(w.out, cells[:]) }
	return w
}

func (w *csvText) header(b []byte) []byte { return w.line(b, columnNames) }

// to appends the lines that rows makes.
func (w *csvText) to(b []byte, rows func()) []byte {
	w.out = b
	rows()
	b, w.out = w.out, nil
	return b
}

// append appends the lines of an entry.
func (w *csvText) append(b []byte, e *backend.Entry) []byte {
	return w.to(b, func() { w.rows.Entry(e) })
}

// zone appends the frame of a zone.
func (w *csvText) zone(b []byte, apex e164.Apex, z *backend.Zone) []byte {
	return w.to(b, func() { w.rows.Zone(apex, z) })
}

func (w *csvText) end(b []byte, entries int) []byte { return w.to(b, func() { w.rows.End(entries) }) }

// line appends the cells.
func (w *csvText) line(b []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, w.separator)
		}
		if !strings.ContainsAny(cell, "\",;\t") && (cell == "" || cell[0] != ' ' && cell[len(cell)-1] != ' ') {
			b = append(b, cell...)
			continue
		}
		b = append(b, '"')
		b = append(b, strings.ReplaceAll(cell, `"`, `""`)...)
		b = append(b, '"')
	}
	return append(b, '\n')
}
