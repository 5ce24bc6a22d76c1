package convert

import (
	"context"
	"io"
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// output gathers text and writes it in portions.
type output struct {
	dst   io.Writer
	buf   []byte
	step  func(n int)
	count int // entries that step was not told of
	all   int
}

const (
	portion = 64 << 10 // octets
	every   = 1024     // entries
)

// entry counts an entry and writes what is due.
func (w *output) entry() error {
	w.all++
	if w.count++; w.count == every {
		w.step(w.count)
		w.count = 0
	}
	return w.due()
}

func (w *output) due() error {
	if len(w.buf) < portion {
		return nil
	}
	return w.flush()
}

func (w *output) flush() error {
	_, err := w.dst.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// write writes the tree in the format wanted.
func (l *loading) write(ctx context.Context, t *tree, dst io.Writer) error {
	w := &output{dst: dst, step: func(int) {}}
	if l.o.Writing != nil {
		w.step = l.o.Writing(t.table.Len())
	}
	var err error
	switch l.o.To {
	case Numbers:
		err = t.writeNumbers(ctx, w)
	case Zone:
		err = l.writeZone(ctx, t, w)
	case CSV:
		separator := byte(',')
		if l.o.Tabs {
			separator = '\t'
		}
		text := newCSVText(separator, t.dialPlan)
		w.buf = text.header(w.buf)
		err = t.writeLines(ctx, w, text.zone, text.append, text.end)
	default:
		text := jsonText{notation.Codec{DialPlan: t.dialPlan}}
		err = t.writeLines(ctx, w, text.zone, text.append, text.end)
	}
	if err != nil {
		return err
	}
	w.step(w.count)
	return w.flush()
}

func (t *tree) writeNumbers(ctx context.Context, w *output) error {
	text := numbersText{dialPlan: t.dialPlan}
	// What the entries do not say must not depend on an option of the server that reads them.
	w.buf = append(strconv.AppendUint(append(w.buf, "$TTL "...), uint64(numbers.DefaultTTL), 10), '\n')
	for e, err := range t.walk(ctx) {
		if err != nil {
			return err
		}
		w.buf = text.append(w.buf, &e)
		if err := w.entry(); err != nil {
			return err
		}
	}
	w.buf = append(w.buf, "$END\n"...)
	return nil
}

func (t *tree) writeLines(
	ctx context.Context, w *output, zone func([]byte, e164.Apex, *backend.Zone) []byte,
	entry func([]byte, *backend.Entry) []byte, end func([]byte, int) []byte,
) error {
	if t.zone != nil {
		w.buf = zone(w.buf, t.apex, t.zone)
	}
	for e, err := range t.walk(ctx) {
		if err != nil {
			return err
		}
		w.buf = entry(w.buf, &e)
		if err := w.entry(); err != nil {
			return err
		}
	}
	w.buf = end(w.buf, w.all)
	return nil
}

// stops calls visit for each number at which something stands, or only left of whose digits, ascending,
// and then labelled for each name left of the digits.
func (t *tree) stops(ctx context.Context, visit func(*stop) error, labelled func(*backend.Entry) error) error {
	var s stop
	var names []backend.Entry
	begun := false
	flush := func() error {
		if err := visit(&s); err != nil {
			return err
		}
		for i := range names {
			if err := labelled(&names[i]); err != nil {
				return err
			}
		}
		names = names[:0]
		return nil
	}
	// to begins the number n.
	to := func(n e164.Number) error {
		if begun && n == s.number {
			return nil
		}
		if begun {
			if err := flush(); err != nil {
				return err
			}
		}
		begun, s = true, stop{number: n}
		return nil
	}
	hosts := t.servers.records
	for e, err := range t.walk(ctx) {
		for err == nil && len(hosts) > 0 && hosts[0].at.Number < e.Name.Number {
			err = to(hosts[0].at.Number)
			hosts = hosts[1:]
		}
		if err == nil {
			err = to(e.Name.Number)
		}
		if err != nil {
			return err
		}
		switch {
		case !e.Name.IsNumber():
			names = append(names, e)
		case e.Kind == backend.Block:
			s.blocks = append(s.blocks, e)
		case e.Kind == backend.Wildcard:
			s.wild = &e
		case e.Kind == backend.Delegation:
			s.cut = &e
		default:
			s.exact = &e
		}
	}
	for _, h := range hosts {
		if err := to(h.at.Number); err != nil {
			return err
		}
	}
	if !begun {
		return nil
	}
	return flush()
}
