package sqlstore

import (
	"fmt"
	"strconv"

	"github.com/enumim/enumim/backend"
)

// Meta is what a data base must say of itself before it is answered from.
type Meta struct {
	Format string // of the schema
	Doc    string // the page that describes it
}

// Check says what is wrong with the state of the data base: the format of the schema, and some change, which there is
// from when something was written the first time.
func (m Meta) Check(format, change []byte) error {
	switch {
	case string(format) != m.Format:
		return fmt.Errorf("%w: the schema has format %s, this enumim knows %s: %s says how to change it", backend.ErrUnavailable, number(format), m.Format, m.Doc)
	case change == nil:
		return fmt.Errorf("%w: the data base has no enumim data yet: enumim import", backend.ErrUnavailable)
	}
	return nil
}

// number is for showing a number that the data base gave.
func number(b []byte) string {
	n, err := strconv.ParseInt(string(b), 10, 32)
	if err != nil {
		return "?"
	}
	return strconv.FormatInt(n, 10)
}
