package master

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/naptr/rr"
)

const (
	maxDepth = 8   // of files that include one another
	maxFiles = 200 // through $INCLUDE, all together
)

// include reads $INCLUDE FILE [ORIGIN]. The file's owner names and origin do not reach back into the
// including file (RFC 1035 section 5.1); its $TTL does.
func (p *parser) include() (kind, bool) {
	l := &p.lx
	if p.o.Open == nil {
		p.fail("no $INCLUDE, which the configuration does not allow for this file: write the records here, or allow it")
		return word, false
	}
	k := l.next()
	if !p.present(k, "the path of a file") {
		return k, false
	}
	at, tok := l.at, l.tok
	name, err := rr.Unescape(nil, l.tok)
	if err != nil {
		p.fail("the path of a file: " + err.Error())
		return k, false
	}
	origin, originText := p.origin, p.originText
	if k = l.next(); k == word || k == quoted {
		if err := p.setOrigin(l.tok); err != nil {
			p.fail(nameFault("an origin", err))
			return k, false
		}
		k = l.next()
	}
	switch k {
	case bad:
		p.fail(l.want)
		return k, false
	case end:
	default:
		p.fail("the end of the directive")
		return k, false
	}
	if p.ask(); p.stop != nil {
		return end, true
	}
	file, src, err := p.open(string(name))
	if err != nil {
		p.origin, p.originText = origin, originText
		p.failAt(at, tok, err.Error())
		return end, true
	}
	defer src.Close()
	saved, owner, index := p.lx, p.owner, p.file
	p.files = append(p.files, path.Join(filepath.ToSlash(filepath.Dir(p.o.File)), file))
	p.file = len(p.files) - 1
	p.active = append(p.active, file)
	p.depth++
	p.owner.set, p.owner.wire, p.owner.from = false, nil, nil
	text := source.NewWindow(src, p.sizes.window)
	p.parse(text)
	p.depth--
	p.active = p.active[:len(p.active)-1]
	p.lx, p.owner, p.file = saved, owner, index
	p.origin, p.originText = origin, originText
	if text.Err != nil {
		p.failAt(at, tok, cannotRead(text.Err).Error())
	}
	return end, true
}

// open opens a file below the folder of the zone file, which no ".." and no absolute path leads out of.
// The name is relative to the including file.
func (p *parser) open(name string) (file string, src io.ReadCloser, err error) {
	self := filepath.Base(p.o.File)
	from := self
	if len(p.active) > 0 {
		from = p.active[len(p.active)-1]
	}
	file = path.Join(path.Dir(from), name)
	switch {
	case name == "" || path.IsAbs(name) || file == ".." || strings.HasPrefix(file, "../"):
		return "", nil, errors.New("a path below the folder of the zone file")
	case file == self || slices.Contains(p.active, file):
		return "", nil, errors.New("a file that does not include itself")
	case p.depth >= maxDepth:
		return "", nil, fmt.Errorf("files that include one another at most %d deep", maxDepth)
	case len(p.files) > maxFiles:
		return "", nil, fmt.Errorf("at most %d files through $INCLUDE", maxFiles)
	}
	// Also a file that cannot be read is told: the data changes when it can.
	if !slices.Contains(p.stats.Files, file) {
		p.stats.Files = append(p.stats.Files, file)
	}
	if src, err = p.o.Open(file); err != nil {
		return "", nil, cannotRead(err)
	}
	return file, src, nil
}

func cannotRead(err error) error { return fmt.Errorf("a file that can be read: %w", err) }
