package source

import (
	"io"
	"slices"
)

// firstRead is how much of a text is read at first: most files that are included are small.
const firstRead = 4 << 10

// Window is the part of a text that is in memory while the text is read from front to back.
type Window struct {
	// Text is what is in memory. It is overwritten by Slide.
	Text []byte
	// Fresh is where in Text begins what the last Slide has read.
	Fresh int
	// End says that nothing of the text follows Text.
	End bool
	// Err is why the text could not be read to its end, which is then not known.
	Err error

	src  io.Reader
	buf  []byte
	room int
}

// NewWindow returns an empty window over the text of r, of room octets, more only where Slide asks for
// more at once.
func NewWindow(r io.Reader, room int) *Window { return &Window{src: r, room: room} }

// Whole returns a window that holds all of text.
func Whole(text []byte) *Window { return &Window{Text: text, End: true} }

// Slide lets go of the first n octets of Text, and reads on until Text has want octets or more, or the
// text ends.
func (w *Window) Slide(n, want int) {
	if w.src == nil {
		w.Text, w.Fresh = w.Text[n:], len(w.Text)-n
		return
	}
	size := copy(w.buf, w.Text[n:])
	w.Fresh = size
	for empty, most := 0, max(w.room, want); !w.End; {
		if size == len(w.buf) {
			if size >= most {
				break
			}
			grown := make([]byte, min(most, max(firstRead, 8*size)))
			copy(grown, w.buf)
			w.buf = grown
		}
		n, err := w.src.Read(w.buf[size:])
		size += n
		switch empty++; {
		case err == io.EOF:
			w.End = true
		case err == nil && n == 0 && empty > 100:
			err = io.ErrNoProgress
			fallthrough
		case err != nil:
			w.End, w.Err = true, err
		case n > 0:
			empty = 0
		}
	}
	w.Text = slices.Clip(w.buf[:size])
}
