package data

import (
	"bufio"
	"encoding/binary"
	"math/rand/v2"
)

func (s Spec) random() *rand.Rand { return rand.New(rand.NewPCG(uint64(s.N), 164)) }

// writeQueries writes NAPTR queries, each behind its length in two octets. One of ten is for a
// number that is not in the set, which is NXDOMAIN.
func writeQueries(w *bufio.Writer, r *rand.Rand, in, out []uint64) {
	var buf []byte
	for range queries {
		n := in[r.IntN(len(in))]
		if r.IntN(10) == 0 {
			n = out[r.IntN(len(out))]
		}
		buf = appendQuery(buf[:0], n)
		w.Write(binary.BigEndian.AppendUint16(nil, uint16(len(buf))))
		w.Write(buf)
	}
}

// appendQuery appends a query in wire format, with id 0 and no EDNS.
func appendQuery(b []byte, n uint64) []byte {
	b = append(b, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for ; n > 0; n /= 10 {
		b = append(b, 1, '0'+byte(n%10))
	}
	return append(b, "\x04e164\x04arpa\x00\x00\x23\x00\x01"...)
}
