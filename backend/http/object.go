package http

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"

	"github.com/enumim/enumim/e164"
)

// format is the version of the protocol.
const format = 1

// mostGeneration is the greatest number that all who read JSON read alike (RFC 8259 section 6).
const mostGeneration = 1<<53 - 1

// object reads JSON guided by what is expected: a name that has no place, or stands twice, is an error, as is what is
// missing. What the texts of encoding/json hold is not told.
type object struct{ *json.Decoder }

func newObject(text []byte) object {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return object{d}
}

// token reads a bracket.
func (o object) token(want json.Delim) error {
	if got, err := o.Token(); err != nil || got != want {
		return wrong("expected " + want.String())
	}
	return nil
}

// members reads an object that has just these members; each reads its value.
func (o object) members(all map[string]func() error) error {
	if err := o.token('{'); err != nil {
		return err
	}
	seen := make([]string, 0, len(all))
	for o.More() {
		t, err := o.Token()
		name, ok := t.(string)
		read := all[name]
		if err != nil || !ok || read == nil {
			return wrong("an object has a name that is unknown")
		}
		if slices.Contains(seen, name) {
			return wrong("a name stands twice in an object")
		}
		seen = append(seen, name)
		if err := read(); err != nil {
			return err
		}
	}
	if len(seen) < len(all) {
		return wrong("an object lacks a member")
	}
	return o.token('}')
}

// array reads an array.
func (o object) array(element func() error) error {
	if err := o.token('['); err != nil {
		return err
	}
	for o.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return o.token(']')
}

// end expects that nothing follows.
func (o object) end() error {
	if _, err := o.Token(); err != io.EOF { //nolint:errorlint // as it is documented
		return wrong("something follows its end")
	}
	return nil
}

func (o object) text(to *string) error {
	t, err := o.Token()
	text, ok := t.(string)
	if err != nil || !ok {
		return wrong("expected a string")
	}
	*to = text
	return nil
}

func (o object) bool(to *bool) error {
	t, err := o.Token()
	b, ok := t.(bool)
	if err != nil || !ok {
		return wrong("expected true or false")
	}
	*to = b
	return nil
}

// whole reads a whole number.
func (o object) whole(to *uint64) error {
	t, err := o.Token()
	text, ok := t.(json.Number)
	if err == nil && ok {
		*to, err = strconv.ParseUint(text.String(), 10, 64)
	}
	if err != nil || !ok || *to > mostGeneration {
		return wrong("expected a whole number up to 9007199254740991")
	}
	return nil
}

// version reads the version of the protocol.
func (o object) version() error {
	var v uint64
	if err := o.whole(&v); err != nil {
		return err
	}
	if v != format {
		return wrong("its format is not " + strconv.Itoa(format))
	}
	return nil
}

// generation reads the generation of the data, which is not 0.
func (o object) generation(to *uint64) error {
	if err := o.whole(to); err != nil {
		return err
	}
	if *to == 0 {
		return wrong("the generation is 0, which says that there is no data")
	}
	return nil
}

// digits reads a number as digits alone.
func (o object) digits(to *e164.Number) error {
	var text string
	if err := o.text(&text); err != nil {
		return err
	}
	var n e164.Number
	for i := range len(text) {
		var ok bool
		if n, ok = n.Child(text[i]); !ok {
			return wrong("a number is up to 15 digits, without sign")
		}
	}
	*to = n
	return nil
}

// raw reads the text of a value, on one line.
func (o object) raw() ([]byte, error) {
	var text json.RawMessage
	if err := o.Decode(&text); err != nil {
		return nil, wrong("an entry is no JSON")
	}
	if !bytes.ContainsAny(text, "\r\n") {
		return text, nil
	}
	b := &bytes.Buffer{}
	if err := json.Compact(b, text); err != nil {
		return nil, wrong("an entry is no JSON")
	}
	return b.Bytes(), nil
}
