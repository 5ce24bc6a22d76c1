package master

import (
	"bytes"
	"errors"
	"strconv"
)

// maxGenerated is how many records $GENERATE may make in one file.
const maxGenerated = 1_000_000

// generate reads $GENERATE START-STOP[/STEP] and makes a record of the rest of the line for each number
// of the range, in which $ is the number, ${OFFSET,WIDTH,BASE} another form of it, and \$ the character,
// as BIND does it. Base is d, o, x, X, or n and N for nibbles in reversed order with dots between.
func (p *parser) generate() (kind, bool) {
	l := &p.lx
	if !p.o.Generate {
		p.fail("no $GENERATE, which the configuration does not allow for this file: write the records out, or allow it")
		return word, false
	}
	if l.made {
		p.fail("no $GENERATE inside another")
		return word, false
	}
	k := l.next()
	if !p.present(k, wantRange) {
		return k, false
	}
	r, ok := parseRange(l.tok)
	if !ok || k == quoted {
		p.fail(wantRange)
		return k, false
	}
	count := (r.stop-r.start)/r.step + 1
	if count > int64(maxGenerated-p.made) {
		p.failf("a range that keeps the file at %d generated records or fewer", maxGenerated)
		return k, false
	}
	at := l.at
	rest := l.src[l.pos:]
	if n := bytes.IndexByte(rest, '\n'); n >= 0 {
		rest = rest[:n]
	} else if l.cut {
		l.fail(l.pos, wantShort)
		p.fail(l.want)
		return bad, false
	}
	rest = oneWord(bytes.TrimSpace(rest))
	if len(rest) == 0 || l.depth > 0 || rest[0] == '$' && bytes.HasPrefix(bytes.ToUpper(rest), []byte("$GENERATE")) {
		p.fail("behind the range a record to repeat, on the same line")
		return k, false
	}
	// The line is taken whole: parentheses cannot carry it over lines.
	l.skip(bad)
	p.made += int(count)
	saved := p.lx
	defer func() { p.lx = saved }()
	var buf []byte
	for i := r.start; i <= r.stop && !p.stopped(); i += r.step {
		var err error
		if buf, err = substitute(buf[:0], rest, i); err != nil {
			p.lx = saved
			p.failAt(at, rest, err.Error())
			return end, true
		}
		buf = append(buf, '\n')
		faults := p.faults()
		p.lx = lexer{src: buf, line: at.line, made: true}
		p.record()
		if p.faults() > faults {
			break
		}
	}
	return end, true
}

// oneWord returns a line of $GENERATE with the data of its NAPTR record out of the quotes that stand around all of it. BIND
// wants one word there, so that its administrators have to write NAPTR "100 10 \"u\" ...", and no NAPTR record is one word.
func oneWord(line []byte) []byte {
	head, data, ok := bytes.Cut(line, []byte{'"'})
	fields := bytes.Fields(head)
	if !ok || len(fields) == 0 || !bytes.EqualFold(fields[len(fields)-1], []byte("NAPTR")) {
		return line
	}
	out := bytes.Clone(head)
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] == '"':
			if behind := bytes.TrimSpace(data[i+1:]); len(behind) > 0 && behind[0] != ';' {
				return line
			}
			return out
		case data[i] == '\\' && i+1 < len(data):
			if i++; data[i] != '"' {
				out = append(out, '\\')
			}
		}
		out = append(out, data[i])
	}
	return line
}

// faults counts the errors up to now.
func (p *parser) faults() int { return len(p.errs.List) + p.errs.More }

const wantRange = "a range START-STOP or START-STOP/STEP of numbers from 0 to 2147483647"

type span struct{ start, stop, step int64 }

func parseRange(tok []byte) (span, bool) {
	r := span{step: 1}
	first, rest, ok := bytes.Cut(tok, []byte("-"))
	last, step, haveStep := bytes.Cut(rest, []byte("/"))
	if !ok {
		return r, false
	}
	var err [3]error
	r.start, err[0] = parseInt31(first)
	r.stop, err[1] = parseInt31(last)
	if haveStep {
		r.step, err[2] = parseInt31(step)
	}
	return r, errors.Join(err[:]...) == nil && r.start <= r.stop && r.step > 0
}

func parseInt31(b []byte) (int64, error) {
	n, err := strconv.ParseUint(string(b), 10, 31)
	return int64(n), err
}

var errModifier = errors.New(`modifiers as in ${OFFSET,WIDTH,BASE}: numbers, width at most 255, base d, o, x, X, n or N`)

// substitute appends line to dst with i in the place of $.
func substitute(dst, line []byte, i int64) ([]byte, error) {
	for len(line) > 0 {
		c := line[0]
		line = line[1:]
		switch {
		case c == '\\' && len(line) > 0 && line[0] == '$':
			dst = append(dst, '$')
			line = line[1:]
		case c == '\\' && len(line) > 0:
			dst = append(dst, c, line[0])
			line = line[1:]
		case c != '$':
			dst = append(dst, c)
		case len(line) > 0 && line[0] == '$': // BIND's older way to write the character
			dst = append(dst, '$')
			line = line[1:]
		case len(line) > 0 && line[0] == '{':
			modifier, rest, ok := bytes.Cut(line[1:], []byte("}"))
			if !ok {
				return dst, errModifier
			}
			var err error
			if dst, err = appendModified(dst, modifier, i); err != nil {
				return dst, err
			}
			line = rest
		default:
			dst = strconv.AppendInt(dst, i, 10)
		}
	}
	return dst, nil
}

func appendModified(dst, modifier []byte, i int64) ([]byte, error) {
	parts := bytes.Split(modifier, []byte(","))
	offset, err := strconv.ParseInt(string(parts[0]), 10, 32)
	width, base := uint64(0), byte('d')
	if err == nil && len(parts) > 1 {
		width, err = strconv.ParseUint(string(parts[1]), 10, 8)
	}
	if len(parts) > 2 {
		if len(parts[2]) != 1 {
			return dst, errModifier
		}
		base = parts[2][0]
	}
	n := i + offset
	if err != nil || len(parts) > 3 || n < 0 {
		return dst, errModifier
	}
	var digits []byte
	switch base {
	case 'd':
		digits = strconv.AppendInt(nil, n, 10)
	case 'o':
		digits = strconv.AppendInt(nil, n, 8)
	case 'x', 'n':
		digits = strconv.AppendInt(nil, n, 16)
	case 'X', 'N':
		digits = bytes.ToUpper(strconv.AppendInt(nil, n, 16))
	default:
		return dst, errModifier
	}
	if base == 'n' || base == 'N' {
		return appendNibbles(dst, digits, int(width)), nil
	}
	for range int(width) - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...), nil
}

// appendNibbles writes hexadecimal digits last first with dots between. As in BIND, width counts the
// dots as well.
func appendNibbles(dst, digits []byte, width int) []byte {
	n := 0
	for at := len(digits) - 1; at >= 0 || n < width; at-- {
		if n > 0 {
			dst = append(dst, '.')
			n++
		}
		if at >= 0 {
			dst = append(dst, digits[at])
		} else {
			dst = append(dst, '0')
		}
		n++
	}
	return dst
}
