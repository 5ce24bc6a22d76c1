package notation

import (
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Codec reads and writes entries, and holds what is read to the rules that a numbers file is held to. The
// zero value serves E.164 numbers of any tree. It is safe for concurrent use.
type Codec struct {
	// Apexes are the trees that the numbers must be of; none stands for any.
	Apexes []e164.Apex
	// DialPlan says that numbers are the bare digits of a private dial plan.
	DialPlan bool
	// TTL, in seconds, is for records that give none; 0 stands for an hour.
	TTL uint32
}

// MaxTTL is the most a TTL of a store is taken for, in seconds: a week. Longer ones are cut to it.
const MaxTTL = 604800

// AppendJSON appends the object of an entry, without newline.
func (c *Codec) AppendJSON(b []byte, e *backend.Entry) []byte { panic("not written") }

// ParseJSON reads one object. The entry refers to no memory of text. With an error, which says what is
// wrong without telling a number, the entry is Broken, and has what could be read of its kind, name and
// lengths; known is false when that does not even tell where in the tree it stands.
func (c *Codec) ParseJSON(text []byte) (e backend.Entry, known bool, err error) { panic("not written") }

// Check holds an entry to the rules: of entries in stores (numbers, blocks, delegations; digits and no other
// labels; within Apexes) and, as in a numbers file, of records that can be used. It cuts TTLs to MaxTTL.
func (c *Codec) Check(e *backend.Entry) error { panic("not written") }

// Columns are the names of the columns, in the order in which AppendRow has the cells.
func Columns() []string { panic("not written") }

// AppendRows appends the rows of an entry, each with a cell for each of Columns; nil is an empty cell.
func (c *Codec) AppendRows(dst [][]*string, e *backend.Entry) [][]*string { panic("not written") }

// Rows joins rows, of which those of one entry stand together, to entries. Make it with Codec.Rows.
type Rows struct{}

// Rows returns a reader of rows whose cells are the columns named. Unknown names, names given twice, and a
// list without "number" are errors.
func (c *Codec) Rows(columns []string) (*Rows, error) { panic("not written") }

// Read takes the next row; a nil or empty cell is empty, and cells are not kept. When the row begins another
// entry, Read returns the one before it, whole and checked, with ok set. With an error the entry returned is
// Broken, as from ParseJSON; known is false when nothing tells where it stands. The entry is the caller's.
func (r *Rows) Read(cells []*string) (e backend.Entry, known, ok bool, err error) { panic("not written") }

// End returns the last entry as Read does, and makes the reader ready for other rows.
func (r *Rows) End() (e backend.Entry, known, ok bool, err error) { panic("not written") }
