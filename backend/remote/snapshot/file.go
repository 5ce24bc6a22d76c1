package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
)

// File is a file with the last good data of a store. It is a table.Keeper. Make it with New.
type File struct {
	path  string
	codec *notation.Codec
	key   string
}

var _ table.Keeper = (*File)(nil)

// version is that of the form of the file.
const version = 1

// New returns the file at path for data, the canonical form of what says which data it is: other data, and data
// read for other trees, is refused. Nothing is opened yet.
func New(path, data string, codec *notation.Codec) *File {
	h := sha256.New()
	fmt.Fprintf(h, "%q %t", data, codec.DialPlan)
	for _, a := range codec.Apexes {
		fmt.Fprintf(h, " %s", a)
	}
	return &File{path: path, codec: codec, key: hex.EncodeToString(h.Sum(nil)[:16])}
}

// head is the first line.
type head struct {
	Kind    string    `json:"kind"` // "snapshot"
	Version int       `json:"version"`
	Key     string    `json:"key"`
	Current time.Time `json:"current"`
}

const kindHead = "snapshot"

// appendEnd appends the last line: how many entries there are, and the checksum of all lines before it.
func appendEnd(b []byte, entries int, sum []byte) []byte {
	b = strconv.AppendInt(append(b, `{"kind":"end","entries":`...), int64(entries), 10)
	b = hex.AppendEncode(append(b, `,"sha256":"`...), sum)
	return append(b, "\"}\n"...)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", backend.ErrInvalidData, fmt.Sprintf(format, args...))
}
