package test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What `make differential` sets.
const (
	questionsVar     = "DIFFERENTIAL_QUESTIONS" // how many
	seedVar          = "DIFFERENTIAL_SEED"      // which
	defaultQuestions = 6000
)

func number(tb testing.TB, name string, otherwise int) int {
	tb.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestDifferential asks enumim, NSD and Knot DNS the same questions about the same zones. Each
// difference is a fault or one of those that docs/differences.md explains.
func TestDifferential(t *testing.T) {
	for _, program := range []string{"nsd", "knotd"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv(questionsVar) != "" || os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: it is in the Debian packages nsd and knot", err)
		}
	}
	parent := richZone("e164.arpa.", 1, "1.0.0.1.4.4.e164.arpa.", "4.4.e164.arpa.")
	child := richZone("4.4.e164.arpa.", 2, "1.0.0.1.e164.arpa.", "e164.arpa.")
	dir := t.TempDir()
	files, forKnot := map[string]string{}, map[string]string{}
	for _, z := range []*zone{parent, child} {
		files[z.apex] = write(t, dir, z.apex+"zone", z.text.String())
		forKnot[z.apex] = write(t, dir, z.apex+"knot", z.forKnot(t))
	}
	d := &differential{
		enumim: &client{server: startEnumim(t, "enumim e164.arpa 4.4.e164.arpa {\nbackend file "+files[parent.apex]+" "+files[child.apex]+"\ngenuine_sources\n}")},
		others: []*client{{server: startNSD(t, files)}, {server: startKnot(t, forKnot)}},
		counts: map[string]int{},
	}
	defer d.close()

	n := number(t, questionsVar, defaultQuestions)
	a := newAsker(uint64(number(t, seedVar, 1)), parent, child)
	for i := range n {
		if q := a.question(); !d.agree(t, q) {
			t.Logf("question %d", i)
		}
		if t.Failed() && d.faults >= 20 {
			t.Fatal("and maybe more")
		}
	}
	for _, class := range classes() {
		for _, other := range d.others {
			if count := d.counts[class.key(other.name)]; class.explains(other.name) {
				t.Logf("%-20s %-4s %6d", class.id, other.name, count)
			}
		}
		// A class that explains nothing is out of date.
		if n >= 100000 && d.counts[class.key("NSD")]+d.counts[class.key("Knot")] == 0 {
			t.Errorf("no reply differs as %s says", class.id)
		}
	}
}

type differential struct {
	enumim *client
	others []*client
	counts map[string]int // of differences, by class and server
	faults int
}

func (d *differential) close() {
	for _, c := range append(d.others, d.enumim) {
		c.close()
	}
}

func (c *difference) key(server string) string { return c.id + " " + server }

// explains reports whether a class is about a server.
func (c *difference) explains(server string) bool { return c.with == both || c.with == server }

// agree asks all servers one question and compares the replies.
func (d *differential) agree(t *testing.T, q *question) bool {
	t.Helper()
	replies := make([]*reply, len(d.others))
	var asking sync.WaitGroup
	for i, other := range d.others {
		asking.Go(func() { replies[i] = other.ask(q) })
	}
	ours := d.enumim.ask(q)
	asking.Wait()
	good := true
	for i, other := range d.others {
		theirs := replies[i]
		diffs := d.compare(q, ours, theirs, other)
		if len(diffs) == 0 {
			continue
		}
		good = false
		d.faults++
		t.Errorf("%s: %v: %s\nenumim: %v%s: %v", other.name, q, strings.Join(diffs, "; "), ours, other.name, theirs)
	}
	return good
}

// compare tells in which respects two replies differ without an explanation.
func (d *differential) compare(q *question, ours, theirs *reply, other *client) []string {
	switch {
	case ours.err != nil:
		return []string{ours.err.Error()}
	case theirs.err != nil:
		return []string{theirs.err.Error()}
	}
	theirs = theirs.clone()
	d.settle(refusals, q, ours, theirs, other)
	if ours.tc != theirs.tc || ours.tc && ours.rcode != theirs.rcode {
		return d.truncation(q, ours, theirs, other)
	}
	d.settle(differences, q, ours, theirs, other)
	return differ(ours, theirs)
}

func (d *differential) settle(classes []difference, q *question, ours, theirs *reply, other *client) (settled bool) {
	for _, class := range classes {
		if class.explains(other.name) && class.settle(q, ours, theirs) {
			d.counts[class.key(other.name)]++
			settled = true
		}
	}
	return settled
}

// truncation compares replies of which one has TC, by those that TCP gives.
func (d *differential) truncation(q *question, ours, theirs *reply, other *client) []string {
	whole := *q
	whole.tcp = true
	oursWhole := d.enumim.ask(&whole)
	if oursWhole.err != nil || q.tcp {
		return []string{"tc", fmt.Sprint(oursWhole.err)}
	}
	if ours.tc != truncated(q, oursWhole) {
		return []string{"tc, but the room tells otherwise"}
	}
	if !d.settle(truncations, q, ours, theirs, other) {
		return []string{"tc"}
	}
	return d.compare(&whole, oursWhole, other.ask(&whole), other)
}

// differ compares two replies.
func differ(ours, theirs *reply) []string {
	var diffs []string
	for _, c := range []struct {
		what         string
		ours, theirs any
	}{
		{"rcode", ours.rcode, theirs.rcode}, {"opcode", ours.opcode, theirs.opcode}, {"QR", ours.qr, theirs.qr}, {"AA", ours.aa, theirs.aa},
		{"RD", ours.rd, theirs.rd}, {"RA", ours.ra, theirs.ra}, {"AD", ours.ad, theirs.ad}, {"CD", ours.cd, theirs.cd}, {"Z", ours.zero, theirs.zero},
		{"question", ours.question, theirs.question}, {"EDNS", ours.edns, theirs.edns}, {"version", ours.version, theirs.version},
		{"DO", ours.do, theirs.do}, {"flags", ours.flags, theirs.flags}, {"options", fmt.Sprint(ours.options), fmt.Sprint(theirs.options)},
	} {
		if c.ours != c.theirs {
			diffs = append(diffs, fmt.Sprintf("%s %v, %v", c.what, c.ours, c.theirs))
		}
	}
	if ours.tc && theirs.tc {
		return diffs // nobody uses what is left of the sections
	}
	for _, c := range []struct {
		what         string
		ours, theirs []record
	}{{"answer", ours.answer, theirs.answer}, {"authority", ours.authority, theirs.authority}, {"additional", ours.addition, theirs.addition}} {
		if !sameRecords(c.ours, c.theirs) {
			diffs = append(diffs, c.what)
		}
	}
	if !slices.Equal(ours.sets, theirs.sets) {
		diffs = append(diffs, "order")
	}
	return diffs
}
