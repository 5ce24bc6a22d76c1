package lint

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// prove reads a text and what it was mended to. Both must have the same names; of each name, the same URIs
// for the same services, the same names to go on with and the same other records; and of names that nothing
// was to be mended of, the same TTL.
func (l *Linter) prove(ctx context.Context, s Source, old, now []byte, mends []mend) error {
	touched := make(map[uint64]bool, len(mends))
	for _, m := range mends {
		touched[m.key] = true
	}
	was, err := l.says(ctx, s, old, touched)
	if err != nil {
		return err
	}
	is, err := l.says(ctx, s, now, touched)
	if faults := (*source.Errors)(nil); errors.As(err, &faults) {
		return fmt.Errorf("%w: its line %d: %s", ErrNotMended, faults.List[0].Line, faults.List[0].Want)
	}
	if err != nil {
		return err
	}
	for x := range was {
		if !is[x] {
			return ErrNotMended
		}
	}
	if len(was) != len(is) {
		return ErrNotMended
	}
	return nil
}

// says returns what a text says, in hashes.
func (l *Linter) says(ctx context.Context, s Source, text []byte, touched map[uint64]bool) (said, error) {
	x := make(said)
	r := bytes.NewReader(text)
	add := func(e *backend.Entry, _ int) error {
		x.entry(e, touched, l.o.Checker.DialPlan)
		return nil
	}
	if file.FormatOf(bufio.NewReader(bytes.NewReader(text))) == file.ZoneFile {
		_, _, _, err := master.Read(r, master.Options{
			File: s.Name, Origin: l.o.Origin, Open: l.included(s), Stop: ctx.Err, Generate: l.o.Generate, Lint: &source.Lint{},
		}, add)
		return x, err
	}
	_, err := numbers.Read(r, numbers.Options{
		File: s.Name, Apexes: l.o.Apexes, DialPlan: l.o.Checker.DialPlan, Open: l.included(s), Stop: ctx.Err, Lint: &source.Lint{},
	}, add)
	return x, err
}

// said are hashes of what a text says.
type said map[uint64]bool

// hash returns a hash of texts that follow a hash or 0.
func hash(of uint64, texts ...string) uint64 {
	h := fnv.New64a()
	var b [8]byte
	put := func(n uint64) {
		binary.BigEndian.PutUint64(b[:], n)
		h.Write(b[:])
	}
	put(of)
	for _, text := range texts {
		put(uint64(len(text)))
		_, _ = io.WriteString(h, text) // a hash takes all
	}
	return h.Sum64()
}

// keyOf returns the hash of the name of an entry.
func keyOf(e *backend.Entry) uint64 {
	return hash(uint64(e.Kind)<<16|uint64(e.Min)<<8|uint64(e.Max), e.Name.Number.Digits(), e.Name.Labels)
}

func (x said) entry(e *backend.Entry, touched map[uint64]bool, dialPlan bool) {
	key := keyOf(e)
	x[key] = true
	if !touched[key] {
		x[hash(key, "TTL", decimal(int(e.TTL)))] = true
	}
	for _, set := range e.Sets {
		for _, data := range set.Data {
			x[hash(key, "set", decimal(int(set.Type)), decimal(int(set.TTL)), data)] = true
		}
	}
	for _, host := range e.Glue {
		x[hash(key, "glue", fmt.Sprint(host))] = true
	}
	for _, n := range samplesOf(e) {
		aus := n.String()
		if dialPlan {
			aus = n.Digits()
		}
		for _, r := range e.Records {
			x.record(key, r, aus)
		}
	}
}

// record takes what a record gives a number.
func (x said) record(key uint64, r naptr.Record, aus string) {
	root := len(r.Replacement) <= 1
	switch {
	case r.NonTerminal() && !root:
		x[hash(key, "next", strings.ToLower(r.Replacement))] = true
		return
	case r.NonTerminal(), r.Terminal() && root && r.Regexp == "":
		return // says nothing
	}
	uri, ok := "", false
	expression, err := naptr.ParseExpression(r.Regexp)
	if err == nil {
		uri, ok = expression.Eval(aus)
	}
	switch {
	case !r.Terminal() || !root || err != nil:
		x[hash(key, r.Flags, r.Services, r.Regexp, r.Replacement)] = true
		return
	case !ok:
		return
	}
	list, _ := enumservice.ParseServices(nil, r.Services)
	if len(list) == 0 {
		x[hash(key, r.Services, respelled(uri))] = true
	}
	for _, s := range list {
		x[hash(key, strings.ToLower(s.String()), respelled(uri))] = true
	}
}

// respelled writes a URI as one that a repair may have written.
func respelled(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	return strings.ToLower(scheme) + ":" + strings.NewReplacer("%21", "!", "%27", "'").Replace(rest)
}

// samplesOf returns numbers that the records of an entry serve.
func samplesOf(e *backend.Entry) []e164.Number {
	switch {
	case e.Kind == backend.Block:
		b := block{number: e.Name.Number, min: int8(e.Min), max: int8(e.Max)}
		return b.samples()
	case e.Kind == backend.Number && e.Name.IsNumber():
		return []e164.Number{e.Name.Number}
	}
	// Whoever asks a wildcard, or is led to a name, asks for a number of any kind.
	n := e.Name.Number
	var list []e164.Number
	for _, digits := range []string{"441632960083", "12025550100", "5", "987654321098765"} {
		list = append(list, extended(0, digits), extended(n, digits))
	}
	return slices.DeleteFunc(list, func(n e164.Number) bool { return !n.IsValid() })
}

// extended returns a number with further digits, as far as they fit.
func extended(n e164.Number, digits string) e164.Number {
	for i := range len(digits) {
		longer, ok := n.Child(digits[i])
		if !ok {
			break
		}
		n = longer
	}
	return n
}
