package table

import (
	"encoding/binary"
	"fmt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// The sorts of part, in the order in which they stand in a node. A name has one exact part, either
// plain or with a DNAME, or it is cut off by a delegation.
const (
	exactPart = iota
	renamePart
	blockPart
	wildPart
	cutPart
	partKinds
)

// part is what one entry says, prepared for answering. What the number alone decides, the fillings
// of the gaps of its rules, is kept with the number.
type part struct {
	kind     uint8
	min, max uint8 // of a block: total digits
	gaps     int   // fillings that its rules take from the text
	skip     int   // fillings that the parts before it in the node take
	ttl      uint32
	rules    []naptr.Rule
	sets     []backend.RRset
	glue     []backend.Host
	key      string
}

// node is all that stands at a name, shared by all names with an equal key. It is immutable.
type node struct {
	key   string
	parts []part
	exact *part // of exactPart or renamePart
	wild  *part
	cut   *part
	// blocks is the part of parts that are blocks, shortest numbers first.
	blocks []part
	dname  []backend.RRset // of renamePart: the DNAME alone
}

// A node's key is its parts' keys, each behind its length. A part's key is kind, min, max, gaps,
// TTL, the rules as naptr.AppendFactored writes them, the RRsets, the glue; counts before lists.

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendSets(b []byte, sets []backend.RRset) []byte {
	b = binary.AppendUvarint(b, uint64(len(sets)))
	for _, set := range sets {
		b = binary.BigEndian.AppendUint16(b, set.Type)
		b = binary.BigEndian.AppendUint32(b, set.TTL)
		b = binary.AppendUvarint(b, uint64(len(set.Data)))
		for _, data := range set.Data {
			b = appendBytes(b, data)
		}
	}
	return b
}

// appendPart appends the key of an entry's part to key and the fillings of its gaps to text. With
// wholeURI, URIs become gaps as a whole.
func appendPart(key, text []byte, e *backend.Entry, kind uint8, wholeURI bool) (key2, text2 []byte) {
	digits := e164.Number(0)
	if (kind == exactPart || kind == renamePart) && e.Name.IsNumber() {
		digits = e.Name.Number
	}
	key = append(key, kind, byte(e.Min), byte(e.Max))
	if e.Broken {
		key[len(key)-1] = brokenMark
	}
	gapsAt, textAt := len(key), len(text)
	key = append(key, 0, 0)
	ttl := e.TTL
	if len(e.Records) == 0 {
		ttl = 0
	}
	key = binary.BigEndian.AppendUint32(key, ttl)
	key = binary.AppendUvarint(key, uint64(len(e.Records)))
	for _, r := range e.Records {
		if wholeURI {
			key, text = naptr.AppendFactoredURI(key, text, r, digits)
		} else {
			key, text = naptr.AppendFactored(key, text, r, digits)
		}
	}
	gaps := 0
	for rest := text[textAt:]; len(rest) > 0; rest = rest[1+rest[0]:] {
		gaps++
	}
	binary.BigEndian.PutUint16(key[gapsAt:], uint16(gaps))
	key = appendSets(key, e.Sets)
	key = binary.AppendUvarint(key, uint64(len(e.Glue)))
	for _, host := range e.Glue {
		key = appendBytes(key, host.Name)
		key = appendSets(key, host.Sets)
	}
	return key, text
}

// keyReader reads keys. What it returns does not refer to the memory of b.
type keyReader struct {
	b   []byte
	bad bool
}

func (r *keyReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, max(0, min(n, 8)))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *keyReader) count() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *keyReader) string() string { return string(r.take(r.count())) }

func (r *keyReader) sets() []backend.RRset {
	n := r.count()
	if n == 0 {
		return nil
	}
	sets := make([]backend.RRset, n)
	for i := range sets {
		sets[i].Type = binary.BigEndian.Uint16(r.take(2))
		sets[i].TTL = binary.BigEndian.Uint32(r.take(4))
		sets[i].Data = make([]string, r.count())
		for j := range sets[i].Data {
			sets[i].Data[j] = r.string()
		}
	}
	return sets
}

// parsePart reads what appendPart wrote.
func parsePart(key string) (part, error) {
	r := keyReader{b: []byte(key)}
	head := r.take(9)
	if r.bad {
		return part{}, fmt.Errorf("%w: key of a part", backend.ErrInvalidData)
	}
	p := part{
		kind: head[0], min: head[1], max: head[2],
		gaps: int(binary.BigEndian.Uint16(head[3:])),
		ttl:  binary.BigEndian.Uint32(head[5:]),
		key:  key,
	}
	if n := r.count(); n > 0 {
		p.rules = make([]naptr.Rule, n)
		for i := range p.rules {
			var err error
			if p.rules[i], r.b, err = naptr.RuleFromKey(r.b); err != nil {
				return part{}, err
			}
		}
	}
	p.sets = r.sets()
	if n := r.count(); n > 0 {
		p.glue = make([]backend.Host, n)
		for i := range p.glue {
			p.glue[i] = backend.Host{Name: r.string(), Sets: r.sets()}
		}
	}
	if r.bad || p.kind >= partKinds {
		return part{}, fmt.Errorf("%w: key of a part", backend.ErrInvalidData)
	}
	return p, nil
}

// parseNode makes the node of a key.
func parseNode(key string) (*node, error) {
	nd := &node{key: key}
	gaps := 0
	blocksFrom, blocksTo := 0, 0
	for rest := key; rest != ""; {
		size, n := binary.Uvarint([]byte(rest[:min(len(rest), binary.MaxVarintLen64)]))
		if n <= 0 || size > uint64(len(rest)-n) {
			return nil, fmt.Errorf("%w: key of a node", backend.ErrInvalidData)
		}
		p, err := parsePart(rest[n : n+int(size)])
		if err != nil {
			return nil, err
		}
		rest = rest[n+int(size):]
		p.skip = gaps
		gaps += p.gaps
		if p.kind == blockPart {
			if blocksTo == 0 {
				blocksFrom = len(nd.parts)
			}
			blocksTo = len(nd.parts) + 1
		}
		nd.parts = append(nd.parts, p)
	}
	for i := range nd.parts {
		switch p := &nd.parts[i]; p.kind {
		case exactPart, renamePart:
			nd.exact = p
			if p.kind == renamePart {
				nd.dname = onlyDNAME(p.sets)
			}
		case wildPart:
			nd.wild = p
		case cutPart:
			nd.cut = p
		}
	}
	nd.blocks = nd.parts[blocksFrom:blocksTo]
	return nd, nil
}

// onlyDNAME returns the DNAME of sets.
func onlyDNAME(sets []backend.RRset) []backend.RRset {
	for i := range sets {
		if sets[i].Type == typeDNAME {
			return sets[i : i+1 : i+1]
		}
	}
	return nil
}

// skipGaps returns text behind its first n fillings.
func skipGaps(text string, n int) string {
	for ; n > 0 && text != ""; n-- {
		text = text[1+text[0]:]
	}
	return text
}

// textOf returns the share that p has in the text of its node.
func (nd *node) textOf(p *part, text string) string {
	if len(nd.parts) == 1 {
		return text
	}
	text = skipGaps(text, p.skip)
	return text[:len(text)-len(skipGaps(text, p.gaps))]
}

// entry turns a part back into the entry it was made from; text is its own share.
func (p *part) entry(name e164.Name, text string) backend.Entry {
	if p.broken() {
		return backend.Entry{Kind: p.entryKind(), Name: name, Broken: true}
	}
	e := backend.Entry{
		Kind: p.entryKind(), Name: name, Min: int(p.min), Max: int(p.max),
		TTL: p.ttl, Sets: p.sets, Glue: p.glue,
	}
	if len(p.rules) == 0 {
		return e
	}
	aus := name.Number.AppendDigits([]byte{'+'})
	var buf [256]byte
	e.Records = make([]naptr.Record, len(p.rules))
	for i := range p.rules {
		r := &p.rules[i]
		var regexp []byte
		regexp, text = r.AppendStored(buf[:0], aus, text)
		e.Records[i] = naptr.Record{
			Order: r.Order, Preference: r.Preference, Flags: r.Flags, Services: r.Services,
			Regexp: string(regexp), Replacement: r.Replacement,
		}
	}
	return e
}

func (p *part) entryKind() backend.EntryKind {
	switch p.kind {
	case renamePart:
		return backend.Rename
	case blockPart:
		return backend.Block
	case wildPart:
		return backend.Wildcard
	case cutPart:
		return backend.Delegation
	}
	return backend.Number
}
