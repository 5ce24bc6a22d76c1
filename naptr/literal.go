package naptr

import (
	"fmt"
	"strings"
)

// The frame of the expression that yields one URI for whatever number is asked, the only form that
// every client can use (RFC 5483 section 3.1).
const (
	literalHead = "!^.*$!"
	literalTail = "!"
)

// Literal returns the expression that yields uri for every number: "!^.*$!" + uri + "!". An
// exclamation mark in uri is written %21, since many clients do not know the escaped delimiter.
// It returns ErrBackslash when uri has a backslash, ErrEmptyReplacement when it is empty, and
// ErrTooLong when the expression has more than 255 octets.
func Literal(uri string) (regexp string, err error) {
	if uri == "" {
		return "", ErrEmptyReplacement
	}
	if strings.IndexByte(uri, '\\') >= 0 {
		return "", ErrBackslash
	}
	regexp = literalHead + strings.ReplaceAll(uri, "!", "%21") + literalTail
	if len(regexp) > 255 {
		return "", fmt.Errorf("regexp has %d octets: %w", len(regexp), ErrTooLong)
	}
	return regexp, nil
}

// CutLiteral takes the URI, which may be empty, out of an expression in the form that Literal writes,
// without parsing it: nearly every record has that form. ok is false for all others.
func CutLiteral(regexp string) (uri string, ok bool) {
	uri, ok = strings.CutPrefix(regexp, literalHead)
	if !ok || len(regexp) > 255 {
		return "", false
	}
	uri, ok = strings.CutSuffix(uri, literalTail)
	if !ok || strings.IndexByte(uri, '!') >= 0 || strings.IndexByte(uri, '\\') >= 0 {
		return "", false
	}
	return uri, true
}
