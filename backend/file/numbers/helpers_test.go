package numbers

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// dump shows an entry as one line, with its records as they go on the wire.
func dump(e *backend.Entry, line int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d ", line)
	switch e.Kind {
	case backend.Number:
		b.WriteString(e.Name.Number.Digits())
	case backend.Block:
		fmt.Fprintf(&b, "%s[%d-%d]", e.Name.Number.Digits(), e.Min, e.Max)
	case backend.Delegation:
		fmt.Fprintf(&b, "%s cut", e.Name.Number.Digits())
	default:
		fmt.Fprintf(&b, "kind %d", e.Kind)
	}
	fmt.Fprintf(&b, " %d", e.TTL)
	for _, r := range e.Records {
		fmt.Fprintf(&b, " | %d %d %s %s %s", r.Order, r.Preference, r.Flags, r.Services, r.Regexp)
		if r.Replacement != "" {
			b.WriteString(" " + nameText(r.Replacement))
		}
	}
	for _, s := range e.Sets {
		b.WriteString(setText(s))
	}
	for _, h := range e.Glue {
		b.WriteString(" | glue " + nameText(h.Name))
		for _, s := range h.Sets {
			b.WriteString(setText(s))
		}
	}
	if e.Name.Labels != "" {
		b.WriteString(" labels!")
	}
	return b.String()
}

func setText(s backend.RRset) string {
	text := fmt.Sprintf(" | type%d %d", s.Type, s.TTL)
	for _, d := range s.Data {
		switch s.Type {
		case typeNS:
			text += " " + nameText(d)
		case typeA, typeAAAA:
			a, _ := netip.AddrFromSlice([]byte(d))
			text += " " + a.String()
		default:
			text += fmt.Sprintf(" %X", d)
		}
	}
	return text
}

func nameText(wire string) string {
	text := ""
	for ; wire[0] != 0; wire = wire[1+wire[0]:] {
		text += wire[1:1+wire[0]] + "."
	}
	return text
}

// parse returns the entries of a text, one a line.
func parse(t testing.TB, src string, o Options) ([]string, Result, error) {
	t.Helper()
	var got []string
	if o.File == "" {
		o.File = "n.txt"
	}
	r, err := Parse([]byte(src), o, func(e *backend.Entry, line int) error {
		got = append(got, dump(e, line))
		return nil
	})
	if err == nil && r.Entries != len(got) {
		t.Errorf("Result.Entries = %d, add was called %d times", r.Entries, len(got))
	}
	return got, r, err
}

func apexes(t testing.TB, names ...string) (list []e164.Apex) {
	t.Helper()
	for _, name := range names {
		a, err := e164.ParseApex(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}
