package numbers

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/file/source"
)

const (
	maxDepth = 8   // of files that include one another
	maxFiles = 200 // through $INCLUDE, all together
)

// directive reads a line that begins with "$".
func (p *parser) directive(l *line) {
	w := l.word()
	arg := l.word()
	extra := l.word()
	// What is indented below a directive continues no entry; below a faulty one it is passed over.
	p.entry.state = broken
	switch name := strings.ToUpper(string(w.text)); {
	case name == "$END" && len(arg.text) > 0:
		p.fail(arg.col, arg.text, "$END stands alone")
	case name == "$END":
		p.file.end = true
		p.entry.state = idle
	case name != "$TTL" && name != "$INCLUDE":
		want := "unknown directive: there are $TTL, $INCLUDE and $END"
		if name == "$ORIGIN" || name == "$GENERATE" {
			want = "a numbers file has no " + name + ": numbers are written in full, and blocks take the place of $GENERATE; if this is a zone file, it lacks its SOA record"
		}
		p.fail(w.col, w.text, want)
	case len(arg.text) == 0:
		p.fail(w.col, w.text, name+" needs an argument, such as $TTL 1h or $INCLUDE more.txt")
	case arg.odd >= 0 && name == "$TTL":
		p.fail(arg.col+arg.odd, arg.text, oddText(arg.text[arg.odd]))
	case len(extra.text) > 0:
		p.fail(extra.col, extra.text, name+" takes one argument")
	case name == "$TTL":
		ttl, err := parseTTL(arg.text)
		if err != nil {
			p.fail(arg.col, arg.text, err.Error())
			return
		}
		p.file.ttl = ttl
		p.entry.state = idle
	default:
		p.include(arg)
	}
}

// include reads the file that $INCLUDE names.
func (p *parser) include(w word) {
	if p.o.Open == nil {
		p.fail(w.col, w.text, "$INCLUDE is not allowed here: list the file in the Corefile instead")
		return
	}
	f := p.file
	name := path.Join(path.Dir(f.path), string(w.text))
	switch {
	case path.IsAbs(string(w.text)) || strings.ContainsAny(string(w.text), "\\\x00") || name == ".." || strings.HasPrefix(name, "../"):
		p.fail(w.col, w.text, "$INCLUDE takes files in the folder of the first file and below only")
		return
	}
	depth := 0
	for up := f; up != nil; up = up.parent {
		if up.path == name {
			p.fail(w.col, w.text, "the file includes itself, if perhaps through others")
			return
		}
		depth++
	}
	if depth > maxDepth {
		p.fail(w.col, w.text, fmt.Sprintf("files include files more than %d deep", maxDepth))
		return
	}
	if p.files++; p.files > maxFiles {
		p.fail(w.col, w.text, fmt.Sprintf("more than %d files through $INCLUDE", maxFiles))
		return
	}
	if p.stopped() {
		return
	}
	src, err := p.o.Open(name)
	if err != nil {
		p.fail(w.col, w.text, cannotRead+err.Error())
		return
	}
	defer src.Close()
	if !slices.Contains(p.res.Included, name) {
		p.res.Included = append(p.res.Included, name)
	}
	p.entry.state = idle
	text := source.NewWindow(src, p.window)
	p.read(&file{name: path.Join(path.Dir(f.name), string(w.text)), path: name, text: text, ttl: f.ttl, parent: f})
	p.file = f
	p.entry.state = idle
	if text.Err != nil {
		p.fail(w.col, w.text, cannotRead+text.Err.Error())
	}
}

const cannotRead = "cannot read the file: "

// maxTTL is the greatest TTL (RFC 2308 section 8).
const maxTTL = math.MaxInt32

// parseTTL reads seconds, or numbers with the units w, d, h, m and s, as in 1h30m.
func parseTTL(text []byte) (uint32, error) {
	const want = "expected a TTL in seconds, or with units such as 1h30m (w, d, h, m, s)"
	total, v, digits := uint64(0), uint64(0), 0
	units := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			if digits++; digits > 10 {
				return 0, tooLongTTL()
			}
			v = v*10 + uint64(c-'0')
			continue
		}
		unit := uint64(0)
		switch c | 0x20 {
		case 'w':
			unit = 7 * 24 * 3600
		case 'd':
			unit = 24 * 3600
		case 'h':
			unit = 3600
		case 'm':
			unit = 60
		case 's':
			unit = 1
		}
		if unit == 0 || digits == 0 {
			return 0, errors.New(want)
		}
		total += v * unit
		v, digits = 0, 0
		if units++; units > 5 {
			return 0, errors.New(want)
		}
	}
	switch {
	case digits > 0 && units > 0, digits == 0 && units == 0:
		return 0, errors.New(want)
	case total+v > maxTTL:
		return 0, tooLongTTL()
	}
	return uint32(total + v), nil
}

func tooLongTTL() error {
	return fmt.Errorf("a TTL is at most %d seconds, about 68 years (RFC 2308 section 8)", maxTTL)
}
