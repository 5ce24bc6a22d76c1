package lint

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table/radix"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// tree keeps of data that is answered together what its checks need: all numbers files, or one zone.
type tree struct {
	o      *Options
	report *Report
	files  *files
	fixes  *fixer // nil where nothing is to be mended

	checker enumservice.Checker
	zone    bool
	live    bool      // its lines mean nothing
	apex    e164.Apex // of a zone; of numbers files, the one that names are completed with

	marks  []mark  // names that consist of digits
	names  []named // names that do not
	blocks []block
	wilds  []wild
	cuts   []cut // delegations and DNAMEs
	calls  []call
	hops   []hop
	sets   sets

	judge   judge
	covers  covers
	labels  map[e164.Name]bool // names that do not consist of digits, with what lies above them
	last    source.Place       // of the block that was added last
	partial bool               // it is one of the pieces of a range, and not the first
}

// mark is a name that consists of digits and has an entry.
type mark struct {
	number e164.Number
	place
}

// named is a name with labels left of its digits.
type named struct {
	name e164.Name
	place
}

// block is a block, or one of those that a range was split into; these have one place.
type block struct {
	number   e164.Number
	min, max int8
	set      setRef
	place
}

// wild is the wildcard directly below a name.
type wild struct {
	parent e164.Name
	set    setRef
	alias  string // the target of its CNAME in wire form; "" without
	place
}

// cut is a name that something else answers for below: a delegation, or a DNAME.
type cut struct {
	name   e164.Name
	rename bool // a DNAME, whose own name is answered here
	place
}

// add takes an entry whose records stand at the places, and some of them again at others.
func (t *tree) add(e *backend.Entry, at, again []source.Place) {
	t.partial = e.Kind == backend.Block && at[0] == t.last
	t.last = source.Place{}
	if e.Kind == backend.Block {
		t.last = at[0]
	}
	first := t.files.place(at[0])
	switch e.Kind {
	case backend.Number:
		if e.Name.IsNumber() {
			t.marks = append(t.marks, mark{e.Name.Number, first})
		} else {
			t.names = append(t.names, named{cloneName(e.Name), first})
		}
	case backend.Block:
		t.blocks = append(t.blocks, block{e.Name.Number, int8(e.Min), int8(e.Max), t.sets.keep(e, at), first})
	case backend.Wildcard:
		t.wilds = append(t.wilds, wild{cloneName(e.Name), t.sets.keep(e, at), aliasTarget(e.Sets), first})
	case backend.Delegation, backend.Rename:
		t.cuts = append(t.cuts, cut{cloneName(e.Name), e.Kind == backend.Rename, first})
		if e.Kind == backend.Rename && e.Name.IsNumber() {
			t.marks = append(t.marks, mark{e.Name.Number, first})
		}
	}
	t.follow(e, at)
	t.judge.entry(t, e, at, again)
}

// whole judges what only the data as a whole shows. The tree is sorted.
func (t *tree) whole() {
	t.duplicates()
	t.occluded()
	t.shadowed()
	t.dead()
	t.redundant()
	t.telLoops()
	t.nonTerminals()
	t.wildcards()
}

func (t *tree) sort() {
	radix.Sort(t.marks, func(m *mark) uint64 { return uint64(m.number) }, func(a, b *mark) int {
		return cmp.Or(cmp.Compare(a.number, b.number), comparePlaces(a.place, b.place))
	})
	slices.SortFunc(t.names, func(a, b named) int {
		return cmp.Or(compareNames(a.name, b.name), comparePlaces(a.place, b.place))
	})
	radix.Sort(t.blocks, func(b *block) uint64 { return uint64(b.number) }, func(a, b *block) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.min, b.min), cmp.Compare(a.max, b.max), comparePlaces(a.place, b.place))
	})
	slices.SortFunc(t.wilds, func(a, b wild) int { return compareNames(a.parent, b.parent) })
	slices.SortFunc(t.cuts, func(a, b cut) int {
		return cmp.Or(compareNames(a.name, b.name), comparePlaces(a.place, b.place))
	})
	t.covers = newCovers(t.cuts)
	t.labels = make(map[e164.Name]bool)
	for i := range t.names {
		t.enclose(t.names[i].name)
	}
	for i := range t.wilds {
		t.enclose(t.wilds[i].parent)
	}
	for i := range t.cuts {
		t.enclose(t.cuts[i].name)
	}
}

// enclose notes that a name exists and those above it, up to one that consists of digits (RFC 8020).
func (t *tree) enclose(n e164.Name) {
	for ; n.Labels != "" && !t.labels[n]; n = n.Parent() {
		t.labels[n] = true
	}
}

// joined reports whether the records of a name stand apart. The tree is sorted.
func (t *tree) joined() bool {
	for i := 1; i < len(t.marks); i++ {
		if t.marks[i].number == t.marks[i-1].number {
			return true
		}
	}
	return false
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
}

// compareNames orders names by their digits, then by their labels.
func compareNames(a, b e164.Name) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Labels, b.Labels))
}

// exists reports whether a name or something below it has an entry (RFC 8020). The name consists of
// digits.
func (t *tree) exists(n e164.Number) bool {
	return within(t.marks, n, func(m *mark) e164.Number { return m.number }) ||
		within(t.names, n, func(x *named) e164.Number { return x.name.Number }) ||
		within(t.wilds, n, func(w *wild) e164.Number { return w.parent.Number }) ||
		within(t.cuts, n, func(c *cut) e164.Number { return c.name.Number })
}

// within reports whether one of list, which is sorted by number, begins with n.
func within[T any](list []T, n e164.Number, number func(*T) e164.Number) bool {
	i := search(list, n, number)
	return i < len(list) && number(&list[i]).HasPrefix(n)
}

// search returns where in list, which is sorted by number, n is or would be.
func search[T any](list []T, n e164.Number, number func(*T) e164.Number) int {
	from, to := 0, len(list)
	for from < to {
		i := (from + to) / 2
		if number(&list[i]) < n {
			from = i + 1
		} else {
			to = i
		}
	}
	return from
}

// find tells a finding on what stands at a place. note may be nil.
func (t *tree) find(code string, p place, s subject, note func() string) {
	rule := ruleOf(code)
	switch {
	case code == "D02" && !t.zone:
		// A server refuses the file.
		rule.Severity = enumservice.Error
	case code == "D09" && !t.zone:
		// So it does here, and which one is meant only their owner knows.
		rule.Severity, rule.Repair = enumservice.Error, enumservice.ByPolicy
	case rule.Repair == enumservice.Drop:
		// Whoever wrote an entry may want it to stay when what is around it goes.
		rule.Repair = enumservice.ByPolicy
	}
	t.tell(rule, source.Place{File: t.files.names[p.file], Line: int(p.line)}, s, note)
}

// tell reports a finding unless it hurts none of the clients that are asked for.
func (t *tree) tell(rule enumservice.Finding, p source.Place, s subject, note func() string) {
	if t.live {
		p.Line = 0
	}
	if t.zone && rule.Repair == enumservice.Expand {
		// An alias or a non-terminal may lead here from another number, which the expression is then for.
		rule.Repair = enumservice.ByPolicy
	}
	if t.o.wants(rule) {
		t.report.add(Finding{Finding: rule, File: p.File, Line: p.Line, Column: p.Column}, func() string { return t.text(s) }, note)
	}
}
