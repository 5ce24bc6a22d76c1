package rr

import "errors"

// Errors of conversions. They are returned wrapped, or as they are where nothing is to be added;
// their texts repeat no data.
var (
	// ErrEscape: a backslash at the end, or followed by a number that is not three digits up to 255
	// (RFC 1035 section 5.1).
	ErrEscape = errors.New(`bad escape: write \DDD with three digits up to 255, or \X for one character`)
	// ErrLongString: a character-string has more than 255 octets (RFC 1035 section 3.3).
	ErrLongString = errors.New("character-string has more than 255 octets")
	// ErrLongName: a name has more than 255 octets in wire form (RFC 1035 section 3.1).
	ErrLongName = errors.New("domain name has more than 255 octets")
	// ErrLongLabel: a label has more than 63 octets (RFC 1035 section 3.1).
	ErrLongLabel = errors.New("label has more than 63 octets")
	// ErrEmptyLabel: two dots in a row, or a dot before anything else.
	ErrEmptyLabel = errors.New("domain name has an empty label")
	// ErrRelative: a name has no final dot where there is no origin to complete it.
	ErrRelative = errors.New("domain name has no final dot and there is no origin")
	// ErrWireName: octets that are no uncompressed domain name.
	ErrWireName = errors.New("octets are no uncompressed domain name")
	// ErrType: no RR type, or one that cannot stand in a zone.
	ErrType = errors.New("not the type of a resource record")
	// ErrData: text or octets that are no RDATA of the type.
	ErrData = errors.New("bad record data")
)
