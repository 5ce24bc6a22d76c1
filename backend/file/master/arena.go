package master

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/enumim/enumim/e164"
)

// ref is one resource record: where in the tree it stands, and where its RDATA lies.
type ref struct {
	number e164.Number
	off    uint64 // arena
	ttl    uint32
	labels uint32 // names
	line   uint32
	typ    uint16
	file   uint8
	used   bool // an address that a delegation took as glue
}

// chunkSize is how much RDATA is kept in one piece: large enough for any record, small enough not to be
// copied when more comes.
const chunkSize = 1 << 20

// arena keeps RDATA as octets, each behind its length in two octets.
type arena struct {
	done  []string
	chunk strings.Builder
	cur   []byte // the RDATA under way, with its length
}

// begin prepares for appending one RDATA to cur. Without finish it is dropped.
func (a *arena) begin() { a.cur = append(a.cur[:0], 0, 0) }

// finish keeps the RDATA under way and returns its place.
func (a *arena) finish() uint64 { return a.keep(a.raw()) }

// raw returns the RDATA under way behind its length.
func (a *arena) raw() []byte {
	binary.BigEndian.PutUint16(a.cur, uint16(len(a.cur)-2))
	return a.cur
}

// keep keeps RDATA that stands behind its length.
func (a *arena) keep(raw []byte) uint64 {
	if a.chunk.Cap() == 0 || chunkSize-a.chunk.Len() < len(raw) {
		a.seal()
		a.chunk.Grow(chunkSize)
	}
	at := uint64(len(a.done))*chunkSize + uint64(a.chunk.Len())
	a.chunk.Write(raw)
	return at
}

// seal ends the chunk under way.
func (a *arena) seal() {
	if a.chunk.Len() > 0 {
		a.done = append(a.done, a.chunk.String())
		a.chunk = strings.Builder{}
	}
}

// at returns an RDATA.
func (a *arena) at(off uint64) string {
	i, mark := off/chunkSize, off%chunkSize
	var s string
	if i == uint64(len(a.done)) {
		s = a.chunk.String()[mark:]
	} else {
		s = a.done[i][mark:]
	}
	return s[2:][:int(s[0])<<8|int(s[1])]
}

// stringOf returns b as a string without a copy. b is not to change as long as the string is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
