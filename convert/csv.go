package convert

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// The columns of CSV, in the order in which they are written. Only number is needed.
const (
	colKind = iota
	colNumber
	colMin
	colMax
	colName
	colTTL
	colType
	colOrder
	colPreference
	colFlags
	colServices
	colURI
	colRegexp
	colReplacement
	colHost
	colData
	columns
)

var columnNames = [columns]string{
	"kind", "number", "min", "max", "name", "ttl", "type", "order", "preference", "flags", "services",
	"uri", "regexp", "replacement", "host", "data",
}

// typeNone stands in the column type of a number or block that has no records.
const typeNone = "NONE"

// separators are what stands between cells: spreadsheets follow the language of the desk.
const separators = ",;\t"

// header tells which cell of a line is which column.
type header struct {
	separator byte
	columns   []int
}

// headerOf reads a header line. ok is false for a line that names no column number.
func headerOf(line []byte) (h header, ok bool) {
	for _, c := range []byte(separators) {
		names := bytes.Split(line, []byte{c})
		h = header{separator: c}
		for _, name := range names {
			text := strings.ToLower(strings.Trim(string(name), "\" "))
			i := slices.Index(columnNames[:], text)
			if i == colNumber {
				ok = true
			}
			h.columns = append(h.columns, i)
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
		case c < 0:
			return &fault{col: col, text: string(name), want: "unknown column; there are " + strings.Join(columnNames[:], ", ")}
		case slices.Contains(h.columns[:i], c):
			return &fault{col: col, text: string(name), want: "the column stands there twice"}
		}
		col += len(name) + 1
	}
	return nil
}

// csvText writes entries as CSV, one record a line.
type csvText struct {
	dialPlan  bool
	separator byte
	cells     [columns]string
	number    []byte
}

func (w *csvText) header(b []byte) []byte {
	for i, name := range columnNames {
		if i > 0 {
			b = append(b, w.separator)
		}
		b = append(b, name...)
	}
	return append(b, '\n')
}

// append appends the lines of an entry.
func (w *csvText) append(b []byte, e *backend.Entry) []byte {
	w.cells = [columns]string{}
	w.number = appendNumber(w.number[:0], e.Name.Number, w.dialPlan)
	w.cells[colKind], w.cells[colNumber], w.cells[colName] = kindWords[e.Kind], string(w.number), labelsText(e.Name.Labels)
	if e.Kind == backend.Block {
		w.cells[colMin], w.cells[colMax] = strconv.Itoa(e.Min), strconv.Itoa(e.Max)
	}
	own := w.cells
	if len(e.Records)+len(e.Sets) == 0 {
		w.cells[colType] = typeNone
		return w.line(b)
	}
	ttl := strconv.FormatUint(uint64(e.TTL), 10)
	for i := range e.Records {
		r := &e.Records[i]
		w.cells = own
		w.cells[colType], w.cells[colTTL] = "NAPTR", ttl
		uri, isURI, whole := splitRecord(r, isCell)
		if wire, err := r.AppendWire(nil); r.Flags == "" && r.Regexp != "" && err == nil {
			whole = generic(string(wire)) // no flags beside a regexp stand for "u"
		}
		if whole != "" {
			w.cells[colData] = whole
			b = w.line(b)
			continue
		}
		w.cells[colOrder], w.cells[colPreference] = strconv.Itoa(int(r.Order)), strconv.Itoa(int(r.Preference))
		w.cells[colFlags], w.cells[colServices] = r.Flags, r.Services
		if isURI {
			w.cells[colURI] = uri
		} else {
			w.cells[colRegexp] = r.Regexp
		}
		if !isRoot(r.Replacement) || !isURI {
			w.cells[colReplacement] = safeName(nameText(r.Replacement))
		}
		b = w.line(b)
	}
	b = w.sets(b, &own, "", e.Sets)
	for i := range e.Glue {
		b = w.sets(b, &own, safeName(nameText(e.Glue[i].Name)), e.Glue[i].Sets)
	}
	return b
}

func (w *csvText) sets(b []byte, own *[columns]string, host string, sets []backend.RRset) []byte {
	for i := range sets {
		s := &sets[i]
		for _, data := range s.Data {
			w.cells = *own
			w.cells[colType], w.cells[colTTL], w.cells[colHost] = rr.TypeText(s.Type), strconv.FormatUint(uint64(s.TTL), 10), host
			if w.cells[colData] = rdataText(s.Type, data); !isCell(w.cells[colData]) {
				w.cells[colData] = generic(data)
			}
			b = w.line(b)
		}
	}
	return b
}

// zone appends the frame of a zone.
func (w *csvText) zone(b []byte, apex e164.Apex, z *backend.Zone) []byte {
	own := [columns]string{colKind: kindZone, colName: safeName(apex.String())}
	b = w.sets(b, &own, "", []backend.RRset{z.SOA})
	return w.sets(b, &own, "", others(z.Sets))
}

func (w *csvText) end(b []byte, entries int) []byte {
	w.cells = [columns]string{colKind: kindEnd, colData: strconv.Itoa(entries)}
	return w.line(b)
}

// line appends the cells.
func (w *csvText) line(b []byte) []byte {
	for i, cell := range &w.cells {
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

// isCell reports whether text may stand in a cell: it has no control characters, and no spreadsheet
// takes it for a formula.
func isCell(text string) bool {
	if text != "" && strings.IndexByte("=+-@", text[0]) >= 0 || !utf8.ValidString(text) {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return false
		}
	}
	return true
}

// safeName writes the first octet of a domain name in digits where a spreadsheet would begin a formula
// with it.
func safeName(text string) string {
	if strings.IndexByte("=+-", text[0]) >= 0 {
		return fmt.Sprintf(`\%03d%s`, text[0], text[1:])
	}
	return text
}
