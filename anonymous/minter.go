package anonymous

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strconv"
)

// Minter makes aliases with one key. It is for one goroutine at a time.
type Minter struct {
	mac     hash.Hash
	message [48]byte // 16 octets of a number, a blank, up to 20 digits
	sum     [sha256.Size]byte
}

// NewMinter returns a Minter for the key.
func NewMinter(k Key) *Minter { return &Minter{mac: hmac.New(sha256.New, k.octets())} }

// Mint returns the alias of a number in an epoch: the first 80 bits of HMAC-SHA-256 over the number's Application Unique
// String (RFC 6116 section 3.1; in a dial plan its digits), a blank and the epoch in decimal digits. It does not allocate.
func (m *Minter) Mint(aus []byte, epoch int64) (a Alias) {
	message := append(append(m.message[:0], aus...), ' ')
	m.mac.Reset()
	m.mac.Write(strconv.AppendInt(message, epoch, 10))
	copy(a[:], m.mac.Sum(m.sum[:0]))
	return a
}
