package enumim

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

// source is what answers: a backend.Lease.
type source interface {
	Lookup(ctx context.Context, q backend.Query, a *backend.Answer) error
	Ready() bool
	Backend() backend.Backend
	Confirm()
	Release()
}

// block is one enumim block of a Corefile: a backend and the trees that it answers for.
type block struct {
	*corefile.Block

	trees []*tree

	// source is set at start-up, before the first query.
	source source
	local  bool // the source answers from memory
	// reporter hears of the source, if it was opened for this block.
	reporter *reporter
	// serialer is nil where the backend counts no changes.
	serialer backend.Serialer
}

// tree is one apex and what is below it.
type tree struct {
	*block
	apex  e164.Apex
	zone  string // the apex as text
	frame frame
	tally tally
	quiet limiter
	// duration takes how long look-ups took, where the source is not local.
	duration prometheus.Observer
}

func newTree(b *block, apex e164.Apex) (*tree, error) {
	t := &tree{block: b, apex: apex, zone: apex.String()}
	b.trees = append(b.trees, t)
	return t, t.setFrame()
}

// isApex reports whether n is the apex itself.
func (t *tree) isApex(n e164.Name) bool { return n.Labels == "" && n.Number == t.apex.Prefix() }

// forest finds the tree of a name.
type forest struct {
	trees   map[string]*tree
	lengths []int // of the apexes, descending
	// over holds the names between the apexes of two trees, below the one and above the other.
	over map[string]bool
}

// forestOf returns the trees of blocks.
func forestOf(blocks []*block) (*forest, error) {
	f := &forest{}
	for _, b := range blocks {
		for _, apex := range b.Apexes {
			t, err := newTree(b, apex)
			if err != nil {
				return nil, b.Errorf("zone %s: %w", apex, err)
			}
			f.add(t)
		}
	}
	f.link()
	return f, nil
}

func (f *forest) add(t *tree) {
	if f.trees == nil {
		f.trees = make(map[string]*tree)
	}
	f.trees[t.zone] = t
	f.lengths = append(f.lengths, len(t.zone))
	slices.SortFunc(f.lengths, func(a, b int) int { return b - a })
	f.lengths = slices.Compact(f.lengths)
}

// link finds the names that lie between the apexes of two trees. It comes after the last add.
func (f *forest) link() {
	for zone := range f.trees {
		for name := above(zone, 1); ; name = above(name, 1) {
			t := f.match(name)
			if t == nil || t.zone == name {
				break
			}
			if f.over == nil {
				f.over = make(map[string]bool)
			}
			f.over[name] = true
		}
	}
}

// exists reports whether the apex of another tree lies below name: then name exists as well (RFC 8020),
// though its own tree may not know of it.
func (f *forest) exists(name string) bool {
	return len(f.over) > 0 && f.over[strings.ToLower(name)]
}

// match returns the tree with the longest apex that qname, in any letter case, is at or below; nil
// for none. It does not allocate.
func (f *forest) match(qname string) *tree {
	if f == nil {
		return nil
	}
	var buf [255]byte
	for _, n := range f.lengths {
		at := len(qname) - n
		if at < 0 || !labelBegins(qname, at) {
			continue
		}
		lower := buf[:copy(buf[:], qname[at:])]
		for i, c := range lower {
			if c >= 'A' && c <= 'Z' {
				lower[i] = c | 0x20
			}
		}
		if t := f.trees[string(lower)]; t != nil {
			return t
		}
	}
	return nil
}

// labelBegins reports whether a label of name begins at an index: behind a dot that no backslash makes
// part of a label.
func labelBegins(name string, at int) bool {
	if at == 0 {
		return true
	}
	if name[at-1] != '.' {
		return false
	}
	escapes := at - 1
	for escapes > 0 && name[escapes-1] == '\\' {
		escapes--
	}
	return (at-1-escapes)%2 == 0
}

// above returns name without its first labels.
func above(name string, labels int) string {
	off := 0
	for ; labels > 0; labels-- {
		next, end := dns.NextLabel(name, off)
		if end {
			return "."
		}
		off = next
	}
	return name[off:]
}
