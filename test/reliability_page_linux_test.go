package test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/reliability.md from the ledger")

const (
	reliabilityPage = "../docs/reliability.md"
	ledger          = "testdata/reliability.jsonl"
)

// told are the results of a ledger; of each kind, fault and store the last one.
type told struct {
	faults     map[string]map[string]result // by fault, then by store
	order      []result                     // one of each fault, sorted
	soaks      []soakFigures
	injections []injection
	overloads  []overloadFigures
}

func readLedger(t *testing.T) *told {
	f, err := os.Open(ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := &told{faults: map[string]map[string]result{}}
	injected := map[string]injection{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var kind struct{ Kind string }
		var r result
		var s soakFigures
		var i injection
		var o overloadFigures
		read := func(into any) {
			if err := json.Unmarshal(lines.Bytes(), into); err != nil {
				t.Fatalf("%v: %s", err, lines.Text())
			}
		}
		read(&kind)
		switch kind.Kind {
		case "fault", "":
			read(&r)
			key := r.Fault + " " + r.Name
			if all.faults[key] == nil {
				all.faults[key] = map[string]result{}
				all.order = append(all.order, r)
			}
			all.faults[key][r.Store] = r
		case "soak":
			read(&s)
			all.soaks = append(all.soaks, s)
		case "injection":
			read(&i)
			injected[i.Store] = i
		case "overload":
			read(&o)
			all.overloads = []overloadFigures{o}
		default:
			t.Fatalf("of no kind: %s", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, w := range storeWays {
		if i, ok := injected[w.name]; ok {
			all.injections = append(all.injections, i)
		}
	}
	number := func(r result) (n int) {
		fmt.Sscanf(r.Fault, "F%d", &n)
		return n
	}
	slices.SortStableFunc(all.order, func(a, b result) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), strings.Compare(a.Name, b.Name))
	})
	return all
}

// pageWays are the columns; the last one is that of make kubernetes.
func pageWays() []way { return slices.Concat(storeWays, longWays, []way{{name: "kubernetes feed"}}) }

// faultTable is the matrix of faults and stores.
func (l *told) faultTable() string {
	if len(l.order) == 0 {
		return "Nothing was run yet.\n"
	}
	can := map[string][]func(way) bool{}
	for _, f := range slices.Concat(faults...) {
		can[f.id+" "+f.name] = append(can[f.id+" "+f.name], f.to)
	}
	var injections, queries, failed, stale, wrong, lost, broken int64
	first, last := l.order[0].Date, l.order[0].Date
	for _, stores := range l.faults {
		for _, r := range stores {
			injections, queries, failed, stale = injections+int64(r.Rounds), queries+r.Queries, failed+r.Failed, stale+r.Stale
			wrong, lost = wrong+r.Wrong, lost+r.Lost
			first, last = min(first, r.Date), max(last, r.Date)
			if r.Broken {
				broken++
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s: %d injections, %d queries while they lasted and until all was as before; %d replies SERVFAIL with a reason, %d stale, %d wrong, "+
		"%d lost. Results that are not as they have to be: %d.\n\n", first, last, injections, queries, failed, stale, wrong, lost, broken)
	var ways []way // those with a result
	for _, w := range pageWays() {
		if slices.ContainsFunc(l.order, func(r result) bool { _, ok := l.faults[r.Fault+" "+r.Name][w.name]; return ok }) {
			ways = append(ways, w)
		}
	}
	b.WriteString("| fault | |")
	for _, w := range ways {
		fmt.Fprintf(&b, " %s |", w.name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(ways)) + "\n")
	for _, of := range l.order {
		key := of.Fault + " " + of.Name
		if !slices.ContainsFunc(ways, func(w way) bool { _, ok := l.faults[key][w.name]; return ok }) {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s |", of.Fault, of.Name)
		for _, w := range ways {
			r, ok := l.faults[key][w.name]
			switch {
			case ok && r.Broken:
				fmt.Fprintf(&b, " **%d× %d/%d** |", r.Rounds, r.Slowest, r.Recovery)
			case ok:
				fmt.Fprintf(&b, " %d× %d/%d |", r.Rounds, r.Slowest, r.Recovery)
			case w.start != nil && slices.ContainsFunc(can[key], func(to func(way) bool) bool { return to(w) }):
				b.WriteString(" not run |")
			default:
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(l.elsewhere())
	return b.String()
}

// elsewhere is the table of faults that befell other things than one of the stores.
func (l *told) elsewhere() string {
	var b strings.Builder
	for _, of := range l.order {
		stores := l.faults[of.Fault+" "+of.Name]
		for _, store := range slices.Sorted(maps.Keys(stores)) {
			if slices.ContainsFunc(pageWays(), func(w way) bool { return w.name == store }) {
				continue
			}
			if b.Len() == 0 {
				b.WriteString("\nWhat befell other things than one of these stores:\n\n| fault | | what | times | queries | slowest/recovery |\n|---|---|---|---|---|---|\n")
			}
			r, as := stores[store], "%d/%d"
			if r.Broken {
				as = "**%d/%d**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | "+as+" |\n", r.Fault, r.Name, store, r.Rounds, r.Queries, r.Slowest, r.Recovery)
		}
	}
	return b.String()
}

func (l *told) soakTable() string {
	if len(l.soaks) == 0 {
		return "Nothing was run yet.\n"
	}
	var b strings.Builder
	for _, s := range l.soaks {
		fmt.Fprintf(&b, "%s, %.0f minutes (%s). The most was %.0f queries a second, so %.0f were sent: %d queries, of which %d were answered, %d wrong; %d were lost, "+
			"while the system dropped %d packets before the server saw them, for want of room; %d could not be sent within a second of their time. %d over TCP, of which %d "+
			"were asked again when a reload closed the connection; %d malformed packets. SERVFAIL: %d, and %d that no outage explains. %d reloads, %d outages.\n\n",
			s.Date, s.Minutes, cmp.Or(s.Note, "nothing beside it"), s.Max, s.Planned, s.Queries, s.Answered, s.Wrong, s.Lost, s.Dropped, s.Unsent, s.TCP, s.Closed, s.Malformed,
			s.Failed, s.Unexplained, s.Reloads, s.Outages)
		fmt.Fprintf(&b, "Before, at most, and after: %d, %d, %d goroutines; %d, %d, %d file descriptors; %.1f, %.1f, %.1f MiB resident (%+.1f MiB an hour). Heap "+
			"%.1f MiB before and %.1f after.\n\n", s.Goroutines[0], s.Goroutines[1], s.Goroutines[2], s.Files[0], s.Files[1], s.Files[2],
			s.Resident[0], s.Resident[1], s.Resident[2], s.Slope, s.Heap[0], s.Heap[1])
		b.WriteString("| store | versions | outages | SERVFAIL, explained | not | stale | wrong | lost | quiet | outage | behind | recovery |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
		for _, f := range s.Stores {
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %.0f, %.0f | %.0f, %.0f | %.0f | %.0f |\n", f.Store, f.Versions, f.Outages, f.Failed, f.Unexplained,
				f.Stale, f.Wrong, f.Lost, f.Quiet.P99, f.Quiet.Most, f.Outage.P99, f.Outage.Most, f.Behind, f.Recovery)
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (l *told) injectionTable() string {
	if len(l.injections) == 0 {
		return "Nothing was run yet.\n"
	}
	var b strings.Builder
	b.WriteString("| store | date | texts | names asked | values written | refused | served as written | SERVFAIL |\n|---|---|---|---|---|---|---|---|\n")
	for _, i := range l.injections {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d |\n", i.Store, i.Date, i.Payloads, i.Names, i.Values, i.Refused, i.Served, i.Failed)
	}
	return b.String()
}

// The tables of docs/reliability.md are what the ledger says.
func TestReliabilityPage(t *testing.T) {
	l := readLedger(t)
	text, err := os.ReadFile(reliabilityPage)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, table := range map[string]string{"faults": l.faultTable(), "soak": l.soakTable(), "injection": l.injectionTable(), "overload": l.overloadTable()} {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->\n"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("no place for %s", name)
		}
		want = before + begin + "\n" + table + "\n" + end + after
	}
	if bytes.Equal(text, []byte(want)) {
		return
	}
	if !*update {
		t.Fatal("docs/reliability.md is not what the ledger says: go test ./test -run TestReliabilityPage -update")
	}
	if err := os.WriteFile(reliabilityPage, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
