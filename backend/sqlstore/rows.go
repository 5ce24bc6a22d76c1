package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// ErrColumn is for a result that has another form than what was asked for.
var ErrColumn = errors.New("the result has other columns than were asked for")

// Joiner makes entries of rows.
type Joiner struct {
	rows  *notation.Rows
	cells []*string
	texts []string
	chunk []byte // memory that entries keep parts of: it is used up, never used again
	found func(e backend.Entry, known bool, err error) bool
}

// NewJoiner makes entries of rows with these columns. found gets each entry, with an error a Broken one, which
// stands nowhere when known is false; it returns false when it wants no more.
func NewJoiner(codec *notation.Codec, columns []string, found func(e backend.Entry, known bool, err error) bool) (*Joiner, error) {
	rows, err := codec.Rows(columns)
	if err != nil {
		return nil, fmt.Errorf("%w: the columns of the query: %w", backend.ErrUnavailable, err)
	}
	return &Joiner{rows: rows, cells: make([]*string, len(columns)), texts: make([]string, len(columns)), found: found}, nil
}

// Width is how many columns its rows have.
func (j *Joiner) Width() int { return len(j.cells) }

// chunkSize is how much memory for cells is taken at once.
const chunkSize = 32 << 10

// Add takes a row, whose memory is not kept.
func (j *Joiner) Add(row [][]byte) bool {
	for i := range j.cells {
		j.cells[i] = nil
		if row[i] == nil {
			continue
		}
		if len(row[i]) > cap(j.chunk)-len(j.chunk) {
			j.chunk = make([]byte, 0, max(min(chunkSize, 16*cap(j.chunk)), 256, len(row[i])))
		}
		from := len(j.chunk)
		j.chunk = append(j.chunk, row[i]...)
		j.texts[i] = unsafe.String(unsafe.SliceData(j.chunk[from:]), len(row[i])) // no octet of a chunk changes
		j.cells[i] = &j.texts[i]
	}
	e, known, ok, err := j.rows.Read(j.cells)
	return !ok || j.found(e, known, err)
}

// End takes the last entry.
func (j *Joiner) End() bool {
	e, known, ok, err := j.rows.End()
	return !ok || j.found(e, known, err)
}

// Keep copies a row, which is good until the next is read.
func Keep(row [][]byte) [][]byte {
	size := 0
	for _, cell := range row {
		size += len(cell)
	}
	memory, kept := make([]byte, 0, size), make([][]byte, len(row))
	for i, cell := range row {
		if cell != nil {
			from := len(memory)
			memory = append(memory, cell...)
			kept[i] = memory[from:len(memory):len(memory)]
		}
	}
	return kept
}

// Sort puts the rows of one entry together: those of an operator's query come in any order.
func Sort(rows [][][]byte, columns []string) {
	var keys []int
	for _, name := range []string{"number", "kind", "min", "max"} {
		if i := slices.Index(columns, name); i >= 0 {
			keys = append(keys, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b [][]byte) int {
		for _, i := range keys {
			if c := cmp.Compare(string(a[i]), string(b[i])); c != 0 {
				return c
			}
		}
		return 0
	})
}

// Limit is how many octets a look-up may still bring: what it brings is kept until it ends, and a server may not know an end.
type Limit int

// LimitFor is more than the entries at so many numbers and their prefixes have.
func LimitFor(numbers int) *Limit {
	const least, each = 1 << 20, 256 << 10 // an answer has 64 KiB at most
	l := Limit(least + each*numbers)
	return &l
}

// errLimit is for an answer that no reply could hold. It is the data that is bad, and not the store: so one number with too
// many rows is parted from those that are asked for with it, and does not have the store taken as down.
var errLimit = fmt.Errorf("%w: look up: the answer is larger than any that could be sent", backend.ErrInvalidData)

// Take counts a row.
func (l *Limit) Take(row [][]byte) error {
	const cell = 32 // what even an empty one costs
	for _, text := range row {
		*l -= Limit(cell + len(text))
	}
	if *l < 0 {
		return errLimit
	}
	return nil
}

// Hand gives each number the entries at it and above it.
func Hand(numbers []e164.Number, entries []backend.Entry, below map[e164.Number]bool) []backend.Holding {
	at := make(map[e164.Number][]backend.Entry, len(entries))
	for i := range entries {
		n := entries[i].Name.Number
		at[n] = append(at[n], entries[i])
	}
	holdings := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		h := &holdings[i]
		h.Below = below[n]
		if len(entries) == 0 {
			continue
		}
		for l := range n.Len() + 1 {
			h.Entries = append(h.Entries, at[n.Prefix(l)]...)
		}
	}
	return holdings
}
