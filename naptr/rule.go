package naptr

import (
	"bytes"
	"slices"
)

// Rule is a Record prepared for answering. One Rule may serve many numbers: its regexp may refer to
// the digits of the number asked, and may have gaps that a text kept with each number fills (see
// AppendFactored).
//
// A text is a sequence of gap fillings, each a length octet and that many octets. A method that
// takes a text uses up the fillings of its own gaps and returns the rest for the next Rule.
//
// The exported fields are the record's own, with the root as Replacement "". Rules must not be
// changed once answers are made from them; then any number of goroutines may share them. The zero
// Rule is the record with all fields empty.
type Rule struct {
	Order, Preference            uint16
	Flags, Services, Replacement string

	pieces string      // the regexp, in the encoding of factor.go
	expr   *Expression // set when the plain form differs from the stored one
	own    bool        // so does this one's: the pattern is the owner's digits, the URI fixed
}

// NewRule prepares r. It never fails: a record whose expression does not parse can be answered as
// stored.
func NewRule(r Record) Rule {
	return newRule(r, string(appendLiteralPiece(nil, r.Regexp)))
}

func newRule(r Record, pieces string) Rule {
	rule := Rule{
		Order: r.Order, Preference: r.Preference,
		Flags: r.Flags, Services: r.Services, Replacement: canonicalName(r.Replacement),
		pieces: pieces,
	}
	if !isTerminal(r.Flags) {
		return rule
	}
	rule.own = pieces != "" && isOwn(pieces)
	if _, plain := CutLiteral(r.Regexp); !plain {
		rule.expr, _ = ParseExpression(r.Regexp)
	}
	return rule
}

// AppendStored appends the regexp as it was provisioned to dst and returns the extended slice. aus
// is the Application Unique String of the number that owns the record, also when an alias led to it:
// "+" and its digits, or the digits alone in a private dial plan; for a record of a block or a
// wildcard any will do. A text that is too short leaves its gaps empty.
func (r *Rule) AppendStored(dst, aus []byte, text string) (out []byte, rest string) {
	for pieces := r.pieces; pieces != ""; {
		var kind byte
		var literal string
		kind, literal, pieces = nextPiece(pieces)
		switch kind {
		case pieceLiteral:
			dst = append(dst, literal...)
		case pieceDigits:
			dst = append(dst, bytes.TrimPrefix(aus, plus)...)
		case pieceGap:
			if text == "" || len(text) < 1+int(text[0]) {
				text = ""
				continue
			}
			end := 1 + int(text[0])
			dst = append(dst, text[1:end]...)
			text = text[end:]
		}
	}
	return dst, text
}

var plus = []byte("+")

// AppendPlain is AppendAliased for the number that owns the record, and for any that the record of a
// block or a wildcard serves.
func (r *Rule) AppendPlain(dst, aus []byte, text string) (out []byte, rest string, ok bool) {
	return r.AppendAliased(dst, aus, aus, text)
}

// AppendAliased appends the regexp with its expression expanded for the number asked, in the form
// "!^.*$!uri!" that every client can use, to dst and returns the extended slice. own is the AUS of
// the number that owns the record; it differs from asked when an alias led here, and its digits are
// the ones that the record's URI has. ok is false, and out is dst, when the expression does not match
// asked: the record says nothing about this number.
//
// A record that is not terminal, whose expression does not parse, or whose result does not fit 255
// octets is appended as AppendStored does. It allocates nothing but what dst needs to grow.
func (r *Rule) AppendAliased(dst, asked, own []byte, text string) (out []byte, rest string, ok bool) {
	if r.own {
		return r.appendOwn(dst, asked, own, text)
	}
	if r.expr == nil {
		out, rest = r.AppendStored(dst, own, text)
		return out, rest, true
	}
	head := len(dst) + len(literalHead)
	out, ok = r.expr.Append(append(dst, literalHead...), asked)
	if !ok {
		return dst, text, false
	}
	out, ok = escapeDelimiter(out, head)
	out = append(out, literalTail...)
	if !ok || len(out)-len(dst) > 255 {
		out, rest = r.AppendStored(dst, own, text)
		return out, rest, true
	}
	return out, text, true
}

// appendOwn is AppendAliased for a pattern that is the owner's digits. The stored form is written
// also where it does not match, to use up the fillings; its head is longer than the plain one's.
func (r *Rule) appendOwn(dst, asked, own []byte, text string) (out []byte, rest string, ok bool) {
	digits := bytes.TrimPrefix(own, plus)
	out, rest = r.AppendStored(dst, own, text)
	if asked, ok = bytes.CutPrefix(asked, plus); !ok || !bytes.Equal(asked, digits) {
		return dst, rest, false
	}
	uri := len(dst) + len(ownPattern) + len(digits) + len(ownEnd)
	at := len(dst) + copy(out[len(dst):], literalHead)
	return slices.Delete(out, at, uri), rest, true
}

// escapeDelimiter writes each "!" of b[from:] as %21. ok is false when a backslash, which the plain
// form cannot express, is among them.
func escapeDelimiter(b []byte, from int) (out []byte, ok bool) {
	if bytes.IndexByte(b[from:], '\\') >= 0 {
		return b, false
	}
	marks := bytes.Count(b[from:], []byte(literalTail))
	if marks == 0 {
		return b, true
	}
	src := len(b) - 1
	for range marks {
		b = append(b, 0, 0)
	}
	for dst := len(b) - 1; src >= from; src-- {
		if b[src] == '!' {
			dst -= 3
			copy(b[dst+1:], "%21")
			continue
		}
		b[dst] = b[src]
		dst--
	}
	return b, true
}
