package notation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// The columns of rows, in the order in which they are written. Only number is needed.
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

// Columns are the names of the columns of a store's rows, in the order in which AppendRows has the cells.
func Columns() []string {
	return slices.DeleteFunc(AllColumns(), func(name string) bool { return name == columnNames[colName] })
}

// AllColumns are the names of all columns, in the order of Cells: those of Columns, and "name" for the labels
// left of digits, which no store has.
func AllColumns() []string { return slices.Clone(columnNames[:]) }

// Cells are the cells of a row in the order of AllColumns; an empty cell is "".
type Cells [columns]string

// RowWriter makes rows of entries. No cell is what a spreadsheet takes for a formula, numbers aside.
type RowWriter struct {
	DialPlan bool         // as of Codec
	Emit     func(*Cells) // takes each row; the cells are used again

	cells  Cells
	number []byte
}

// Entry makes the rows of an entry, which is not Broken.
func (w *RowWriter) Entry(e *backend.Entry) {
	w.cells = Cells{}
	w.number = AppendNumber(w.number[:0], e.Name.Number, w.DialPlan)
	w.cells[colKind], w.cells[colNumber], w.cells[colName] = kindWords[e.Kind], string(w.number), LabelsText(e.Name.Labels)
	if e.Kind == backend.Block {
		w.cells[colMin], w.cells[colMax] = strconv.Itoa(e.Min), strconv.Itoa(e.Max)
	}
	own := w.cells
	if len(e.Records)+len(e.Sets) == 0 {
		w.cells[colType] = typeNone
		w.Emit(&w.cells)
		return
	}
	ttl := strconv.FormatUint(uint64(e.TTL), 10)
	for i := range e.Records {
		r := &e.Records[i]
		w.cells = own
		w.cells[colType], w.cells[colTTL] = "NAPTR", ttl
		uri, isURI, whole := splitRecord(r, isCell)
		if wire, err := r.AppendWire(nil); r.Flags == "" && r.Regexp != "" && err == nil {
			whole = GenericRData(string(wire)) // no flags beside a regexp stand for "u"
		}
		if whole != "" {
			w.cells[colData] = whole
			w.Emit(&w.cells)
			continue
		}
		w.cells[colOrder], w.cells[colPreference] = strconv.Itoa(int(r.Order)), strconv.Itoa(int(r.Preference))
		w.cells[colFlags], w.cells[colServices] = r.Flags, r.Services
		if isURI {
			w.cells[colURI] = uri
		} else {
			w.cells[colRegexp] = r.Regexp
		}
		if !IsRoot(r.Replacement) || !isURI {
			w.cells[colReplacement] = safeName(NameText(r.Replacement))
		}
		w.Emit(&w.cells)
	}
	w.sets(&own, "", e.Sets)
	for i := range e.Glue {
		w.sets(&own, safeName(NameText(e.Glue[i].Name)), e.Glue[i].Sets)
	}
}

func (w *RowWriter) sets(own *Cells, host string, sets []backend.RRset) {
	for i := range sets {
		s := &sets[i]
		for _, data := range s.Data {
			w.cells = *own
			w.cells[colType], w.cells[colTTL], w.cells[colHost] = rr.TypeText(s.Type), strconv.FormatUint(uint64(s.TTL), 10), host
			if w.cells[colData] = RDataText(s.Type, data); !isCell(w.cells[colData]) {
				w.cells[colData] = GenericRData(data)
			}
			w.Emit(&w.cells)
		}
	}
}

// Zone makes the rows of the frame of a zone.
func (w *RowWriter) Zone(apex e164.Apex, z *backend.Zone) {
	own := Cells{colKind: kindZone, colName: safeName(apex.String())}
	w.sets(&own, "", []backend.RRset{z.SOA})
	w.sets(&own, "", Others(z.Sets))
}

// End makes the row that says how many entries there were.
func (w *RowWriter) End(entries int) {
	w.cells = Cells{colKind: KindEnd, colData: strconv.Itoa(entries)}
	w.Emit(&w.cells)
}

// AppendRows appends the rows of an entry, which is not Broken, each with a cell for each of Columns; nil is an
// empty cell.
func (c *Codec) AppendRows(dst [][]*string, e *backend.Entry) [][]*string {
	w := RowWriter{DialPlan: c.DialPlan, Emit: func(cells *Cells) {
		row, texts := make([]*string, 0, columns-1), *cells
		for col := range texts {
			switch {
			case col == colName:
			case texts[col] == "":
				row = append(row, nil)
			default:
				row = append(row, &texts[col])
			}
		}
		dst = append(dst, row)
	}}
	w.Entry(e)
	return dst
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
