package convert

import (
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// jsonText writes entries as JSON objects, each on a line.
type jsonText struct{ notation.Codec }

// append appends an entry and a newline.
func (w *jsonText) append(b []byte, e *backend.Entry) []byte { return append(w.AppendJSON(b, e), '\n') }

// zone appends the frame of a zone.
func (w *jsonText) zone(b []byte, apex e164.Apex, z *backend.Zone) []byte {
	return append(w.AppendJSONZone(b, apex, z), '\n')
}

func (w *jsonText) end(b []byte, entries int) []byte {
	return append(w.AppendJSONEnd(b, entries), '\n')
}
