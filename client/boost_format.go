package client

import "strings"

// replace is regex_replace: each match gives way to the format, and the rest of the text stays.
func (b *boost) replace(text, format string) (string, error) {
	var out strings.Builder
	at, notEmpty := 0, false
	for {
		subs, err := b.search(text, at, notEmpty)
		if err != nil {
			return "", err
		}
		if subs == nil {
			break
		}
		out.WriteString(text[at:subs[0].first])
		f := boostFormatter{text: text, start: at, format: format, subs: subs}
		out.WriteString(f.run())
		notEmpty = subs[0].second == subs[0].first
		at = subs[0].second
	}
	out.WriteString(text[at:])
	return out.String(), nil
}

// boostFormatter is basic_regex_formatter with Perl's syntax, Boost's default: \1 and $1 stand for
// groups, $& for the match, \n and its like for control characters, \U for capitals from there on.
type boostFormatter struct {
	text   string
	start  int // of the search
	format string
	pos    int
	subs   []boostSub
	out    []byte
	change byte // 0, or one of l, u, L and U
	after  byte // what change goes back to after l and u
}

func (f *boostFormatter) run() string {
	for f.pos < len(f.format) {
		switch c := f.format[f.pos]; c {
		case '\\':
			f.pos++
			f.escape()
		case '$':
			f.pos++
			f.dollar()
		default:
			f.pos++
			f.put(c)
		}
	}
	return string(f.out)
}

func (f *boostFormatter) put(c byte) {
	lower, upper := c, c
	if isAlpha(c) {
		lower, upper = c|0x20, c&^0x20
	}
	switch f.change {
	case 'l', 'L':
		c = lower
	case 'u', 'U':
		c = upper
	}
	if f.change == 'l' || f.change == 'u' {
		f.change = f.after
	}
	f.out = append(f.out, c)
}

func (f *boostFormatter) puts(s string) {
	for i := range len(s) {
		f.put(s[i])
	}
}

// sub puts what a group matched; the empty text for a group that there is not.
func (f *boostFormatter) sub(n int) {
	if n < len(f.subs) && f.subs[n].matched {
		f.puts(f.text[f.subs[n].first:f.subs[n].second])
	}
}

// number reads digits of a base, at most limit of them.
func (f *boostFormatter) number(base, limit int) (n int, ok bool) {
	for ; limit > 0 && f.pos < len(f.format); limit-- {
		c := f.format[f.pos]
		if isAlpha(c) {
			c |= 0x20
		}
		d := strings.IndexByte("0123456789abcdef", c)
		if d < 0 || d >= base {
			break
		}
		n, ok = min(n*base+d, 1<<30), true
		f.pos++
	}
	return n, ok
}

func (f *boostFormatter) dollar() {
	rest := f.format[f.pos:]
	if rest == "" {
		f.put('$')
		return
	}
	f.pos++
	switch rest[0] {
	case '&':
		f.sub(0)
		return
	case '`':
		f.puts(f.text[f.start:f.subs[0].first])
		return
	case '\'':
		f.puts(f.text[f.subs[0].second:])
		return
	case '$':
		f.put('$')
		return
	case '+':
		f.sub(max(len(f.subs)-1, 1))
		return
	}
	f.pos--
	brace := rest[0] == '{'
	if brace {
		f.pos++
	}
	n, ok := f.number(10, 10)
	if closed := f.pos < len(f.format) && f.format[f.pos] == '}'; !ok || brace && !closed {
		f.pos = len(f.format) - len(rest)
		f.put('$')
		return
	}
	if brace {
		f.pos++
	}
	f.sub(n)
}

func (f *boostFormatter) escape() {
	if f.pos == len(f.format) {
		f.put('\\')
		return
	}
	c := f.format[f.pos]
	f.pos++
	switch c {
	case 'a', 'f', 'n', 'r', 't', 'v', 'e':
		f.put("\a\f\n\r\t\v\x1b"[strings.IndexByte("afnrtve", c)])
	case 'x':
		f.hexadecimal()
	case 'c':
		if f.pos == len(f.format) {
			f.put('c')
			return
		}
		f.put(f.format[f.pos] % 32)
		f.pos++
	case 'l', 'u':
		f.after, f.change = f.change, c
	case 'L', 'U':
		f.change = c
	case 'E':
		f.change = 0
	case '0':
		f.pos--
		n, _ := f.number(8, 4)
		f.put(byte(n))
	default:
		if isDigit(c) {
			f.sub(int(c - '0'))
			return
		}
		f.put(c)
	}
}

// hexadecimal puts the octet that \x41 or \x{41} stands for.
func (f *boostFormatter) hexadecimal() {
	start := f.pos
	if f.pos < len(f.format) && f.format[f.pos] == '{' {
		f.pos++
		n, ok := f.number(16, 8)
		if !ok {
			f.puts("x{")
			return
		}
		if f.pos < len(f.format) && f.format[f.pos] == '}' {
			f.pos++
			f.put(byte(n))
			return
		}
	} else if n, ok := f.number(16, 2); ok {
		f.put(byte(n))
		return
	}
	f.pos = start
	f.put('x')
}
