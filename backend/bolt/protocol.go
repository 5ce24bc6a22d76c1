package bolt

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// The protocol of the socket; docs/bolt.md tells it to users. Both sides send lines. The client begins with a request, the
// server answers it with an outcome; then one of them sends entries, a sign and an object of package notation each, and
// closes with how many there were. A last outcome says what became of changes.
const (
	protocol   = 1
	signSet    = '+' // the entry, whole
	signDelete = '-' // what names it
	signBroken = '!' // the same, of one that cannot be read
	signEnd    = '.' // the count
)

// Bounds of a connection.
const (
	mostLine  = 8 << 20          // octets; the text of the largest value
	idleTime  = 30 * time.Second // without any octet
	longest   = time.Hour        // in all
	mostConns = 8
)

// request is the first line.
type request struct {
	Protocol int    `json:"enumim"`
	Do       string `json:"do"` // "walk" or "write"
	DialPlan bool   `json:"dialplan,omitempty"`
	Checked  bool   `json:"checked,omitempty"` // Serial is that of the data the changes are made for
	Serial   uint32 `json:"serial,omitempty"`
}

// outcome is what the server says.
type outcome struct {
	OK     bool   `json:"ok"`
	Serial uint32 `json:"serial,omitempty"`
	Error  string `json:"error,omitempty"`
	Code   string `json:"code,omitempty"`
}

// codes are the errors that are told apart on the other side.
var codes = []struct {
	code string
	err  error
}{
	{"busy", backend.ErrBusy}, {"notready", backend.ErrNotReady}, {"invalid", backend.ErrInvalidData},
	{"unavailable", backend.ErrUnavailable},
}

// failed returns the outcome of an error.
func failed(err error) outcome {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return outcome{Code: c.code, Error: err.Error()}
		}
	}
	return outcome{Code: "unavailable", Error: fmt.Sprintf("%v: %v", backend.ErrUnavailable, err)}
}

// told is an error of the other side: its text, and which sentinel it is.
type told struct {
	text string
	kind error
}

func (t *told) Error() string { return t.text }
func (t *told) Unwrap() error { return t.kind }

// err returns the error that an outcome tells.
func (o *outcome) err() error {
	if o.OK {
		return nil
	}
	t := &told{text: o.Error, kind: backend.ErrUnavailable}
	for _, c := range codes {
		if o.Code == c.code {
			t.kind = c.err
		}
	}
	return t
}

// peer is a connection with lines.
type peer struct {
	conn *net.UnixConn
	in   *bufio.Scanner
	out  *bufio.Writer
	line []byte
}

func newPeer(conn *net.UnixConn) *peer {
	p := &peer{conn: conn}
	p.in = bufio.NewScanner(patient{conn})
	p.in.Buffer(make([]byte, 0, 1<<16), mostLine)
	p.out = bufio.NewWriterSize(patient{conn}, 1<<16)
	return p
}

// patient bounds each read and write.
type patient struct{ conn *net.UnixConn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(idleTime)); err != nil {
		return 0, err
	}
	return p.conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(idleTime)); err != nil {
		return 0, err
	}
	return p.conn.Write(b)
}

// say sends a request or an outcome.
func (p *peer) say(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := p.out.Write(append(text, '\n')); err != nil {
		return err
	}
	return p.out.Flush()
}

// errCut: the other side has left in the middle.
var errCut = fmt.Errorf("%w: the connection ended before its closing line", backend.ErrUnavailable)

// hear returns the next line.
func (p *peer) hear() ([]byte, error) {
	if p.in.Scan() {
		return p.in.Bytes(), nil
	}
	if err := p.in.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errCut, err)
	}
	return nil, errCut
}

// hearOutcome reads an outcome, and returns the error it tells.
func (p *peer) hearOutcome() (outcome, error) {
	var o outcome
	line, err := p.hear()
	if err != nil {
		return o, err
	}
	if json.Unmarshal(line, &o) != nil {
		return o, fmt.Errorf("%w: an answer that cannot be read: is it another version of enumim?", backend.ErrUnavailable)
	}
	return o, o.err()
}

// send sends an entry.
func (p *peer) send(codec *notation.Codec, sign byte, e *backend.Entry) error {
	p.line = append(p.line[:0], sign)
	if sign != signSet { // what names it is enough
		bare := backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max}
		e = &bare
	}
	p.line = append(codec.AppendJSON(p.line, e), '\n')
	_, err := p.out.Write(p.line)
	return err
}

// end sends the closing line.
func (p *peer) end(n int) error {
	if _, err := fmt.Fprintf(p.out, "%c%d\n", signEnd, n); err != nil {
		return err
	}
	return p.out.Flush()
}

// entries reads entries up to the closing line and calls use with each. An error of use ends it.
func (p *peer) entries(codec *notation.Codec, use func(sign byte, e *backend.Entry) error) error {
	for n := 0; ; n++ {
		line, err := p.hear()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return errLine
		}
		sign, text := line[0], line[1:]
		switch sign {
		case signEnd:
			if string(text) != strconv.Itoa(n) {
				return fmt.Errorf("%w: the closing line counts otherwise", backend.ErrInvalidData)
			}
			return nil
		case signSet, signDelete, signBroken:
		case '{': // what has become of it, before the end
			var o outcome
			if json.Unmarshal(line, &o) == nil && o.Error != "" {
				return o.err()
			}
			return errLine
		default:
			return errLine
		}
		e, known, err := codec.ParseJSON(text)
		switch {
		case !known && err != nil, sign == signSet && err != nil:
			return fmt.Errorf("%w: entry %d: %w", backend.ErrInvalidData, n+1, err)
		case sign == signBroken:
			e = backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max, Broken: true}
		}
		if err := use(sign, &e); err != nil {
			return err
		}
	}
}

var errLine = fmt.Errorf("%w: a line that is none of the protocol", backend.ErrInvalidData)
