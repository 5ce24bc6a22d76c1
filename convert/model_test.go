package convert

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// model is a name server that follows RFC 1034 section 4.3.2 and RFC 4592 word by word.
type model struct {
	apex  string
	names map[string][]dns.RR // by owner, in lower case
}

func newModel(tb testing.TB, apex, text string) *model {
	tb.Helper()
	m := &model{apex: apex, names: map[string][]dns.RR{}}
	zp := dns.NewZoneParser(strings.NewReader(text), "", "")
	for one, ok := zp.Next(); ok; one, ok = zp.Next() {
		owner := strings.ToLower(one.Header().Name)
		m.names[owner] = append(m.names[owner], one)
	}
	if err := zp.Err(); err != nil {
		tb.Fatal(err)
	}
	return m
}

// exists reports whether a name has records or names below it (RFC 4592 section 2.2).
func (m *model) exists(name string) bool {
	for owner := range m.names {
		if owner == name || strings.HasSuffix(owner, "."+name) {
			return true
		}
	}
	return false
}

// lookup returns the records of a type, or of a referral.
func (m *model) lookup(name string, typ uint16) (rcode int, answer []dns.RR, referral bool) {
	of := func(owner string, typ uint16) (out []dns.RR) {
		for _, one := range m.names[owner] {
			if one.Header().Rrtype == typ {
				out = append(out, one)
			}
		}
		return out
	}
	labels := dns.SplitDomainName(strings.TrimSuffix(name, m.apex))
	for i := range slices.Backward(labels) {
		at := strings.Join(labels[i:], ".") + "." + m.apex
		if ns := of(at, dns.TypeNS); ns != nil {
			return dns.RcodeSuccess, ns, true
		}
	}
	if m.exists(name) {
		return dns.RcodeSuccess, of(name, typ), false
	}
	encloser := name
	for !m.exists(encloser) {
		_, encloser, _ = strings.Cut(encloser, ".")
	}
	if m.names["*."+encloser] == nil {
		return dns.RcodeNameError, nil, false
	}
	return dns.RcodeSuccess, of("*."+encloser, typ), false
}

// dialled is what clients make of records for a number, in the order of the records' ranks.
func dialled(records []naptr.Record, aus string) []string {
	var out []string
	for _, r := range records {
		rule := naptr.NewRule(r)
		regexp, _, ok := rule.AppendPlain(nil, []byte(aus), "")
		if ok {
			out = append(out, fmt.Sprintf("%05d %05d %s %s %s %q", r.Order, r.Preference, r.Flags, r.Services, regexp, r.Replacement))
		}
	}
	slices.Sort(out)
	return out
}

func naptrsOf(tb testing.TB, records []dns.RR) (out []naptr.Record) {
	tb.Helper()
	for _, one := range records {
		r, err := rr.From(one.(*dns.NAPTR))
		if err != nil {
			tb.Fatal(err)
		}
		if r.Replacement == "\x00" {
			r.Replacement = ""
		}
		out = append(out, r)
	}
	return out
}

// tableOf loads a numbers file.
func tableOf(tb testing.TB, text string, apex e164.Apex, dialPlan bool) *table.Table {
	tb.Helper()
	t := table.New(table.Options{Form: backend.Stored, Apexes: []e164.Apex{apex}})
	b := t.Builder()
	_, err := numbers.Read(strings.NewReader(text), numbers.Options{File: "in", Apexes: []e164.Apex{apex}, DialPlan: dialPlan}, func(e *backend.Entry, line int) error {
		return b.Add(e, uint32(line))
	})
	if err == nil {
		err = b.Publish(false)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// smallWorld is a numbers file with digits 1 to 3 and up to three of them, with all that may hide a block.
func smallWorld(r *rand.Rand) string {
	var b strings.Builder
	taken := map[string]bool{}
	digits := func(n int) string {
		s := ""
		for range n {
			s += string(rune('1' + r.IntN(3)))
		}
		return s
	}
	uris := func(block bool, i int) string {
		switch r.IntN(6) {
		case 0:
			return "none"
		case 1, 2:
			if block {
				return fmt.Sprintf("sip:{number}@h%d.example.com", i)
			}
		case 3:
			if block {
				return fmt.Sprintf("im:u{digits}@h%d.example.com sip:{digits}-{number}@h%d.example.com", i, i)
			}
		}
		return fmt.Sprintf("im:u%d@example.com", i)
	}
	var cuts []string
	below := func(n string) bool {
		return slices.ContainsFunc(cuts, func(c string) bool { return strings.HasPrefix(n, c) })
	}
	if r.IntN(2) == 0 {
		n := digits(1 + r.IntN(3))
		cuts = append(cuts, n)
		fmt.Fprintf(&b, "+%s NS ns1.example.net.\n", n)
	}
	for i := range 1 + r.IntN(6) {
		n := digits(r.IntN(4))
		if n == "" && r.IntN(3) > 0 || below(n) {
			continue
		}
		if r.IntN(2) == 0 && n != "" {
			if !taken[n] {
				taken[n] = true
				fmt.Fprintf(&b, "+%s %s\n", n, uris(false, i))
			}
			continue
		}
		least := max(1, len(n)) + r.IntN(3)
		most := min(least+r.IntN(3), 5)
		if least > most || most == len(n) {
			continue
		}
		free := true
		for l := least; l <= most; l++ {
			free = free && !taken[fmt.Sprintf("%s/%d", n, l)]
		}
		if !free {
			continue
		}
		for l := least; l <= most; l++ {
			taken[fmt.Sprintf("%s/%d", n, l)] = true
		}
		fmt.Fprintf(&b, "+%sx{%d,%d} ttl=%d %s\n", n, least-len(n), most-len(n), 60+i, uris(true, i))
	}
	return b.String()
}

// allNumbers calls check for every string of the digits 1 to 4 with one to most of them; no entry has a 4.
func allNumbers(most int, check func(n e164.Number)) {
	var visit func(n e164.Number)
	visit = func(n e164.Number) {
		if n.Len() > 0 {
			check(n)
		}
		if n.Len() == most {
			return
		}
		for d := byte('1'); d <= '4'; d++ {
			child, _ := n.Child(d)
			visit(child)
		}
	}
	visit(0)
}

// Every number there is gets the same from a name server that has the zone as from the table that has the
// blocks: the numbers of the blocks and those with entries exactly, and all others outside of blocks, too.
// Within a block, names that are no numbers of it may differ, as docs/convert.md says: there a zone answers
// with what matches other lengths, or, where an expression is for any number, with that.
func TestWorldsAsZone(t *testing.T) {
	apex := mustApex("e164.example.")
	worlds := 800
	if testing.Short() {
		worlds = 300
	}
	made, unions := 0, 0
	for seed := range worlds {
		text := smallWorld(rand.New(rand.NewPCG(uint64(seed), 7)))
		if text == "" {
			continue
		}
		dialPlan := seed%4 == 0
		aus := e164.Number.String
		if dialPlan {
			text, aus = strings.ReplaceAll(text, "+", ""), e164.Number.Digits
		}
		zone, report := turned(t, text, Options{To: Zone, Apex: apex, DialPlan: dialPlan})
		made += report.Made
		unions += strings.Count(zone, ".{")
		m := newModel(t, apex.String(), zone)
		index := tableOf(t, text, apex, dialPlan)
		allNumbers(5, func(n e164.Number) {
			name := apex.Domain(n)
			want, err := index.Lookup(context.Background(), backend.Query{Apex: apex.String(), Name: e164.Name{Number: n}})
			if err != nil {
				t.Fatal(err)
			}
			rcode, answer, referral := m.lookup(name, dns.TypeNAPTR)
			fail := func() {
				t.Helper()
				t.Fatalf("world %d: %v: table %v, zone %s %v\n%s\n%s", seed, n, want.Kind, dns.RcodeToString[rcode], answer, text, zone)
			}
			if referral != (want.Kind == backend.Delegated) {
				fail()
			}
			if referral {
				return
			}
			got := dialled(naptrsOf(t, answer), aus(n))
			var records []naptr.Record
			for i := range want.Rules {
				rule := &want.Rules[i]
				var regexp []byte
				regexp, want.Text = rule.AppendStored(nil, []byte(aus(n)), want.Text)
				records = append(records, naptr.Record{Order: rule.Order, Preference: rule.Preference, Flags: rule.Flags, Services: rule.Services, Regexp: string(regexp), Replacement: rule.Replacement})
			}
			switch want.Kind {
			case backend.Found, backend.Empty:
				if rcode != dns.RcodeSuccess || !slices.Equal(got, dialled(records, aus(n))) {
					fail()
				}
			case backend.Descendants:
				if rcode != dns.RcodeSuccess || len(got) > 0 && !inBlock(index, n) {
					fail()
				}
			case backend.Absent:
				if (rcode != dns.RcodeNameError || len(got) > 0) && !inBlock(index, n) {
					fail()
				}
			default:
				fail()
			}
		})
	}
	if made < worlds || unions == 0 {
		t.Errorf("%d RRsets made, %d records with lengths: the worlds are too simple", made, unions)
	}
}

// inBlock reports whether a number begins as those of a block do.
func inBlock(index *table.Table, n e164.Number) bool {
	for e := range index.Walk(context.Background(), "") {
		if e.Kind == backend.Block && n.HasPrefix(e.Name.Number) {
			return true
		}
	}
	return false
}
