package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
)

const (
	// mostTree bounds a tree, in octets.
	mostTree = 8 << 30
	// readPatience is how long a server may take for the first octets of a tree, or the next, and readTime for all.
	readPatience = 10 * time.Second
	readTime     = 15 * time.Minute
)

// read brings the whole tree, or the word that it is the one that was read.
func (m *mirrored) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	idle := time.AfterFunc(readPatience, cancel)
	defer idle.Stop()
	if m.state == nil {
		m.since = validator{}
	}
	r, err := m.request("GET", "/entries", nil, "Cache-Control", "no-cache", "If-None-Match", m.since.tag, "If-Modified-Since", m.since.modified)
	if err != nil {
		return err
	}
	var sunk error // what the sink says goes up as it is
	err = m.pool.do(ctx, r, mostTree, func(reply *http.Response) error {
		if reply.StatusCode == http.StatusNotModified {
			if err := notKept(reply); err != nil {
				return err
			}
			if err := m.since.confirms(reply); err != nil {
				return err
			}
			sunk = m.sink.Apply(nil)
			return nil
		}
		if err := check(reply); err != nil {
			return err
		}
		sunk = m.take(ctx, bufio.NewReaderSize(patient{reply.Body, idle}, keyed.MaxValue+1))
		if sunk == nil {
			m.since = validatorOf(reply.Header)
		}
		return nil
	})
	if sunk != nil {
		return sunk
	}
	return err
}

// patient has the clock begin anew whenever something arrives.
type patient struct {
	io.Reader
	idle *time.Timer
}

func (p patient) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		p.idle.Reset(readPatience)
	}
	return n, err
}

// firstLine is the first line of a tree of a server of files.
const firstLine = `{"kind":"tree","format":1,"generation":1,"changes":false}`

// take brings the tree that a reply has.
func (m *mirrored) take(ctx context.Context, in *bufio.Reader) error {
	t := &tree{ctx: ctx, in: in, sum: sha256.New(), state: keyed.NewState()}
	line, err := t.line()
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	if err != nil {
		return err
	}
	h, err := readHead(line)
	if err != nil {
		return fmt.Errorf("%w, in the first line, which is to be such as %s", err, firstLine)
	}
	switch err := m.sink.Replace(t.entries(m)); {
	case errors.Is(err, errSame):
		return m.sink.Apply(nil)
	case err != nil:
		return err
	}
	m.head, m.state, m.sum, m.resync = h, t.state, t.sum.Sum(nil), nextResync()
	m.feed.took(h.generation)
	m.report()
	return nil
}

// tree is a tree that is read.
type tree struct {
	ctx   context.Context
	in    *bufio.Reader
	sum   hash.Hash // of all lines
	state *keyed.State

	row    int // of the line that is read, from 1
	count  uint64
	number e164.Number // whose lines are read
	text   []byte      // of them
	lines  []keyed.Line
	fault  error
}

var (
	// errSame: a server that tells no trees apart has sent the one that is served.
	errSame  = errors.New("the tree is the same as before")
	errCut   = wrong("the tree is cut: it ends in a line of kind end, with the number of entries")
	errLost  = fmt.Errorf("%w: http: an entry of the tree tells no number", backend.ErrInvalidData)
	errOrder = fmt.Errorf("%w: http: the tree is not sorted by the digits of the numbers", backend.ErrInvalidData)
)

// line reads the next line that is not empty. It is valid until the next.
func (t *tree) line() ([]byte, error) {
	for {
		line, err := t.in.ReadSlice('\n')
		t.row++
		t.sum.Write(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, wrong("a line of the tree is too long")
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fault(t.ctx, "read the tree", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, io.EOF
		}
	}
}

// entries yields what no delegation hides.
func (t *tree) entries(m *mirrored) func(yield func(backend.Entry, error) bool) {
	return func(yield func(backend.Entry, error) bool) {
		for {
			line, err := t.line()
			if errors.Is(err, io.EOF) {
				err = errCut
			}
			if err != nil {
				yield(backend.Entry{}, err)
				return
			}
			e, known, fault := m.feed.Codec.ParseJSON(line)
			if !known {
				if err = t.end(line, fault); err == nil && m.state != nil && bytes.Equal(t.sum.Sum(nil), m.sum) {
					err = errSame
				}
				if err == nil {
					t.flush(m, yield)
				} else {
					yield(backend.Entry{}, err)
				}
				return
			}
			n := e.Name.Number
			if t.count > 0 && n != t.number {
				if n < t.number {
					yield(backend.Entry{}, fmt.Errorf("%w: line %d", errOrder, t.row))
					return
				}
				if !t.flush(m, yield) {
					return
				}
			}
			t.add(e, fault, line)
		}
	}
}

// add keeps an entry until all of its number are read. Of a number with more than anybody can make sense of, what goes beyond
// is not kept.
func (t *tree) add(e backend.Entry, fault error, line []byte) {
	t.count++
	t.number = e.Name.Number
	if len(t.text) > keyed.MaxValue {
		return
	}
	t.text = append(append(t.text, line...), '\n')
	t.lines = append(t.lines, keyed.Line{Entry: e})
	if t.fault == nil {
		t.fault = fault
	}
}

// flush yields the entries of a number. Those that stand beside others are held against them.
func (t *tree) flush(m *mirrored, yield func(backend.Entry, error) bool) bool {
	if len(t.lines) > 1 {
		t.lines, t.fault = keyed.Parse(&m.feed.Codec, t.number, t.text)
	}
	shown := t.state.Put(t.number, t.lines, t.fault)
	t.lines, t.text, t.fault = t.lines[:0], t.text[:0], nil
	for i := range shown {
		if !yield(shown[i].Entry, nil) {
			return false
		}
	}
	return true
}

// end reads the last line, which nothing follows. fault is why it is no entry.
func (t *tree) end(line []byte, fault error) error {
	entries, ok := readEnd(line)
	switch {
	case !ok && !utf8.Valid(line):
		return wrong("it is not UTF-8")
	case !ok:
		return fmt.Errorf("%w: line %d, %w", errLost, t.row, fault)
	case entries != t.count:
		return wrong("the last line of the tree says another number of entries than there are")
	}
	if _, err := t.line(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = wrong("something follows the end of the tree")
		}
		return err
	}
	return nil
}
