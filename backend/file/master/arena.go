package master

import (
	"encoding/binary"

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
	done []string
	cur  []byte
}

// begin prepares for appending one RDATA to cur and returns its place.
func (a *arena) begin() int {
	if chunkSize-len(a.cur) < 2+1<<16 {
		a.seal()
	}
	mark := len(a.cur)
	a.cur = append(a.cur, 0, 0)
	return mark
}

func (a *arena) seal() {
	a.done = append(a.done, string(a.cur))
	a.cur = a.cur[:0]
}

func (a *arena) cancel(mark int) { a.cur = a.cur[:mark] }

// finish ends the RDATA that was begun at mark.
func (a *arena) finish(mark int) uint64 {
	binary.BigEndian.PutUint16(a.cur[mark:], uint16(len(a.cur)-mark-2))
	return uint64(len(a.done))*chunkSize + uint64(mark)
}

// at returns an RDATA. Until the arena is sealed it may copy.
func (a *arena) at(off uint64) string {
	i, mark := off/chunkSize, off%chunkSize
	if i == uint64(len(a.done)) {
		n := binary.BigEndian.Uint16(a.cur[mark:])
		return string(a.cur[mark+2:][:n])
	}
	s := a.done[i][mark:]
	return s[2:][:int(s[0])<<8|int(s[1])]
}
