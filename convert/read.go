package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/e164"
)

// Input is one text to read.
type Input struct {
	// Src is the text. Where it is an io.Seeker, zone files take less memory.
	Src io.Reader
	// File is the name that errors show of it.
	File string
	// From is its format; Unknown has it told by content (Sniff).
	From Format
	// Open opens a file that $INCLUDE names, as in Options.
	Open func(name string) (io.ReadCloser, error)
}

// ErrSeveral says that a zone file was to be read together with other files.
var ErrSeveral = errors.New("a zone file is read alone: its names and those of other files have no common order")

// Tree is data that was read: its entries are in order and do not contradict each other. It takes some 30 to
// 60 octets a number.
type Tree struct{ l *loading }

// Read reads inputs, which belong together, and checks what o.To and o.Holds cannot hold; o.To may be Unknown
// where the data is not to be written as text. Of o, what Input has is not used. Faults come together as
// *source.Errors.
func Read(ctx context.Context, o Options, inputs ...Input) (*Tree, Report, error) {
	l := newLoading(ctx, o)
	for i := range inputs {
		in := &inputs[i]
		head, err := in.look()
		if err != nil {
			return nil, Report{}, err
		}
		format, end := sniff(head)
		if in.From == Unknown {
			in.From = format
		}
		if in.From == Zone && len(inputs) > 1 {
			return nil, Report{}, fmt.Errorf("%s: %w", in.File, ErrSeveral)
		}
		if in.From == Zone && l.known == (e164.Apex{}) {
			if _, apex, _, err := master.Parse(head[:end], master.Options{}, func(*backend.Entry, int) error { return nil }); err == nil {
				l.known = apex
			}
		}
	}
	if len(inputs) > 0 {
		l.from = inputs[0].From
	}
	if o.DialPlan && l.known.Public() {
		return nil, Report{}, ErrPublic
	}
	if err := l.load(inputs...); err != nil {
		return nil, l.report, err
	}
	return &Tree{l}, l.report, nil
}

// look returns the beginning of the text, which stays to be read.
func (in *Input) look() ([]byte, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(in.Src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = head[:n]
	if seeker, ok := in.Src.(io.Seeker); !ok {
		in.Src = io.MultiReader(bytes.NewReader(head), in.Src)
	} else if _, err := seeker.Seek(int64(-n), io.SeekCurrent); err != nil {
		in.Src = io.MultiReader(bytes.NewReader(head), in.Src)
	}
	return head, nil
}

// Gather reads entries of another source, in any order, as Read does those of texts. Errors tell an entry by
// its place among them, as if it were a line.
func Gather(ctx context.Context, o Options, entries iter.Seq2[backend.Entry, error]) (*Tree, Report, error) {
	l := newLoading(ctx, o)
	if o.DialPlan && l.known.Public() {
		return nil, Report{}, ErrPublic
	}
	l.begin()
	l.faults.begin(o.File)
	line := 0
	for e, err := range entries {
		if err != nil {
			return nil, l.report, err
		}
		line++
		l.add(&e, line)
	}
	if l.proof != nil {
		l.proof.flush()
	}
	if err := l.faults.err(); err != nil {
		return nil, l.report, err
	}
	l.faults.base = 0
	if err := l.publish(); err != nil {
		return nil, l.report, err
	}
	return &Tree{l}, l.report, nil
}

func newLoading(ctx context.Context, o Options) *loading {
	l := &loading{o: o, ctx: ctx, ttl: o.TTL, known: o.Apex}
	if l.ttl == 0 {
		l.ttl = numbers.DefaultTTL
	}
	return l
}

// Len returns how many entries there are, without those that were left out.
func (t *Tree) Len() int { return t.l.report.Entries }

// Entries lists the entries ascending by name, at one name by kind and lengths, the same each time.
func (t *Tree) Entries(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return t.l.tree().walk(ctx)
}

// Writing has step called with the number of entries just written, by Write.
func (t *Tree) Writing(step func(n int)) {
	t.l.o.Writing = func(int) func(int) { return step }
}

// Write writes the tree in a format, usually Options.To: what others cannot hold was not looked at. The output
// ends in a mark that says that it is complete, which is not there where Write returns an error. The Report is
// that of reading and writing.
func (t *Tree) Write(ctx context.Context, dst io.Writer, to Format) (Report, error) {
	l := t.l
	l.o.To = to
	out := l.tree()
	if err := l.frame(out); err != nil {
		return l.report, err
	}
	return l.report, l.write(ctx, out, dst)
}
