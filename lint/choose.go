package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// parts are the parts of a record that are to be mended.
type parts uint8

const (
	flags parts = 1 << iota
	services
	apart // each service in a record of its own
	expression
	expand
	drop
)

// choice says what of a set of records is to be mended.
type choice struct {
	records  []parts
	renumber bool
	any      bool
}

// chooser mends of the records of an entry what the options ask for, and leaves the rest.
type chooser struct {
	o       *Options
	checker enumservice.Checker
	number  e164.Number // 0 where it has none
	zone    bool
	expands bool // no other number is served by the records
}

// choose picks what is to be mended.
func (c *chooser) choose(found []enumservice.SetFinding, records int) choice {
	w := choice{records: make([]parts, records)}
	for _, f := range found {
		if !c.o.mends(f.Finding) {
			continue
		}
		if f.Repair == enumservice.Renumber {
			w.renumber, w.any = true, true
			continue
		}
		if p := partsOf(f.Finding); f.Record >= 0 && (p&expand == 0 || c.expands) {
			w.records[f.Record] |= p
			w.any = true
		}
	}
	return w
}

// partsOf returns what of its record a finding is about.
func partsOf(f enumservice.Finding) parts {
	switch f.Repair {
	case enumservice.Drop:
		return drop
	case enumservice.Split:
		return services | apart
	case enumservice.Expand:
		return expression | expand
	}
	switch {
	case f.Code == "F11":
		return services
	case f.Code == "F12":
		return services | expression
	case f.Code[0] == 'F':
		return flags
	case f.Code[0] == 'S':
		return services
	}
	return expression
}

// item is a record that is to take the place of another, or stands there already.
type item struct {
	naptr.Record
	from    int // the record whose place it has
	changed bool
}

// mend returns the set as it is to be. What mending brings about is mended, too.
func (c *chooser) mend(set []naptr.Record, w choice) (list []item, changed bool) {
	list = make([]item, len(set))
	for i, r := range set {
		list[i] = item{Record: r, from: i}
	}
	const rounds = 4    // more than one thing can bring about
	renumbered := false // a rank was changed
	for range rounds {
		if !w.any {
			break
		}
		before := slices.Clone(list)
		var split bool
		list, split = c.parts(list, w)
		renumbered = renumbered || w.renumber || split
		if w.renumber || split {
			c.rank(list, w.renumber)
		}
		if slices.EqualFunc(before, list, func(a, b item) bool { return a.Record == b.Record && a.from == b.from }) {
			break
		}
		changed = true
		w = c.again(list)
	}
	if changed && !c.zone {
		if left := once(list); len(left) < len(list) {
			list = left
			if orders := c.again(list).renumber; renumbered || orders {
				c.rank(list, orders)
			}
		}
	}
	return list, changed
}

// again picks what is to be mended of what was mended.
func (c *chooser) again(list []item) choice {
	records := make([]naptr.Record, len(list))
	for i, x := range list {
		records[i] = x.Record
	}
	return c.choose(c.checker.AppendSet(nil, c.number, records), len(records))
}

// parts mends each record by itself.
func (c *chooser) parts(list []item, w choice) (out []item, split bool) {
	only := !slices.ContainsFunc(w.records, func(p parts) bool { return p&drop == 0 })
	for i, x := range list {
		p := w.records[i]
		switch {
		case p&drop != 0 && !(only && i == 0): // without any record, what is around would answer
			continue
		case p&^drop == 0:
			out = append(out, x)
			continue
		}
		now := c.record(x.Record, p)
		split = split || len(now) > 1
		for _, r := range now {
			out = append(out, item{r, x.from, x.changed || r != x.Record})
		}
	}
	return unrepeated(out), split
}

// record mends parts of a record, whose rank stays.
func (c *chooser) record(r naptr.Record, p parts) []naptr.Record {
	checker := c.checker
	checker.Sample = checker.Sample || p&expand == 0
	now := checker.Repair(c.number, []naptr.Record{r})
	switch {
	case len(now) == 0:
		return []naptr.Record{r}
	case p&services == 0:
		now = now[:1]
		now[0].Services = r.Services
	case p&apart == 0 && len(now) > 1:
		for _, more := range now[1:] {
			now[0].Services += strings.TrimPrefix(more.Services, "E2U")
		}
		now = now[:1]
	}
	for i := range now {
		now[i].Order, now[i].Preference = r.Order, r.Preference
		if p&flags == 0 {
			now[i].Flags = r.Flags
		}
		if p&expression == 0 {
			now[i].Regexp = r.Regexp
		}
	}
	return now
}

// unrepeated leaves out what has become the same as another.
func unrepeated(list []item) []item {
	return slices.DeleteFunc(slices.Clone(list), func(x item) bool {
		if !x.changed {
			return false
		}
		for _, other := range list {
			if other.Record == x.Record && (other.from < x.from || !other.changed) {
				return true
			}
		}
		return false
	})
}

// rank gives the records the ranks that Checker.Repair gives records of these services and ranks;
// without orders, preferences only.
func (c *chooser) rank(list []item, orders bool) {
	stand := make([]naptr.Record, len(list))
	at := make(map[[2]string]int)
	for i, x := range list {
		r := x.Record
		switch {
		case r.Terminal():
			r.Regexp = fmt.Sprintf("!^.*$!sip:n%d@example.com!", i)
		case r.NonTerminal() && len(r.Replacement) > 1:
			label := fmt.Sprintf("n%d", i)
			r.Regexp, r.Replacement = "", string(rune(len(label)))+label+"\x00"
		default:
			stand[i] = r
			continue
		}
		stand[i] = r
		at[[2]string{r.Regexp, r.Replacement}] = i
	}
	for _, r := range c.checker.Repair(c.number, stand) {
		key := [2]string{r.Regexp, r.Replacement}
		if i, ok := at[key]; ok { // the first of each
			if !orders {
				r.Order = list[i].Order
			}
			list[i].changed = list[i].changed || list[i].Order != r.Order || list[i].Preference != r.Preference
			list[i].Order, list[i].Preference = r.Order, r.Preference
			delete(at, key)
		}
	}
}

// once leaves of records that say the same the one of the highest rank: who has tried a URI need not try
// it again, and an entry of a numbers file has room for one of them.
func once(list []item) []item {
	same := func(a, b item) bool {
		return a.Flags == b.Flags && a.Services == b.Services && a.Regexp == b.Regexp && a.Replacement == b.Replacement
	}
	var left []item
	for i, r := range list {
		best := true
		for j, other := range list {
			k := naptr.Compare(other.Record, r.Record)
			best = best && (!same(other, r) || k > 0 || k == 0 && j >= i)
		}
		if best {
			left = append(left, r)
		}
	}
	return left
}
