package backendtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

var kinds = []string{"Unknown", "Found", "Empty", "Descendants", "Absent", "Delegated", "Renamed"}

// show writes everything that matters in an answer for name, in a form in which equal answers are
// equal strings: rules in their order; sets, their data and glue, which have none, sorted. Frames,
// staleness and the form wished are the backend's own affair and left out.
func show(name e164.Name, a backend.Answer) string {
	var b strings.Builder
	kind := fmt.Sprintf("Kind(%d)", a.Kind)
	if int(a.Kind) < len(kinds) {
		kind = kinds[a.Kind]
	}
	b.WriteString(kind)
	if a.Kind == backend.Delegated || a.Kind == backend.Renamed || a.Owner != (e164.Name{}) {
		fmt.Fprintf(&b, "\n  owner %s", showName(a.Owner))
	}
	aus, text := []byte(name.Number.String()), a.Text
	for i := range a.Rules {
		r := &a.Rules[i]
		var regexp []byte
		regexp, text = r.AppendStored(nil, aus, text)
		fmt.Fprintf(&b, "\n  %s", showRecord(a.TTL, naptr.Record{
			Order: r.Order, Preference: r.Preference, Flags: r.Flags, Services: r.Services,
			Regexp: string(regexp), Replacement: r.Replacement,
		}))
	}
	if text != "" {
		fmt.Fprintf(&b, "\n  text that belongs to no rule: %q", text)
	}
	b.WriteString(showSets("\n  ", a.Sets))
	b.WriteString(showGlue(a.Glue))
	return b.String()
}

// showEntry writes an entry likewise.
func showEntry(e backend.Entry) string {
	e = normal(e)
	var b strings.Builder
	kind := [...]string{"Number", "Block", "Wildcard", "Delegation", "Rename"}[e.Kind]
	fmt.Fprintf(&b, "%s %s", kind, showName(e.Name))
	if e.Kind == backend.Block {
		fmt.Fprintf(&b, " of %d to %d digits", e.Min, e.Max)
	}
	if e.Broken {
		b.WriteString(" that cannot be read")
	}
	for _, r := range e.Records {
		fmt.Fprintf(&b, "\n    %s", showRecord(e.TTL, r))
	}
	b.WriteString(showSets("\n    ", e.Sets))
	b.WriteString(showGlue(e.Glue))
	return b.String()
}

func showEntries(entries []backend.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "  %s\n", showEntry(e))
	}
	return b.String()
}

// showName writes a name as its labels, then the number.
func showName(n e164.Name) string {
	if n.Labels == "" {
		return n.Number.String()
	}
	return fmt.Sprintf("%q below %s", n.Labels, n.Number)
}

func showRecord(ttl uint32, r naptr.Record) string {
	if r.Replacement == "\x00" { // the root, as ""
		r.Replacement = ""
	}
	return fmt.Sprintf("NAPTR ttl %d: %d %d %q %q %q %q", ttl, r.Order, r.Preference, r.Flags, r.Services, r.Regexp, r.Replacement)
}

func showSets(indent string, sets []backend.RRset) string {
	var lines []string
	for _, s := range sets {
		data := slices.Sorted(slices.Values(s.Data))
		lines = append(lines, fmt.Sprintf("%stype %d ttl %d: %q", indent, s.Type, s.TTL, data))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func showGlue(glue []backend.Host) string {
	var hosts []string
	for _, h := range glue {
		hosts = append(hosts, fmt.Sprintf("\n  glue of %q:%s", h.Name, showSets("\n    ", h.Sets)))
	}
	slices.Sort(hosts)
	return strings.Join(hosts, "")
}
