package snapshot

import (
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"iter"
	"time"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/backend"
)

// portion is how much is written at once, in octets.
const portion = 64 << 10

// Save implements table.Keeper. The file has mode 0600; it is there whole or not at all.
func (f *File) Save(entries iter.Seq2[backend.Entry, error], current time.Time) error {
	first, err := json.Marshal(head{kindHead, version, f.key, current.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return atomicfile.Private(f.path, func(w io.Writer) error {
		out := output{w: w, sum: sha256.New(), b: make([]byte, 0, 2*portion)}
		out.b = append(append(out.b, first...), '\n')
		n := 0
		for e, err := range entries {
			if err != nil {
				return err
			}
			n++
			out.b = append(f.codec.AppendJSON(out.b, &e), '\n')
			if len(out.b) >= portion {
				if err := out.flush(); err != nil {
					return err
				}
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
		_, err := w.Write(appendEnd(nil, n, out.sum.Sum(nil)))
		return err
	})
}

// output gathers what is written and summed up.
type output struct {
	w   io.Writer
	sum hash.Hash
	b   []byte
}

func (o *output) flush() error {
	o.sum.Write(o.b) // never fails
	_, err := o.w.Write(o.b)
	o.b = o.b[:0]
	return err
}
