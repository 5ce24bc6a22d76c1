package table

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Builder gathers a complete tree for one Publish. Entries in ascending order of their names are
// packed as they come; others are sorted in portions and merged at the end, so that a build needs
// little more memory than what it builds. A Builder is for one goroutine and one Publish.
type Builder struct {
	// Zone is the frame of the tree, where it brings its own. Set it before Publish.
	Zone *backend.Zone
	// Merge joins entries of one name as the RRs of a zone file are: records appended, RRsets
	// joined by type, equal RRs once, the lowest TTL of a set for all of it. Entries below a
	// delegation or DNAME are then left out and counted. Without it they are errors.
	// Set it before the first Add.
	Merge bool

	// whole says that the tree is a zone of a feed: broken entries may stand at any name.
	whole  bool
	table  *Table
	shapes shapes
	added  int

	sorted  sieve // what came in ascending order
	stage   *stage
	runs    []*run  // what came out of order
	packing packing // of runs but sorted
	current pending
	named   []namedRef
	broken  []brokenKey

	steps    uint
	joined   int
	occluded int
	// contradicted counts the entries that are broken for others.
	contradicted int
	errs         []error
	made         *snapshot // what Finish made
}

// pending is the name that entries are being joined for.
type pending struct {
	item
	ref  uint32
	text []byte // memory for the item's text
}

type namedRef struct {
	named
	ref uint32
}

// mostErrors is how many conflicts Publish tells.
const mostErrors = 20

// Len returns how many entries were added.
func (b *Builder) Len() int { return b.added + len(b.broken) }

// Joined returns how many entries Finish joined with others of their names.
func (b *Builder) Joined() int { return b.joined }

// Occluded returns how many entries Finish left out because a delegation or DNAME hides them; 0 without
// Merge and Options.Lenient.
func (b *Builder) Occluded() int { return b.occluded }

// Add takes an entry; it keeps nothing of e's memory. ref stands for the entry in the errors of
// Publish: a line number, say. An error (backend.ErrInvalidData, wrapped) concerns this entry alone,
// which is then left out; that entries conflict is told by Publish. Broken entries conflict with nothing.
func (b *Builder) Add(e *backend.Entry, ref uint32) error {
	if e.Broken && !b.whole {
		k, ok := brokenKeyOf(e)
		if !ok {
			return errBrokenPlace
		}
		b.broken = append(b.broken, k)
		b.step()
		return nil
	}
	kind, name, err := partOf(e)
	if err != nil {
		return err
	}
	nd, text, err := b.shapes.encode(e, kind, b.added)
	if err != nil {
		return err
	}
	if b.added++; b.added == 1 {
		b.sorted.served = b.table.current.Load().numbers
	}
	b.step()
	n := name.Number
	switch {
	case !name.IsNumber():
		b.named = append(b.named, namedRef{named{n, labelKey(name.Labels), nd, string(text)}, ref})
		return nil
	case b.stage != nil:
		b.stage.add(n, nd, text, ref)
		if b.stage.full() {
			b.drain()
		}
		return nil
	case b.current.node != nil && n < b.current.number:
		b.stage = &stage{}
		b.stage.add(n, nd, text, ref)
		return nil
	}
	b.push(&b.sorted, item{n, nd, stringOf(text)}, ref)
	return nil
}

// receiver takes joined items in ascending order.
type receiver interface{ add(it item, ref uint32) }

// push joins items of one name, and passes each name on when the next one comes. It keeps nothing of
// the memory of the item's text.
func (b *Builder) push(to receiver, it item, ref uint32) {
	b.step()
	cur := &b.current
	if cur.node == nil || cur.number != it.number {
		b.pass(to)
		cur.item, cur.ref = it, ref
		if it.text != "" {
			cur.text = append(cur.text[:0], it.text...)
			cur.item.text = stringOf(cur.text)
		}
		return
	}
	joined, err := b.shapes.join(e164.Name{Number: it.number}, cur.item, it, b.Merge, b.added)
	switch {
	case err != nil:
		b.fail(err)
	case joined.node == nil && b.table.opts.Lenient:
		cur.item = b.contradict(cur.item, it)
	case joined.node == nil:
		b.fail(&DuplicateError{cur.ref, ref})
	default:
		cur.item = joined
		b.joined++
	}
}

// step lets queries in. Where there is one processor Go looks for packets only when nothing can run, or
// every 10 ms: so a build that just goes on keeps queries waiting for that long, and so does one that only
// yields. The yield behind the pause is for the queries that the pause has let in; without it they wait
// for the next. When nobody is served yet, nobody waits.
func (b *Builder) step() {
	const some, pause = 1024, 20 * time.Microsecond
	if b.steps++; b.steps%some == 0 && b.sorted.served != nil && runtime.GOMAXPROCS(0) == 1 {
		time.Sleep(pause)
		runtime.Gosched()
	}
}

func (b *Builder) pass(to receiver) {
	if b.current.node != nil {
		to.add(b.current.item, b.current.ref)
	}
	b.current.item = item{}
}

func (b *Builder) fail(err error) {
	if len(b.errs) < mostErrors {
		b.errs = append(b.errs, err)
	}
}

// drain makes a run of the stage. The name that ended the ascending part waits meanwhile.
func (b *Builder) drain() {
	waiting := b.current
	b.current = pending{}
	r := &run{packing: &b.packing}
	b.stage.drain(func(it item, ref uint32) { b.push(r, it, ref) })
	b.pass(r)
	r.close()
	b.runs = append(b.runs, r)
	b.current = waiting
}

// Finish makes what Publish publishes, and returns the conflicts between entries that Publish would.
// Nothing may be added any more. It need not be called: it is for those who look at Joined and Occluded
// before they publish.
func (b *Builder) Finish() (err error) {
	b.made, err = b.finish()
	return err
}

// finish makes the snapshot, without serial.
func (b *Builder) finish() (*snapshot, error) {
	if b.made != nil {
		return b.made, nil
	}
	b.pass(&b.sorted)
	out := &b.sorted
	out.builder = b
	out.close()
	if b.stage != nil {
		b.drain()
		b.stage = nil
		runs := append([]*run{&b.sorted.run}, b.runs...)
		served := b.sorted.served
		out = &sieve{builder: b}
		out.last, out.packing, out.served = true, &b.packing, served
		mergeRuns(runs, &b.packing.waste, func(it item, ref uint32) { b.push(out, it, ref) })
		b.pass(out)
		out.close()
		b.runs = nil
	}
	s := &snapshot{numbers: newIndex(out.chunks), zone: b.Zone, count: out.count, broken: newBroken(b.broken)}
	if b.table.opts.Lenient && !b.whole {
		s.contradicted = max(b.contradicted+b.occluded, len(b.broken)-s.broken.len()+s.twice())
	}
	s.count.prepare()
	b.finishNames(s, out)
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	s.count.prepare()
	b.shapes.release()
	return s, nil
}

// finishNames joins, checks and sorts the names with labels.
func (b *Builder) finishNames(s *snapshot, numbers *sieve) {
	slices.SortStableFunc(b.named, func(x, y namedRef) int { return x.compare(y.number, y.key) })
	joined := b.named[:0]
	for _, m := range b.named {
		last := len(joined) - 1
		if last < 0 || joined[last].compare(m.number, m.key) != 0 {
			joined = append(joined, m)
			continue
		}
		p := &joined[last]
		it, err := b.shapes.join(m.name(), item{p.number, p.node, p.text}, item{m.number, m.node, m.text}, b.Merge, b.added)
		switch {
		case err != nil:
			b.fail(err)
		case it.node == nil:
			b.fail(&DuplicateError{p.ref, m.ref})
		default:
			p.node, p.text = it.node, it.text
			b.joined++
		}
	}
	kept := make([]named, 0, len(joined))
	var cover namedRef // the last delegation or DNAME
	for _, m := range joined {
		if at, hides := s.coverOf(m.number); hides {
			b.occlude(m.node, m.ref, numbers.covers[at])
			continue
		}
		if cover.node != nil && cover.number == m.number && strings.HasPrefix(m.key, cover.key) {
			b.occlude(m.node, m.ref, cover.ref)
			continue
		}
		it := b.strip(item{m.number, m.node, m.text}, m.ref)
		if it.node.covers() {
			cover = m
		}
		m.node, m.text = it.node, it.text
		s.count.addNamed(it.node, 1)
		kept = append(kept, m.named)
	}
	b.named = nil
	s.names = &names{}
	for len(kept) > 0 {
		n := min(leafSize, len(kept))
		s.names.leaves = append(s.names.leaves, kept[:n:n])
		s.names.len += n
		kept = kept[n:]
	}
}

// occlude notes that what stands at a node is hidden.
func (b *Builder) occlude(nd *node, ref, cut uint32) {
	if !b.Merge && !b.table.opts.Lenient {
		b.fail(&OccludedError{ref, cut})
		return
	}
	b.occluded += len(nd.parts)
}

// strip takes away what a delegation or DNAME hides at its own name.
func (b *Builder) strip(it item, ref uint32) item {
	if !it.node.covers() || len(it.node.parts) == 1 {
		return it
	}
	all := it.node.pieces(it.text)
	kept := visible(all)
	if !b.Merge && !b.table.opts.Lenient {
		b.fail(&OccludedError{ref, ref})
	}
	b.occluded += len(all) - len(kept)
	key, text := keyOf(kept)
	nd, err := b.shapes.get(key, true)
	if err != nil {
		b.fail(err)
		return it
	}
	return item{it.number, nd, string(text)}
}
