package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/carry"
)

// differences prints what differs between two places.
type differences struct {
	out                *bufio.Writer
	style              style
	list, show, asJSON bool
	dialPlan           bool
}

func newDifferences(w io.Writer, c *carrying) *differences {
	return &differences{
		out: bufio.NewWriter(w), style: styleOf(w),
		list: c.list || c.show, show: c.show, asJSON: c.asJSON, dialPlan: c.dialPlan,
	}
}

// kinds are the words for what stores hold, in the order in which they are counted out.
var kinds = [...]struct {
	kind backend.EntryKind
	word string
}{{backend.Number, "number"}, {backend.Block, "block"}, {backend.Delegation, "delegation"}}

// each returns what lists the entries that differ; nil where nobody asked for it.
func (p *differences) each() func(*carry.Difference) {
	if !p.list {
		return nil
	}
	return func(d *carry.Difference) {
		name := p.name(&d.Key)
		switch d.Verdict {
		case carry.Added:
			name = p.style.green("+ " + name)
		case carry.Changed:
			name = p.style.yellow("~ " + name)
		case carry.Deleted:
			name = p.style.red("- " + name)
		default:
			return
		}
		if d.Broken {
			name += "  (could not be read)"
		}
		_, _ = p.out.WriteString(name + "\n") // Flush tells
	}
}

// name writes an entry as a numbers file does or, without --show-numbers, so that it names no subscriber.
func (p *differences) name(k *carry.Key) string {
	word := ""
	for _, one := range kinds {
		if one.kind == k.Kind {
			word = one.word
		}
	}
	n := k.Name.Number
	switch {
	case !p.show && p.dialPlan:
		return fmt.Sprintf("%s (%d digits)", word, n.Len())
	case !p.show:
		return word + " " + n.Masked()
	}
	t := tree{dialPlan: p.dialPlan}
	text := word + " " + t.write(n)
	if k.Kind == backend.Block {
		text += openDigits(k.Min-n.Len(), k.Max-n.Len())
	}
	return text
}

// openDigits is what stands for the open digits of a block.
func openDigits(least, most int) string {
	switch {
	case least < most:
		return fmt.Sprintf("x{%d,%d}", least, most)
	case most <= 6:
		return strings.Repeat("x", most)
	}
	return fmt.Sprintf("x{%d}", most)
}

// tallyJSON and summaryJSON are what --json prints. The names are stable.
type tallyJSON struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Deleted int `json:"deleted"`
	Same    int `json:"same"`
}

type summaryJSON struct {
	tallyJSON
	Broken  int                  `json:"broken"`
	Kinds   map[string]tallyJSON `json:"kinds"`
	Written bool                 `json:"written"`
}

// summary prints how much differs; written says that the store was made equal.
func (p *differences) summary(s *carry.Summary, written bool, to *location) error {
	total := s.Total()
	if p.asJSON {
		out := summaryJSON{tallyJSON: tallyJSON(total), Broken: s.Broken, Kinds: map[string]tallyJSON{}, Written: written && total.Changes() > 0}
		for _, k := range kinds {
			out.Kinds[k.word] = tallyJSON(s.Kinds[k.kind])
		}
		if err := json.NewEncoder(p.out).Encode(out); err != nil {
			return err
		}
		return p.out.Flush()
	}
	fmt.Fprintf(p.out, "%-10s%10s%10s%10s%10s\n", "", "added", "changed", "deleted", "same")
	row := func(word string, t carry.Tally) {
		fmt.Fprintf(p.out, "%-10s%10d%10d%10d%10d\n", word, t.Added, t.Changed, t.Deleted, t.Same)
	}
	rows := 0
	for _, k := range kinds {
		if t := s.Kinds[k.kind]; t != (carry.Tally{}) {
			row(k.word, t)
			rows++
		}
	}
	if rows != 1 {
		row("all", total)
	}
	if s.Broken > 0 {
		fmt.Fprintln(p.out, strconv.Itoa(s.Broken)+" of those in the store could not be read")
	}
	name := printable(to.name)
	switch {
	case total.Changes() == 0:
		fmt.Fprintf(p.out, "Nothing to change in %s.\n", name)
	case written:
		fmt.Fprintf(p.out, "Written to %s.\n", name)
	default:
		fmt.Fprintf(p.out, "Nothing was written to %s.\n", name)
	}
	return p.out.Flush()
}
