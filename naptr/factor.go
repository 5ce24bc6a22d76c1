package naptr

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
)

// The regexp of a Rule is a sequence of pieces. A key is order, preference, then flags, services,
// replacement and the pieces, each behind its length, so that equal rules have equal keys.
const (
	pieceLiteral = 1 + iota // then its length and octets
	pieceDigits             // the digits of the number that owns the record
	pieceGap                // filled from the text kept with the number
)

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// stringSpan returns where the string that b begins with starts and ends, as appendString wrote it.
func stringSpan[T string | []byte](b T) (start, end int, ok bool) {
	n := 0
	for i := 0; i < len(b) && i < 4; i++ {
		n |= int(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			start, end = i+1, i+1+n
			return start, end, (i == 0 || b[i] != 0) && end <= len(b)
		}
	}
	return 0, 0, false
}

// cutString undoes appendString.
func cutString(b string) (s, rest string) {
	start, end, _ := stringSpan(b)
	return b[start:end], b[end:]
}

func appendLiteralPiece(b []byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, pieceLiteral), s)
}

// nextPiece takes the first piece off. The kind is 0 for what is no piece.
func nextPiece(pieces string) (kind byte, literal, rest string) {
	kind, rest = pieces[0], pieces[1:]
	switch kind {
	case pieceDigits, pieceGap:
		return kind, "", rest
	case pieceLiteral:
		if start, end, ok := stringSpan(rest); ok {
			return kind, rest[start:end], rest[end:]
		}
	}
	return 0, "", ""
}

// ownPattern begins the pattern that matches one number only: its digits follow, then ownEnd. Both
// are literal pieces, the digits between them a pieceDigits.
const (
	ownPattern = `!^\+`
	ownEnd     = "$!"
)

// AppendFactored splits r into what many numbers may share, appended to key, and what is this
// number's own, appended to text, and returns both extended slices. RuleFromKey is the inverse.
//
// In a literal URI ("!^.*$!uri!") the digits of n stand in the key as "the number's digits",
// wherever the whole digit string of n occurs. Where it does not occur, the user part of
// "scheme:user@domain" becomes a gap. So it is with a URI without back-reference behind a pattern
// that matches n only (`!^\+441632960083$!uri!`), in which the digits are the number's too. Records of
// another shape are kept whole in the key.
//
// n is the number that owns r. Pass the zero Number for a record that serves several numbers, a
// block's or a wildcard's: then no digits are taken for the number's.
func AppendFactored(key, text []byte, r Record, n e164.Number) (key2, text2 []byte) {
	var buf [e164.MaxDigits]byte
	digits := string(n.AppendDigits(buf[:0]))
	uri, ok := cutURI(r.Regexp, digits)
	if !ok {
		return appendWhole(key, r), text
	}
	from, to := 0, 0
	if digits == "" || !strings.Contains(uri, digits) {
		from, to = userSpan(uri)
	}
	at := len(r.Regexp) - len(literalTail) - len(uri)
	return appendPieces(key, text, r, digits, at+from, at+to)
}

// AppendFactoredURI is AppendFactored with the whole URI as the gap, for an index in which neither
// domains nor numbers repeat within URIs.
func AppendFactoredURI(key, text []byte, r Record, n e164.Number) (key2, text2 []byte) {
	var buf [e164.MaxDigits]byte
	digits := string(n.AppendDigits(buf[:0]))
	uri, ok := cutURI(r.Regexp, digits)
	if !ok {
		return appendWhole(key, r), text
	}
	to := len(r.Regexp) - len(literalTail)
	return appendPieces(key, text, r, digits, to-len(uri), to)
}

// cutURI takes the URI out of a literal expression, and out of one whose pattern matches only the
// number with these digits. That must have a URI: without, the expression is none.
func cutURI(regexp, digits string) (uri string, ok bool) {
	if uri, ok = CutLiteral(regexp); ok || digits == "" || len(regexp) > 255 {
		return uri, ok
	}
	for _, head := range [...]string{ownPattern, digits, ownEnd} {
		if regexp, ok = strings.CutPrefix(regexp, head); !ok {
			return "", false
		}
	}
	uri, ok = strings.CutSuffix(regexp, literalTail)
	return uri, ok && uri != "" && !strings.ContainsAny(uri, `!\`)
}

// userSpan returns where the user part of "scheme:user@domain" is; it is empty where there is none.
func userSpan(uri string) (from, to int) {
	from = strings.IndexByte(uri, ':') + 1
	if at := strings.IndexByte(uri[from:], '@'); from > 0 && at > 0 {
		return from, from + at
	}
	return 0, 0
}

// appendPieces makes r.Regexp[from:to], unless it is empty, a gap; it has at most 255 octets since
// cutURI said so. Elsewhere digits, unless there are none, become the number's.
func appendPieces(key, text []byte, r Record, digits string, from, to int) (key2, text2 []byte) {
	key, start := beginKey(key, r)
	rest := r.Regexp
	if from < to {
		key = append(appendDigitPieces(key, rest[:from], digits), pieceGap)
		text = append(append(text, byte(to-from)), rest[from:to]...)
		rest = rest[to:]
	}
	return endKey(appendDigitPieces(key, rest, digits), start), text
}

func appendDigitPieces(key []byte, s, digits string) []byte {
	for digits != "" {
		before, after, found := strings.Cut(s, digits)
		if !found {
			break
		}
		key = append(appendLiteralPiece(key, before), pieceDigits)
		s = after
	}
	return appendLiteralPiece(key, s)
}

func appendWhole(key []byte, r Record) []byte {
	key, start := beginKey(key, r)
	return endKey(appendLiteralPiece(key, r.Regexp), start)
}

// beginKey appends a key but its pieces, which are for the caller to append. start is for endKey.
func beginKey(key []byte, r Record) (key2 []byte, start int) {
	key = binary.BigEndian.AppendUint16(key, r.Order)
	key = binary.BigEndian.AppendUint16(key, r.Preference)
	key = appendString(key, r.Flags)
	key = appendString(key, r.Services)
	key = appendString(key, canonicalName(r.Replacement))
	return append(key, 0), len(key)
}

// endKey puts the length of the pieces before them. Most are so short that the octet kept for it
// will do.
func endKey(key []byte, start int) []byte {
	n := len(key) - start - 1
	if n < 0x80 {
		key[start] = byte(n)
		return key
	}
	var size [binary.MaxVarintLen64]byte
	return slices.Replace(key, start, start+1, size[:binary.PutUvarint(size[:], uint64(n))]...)
}

// RuleFromKey reads the Rule that AppendFactored put at the start of key, and returns what follows
// it. With the number's AUS and its text, AppendStored of the Rule yields the record's regexp octet
// for octet. The Rule does not refer to key's memory. It returns ErrKey for anything else.
func RuleFromKey(key []byte) (r Rule, rest []byte, err error) {
	size, ok := keyLen(key)
	if !ok {
		return Rule{}, nil, ErrKey
	}
	s := string(key[4:size])
	rec := Record{
		Order:      binary.BigEndian.Uint16(key),
		Preference: binary.BigEndian.Uint16(key[2:]),
	}
	rec.Flags, s = cutString(s)
	rec.Services, s = cutString(s)
	rec.Replacement, s = cutString(s)
	pieces, _ := cutString(s)
	whole := true
	for p := pieces; p != ""; {
		var kind byte
		var literal string
		switch kind, literal, p = nextPiece(p); kind {
		case 0:
			return Rule{}, nil, ErrKey
		case pieceLiteral:
			rec.Regexp += literal
		default:
			whole = false
		}
	}
	if !whole {
		// No pattern that expands to something else than the URI in it is split: see Rule.own.
		rec.Regexp = ""
	}
	return newRule(rec, pieces), key[size:], nil
}

// isOwn reports whether pieces are those of a pattern that matches only the number that owns them.
func isOwn(pieces string) bool {
	kind, literal, rest := nextPiece(pieces)
	if kind != pieceLiteral || literal != ownPattern || rest == "" || rest[0] != pieceDigits {
		return false
	}
	rest = rest[1:]
	if rest == "" {
		return false
	}
	_, literal, _ = nextPiece(rest)
	return strings.HasPrefix(literal, ownEnd)
}

// keyLen returns the length of the first key in b.
func keyLen(b []byte) (size int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	size = 4
	for range 4 {
		_, end, ok := stringSpan(b[size:])
		if !ok {
			return 0, false
		}
		size += end
	}
	return size, true
}
