package notation

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// Rows joins rows, of which those of one entry stand together, to entries. Make it with Codec.Rows. It is for
// one goroutine.
type Rows struct {
	codec    *Codec
	columns  []int // of the cells of a row; negative for those that are passed over
	defaults defaults
	current  row

	item  Item
	line  int    // of item: where it begins
	key   rowKey // of item
	open  bool   // item is not complete
	ttls  bool   // the TTL of its NAPTR records is known
	none  bool   // it says that it has no records
	zones []backend.RRset

	failed error // of Read: what is wrong with the entry that is open
	told   bool  // of Read: that it tells where it stands
}

// Rows returns a reader of rows whose cells are the columns named. Unknown names, names given twice, and a
// list without "number" are errors; with one, the reader passes unknown columns over and takes the last of those
// with one name.
func (c *Codec) Rows(names []string) (*Rows, error) {
	r := &Rows{codec: c, columns: make([]int, 0, len(names))}
	var err error
	for _, name := range names {
		col := slices.Index(columnNames[:], name)
		switch {
		case col < 0:
			err = fmt.Errorf("unknown column; there are %s", strings.Join(columnNames[:], ", "))
		case slices.Contains(r.columns, col):
			err = fmt.Errorf("the column %s stands there twice", name)
		}
		r.columns = append(r.columns, col)
	}
	if !slices.Contains(r.columns, colNumber) {
		err = errors.New("the column number is missing")
	}
	return r, err
}

// take fills the current row with the cells; false for an empty row.
func (r *Rows) take(cells int, cell func(i int) string) (bool, error) {
	w := &r.current
	*w = row{}
	if cells > len(r.columns) {
		return false, &Fault{Cell: len(r.columns) + 1, Want: fmt.Sprintf("the line has more cells than the header, which has %d", len(r.columns))}
	}
	empty := true
	for i := range cells {
		text := cell(i)
		empty = empty && text == ""
		if col := r.columns[i]; col >= 0 {
			w.cells[col], w.at[col] = text, i+1
		}
	}
	if empty {
		return false, nil
	}
	if !w.has(colKind) {
		w.cells[colKind] = kindWords[backend.Number]
	}
	var err error
	w.key, err = r.keyOf(w)
	return true, err
}

// Step takes the next row of a file, whose cells are not kept. Rules of stores (Codec.Check) are not applied.
// found is called with each entry that is complete now, which it must not keep, and with each fault of
// this row or of the entry before it, and with the line where that stands.
func (r *Rows) Step(line int, cells []string, found func(it *Item, line int, err error)) {
	some, err := r.take(len(cells), func(i int) string { return cells[i] })
	if err == nil && !some {
		return
	}
	if err != nil || !r.open || r.current.key != r.key {
		r.Finish(found)
	}
	if err == nil {
		if !r.open {
			r.begin(r.current.key, r.item.Entry.Records[:0])
			r.line = line
		}
		err = r.row(&r.current)
	}
	if err != nil {
		r.open = false
		found(nil, line, err)
	}
}

// Finish is Step behind the last row.
func (r *Rows) Finish(found func(it *Item, line int, err error)) {
	if !r.open {
		return
	}
	r.open = false
	if err := r.complete(); err != nil {
		found(nil, r.line, err)
		return
	}
	found(&r.item, r.line, nil)
}

// begin starts an entry.
func (r *Rows) begin(key rowKey, records []naptr.Record) {
	r.item = Item{Entry: backend.Entry{Name: key.name, Min: key.min, Max: key.max, TTL: r.codec.ttl(), Records: records}}
	r.item.Entry.Kind, _ = kindOf(key.kind)
	r.key, r.open, r.ttls, r.none, r.zones = key, true, false, false, nil
	r.defaults.begin()
}

// complete checks the entry that was begun.
func (r *Rows) complete() error {
	switch {
	case r.item.End:
		return nil
	case r.key.kind == kindZone:
		return r.item.frame(r.zones)
	case !r.none && len(r.item.Entry.Records)+len(r.item.Entry.Sets) == 0:
		return errors.New("the entry has no records: write " + typeNone + " in the column type if that is meant")
	}
	return finish(&r.item.Entry)
}

func (r *Rows) keyOf(w *row) (k rowKey, err error) {
	k.kind = strings.ToLower(w.text(colKind))
	switch k.kind {
	case KindEnd:
		return k, w.only(colKind, colData)
	case kindZone:
		k.apex = w.text(colName)
		if _, err := e164.ParseApex(k.apex); err != nil {
			return k, w.fail(colName, err)
		}
		return k, w.only(colKind, colName, colType, colTTL, colData)
	}
	if k.name.Number, err = parseNumber(w.text(colNumber), r.codec.DialPlan, w.has(colNumber)); err != nil {
		err = w.fail(colNumber, err)
	} else if k.name.Labels, err = parseLabels(w.text(colName)); err != nil {
		err = w.fail(colName, err)
	}
	w.told = err == nil
	if _, ok := kindOf(k.kind); !ok {
		return k, w.fail(colKind, errors.New("expected one of "+kindList))
	}
	if err != nil {
		return k, err
	}
	for _, of := range [...]struct {
		col int
		to  *int
	}{{colMin, &k.min}, {colMax, &k.max}} {
		if w.has(of.col) {
			v, fault := decimal(w.text(of.col), e164.MaxDigits)
			if fault != nil {
				err = w.fail(of.col, fault)
			}
			*of.to = int(v)
		}
	}
	return k, err
}

// row takes one record of the entry.
func (r *Rows) row(w *row) error {
	e := &r.item.Entry
	ttl := r.codec.ttl()
	if w.has(colTTL) {
		v, err := decimal(w.text(colTTL), mostTTL)
		if err != nil {
			return w.fail(colTTL, err)
		}
		ttl = uint32(v)
	}
	if r.key.kind == KindEnd {
		v, err := decimal(w.text(colData), math.MaxInt64)
		if err != nil {
			return w.fail(colData, err)
		}
		r.item.End, r.item.Entries = true, v
		return nil
	}
	typ := strings.ToUpper(w.text(colType))
	w.cells[colType] = typ
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
		r.item.Apex, _ = e164.ParseApex(r.key.apex) // keyOf did
	case w.has(colHost):
		host, err := WireName(w.text(colHost))
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
func (r *Rows) naptr(w *row, ttl uint32) error {
	e := &r.item.Entry
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
		return &Fault{Want: err.Error()}
	}
	e.Records = append(e.Records, record)
	return nil
}
