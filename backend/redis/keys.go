package redis

import (
	"strings"

	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
)

// keys are the names of what makes up a tree.
type keys struct{ prefix string }

func (k keys) meta() string    { return k.prefix + "meta" }
func (k keys) index() string   { return k.prefix + "index" }
func (k keys) changes() string { return k.prefix + "changes" }

func (k keys) of(n e164.Number) string {
	return string(n.AppendDigits(append(make([]byte, 0, len(k.prefix)+e164.MaxDigits), k.prefix...)))
}

// pattern matches the keys of numbers, for SCAN.
func (k keys) pattern() string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(k.prefix) + "[0-9]*"
}

// number returns the number of a key; of those with the prefix, most others are no numbers.
func (k keys) number(key string) (e164.Number, bool) {
	digits, ok := strings.CutPrefix(key, k.prefix)
	if !ok {
		return 0, false
	}
	return numberOf(digits)
}

// numberOf reads one to fifteen digits.
func numberOf(digits string) (n e164.Number, ok bool) {
	n, ok = keyed.NumberOf(digits)
	return n, ok && n.IsValid()
}
