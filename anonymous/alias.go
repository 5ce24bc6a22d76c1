package anonymous

import (
	"encoding/base32"
	"errors"
	"strings"
)

const (
	// prefix tells an alias from the local parts of people, and begins with a letter for those who want that.
	prefix = "a-"
	// size is how many octets of the HMAC an alias has: 80 bits, which base32 writes without a rest. That n aliases which
	// resolve at the same time are all different fails with a chance of less than n*n/2^81: 2 in 10^12 for a million
	// numbers, 2 in 10^6 for a billion, both with two epochs. A guess hits one with a chance of n/2^80.
	size = 10
	// Len is how many octets an alias has as text.
	Len = len(prefix) + size*8/5
)

// encoding is base32 (RFC 4648 section 6) in lower case: mailboxes lose their letter case on the way.
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Alias stands for a number in the local part of an im: URI.
type Alias [size]byte

// Append appends the alias as text, such as "a-ut347nillemurxad", to b and returns the extended slice.
func (a Alias) Append(b []byte) []byte {
	return encoding.AppendEncode(append(b, prefix...), a[:])
}

// String returns the alias as text.
func (a Alias) String() string { return string(a.Append(nil)) }

// ErrAlias says that a text is no alias.
var ErrAlias = errors.New("no alias: " + prefix + " and 16 characters are expected, each one of a-z and 2-7")

// schemes are those of URIs that aliases stand in: im, and the twins of such records.
var schemes = []string{"im", "sip", "sips", "xmpp"}

// Parse reads an alias in any letter case: alone, as mailbox, or as URI of the scheme im, sip, sips or xmpp. domain is that
// of the mailbox, in lower case; "" for none.
func Parse(text string) (a Alias, domain string, err error) {
	if scheme, rest, ok := strings.Cut(text, ":"); ok {
		for _, known := range schemes {
			if strings.EqualFold(scheme, known) {
				text = rest
			}
		}
	}
	if end := strings.IndexAny(text, "?;"); end >= 0 { // headers and parameters
		text = text[:end]
	}
	local, domain, _ := strings.Cut(strings.ToLower(text), "@")
	digits, ok := strings.CutPrefix(local, prefix)
	if !ok || len(local) != Len || strings.ContainsAny(digits, "\r\n") { // which base32 skips
		return Alias{}, "", ErrAlias
	}
	if _, err := encoding.Decode(a[:], []byte(digits)); err != nil {
		return Alias{}, "", ErrAlias
	}
	return a, domain, nil
}
