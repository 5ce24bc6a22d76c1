package notation

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

var errText = errors.New("expected UTF-8")

// ParseJSON reads one object and checks it (Check). The entry refers to no memory of text. With an error, which
// says what is wrong without telling a number, the entry is Broken, and has what could be read of its kind, name
// and lengths: of a block without lengths all there may be, and where not even the kind is told, a block that is
// all of them. known is false when that does not even tell where in the tree it stands.
func (c *Codec) ParseJSON(text []byte) (e backend.Entry, known bool, err error) {
	r := Objects{Broken: true, codec: c}
	var it *Item
	if utf8.Valid(text) {
		it, err = r.Read(text)
	} else {
		err = errText
	}
	if err == nil && (it.End || it.Zone != nil) {
		return backend.Entry{Broken: true}, false, errors.New("expected an entry, not what begins or ends a file")
	}
	if err == nil {
		err = c.Check(&it.Entry)
	}
	if err == nil {
		return it.Entry, true, nil
	}
	place := &r.item.Entry
	r.salvage(text)
	if !r.number {
		return backend.Entry{Broken: true}, false, err
	}
	kind, ok := kindOf(r.kind)
	e, known = c.broken(place.Name, kind, ok, place.Min, place.Max)
	return e, known, err
}

// salvage looks for where an entry stands in an object with a fault.
func (r *Objects) salvage(text []byte) {
	var o struct {
		Kind   string  `json:"kind"`
		Number any     `json:"number"` // "" is one of a dial plan, and none is none
		Name   string  `json:"name"`
		Min    float64 `json:"min"`
		Max    float64 `json:"max"`
	}
	if !json.Valid(text) {
		return
	}
	_ = json.Unmarshal(text, &o) // a member of another type is left out
	e := &r.item.Entry
	if digits, ok := o.Number.(string); ok && !r.number {
		n, err := parseNumber(digits, r.codec.DialPlan, false)
		e.Name.Number, r.number = n, err == nil
	}
	if o.Name != "" && e.Name.Labels == "" {
		e.Name.Labels = "\x01?" // it is no place of a store
	}
	if r.kind == "" {
		r.kind = o.Kind
	}
	if e.Min == 0 && e.Max == 0 || o.Min >= 0 && o.Min <= e164.MaxDigits && o.Max >= 0 && o.Max <= e164.MaxDigits {
		e.Min, e.Max = int(min(max(o.Min, 0), 16)), int(min(max(o.Max, 0), 16))
	}
}

// broken returns the Broken entry that stands for one that cannot be read. A kind that is not known, or that
// no store has, may have been about all numbers with these digits.
func (c *Codec) broken(name e164.Name, kind backend.EntryKind, ok bool, least, most int) (e backend.Entry, known bool) {
	e = backend.Entry{Kind: kind, Name: name, Broken: true}
	if !ok || kind == backend.Wildcard || kind == backend.Rename {
		e.Kind, least, most = backend.Block, 0, 0
	}
	if e.Kind == backend.Block {
		if e.Min, e.Max = least, most; least < max(1, name.Number.Len()) || most < least || most > e164.MaxDigits {
			e.Min, e.Max = max(1, name.Number.Len()), e164.MaxDigits
		}
	}
	if !name.IsNumber() || e.Kind != backend.Block && !name.Number.IsValid() {
		return backend.Entry{Broken: true}, false
	}
	return e, true
}

// Read takes the next row; a nil or empty cell is empty, and cells are not kept. When the row begins another
// entry, Read returns the one before it, whole and checked (Codec.Check), with ok set. With an error the entry
// returned is Broken, as from ParseJSON; known is false when nothing tells where it stands. The entry is the
// caller's.
func (r *Rows) Read(cells []*string) (e backend.Entry, known, ok bool, err error) {
	valid := true
	some, fault := r.take(len(cells), func(i int) string {
		if cells[i] == nil {
			return ""
		}
		valid = valid && utf8.ValidString(*cells[i])
		return *cells[i]
	})
	if fault == nil && !some {
		return e, false, false, nil
	}
	if !valid && fault == nil {
		fault = errText
	}
	w := &r.current
	if fault == nil {
		fault = w.entry()
	}
	if same := r.open && r.told && w.told && w.key == r.key; !same {
		e, known, ok, err = r.End()
		r.begin(w.key, nil)
		r.failed, r.told = nil, w.told
	}
	if fault == nil && r.failed == nil {
		fault = r.row(w)
	}
	if r.failed == nil {
		r.failed = fault
	}
	return e, known, ok, err
}

// End returns the last entry as Read does, and makes the reader ready for other rows.
func (r *Rows) End() (e backend.Entry, known, ok bool, err error) {
	if !r.open {
		return e, false, false, nil
	}
	r.open = false
	if err = r.failed; err == nil {
		err = r.complete()
	}
	if err == nil {
		err = r.codec.Check(&r.item.Entry)
	}
	if err == nil {
		return r.item.Entry, true, true, nil
	}
	if !r.told {
		return backend.Entry{Broken: true}, false, true, err
	}
	kind, ok := kindOf(r.key.kind)
	e, known = r.codec.broken(r.key.name, kind, ok, r.key.min, r.key.max)
	return e, known, true, err
}

// entry says of rows that are for files that they are.
func (r *row) entry() error {
	if r.key.kind == kindZone || r.key.kind == KindEnd {
		return r.fail(colKind, errors.New("expected an entry, not what begins or ends a file"))
	}
	return nil
}
