package convert

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// marks are the comments that zoneText writes, as the master parser passes over them.
type marks struct {
	src   io.Reader
	line  int    // complete lines read
	begin []byte // of the line that is not complete, as far as it may be a mark
	long  bool   // that is no mark
	lines []int  // on which a mark without entry stands
	// entry takes the text of a mark with an entry, which is overwritten.
	entry func(json []byte, line int)
}

// Read implements io.Reader.
func (m *marks) Read(p []byte) (int, error) {
	n, err := m.src.Read(p)
	for text := p[:n]; len(text) > 0; {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			m.keep(text)
			break
		}
		m.keep(text[:i])
		m.line++
		if !m.long && bytes.HasPrefix(m.begin, []byte(mark)) {
			if json := bytes.TrimSuffix(m.begin[len(mark):], []byte{'\r'}); len(json) > 0 && json[0] == '{' {
				m.entry(json, m.line)
			} else {
				m.lines = append(m.lines, m.line)
			}
		}
		m.begin, m.long = m.begin[:0], false
		text = text[i+1:]
	}
	return n, err
}

// keep takes a part of a line.
func (m *marks) keep(text []byte) {
	if m.long {
		return
	}
	have := min(len(m.begin), len(mark))
	least := min(len(mark)-have, len(text))
	if string(text[:least]) != mark[have:have+least] || len(m.begin)+len(text) > maxLine {
		m.long = true
		return
	}
	m.begin = append(m.begin, text...)
}

// above reports whether a mark stands on the line above.
func (m *marks) above(line int) bool {
	_, found := slices.BinarySearch(m.lines, line-1)
	return found
}

// said is what the comments of a zone say, and what was left out of the zone for them.
type said struct {
	made []madeRef // RRsets at numbers, sorted
	// The entries in comments: where the first stands, 0 without any, and the least and greatest number.
	first int
	ends  [2]lineRef
	cuts  []lineRef             // delegations in comments, sorted
	bare  []lineRef             // numbers without records in comments, sorted
	none  map[e164.Name]int     // names left of numbers without records in comments
	names map[e164.Name]madeRef // the same in the zone
	hosts map[e164.Name]madeRef // name servers
}

// madeRef is an RRset of the input that was made of other entries.
type madeRef struct {
	number e164.Number
	wild   bool
	line   uint32
	hash   uint64
}

func (r madeRef) compare(o madeRef) int {
	w := func(wild bool) int {
		if wild {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(r.number, o.number), w(r.wild)-w(o.wild))
}

// readZone reads a master file. Records that were made of blocks are kept apart.
func (l *loading) readZone(src io.Reader, unordered bool) error {
	l.said = said{made: l.said.made[:0], none: map[e164.Name]int{}, names: map[e164.Name]madeRef{}, hosts: map[e164.Name]madeRef{}}
	r := l.codec().Objects()
	m := &marks{src: src, entry: func(json []byte, line int) {
		it, err := r.Read(json)
		if err == nil {
			err = l.said.define(it, line)
		}
		if err != nil {
			if f, ok := errors.AsType[*notation.Fault](err); ok {
				err = errors.New(f.Want) // its column is not that of the line
			}
			l.faults.addf(line, "this comment of enumim's was changed (%v): make the zone anew, or take out all comments that begin with %q", err, strings.TrimSpace(mark))
			return
		}
		l.add(&it.Entry, line)
	}}
	origin := ""
	if l.o.Apex != (e164.Apex{}) {
		origin = l.o.Apex.String()
	}
	file := l.o.File
	zone, apex, stats, err := master.Read(m, master.Options{
		Source: func(from string) { file = from },
		File:   l.o.File, Origin: origin, Open: l.o.Open, Stop: l.stop, Generate: true, Unordered: unordered,
	}, func(e *backend.Entry, line int) error {
		for i := range e.Records {
			if notation.IsRoot(e.Records[i].Replacement) {
				e.Records[i].Replacement = ""
			}
		}
		// The files that a zone includes have no marks: theirs are comments like any other.
		if file != l.o.File || !m.above(line) || !l.said.take(e, line, &l.canon) {
			l.add(e, l.faults.line(file, line))
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.zone, l.apex, l.ended = zone, apex, stats.End
	for _, f := range stats.Findings {
		if f.Rule != master.RuleNoNS {
			l.note("%s (%s, %d in all)", f.Text, l.faults.where(l.faults.line(f.File, f.Line)), f.Count)
		}
	}
	for _, at := range l.said.ends {
		if l.said.first > 0 && !at.number.HasPrefix(apex.Prefix()) {
			l.faults.add(at.line, 0, "", outside(apex).Error())
		}
	}
	l.said.sort()
	return nil
}

// isNone reports whether an entry stands for a name without records.
func isNone(e *backend.Entry) bool {
	return len(e.Records) == 0 && len(e.Sets) == 1 && e.Sets[0].Type == rr.TypeTXT &&
		len(e.Sets[0].Data) == 1 && e.Sets[0].Data[0] == noneText
}

// isHost reports whether an entry is nothing but addresses.
func isHost(e *backend.Entry) bool {
	for i := range e.Sets {
		if typ := e.Sets[i].Type; typ != rr.TypeA && typ != rr.TypeAAAA {
			return false
		}
	}
	return e.Kind == backend.Number && len(e.Records) == 0 && len(e.Sets) > 0
}

// isBare reports whether an entry is a name without records.
func isBare(e *backend.Entry) bool {
	return e.Kind == backend.Number && len(e.Records)+len(e.Sets) == 0
}

// bare reports whether a name without records needs one in a zone to exist.
func (t *tree) bare(e *backend.Entry) bool {
	return isBare(e) && e.Name != e164.Name{Number: t.apex.Prefix()}
}
