package sqlstore

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Sum is of the rows that were read: where it is the same as before, so is the data.
type Sum struct {
	hash hash.Hash
	size [8]byte
}

// NewSum returns the sum of nothing.
func NewSum() *Sum { return &Sum{hash: sha256.New()} }

// Add takes a row. A NULL is no empty text, and no cell runs into the next.
func (s *Sum) Add(row [][]byte) {
	s.number(len(row))
	for _, cell := range row {
		if cell == nil {
			s.number(-1)
			continue
		}
		s.number(len(cell))
		s.hash.Write(cell)
	}
}

func (s *Sum) number(n int) {
	binary.BigEndian.PutUint64(s.size[:], uint64(n))
	s.hash.Write(s.size[:])
}

// Text returns the sum of all rows.
func (s *Sum) Text() string { return string(s.hash.Sum(nil)) }
