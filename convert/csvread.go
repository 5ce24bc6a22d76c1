package convert

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// csvReader reads lines that csvText wrote, or people's. The lines of an entry stand together.
type csvReader struct {
	dialPlan bool
	ttl      uint32 // of records without one
	header   header
	cells    []cell
	buf      []byte
	defaults defaults
	current  row

	item  item
	key   csvKey // of item
	open  bool   // item is not complete
	ttls  bool   // the TTL of its NAPTR records is known
	none  bool   // it says that it has no records
	zones []backend.RRset
}

// csvKey tells whose line it is.
type csvKey struct {
	kind     string
	name     e164.Name
	min, max int
	apex     string
}

// cell is what stands between two separators.
type cell struct {
	text string
	col  int
}

// split takes a line apart (RFC 4180; a cell ends on its line).
func (r *csvReader) split(line []byte) error {
	r.cells = r.cells[:0]
	for i := 0; ; i++ {
		start := i
		if i < len(line) && line[i] == '"' {
			r.buf = r.buf[:0]
			for i++; ; i++ {
				if i == len(line) {
					return &fault{col: start + 1, want: `the closing quote is missing: a cell ends on its line, and a quote in it is written ""`}
				}
				if line[i] == '"' {
					if i++; i == len(line) || line[i] != '"' {
						break
					}
				}
				r.buf = append(r.buf, line[i])
			}
			if i < len(line) && line[i] != r.header.separator {
				return &fault{col: i + 1, want: `a quote ends the cell: within one it is written ""`}
			}
			r.cells = append(r.cells, cell{string(r.buf), start + 1})
		} else {
			end := bytes.IndexByte(line[i:], r.header.separator)
			if end < 0 {
				end = len(line) - i
			}
			i += end
			if q := bytes.IndexByte(line[start:i], '"'); q >= 0 {
				return &fault{col: start + q + 1, want: "a quote within a cell: put all of the cell in quotes and double it"}
			}
			r.cells = append(r.cells, cell{strings.Trim(string(line[start:i]), " "), start + 1})
		}
		if i >= len(line) {
			break
		}
		if len(r.cells) > len(r.header.columns) {
			break
		}
	}
	if len(r.cells) > len(r.header.columns) {
		return &fault{col: r.cells[len(r.header.columns)].col, want: fmt.Sprintf("the line has more cells than the header, which has %d", len(r.header.columns))}
	}
	return nil
}

// row is a line of CSV.
type row struct {
	cells [columns]cell
	key   csvKey
}

func (r *row) has(col int) bool    { return r.cells[col].text != "" }
func (r *row) text(col int) string { return r.cells[col].text }

// pointer returns the cell, nil where it is empty.
func (r *row) pointer(col int) *string {
	if !r.has(col) {
		return nil
	}
	return &r.cells[col].text
}

// fail says what is wrong with a cell.
func (r *row) fail(col int, err error) error {
	c := r.cells[col]
	if c.col == 0 {
		return &fault{want: columnNames[col] + ": " + err.Error()}
	}
	return &fault{col: c.col, text: c.text, want: columnNames[col] + ": " + err.Error()}
}

// only says which cell is filled that has no meaning in this line.
func (r *row) only(allowed ...int) error {
	for col := range r.cells {
		if r.has(col) && !slices.Contains(allowed, col) {
			return r.fail(col, fmt.Errorf("expected an empty cell in a line of kind %s and type %s", r.text(colKind), r.text(colType)))
		}
	}
	return nil
}

// parse takes a line apart and tells whose it is; nil for an empty line.
func (r *csvReader) parse(line []byte) (*row, error) {
	if err := r.split(line); err != nil {
		return nil, err
	}
	w := &r.current
	*w = row{}
	empty := true
	for i, c := range r.cells {
		if col := r.header.columns[i]; col >= 0 {
			w.cells[col] = c
		}
		empty = empty && c.text == ""
	}
	if empty {
		return nil, nil
	}
	if !w.has(colKind) {
		w.cells[colKind].text = kindWords[backend.Number]
	}
	var err error
	w.key, err = r.keyOf(w)
	return w, err
}

// begin starts an entry.
func (r *csvReader) begin(key csvKey) {
	r.item = item{entry: backend.Entry{Name: key.name, Min: key.min, Max: key.max, TTL: r.ttl, Records: r.item.entry.Records[:0]}}
	r.item.entry.Kind, _ = kindOf(key.kind)
	r.key, r.open, r.ttls, r.none, r.zones = key, true, false, false, nil
	r.defaults.begin()
}

// complete returns the entry that was begun, nil where none was.
func (r *csvReader) complete() (*item, error) {
	if !r.open {
		return nil, nil
	}
	r.open = false
	switch {
	case r.item.end:
		return &r.item, nil
	case r.key.kind == kindZone:
		return &r.item, r.item.frame(r.zones)
	case !r.none && len(r.item.entry.Records)+len(r.item.entry.Sets) == 0:
		return nil, errors.New("the entry has no records: write " + typeNone + " in the column type if that is meant")
	}
	return &r.item, finish(&r.item.entry)
}

func (r *csvReader) keyOf(w *row) (k csvKey, err error) {
	k.kind = strings.ToLower(w.text(colKind))
	switch k.kind {
	case kindEnd:
		return k, w.only(colKind, colData)
	case kindZone:
		k.apex = w.text(colName)
		if _, err := e164.ParseApex(k.apex); err != nil {
			return k, w.fail(colName, err)
		}
		return k, w.only(colKind, colName, colType, colTTL, colData)
	}
	if _, ok := kindOf(k.kind); !ok {
		return k, w.fail(colKind, errors.New("expected one of "+kindList))
	}
	if k.name.Number, err = parseNumber(w.text(colNumber), r.dialPlan, w.has(colNumber)); err != nil {
		return k, w.fail(colNumber, err)
	}
	if k.name.Labels, err = parseLabels(w.text(colName)); err != nil {
		return k, w.fail(colName, err)
	}
	for col, to := range map[int]*int{colMin: &k.min, colMax: &k.max} {
		if w.has(col) {
			v, err := decimal(w.text(col), e164.MaxDigits)
			if err != nil {
				return k, w.fail(col, err)
			}
			*to = int(v)
		}
	}
	return k, nil
}

// row takes one record of the entry.
func (r *csvReader) row(w *row) error {
	e := &r.item.entry
	ttl := r.ttl
	if w.has(colTTL) {
		v, err := decimal(w.text(colTTL), maxTTL)
		if err != nil {
			return w.fail(colTTL, err)
		}
		ttl = uint32(v)
	}
	if r.key.kind == kindEnd {
		v, err := decimal(w.text(colData), math.MaxInt64)
		if err != nil {
			return w.fail(colData, err)
		}
		r.item.end, r.item.entries = true, v
		return nil
	}
	typ := strings.ToUpper(w.text(colType))
	w.cells[colType].text = typ
	switch {
	case r.none || typ == typeNone && len(e.Records)+len(e.Sets) > 0:
		return w.fail(colType, errors.New(typeNone+" says that there are no records, but this line or one above has one"))
	case typ == typeNone:
		r.none = true
		return w.only(colKind, colNumber, colName, colMin, colMax, colType, colTTL)
	case typ == "" || typ == "NAPTR":
		return r.naptr(w, ttl)
	}
	number, ok := rr.Type(typ)
	if !ok {
		return w.fail(colType, errors.New("expected the type of a record, such as NAPTR or NS, or TYPE123, or "+typeNone))
	}
	if err := w.only(colKind, colNumber, colName, colMin, colMax, colType, colTTL, colHost, colData); err != nil {
		return err
	}
	_, wire, err := rr.ParseRData(typ, w.text(colData), "")
	if err != nil {
		return w.fail(colData, err)
	}
	sets := &e.Sets
	switch {
	case r.key.kind == kindZone:
		sets = &r.zones
		r.item.apex, _ = e164.ParseApex(r.key.apex) // keyOf did
	case w.has(colHost):
		host, err := wireName(w.text(colHost))
		if err != nil {
			return w.fail(colHost, err)
		}
		i := slices.IndexFunc(e.Glue, func(h backend.Host) bool { return h.Name == host })
		if i < 0 {
			i = len(e.Glue)
			e.Glue = append(e.Glue, backend.Host{Name: host})
		}
		sets = &e.Glue[i].Sets
		if number != rr.TypeA && number != rr.TypeAAAA {
			return w.fail(colType, errors.New("a name server has records of type A and AAAA here"))
		}
	}
	if *sets, err = addData(*sets, number, ttl, string(wire)); err != nil {
		return w.fail(colData, err)
	}
	return nil
}

// naptr takes a NAPTR.
func (r *csvReader) naptr(w *row, ttl uint32) error {
	e := &r.item.entry
	if err := w.only(colKind, colNumber, colName, colMin, colMax, colType, colTTL, colOrder, colPreference, colFlags, colServices, colURI, colRegexp, colReplacement, colData); err != nil {
		return err
	}
	switch {
	case r.key.kind == kindZone:
		return w.fail(colType, errors.New("NAPTR records of the apex are an entry of kind number"))
	case r.ttls && w.has(colTTL) && e.TTL != ttl:
		return w.fail(colTTL, errors.New("the records of an entry have one TTL (RFC 2181 section 5.2)"))
	case !r.ttls:
		e.TTL, r.ttls = ttl, true
	}
	f := fields{
		order: w.pointer(colOrder), preference: w.pointer(colPreference), flags: w.pointer(colFlags), services: w.pointer(colServices),
		uri: w.pointer(colURI), regexp: w.pointer(colRegexp), replacement: w.pointer(colReplacement), data: w.pointer(colData),
	}
	record, err := r.defaults.record(&f)
	if err != nil {
		return &fault{want: err.Error()}
	}
	e.Records = append(e.Records, record)
	return nil
}
