package sqlstore

import (
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// Places of cells in notation.Columns.
var (
	cellNumber      = slices.Index(notation.Columns(), "number")
	cellReplacement = slices.Index(notation.Columns(), "replacement")
	cellData        = slices.Index(notation.Columns(), "data")
)

// AppendRows appends the rows of a change as the reference schemas have them, in the order of notation.Columns: digits
// alone for the number, and nothing for the root as replacement. One that deletes has those that name its entry.
func AppendRows(rows [][]*string, codec *notation.Codec, change *backend.Change) ([][]*string, error) {
	from := len(rows)
	if change.Delete {
		e := change.Entry
		e.Records, e.Sets, e.Glue, e.Broken = nil, nil, nil, false
		rows = codec.AppendRows(rows, &e)
	} else {
		if err := codec.Check(&change.Entry); err != nil {
			return nil, fmt.Errorf("%w: %w", backend.ErrInvalidData, err)
		}
		rows = codec.AppendRows(rows, &change.Entry)
	}
	digits := change.Name.Number.Digits()
	for i, row := range rows[from:] {
		row[cellNumber] = &digits
		if change.Kind == backend.Delegation || i >= len(change.Records) || change.Delete {
			continue
		}
		if row[cellData] != nil {
			return nil, fmt.Errorf("%w: a record of it does not fit into the schema: the expression begins with a delimiter that CSV avoids, or it has octets that are no text", backend.ErrInvalidData)
		}
		if change.Records[i].Regexp != "" {
			row[cellReplacement] = nil
		}
	}
	return rows, nil
}
