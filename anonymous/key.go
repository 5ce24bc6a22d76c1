package anonymous

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// keySize is how many octets a key has: as many as the HMAC (RFC 2104 section 3).
const keySize = 32

// errKey says what a key is. No error holds one.
var errKey = errors.New("a key has 64 hexadecimal digits, such as openssl rand -hex 32 prints")

// Key is a secret that aliases are made with. A function holds its octets, so that nothing which prints it, or what it is
// part of, tells them: package fmt looks behind pointers.
type Key struct{ octets func() []byte }

// Equal reports whether both are the same secret.
func (k Key) Equal(other Key) bool { return bytes.Equal(k.octets(), other.octets()) }

// ParseKeys reads keys, one a line in hexadecimal digits: aliases are made with the first, and those of all resolve. Blank
// lines and such that begin with "#" do not count.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		octets, err := hex.DecodeString(line)
		if err != nil || len(octets) != keySize { // the error quotes what it stumbles over
			return nil, fmt.Errorf("line %d: %w", n, errKey)
		}
		k := Key{func() []byte { return octets }}
		if slices.ContainsFunc(keys, k.Equal) {
			return nil, fmt.Errorf("line %d: the same key again", n)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no key: %w", errKey)
	}
	return keys, nil
}
