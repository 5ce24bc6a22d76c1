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
	texts []markText
}

// markText is a mark with an entry.
type markText struct {
	line int
	json []byte
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
				m.texts = append(m.texts, markText{m.line, bytes.Clone(json)})
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
	m := &marks{src: src}
	l.made = l.made[:0]
	origin := ""
	if l.o.Apex != (e164.Apex{}) {
		origin = l.o.Apex.String()
	}
	zone, apex, stats, err := master.Read(m, master.Options{
		File: l.o.File, Origin: origin, Open: l.o.Open, Stop: l.stop, Generate: true, Unordered: unordered,
	}, func(e *backend.Entry, line int) error {
		for i := range e.Records {
			if isRoot(e.Records[i].Replacement) {
				e.Records[i].Replacement = ""
			}
		}
		if m.above(line) && (isHost(e) || isNone(e) && !e.Name.IsNumber()) {
			return nil // its delegation has the addresses, or a comment the entry
		}
		if m.above(line) && e.Name.IsNumber() {
			if isNone(e) {
				e.Sets = e.Sets[:0]
			}
			l.made = append(l.made, madeRef{e.Name.Number, e.Kind == backend.Wildcard, uint32(line), l.canon.hash(e)})
			return nil
		}
		l.add(e, line)
		return nil
	})
	if err != nil {
		return err
	}
	l.zone, l.apex, l.ended = zone, apex, stats.End
	for _, f := range stats.Findings {
		if f.Rule != master.RuleNoNS {
			l.note("%s (line %d, %d in all)", f.Text, f.Line, f.Count)
		}
	}
	l.defined, l.firstMark = len(m.texts), 1
	if len(m.texts) > 0 {
		l.firstMark = m.texts[0].line
	}
	r := jsonReader{dialPlan: l.o.DialPlan, ttl: l.ttl}
	for _, t := range m.texts {
		it, err := r.read(t.json)
		switch {
		case err != nil:
			l.faults.add(t.line, 0, "", "this comment of enumim's was changed ("+err.Error()+"): make the zone anew, or take out all comments that begin with \""+strings.TrimSpace(mark)+"\"")
		case !it.end && it.zone == nil:
			l.add(&it.entry, t.line)
		}
	}
	slices.SortStableFunc(l.made, madeRef.compare)
	return nil
}

// isNone reports whether an entry stands for a name without records.
func isNone(e *backend.Entry) bool {
	return len(e.Records) == 0 && len(e.Sets) == 1 && e.Sets[0].Type == rr.TypeTXT &&
		len(e.Sets[0].Data) == 1 && e.Sets[0].Data[0] == noneText
}

// verify compares what the blocks of the input make with what the input has of it: the two fold only
// where they agree.
func (l *loading) verify() error {
	if l.from != Zone || len(l.made)+l.defined == 0 {
		return nil
	}
	const again = "the records that enumim made of blocks were changed: change the block in the comment too, or make the zone anew from its source, or take out all comments that begin with \"; enumim:\""
	rest := l.made
	next := func(e *backend.Entry) {
		want := madeRef{number: e.Name.Number, wild: e.Kind == backend.Wildcard, hash: l.canon.hash(e)}
		for len(rest) > 0 && rest[0].compare(want) < 0 {
			l.faults.add(int(rest[0].line), 0, "", again)
			rest = rest[1:]
		}
		switch {
		case len(rest) > 0 && rest[0].compare(want) == 0 && rest[0].hash == want.hash:
			rest = rest[1:]
		case len(rest) > 0 && rest[0].compare(want) == 0:
			l.faults.add(int(rest[0].line), 0, "", again)
			rest = rest[1:]
		default:
			l.faults.add(l.firstMark, 0, "", "a record that a block needs is missing in the zone, perhaps because another name was added in the block: "+again)
		}
	}
	t := l.tree()
	t.skipped = nil // what is left out of the output is in the zone
	if err := t.findServers(l.ctx); err != nil {
		return err
	}
	err := t.expand(l.ctx, &expander{
		own: func(e *backend.Entry) error {
			if t.bare(e) {
				next(e)
			} else if e.Kind == backend.Delegation {
				if read, same := t.asRead(e, &l.canon); !same {
					next(read)
				}
			}
			return nil
		},
		begins: func(*backend.Entry) error { return nil },
		made: func(e *backend.Entry) error {
			next(e)
			return nil
		},
	})
	if m, ok := errors.AsType[*meeting](err); ok {
		l.faults.add(l.firstMark, 0, "", m.Error()+"; "+again)
		return nil
	}
	for _, r := range rest {
		l.faults.add(int(r.line), 0, "", again)
	}
	return err
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
