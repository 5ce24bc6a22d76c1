package http

import (
	"context"
	"fmt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// The most octets of the reply to a look-up: some, and some for each number.
const (
	mostReply  = 1 << 20
	mostAnswer = 64 << 10
)

// store asks as queries come.
type store struct {
	*client
	codec  *notation.Codec
	serial serial
}

// Find implements backend.Store.
func (s *store) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	l, err := s.ask(ctx, numbers)
	if err != nil {
		return nil, err
	}
	holdings := make([]backend.Holding, len(numbers))
	for i := range holdings {
		holdings[i] = s.holding(&l.answers[i])
	}
	return holdings, nil
}

// What an answer holds and nobody can make sense of may be just what decides: such a number is not answered.
var (
	errEntry     = fmt.Errorf("%w: an entry tells no number", backend.ErrInvalidData)
	errElsewhere = fmt.Errorf("%w: an entry stands neither at the number that was asked for nor above it", backend.ErrInvalidData)
)

// holding makes entries of an answer.
func (s *store) holding(a *item) backend.Holding {
	h := backend.Holding{Below: a.below, Entries: make([]backend.Entry, 0, len(a.entries))}
	for _, text := range a.entries {
		e, known, _ := s.codec.ParseJSON(text)
		switch {
		case !known:
			return backend.Holding{Err: errEntry}
		case !a.number.HasPrefix(e.Name.Number):
			return backend.Holding{Err: errElsewhere}
		}
		h.Entries = append(h.Entries, e)
	}
	return h
}

// ask makes a look-up.
func (s *store) ask(ctx context.Context, numbers []e164.Number) (lookup, error) {
	body := []byte(`{"format":1,"numbers":[`)
	for i, n := range numbers {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(n.AppendDigits(append(body, '"')), '"')
	}
	r, err := s.request("POST", "/lookup", append(body, `]}`...), "Accept", "application/json")
	if err != nil {
		return lookup{}, err
	}
	text, err := s.object(ctx, r, mostReply+mostAnswer*int64(len(numbers)))
	if err != nil {
		return lookup{}, err
	}
	return readLookup(text, numbers)
}

// Check implements backend.Store: a look-up of no number.
func (s *store) Check(ctx context.Context) (serial uint32, err error) {
	l, err := s.ask(ctx, nil)
	if err != nil {
		return 0, err
	}
	return s.serial.of(l.generation), nil
}

// Close implements backend.Store.
func (s *store) Close() error {
	s.pool.close()
	return nil
}
