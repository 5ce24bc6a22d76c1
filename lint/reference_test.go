package lint

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// The reference is a small world, of numbers that begin with 1 and have at most five digits, in which
// everything is tried.
const worldDigits = 5

// worldEntry is one line of a world.
type worldEntry struct {
	kind     byte // n number, b block, d delegation, w wildcard, r DNAME
	prefix   string
	min, max int    // of a block, digits in all
	says     string // the records
	line     int
}

// world is numbers or a zone.
type world struct {
	zone    bool
	entries []*worldEntry
	names   map[string]bool // of a zone: those with an entry, and what lies above them
}

func (e *worldEntry) holds(n string) bool {
	return strings.HasPrefix(n, e.prefix) && len(n) >= e.min && len(n) <= e.max
}

// hides reports whether a delegation or DNAME hides a number or prefix.
func (e *worldEntry) hides(n string) bool {
	return e.kind == 'd' && strings.HasPrefix(n, e.prefix) || e.kind == 'r' && strings.HasPrefix(n, e.prefix) && n != e.prefix
}

// answer tries all entries.
func (w *world) answer(n string) *worldEntry {
	var best *worldEntry
	for _, e := range w.entries {
		if e.hides(n) {
			return e
		}
	}
	for _, e := range w.entries {
		if (e.kind == 'n' || e.kind == 'r') && e.prefix == n {
			return e
		}
	}
	if w.zone {
		if w.names[n] {
			return nil
		}
		for encloser := n[:len(n)-1]; ; encloser = encloser[:len(encloser)-1] {
			for _, e := range w.entries {
				if e.kind == 'w' && e.prefix == encloser {
					return e
				}
			}
			if w.names[encloser] || encloser == "" {
				return nil
			}
		}
	}
	for _, e := range w.entries {
		if e.kind == 'b' && e.holds(n) && (best == nil || len(e.prefix) > len(best.prefix)) {
			best = e
		}
	}
	return best
}

// everyNumber lists all numbers of the world below a prefix, itself included.
func everyNumber(prefix string) []string {
	list := []string{prefix}
	for i := 0; i < len(list); i++ {
		if len(list[i]) < worldDigits {
			for d := '0'; d <= '9'; d++ {
				list = append(list, list[i]+string(d))
			}
		}
	}
	return list
}

// text writes the world as a file.
func (w *world) text() string {
	var b strings.Builder
	line := 0
	write := func(format string, args ...any) {
		line++
		fmt.Fprintf(&b, format+"\n", args...)
	}
	if w.zone {
		write("$ORIGIN e164.arpa.")
		write("$TTL 3600")
		write("@ SOA ns1.example.net. h.example.net. 1 1 1 1 1")
	}
	for _, e := range w.entries {
		e.line = line + 1
		owner := reversedDigits(e.prefix)
		switch {
		case w.zone && e.kind == 'w':
			write(`*.%s NAPTR %s`, owner, e.says)
		case w.zone && e.kind == 'd':
			write("%s NS ns1.example.net.", owner)
		case w.zone && e.kind == 'r':
			write("%s DNAME example.net.", owner)
		case w.zone:
			write("%s NAPTR %s", owner, e.says)
		case e.kind == 'd':
			write("+%s NS ns1.example.net.", e.prefix)
		case e.kind == 'b':
			write("+%sx{%d,%d} %s", e.prefix, e.min-len(e.prefix), e.max-len(e.prefix), e.says)
		default:
			write("+%s %s", e.prefix, e.says)
		}
	}
	return b.String()
}

func reversedDigits(n string) string {
	digits := strings.Split(n, "")
	slices.Reverse(digits)
	return strings.Join(digits, ".")
}

// found lists the lines that have a finding.
func found(t *testing.T, w *world, code string) map[int]string {
	t.Helper()
	_, report := lintText(t, w.text(), Options{})
	lines := make(map[int]string)
	for f := range report.Findings() {
		switch f.Code {
		case code:
			lines[f.Line] = f.Note
		case "L01":
			t.Fatalf("line %d: %s\n%s", f.Line, f.Note, w.text())
		}
	}
	return lines
}

func (w *world) compare(t *testing.T, code string, want []*worldEntry) {
	t.Helper()
	lines := found(t, w, code)
	got := slices.Sorted(maps.Keys(lines))
	expected := []int{}
	for _, e := range want {
		expected = append(expected, e.line)
	}
	slices.Sort(expected)
	expected = slices.Compact(expected)
	if !slices.Equal(got, expected) {
		t.Fatalf("%s in lines %v, want %v\n%s", code, got, expected, w.text())
	}
}

func prefix(rng *rand.Rand, most int) string {
	n := "1"
	for range rng.IntN(most) {
		n += string("0123456789"[rng.IntN(10)])
	}
	return n
}

// randomNumbers makes a world without duplicates.
func randomNumbers(rng *rand.Rand, single bool, says func() string) *world {
	w := &world{}
	taken := map[string]bool{}
	lengths := map[string]bool{}
	dense := prefix(rng, 3) // much stands below it
	for range 3 + rng.IntN(45) {
		e := &worldEntry{prefix: prefix(rng, 4), says: says()}
		if rng.IntN(4) > 0 {
			e.prefix = dense + string("0123456789"[rng.IntN(10)])
			if rng.IntN(3) == 0 {
				e.prefix = dense
			}
		}
		switch k := rng.IntN(10); {
		case k < 4:
			e.kind = 'n'
		case k == 4:
			e.kind = 'd'
		default:
			e.kind = 'b'
			e.min = len(e.prefix) + rng.IntN(2)
			e.max = min(worldDigits, e.min+rng.IntN(2))
			if single {
				e.min = max(len(e.prefix)+1, e.min)
				e.max = e.min
			}
			if e.max == len(e.prefix) || e.max > worldDigits {
				continue
			}
		}
		free := !taken[string(e.kind)+e.prefix]
		for l := e.min; e.kind == 'b' && l <= e.max; l++ {
			free = free && !lengths[fmt.Sprint(e.prefix, l)]
		}
		if !free {
			continue
		}
		if e.kind == 'b' {
			for l := e.min; l <= e.max; l++ {
				lengths[fmt.Sprint(e.prefix, l)] = true
			}
		} else {
			taken["n"+e.prefix], taken["d"+e.prefix] = true, true
		}
		w.entries = append(w.entries, e)
	}
	return w
}

func randomZone(rng *rand.Rand, says func() string) *world {
	w := &world{zone: true, names: map[string]bool{}}
	taken := map[string]bool{}
	dense := prefix(rng, 3)
	for range 3 + rng.IntN(30) {
		e := &worldEntry{prefix: prefix(rng, 5), says: says()}
		if rng.IntN(3) > 0 {
			e.prefix = dense + string("0123456789"[rng.IntN(10)])
			if rng.IntN(3) == 0 {
				e.prefix += string("0123456789"[rng.IntN(10)])
			}
			if rng.IntN(5) == 0 {
				e.prefix = dense
			}
		}
		switch k := rng.IntN(12); {
		case k < 7:
			e.kind = 'n'
		case k < 10:
			e.kind = 'w'
		case k == 10:
			e.kind = 'd'
		default:
			e.kind = 'r'
		}
		mark := "x" + e.prefix
		if e.kind == 'w' {
			mark = "w" + e.prefix
		}
		if taken[mark] {
			continue
		}
		taken[mark] = true
		w.entries = append(w.entries, e)
		for n := e.prefix; n != ""; n = n[:len(n)-1] {
			w.names[n] = true
		}
	}
	return w
}

func worlds(t *testing.T, count int, try func(rng *rand.Rand)) {
	for seed := range uint64(count) {
		try(rand.New(rand.NewPCG(seed, 7)))
	}
}

const sipRecord = `100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .`

func TestOccludedReference(t *testing.T) {
	total := 0
	worlds(t, 800, func(rng *rand.Rand) {
		w := randomNumbers(rng, false, func() string { return "sip:a@example.com" })
		if rng.IntN(2) == 0 {
			w = randomZone(rng, func() string { return sipRecord })
		}
		var want []*worldEntry
		for _, e := range w.entries {
			if e.kind == 'w' {
				continue
			}
			if slices.ContainsFunc(w.entries, func(by *worldEntry) bool { return by != e && by.hides(e.prefix) }) {
				want = append(want, e)
			}
		}
		total += len(want)
		w.compare(t, "D02", want)
	})
	if total < 100 {
		t.Errorf("only %d in all", total)
	}
}

func TestShadowedReference(t *testing.T) {
	total := 0
	worlds(t, 800, func(rng *rand.Rand) {
		w := randomNumbers(rng, false, func() string { return "sip:a@example.com" })
		if rng.IntN(2) == 0 { // what takes all
			p := w.entries[rng.IntN(len(w.entries))].prefix
			if len(p) < worldDigits && !slices.ContainsFunc(w.entries, func(e *worldEntry) bool { return strings.HasPrefix(e.prefix, p) && len(e.prefix) == len(p)+1 }) {
				for d := '0'; d <= '9'; d++ {
					e := &worldEntry{kind: 'b', prefix: p + string(d), says: "sip:b@example.com"}
					e.min, e.max = len(p)+1, min(worldDigits, len(p)+2)
					if e.max == e.min {
						e.kind = 'n'
					}
					w.entries = append(w.entries, e)
				}
			}
		}
		var want []*worldEntry
		for _, e := range w.entries {
			if e.kind != 'b' || slices.ContainsFunc(w.entries, func(by *worldEntry) bool { return by.hides(e.prefix) }) {
				continue
			}
			if !slices.ContainsFunc(everyNumber(e.prefix), func(n string) bool { return w.answer(n) == e }) {
				want = append(want, e)
			}
		}
		total += len(want)
		w.compare(t, "D03", want)
	})
	if total < 100 {
		t.Errorf("only %d in all", total)
	}
}

func TestRedundantReference(t *testing.T) {
	total := 0
	worlds(t, 800, func(rng *rand.Rand) {
		single := rng.IntN(2) == 0
		w := randomNumbers(rng, single, func() string {
			return []string{"sip:a@example.com", "sip:b@example.com", "sip:{number}@example.com"}[rng.IntN(3)]
		})
		hidden := func(e *worldEntry) bool {
			return slices.ContainsFunc(w.entries, func(by *worldEntry) bool { return by.hides(e.prefix) })
		}
		lines := found(t, w, "D10")
		for i, e := range w.entries {
			if e.kind != 'b' {
				continue
			}
			without := &world{entries: slices.Delete(slices.Clone(w.entries), i, i+1)}
			same, dead := true, true
			for _, n := range everyNumber(e.prefix) {
				if w.answer(n) != e {
					continue
				}
				dead = false
				now := without.answer(n)
				same = same && now != nil && now.kind == 'b' && now.says == e.says
			}
			_, told := lines[e.line]
			switch {
			case told && !same:
				t.Fatalf("line %d is told to be superfluous\n%s", e.line, w.text())
			case single && same && !dead && !told && !hidden(e):
				t.Fatalf("line %d is superfluous\n%s", e.line, w.text())
			case told:
				total++
			}
		}
	})
	if total < 100 {
		t.Errorf("only %d in all", total)
	}
}

func TestWildcardReference(t *testing.T) {
	dead, trapped := 0, 0
	worlds(t, 1000, func(rng *rand.Rand) {
		w := randomZone(rng, func() string { return sipRecord })
		if rng.IntN(3) == 0 { // a full house
			p := w.entries[rng.IntN(len(w.entries))].prefix
			if len(p) < worldDigits {
				for d := '0'; d <= '9'; d++ {
					n := p + string(d)
					if !slices.ContainsFunc(w.entries, func(e *worldEntry) bool { return e.prefix == n }) {
						w.entries = append(w.entries, &worldEntry{kind: 'n', prefix: n, says: sipRecord})
						w.names[n] = true
					}
				}
			}
		}
		var want []*worldEntry
		lost := map[int]string{}
		w.text() // sets the lines
		for _, e := range w.entries {
			if e.kind != 'w' || len(e.prefix) == worldDigits {
				continue
			}
			if !slices.ContainsFunc(everyNumber(e.prefix), func(n string) bool { return w.answer(n) == e }) {
				want = append(want, e)
				continue
			}
			if n, digits := w.lost(e); n > 0 {
				lost[e.line] = fmt.Sprintf("%d numbers of %d digits", n, digits)
			}
		}
		dead += len(want)
		trapped += len(lost)
		lines := found(t, w, "D07")
		for _, e := range w.entries {
			if e.kind == 'w' && len(e.prefix) == worldDigits { // the world ends here
				delete(lines, e.line)
				delete(lost, e.line)
			}
		}
		expected := []int{}
		for _, e := range want {
			expected = append(expected, e.line)
		}
		if got := slices.Sorted(maps.Keys(lines)); !slices.Equal(got, expected) {
			t.Fatalf("D07 in lines %v, want %v\n%s", got, expected, w.text())
		}
		if got := found(t, w, "D11"); !maps.Equal(got, lost) {
			t.Fatalf("D11 %v, want %v\n%s", got, lost, w.text())
		}
	})
	if dead < 40 || trapped < 100 {
		t.Errorf("only %d that nothing reaches, %d that lose numbers", dead, trapped)
	}
}

// lost counts the numbers that a wildcard would answer for if nothing stood below it, and does not, of the
// length that most entries there have.
func (w *world) lost(wild *worldEntry) (lost, digits int) {
	var count [worldDigits + 1]int
	for _, e := range w.entries {
		hidden := slices.ContainsFunc(w.entries, func(by *worldEntry) bool { return by.hides(e.prefix) })
		if (e.kind == 'n' || e.kind == 'r') && !hidden && strings.HasPrefix(e.prefix, wild.prefix) && e.prefix != wild.prefix {
			count[len(e.prefix)]++
		}
	}
	for l, n := range count {
		if n > 0 && n >= count[digits] {
			digits = l
		}
	}
	if digits == 0 {
		return 0, 0
	}
	for _, n := range everyNumber(wild.prefix) {
		if len(n) == digits && n != wild.prefix && w.answer(n) == nil {
			lost++
		}
	}
	return lost, digits
}

// TestTelLoopReference follows every number of worlds of tel: URIs.
func TestTelLoopReference(t *testing.T) {
	total := 0
	worlds(t, 400, func(rng *rand.Rand) {
		var known []string
		w := randomNumbers(rng, false, func() string {
			if rng.IntN(3) == 0 {
				return "sip:a@example.com"
			}
			n := prefix(rng, 5)
			if len(known) > 0 && rng.IntN(2) == 0 {
				n = known[rng.IntN(len(known))]
			}
			return "E2U+voice:tel tel:+" + n
		})
		for _, e := range w.entries {
			known = append(known, e.prefix)
		}
		for _, e := range w.entries { // again, now that numbers are known
			if _, n, ok := strings.Cut(e.says, "tel:+"); ok && n != "" && rng.IntN(2) == 0 {
				e.says = "E2U+voice:tel tel:+" + known[rng.IntN(len(known))]
			}
		}
		next := func(n string) (string, bool) {
			e := w.answer(n)
			if e == nil || e.kind == 'd' {
				return "", false
			}
			_, to, ok := strings.Cut(e.says, "tel:+")
			return to, ok
		}
		var want []*worldEntry
		for _, n := range everyNumber("1") {
			at, ok := n, true
			for range len(w.entries) + 2 {
				if at, ok = next(at); !ok || at == n {
					break
				}
			}
			if ok && at == n {
				want = append(want, w.answer(n))
			}
		}
		total += len(want)
		w.compare(t, "D05", want)
	})
	if total < 100 {
		t.Errorf("only %d in all", total)
	}
}

// TestNonTerminalReference follows every number of worlds of non-terminal records.
func TestNonTerminalReference(t *testing.T) {
	loops, lost := 0, 0
	worlds(t, 800, func(rng *rand.Rand) {
		var w *world
		form := "NAPTR 100 10 \"\" \"\" \"\" %s.e164.arpa."
		if rng.IntN(2) == 0 {
			form = strings.TrimPrefix(form, "NAPTR ")
			w = randomZone(rng, func() string { return sipRecord })
		} else {
			w = randomNumbers(rng, false, func() string { return "sip:a@example.com" })
		}
		targets := map[*worldEntry]string{}
		for _, e := range w.entries {
			if e.kind == 'd' || e.kind == 'r' || rng.IntN(3) == 0 {
				continue
			}
			n := w.entries[rng.IntN(len(w.entries))].prefix
			if rng.IntN(3) == 0 {
				n = prefix(rng, 5)
			}
			e.says, targets[e] = fmt.Sprintf(form, reversedDigits(n)), n
		}
		next := func(n string) (string, bool) {
			e := w.answer(n)
			if e == nil || e.hides(n) {
				return "", false
			}
			to, ok := targets[e]
			return to, ok
		}
		var circle, nowhere []*worldEntry
		for _, n := range everyNumber("1") {
			at, ok := n, true
			for range len(w.entries) + 2 {
				if at, ok = next(at); !ok || at == n {
					break
				}
			}
			if ok && at == n {
				circle = append(circle, w.answer(n))
			}
		}
		for e, n := range targets {
			if w.answer(n) == nil {
				nowhere = append(nowhere, e)
			}
		}
		loops += len(circle)
		lost += len(nowhere)
		w.compare(t, "D06", circle)
		w.compare(t, "D08", nowhere)
	})
	if loops < 50 || lost < 100 {
		t.Errorf("only %d circles, %d that lead nowhere", loops, lost)
	}
}

// TestDuplicateReference: the table that the server keeps refuses the same worlds.
func TestDuplicateReference(t *testing.T) {
	worlds(t, 100, func(rng *rand.Rand) {
		w := randomNumbers(rng, false, func() string { return "sip:a@example.com" })
		var want []*worldEntry
		for range rng.IntN(4) {
			e := *w.entries[rng.IntN(len(w.entries))]
			if slices.ContainsFunc(want, func(x *worldEntry) bool {
				return x.prefix == e.prefix && x.kind == e.kind && x.min <= e.max && e.min <= x.max
			}) {
				continue
			}
			if e.kind == 'b' && e.max < worldDigits && rng.IntN(2) == 0 { // one length in common
				e.min = e.max
				e.max++
				if slices.ContainsFunc(w.entries, func(x *worldEntry) bool {
					return x.kind == 'b' && x.prefix == e.prefix && x.min <= e.max && e.max <= x.max
				}) {
					continue
				}
			}
			w.entries = append(w.entries, &e)
			want = append(want, &e)
		}
		w.text()
		w.compare(t, "D09", want)
		hidden := len(found(t, w, "D02")) > 0
		if tab, _ := served(t, w.text(), false, backend.Plain); (tab == nil) != (len(want) > 0 || hidden) {
			t.Fatalf("served: %v, with %d duplicates, hidden %v\n%s", tab != nil, len(want), hidden, w.text())
		}
	})
}
