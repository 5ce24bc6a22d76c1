package convert

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/enumim/enumim/backend/notation"
)

// maxLine is the longest line in octets: an entry as large as a DNS message holds, with every octet
// escaped.
const maxLine = 1 << 20

// lineReader reads the lines of CSV and JSON lines.
type lineReader struct {
	src  *bufio.Reader
	stop func() error
	line int // the number of the line read last
	long []byte
}

func newLineReader(src io.Reader, stop func() error) *lineReader {
	return &lineReader{src: bufio.NewReaderSize(src, usualLine), stop: stop}
}

const (
	usualLine = 64 << 10 // octets
	stopEvery = 4096     // lines
)

// next returns the next line without its end, in memory that the one after it overwrites. A *fault
// concerns this line alone; io.EOF and other errors end the reading.
func (r *lineReader) next() ([]byte, error) {
	if r.line%stopEvery == 0 {
		if err := r.stop(); err != nil {
			return nil, err
		}
	}
	text, err := r.slice()
	if r.line == 0 {
		text = bytes.TrimPrefix(text, []byte(bom))
		if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
			r.line = 1
			return nil, errNotText{"the file is UTF-16: save it as UTF-8"}
		}
	}
	if len(text) == 0 && err != nil {
		return nil, err
	}
	r.line++
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, errNotText{"the file is not text, it holds NUL octets: is it the right file, was it damaged, or is it UTF-16 instead of UTF-8?"}
	}
	switch {
	case len(text) > maxLine+2:
		return nil, &notation.Fault{Want: fmt.Sprintf("the line has more than %d octets", maxLine)}
	case errors.Is(err, io.EOF):
		return nil, &notation.Fault{Want: "the file ends without a newline: was it cut short? If not, end its last line with one"}
	case err != nil:
		return nil, err
	}
	text = bytes.TrimSuffix(text[:len(text)-1], []byte{'\r'})
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		return nil, &notation.Fault{Column: i + 1, Want: "a CR stands inside the line: line ends are LF or CR LF"}
	}
	if !utf8.Valid(text) {
		return nil, &notation.Fault{Column: 1 + invalidAt(text), Want: "expected UTF-8"}
	}
	return text, nil
}

// slice returns the next line with its end; of one that is too long, the beginning.
func (r *lineReader) slice() ([]byte, error) {
	text, err := r.src.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, err
	}
	r.long = append(r.long[:0], text...)
	for errors.Is(err, bufio.ErrBufferFull) {
		text, err = r.src.ReadSlice('\n')
		if len(r.long) <= maxLine+2 {
			r.long = append(r.long, text...)
		}
	}
	return r.long, err
}

// errNotText is a fault after which reading on makes no sense.
type errNotText struct{ want string }

func (e errNotText) Error() string { return e.want }

func invalidAt(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(text)
}
