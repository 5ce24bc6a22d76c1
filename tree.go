package enumim

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/harvest"
)

// source is what answers: a backend.Lease.
type source interface {
	Lookup(ctx context.Context, q backend.Query, a *backend.Answer) error
	Ready() bool
	Backend() backend.Backend
	Confirm()
	Release()
}

// block is one block of a Corefile: a backend and the trees that it answers for, or what it inspects, or
// both.
type block struct {
	*corefile.Block
	site

	trees       []*tree
	inspections []*inspection

	// source is set at start-up, before the first query.
	source   source
	acquired time.Time // when it was asked for
	local    bool      // the source answers from memory
	traced   bool      // the trace plugin may follow queries
	// reporter hears of the source, if it was opened for this block.
	reporter *reporter
	// serialer is nil where the backend counts no changes.
	serialer backend.Serialer
	// finder is nil where answers bring nothing along.
	finder *additional.Finder
	// watch is nil where nobody is refused for walking the trees.
	watch *harvest.Watch
	// anonymizer is nil where mailboxes are answered as they are.
	anonymizer *anonymizer
}

// answers reports whether the block has a backend.
func (b *block) answers() bool { return b.Driver != "" }

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
	// before answers until the source takes over; nil where nothing did, or needs to any more.
	before atomic.Pointer[former]
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
		if !b.answers() {
			continue // its zones are those to inspect
		}
		if b.Options.Harvest.Refuse {
			b.watch = harvest.New(b.Options.Harvest.Except)
		}
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
	f.lengths = withLength(f.lengths, len(t.zone))
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
	return nearest(f.trees, f.lengths, qname)
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
