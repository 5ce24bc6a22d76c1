package master

import (
	"bytes"

	"github.com/enumim/enumim/backend/file/source"
)

type kind uint8

const (
	word   kind = iota
	quoted      // without its quotes
	end         // of the record, or of the file
	bad         // no token; lexer.want says why
)

// lexer cuts master-file text into tokens. It works on the text in memory and allocates nothing.
type lexer struct {
	src   []byte // the text of a record and of what stands behind it, see parser.slide
	text  *source.Window
	begin place // of the record
	cut   bool  // the text goes on behind src
	short bool  // and with it the record
	pos   int
	line  int // of pos, from 1
	bol   int // where that line begins
	depth int // of parentheses

	open     place // of the outermost parenthesis
	ended    bool  // the end marker was seen
	made     bool  // the text was made by $GENERATE: columns mean nothing
	cutShort bool  // src is the end of the text and does not end with a newline

	tok  []byte // the token, escapes and all
	at   place
	esc  bool // the token has a backslash
	want string
}

type place struct {
	line, bol, pos int
}

// special marks the octets that end a word or need a look.
var special = [256]bool{
	' ': true, '\t': true, '\r': true, '\n': true, ';': true, '(': true, ')': true, '"': true, '\\': true,
}

// ends marks the octets that end a quoted text or need a look.
var ends = [256]bool{'"': true, '\n': true, '\\': true}

const (
	wantQuote = `a closing " on the same line`
	wantOpen  = `no ")" without a "(" before it; write \) for the character`
	wantClose = `a ")" for this "(" before the end of the file: is the file cut short?`
	wantLF    = `a line feed behind the carriage return: lines end in LF or CRLF`
	wantWord  = `no quote inside a word; write \" for the character, or a blank before the quoted text`
	wantEsc   = `a character behind the backslash`
	wantShort = `a shorter record: with all its lines, one has at most 524288 octets`
)

// next reads the next token of the record.
func (l *lexer) next() kind {
	s := l.src
	for l.pos < len(s) {
		switch s[l.pos] {
		case ' ', '\t':
			l.pos++
		case '\r':
			if l.pos+1 == len(s) || s[l.pos+1] != '\n' {
				return l.fail(l.pos, wantLF)
			}
			l.pos++
		case '\n':
			if l.depth == 0 {
				l.mark(l.pos, l.pos)
				l.newline()
				return end
			}
			l.newline()
		case ';':
			l.comment()
		case '(':
			if l.depth == 0 {
				l.open = place{l.line, l.bol, l.pos}
			}
			l.depth++
			l.pos++
		case ')':
			if l.depth == 0 {
				return l.fail(l.pos, wantOpen)
			}
			l.depth--
			l.pos++
		case '"':
			return l.quote()
		default:
			return l.word()
		}
	}
	if l.cut {
		return l.fail(len(s), "")
	}
	l.mark(len(s), len(s))
	if l.depth > 0 {
		l.at, l.want = l.open, wantClose
		l.tok = nil
		return bad
	}
	return end
}

func (l *lexer) mark(from, to int) {
	l.at = place{l.line, l.bol, from}
	l.tok = l.src[from:to]
}

func (l *lexer) fail(from int, want string) kind {
	if l.cut && bytes.IndexByte(l.src[from:], '\n') < 0 {
		// The fault is that the rest of the record cannot be seen.
		l.at, l.tok, l.want, l.short = l.begin, nil, wantShort, true
		return bad
	}
	to := from
	for to < len(l.src) && l.src[to] != '\n' && to < from+maxText {
		to++
	}
	l.mark(from, to)
	l.want = want
	return bad
}

func (l *lexer) newline() {
	l.pos++
	l.line++
	l.bol = l.pos
}

// comment moves to the end of the line. A line "; $END" outside a record marks the end of the data.
func (l *lexer) comment() {
	text := l.src[l.pos:]
	if n := bytes.IndexByte(text, '\n'); n >= 0 {
		text = text[:n]
	}
	if l.pos == l.bol && l.depth == 0 && string(bytes.TrimSpace(text[1:])) == endMarker {
		l.ended = true
	}
	l.pos += len(text)
}

func (l *lexer) word() kind {
	s, i := l.src, l.pos
	l.esc = false
	for i < len(s) {
		if !special[s[i]] {
			i++
			continue
		}
		if s[i] == '"' {
			return l.fail(i, wantWord)
		}
		if s[i] != '\\' {
			break
		}
		l.esc = true
		if i++; i == len(s) || s[i] == '\n' || s[i] == '\r' {
			return l.fail(i-1, wantEsc)
		}
		i++
	}
	l.mark(l.pos, i)
	l.pos = i
	return word
}

func (l *lexer) quote() kind {
	s, i := l.src, l.pos+1
	l.esc = false
	// Nearly all quoted texts have no escape, and looking for one octet is several times as quick.
	if n := bytes.IndexByte(s[i:], '"'); n >= 0 {
		if text := s[i : i+n]; bytes.IndexByte(text, '\\') < 0 && bytes.IndexByte(text, '\n') < 0 {
			l.mark(l.pos, i+n+1)
			l.tok = text
			l.pos = i + n + 1
			return quoted
		}
	}
	for ; i < len(s); i++ {
		if !ends[s[i]] {
			continue
		}
		switch s[i] {
		case '"':
			l.mark(l.pos, i+1)
			l.tok = s[l.pos+1 : i]
			l.pos = i + 1
			return quoted
		case '\n':
			return l.fail(l.pos, wantQuote)
		case '\\':
			l.esc = true
			if i++; i < len(s) && s[i] == '\n' {
				return l.fail(l.pos, wantQuote)
			}
		}
	}
	return l.fail(l.pos, wantQuote)
}

// skip moves behind the record that the last token belongs to; after a fault of the text itself, where
// quotes and parentheses cannot be trusted, behind the line.
func (l *lexer) skip(k kind) {
	for k == word || k == quoted {
		k = l.next()
	}
	if k == end {
		return
	}
	l.depth = 0
	if n := bytes.IndexByte(l.src[l.pos:], '\n'); n >= 0 {
		l.pos += n
		l.newline()
	} else {
		l.pos = len(l.src)
	}
}
