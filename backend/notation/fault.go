package notation

import "fmt"

// Fault says what is wrong with a text, and where. Its Error tells no number and nothing else of what stands
// there, so that it may be logged.
type Fault struct {
	Column int    // octet of the text, from 1; 0 for all of it, and in rows
	Cell   int    // cell of a row, from 1; 0 for all of it, and in objects
	Member string // the member of an object that it is in; ""
	// Text is what stands there, up to some 60 octets of an object, or a cell. It may hold a number.
	Text string
	Want string // what was expected; in rows it begins with the name of the column
}

// Error returns the place and what was expected.
func (f *Fault) Error() string {
	switch {
	case f.Column > 0 && f.Member != "":
		return fmt.Sprintf("column %d, %q: %s", f.Column, f.Member, f.Want)
	case f.Column > 0:
		return fmt.Sprintf("column %d: %s", f.Column, f.Want)
	}
	return f.Want
}
