package test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// questionsFlag is how many questions are asked; `make differential` asks 100,000.
const (
	questionsVar     = "DIFFERENTIAL_QUESTIONS"
	seedVar          = "DIFFERENTIAL_SEED"
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

func TestDifferential(t *testing.T) {
	for _, program := range []string{"nsd", "knotd"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv(questionsVar) != "" {
				t.Fatal(err)
			}
			t.Skipf("%v: the packages nsd and knot are needed", err)
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
	clients := []*client{{server: startEnumim(t, "enumim e164.arpa 4.4.e164.arpa {\nbackend file "+files[parent.apex]+" "+files[child.apex]+"\n}")},
		{server: startNSD(t, files)}, {server: startKnot(t, forKnot)}}
	for _, c := range clients {
		t.Cleanup(c.close)
	}
	a := newAsker(uint64(number(t, seedVar, 1)), parent, child)
	seen := map[string]int{}
	first := map[string]string{}
	for range number(t, questionsVar, defaultQuestions) {
		q := a.question()
		replies := make([]*reply, len(clients))
		for i, c := range clients {
			replies[i] = c.ask(q)
		}
		for i, c := range clients[1:] {
			for _, d := range compare(replies[0], replies[i+1]) {
				key := c.name + ": " + d
				if seen[key]++; seen[key] == 1 {
					first[key] = fmt.Sprintf("%v\nenumim: %vNSD: %vKnot: %v", q, replies[0], replies[1], replies[2])
				}
			}
		}
	}
	keys := []string{}
	for k := range seen {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(seen[b], seen[a]) })
	for _, k := range keys {
		fmt.Printf("%6d %s\n%s\n\n", seen[k], k, first[k])
	}
}

// compare tells in which respects two replies differ.
func compare(ours, theirs *reply) []string {
	if ours.err != nil || theirs.err != nil {
		if ours.err != nil && theirs.err != nil {
			return nil
		}
		return []string{fmt.Sprintf("error %v, %v", ours.err, theirs.err)}
	}
	var diffs []string
	note := func(differ bool, format string, args ...any) {
		if differ {
			diffs = append(diffs, fmt.Sprintf(format, args...))
		}
	}
	note(ours.rcode != theirs.rcode, "rcode %d, %d", ours.rcode, theirs.rcode)
	note(ours.aa != theirs.aa, "aa %v", ours.aa)
	note(ours.tc != theirs.tc, "tc %v", ours.tc)
	note(ours.rd != theirs.rd, "rd")
	note(ours.ra != theirs.ra, "ra")
	note(ours.ad != theirs.ad, "ad")
	note(ours.cd != theirs.cd, "cd")
	note(ours.zero != theirs.zero, "z")
	note(ours.opcode != theirs.opcode, "opcode")
	note(ours.qr != theirs.qr, "qr")
	note(ours.question != theirs.question, "question")
	note(ours.edns != theirs.edns, "edns")
	note(ours.do != theirs.do, "do")
	note(ours.version != theirs.version, "version")
	note(ours.flags != theirs.flags, "flags")
	note(!slices.Equal(ours.options, theirs.options), "options %v %v", ours.options, theirs.options)
	if !ours.tc && !theirs.tc {
		for _, s := range []struct {
			name string
			o, t []record
		}{{"answer", ours.answer, theirs.answer}, {"authority", ours.authority, theirs.authority}, {"additional", ours.addition, theirs.addition}} {
			if !slices.EqualFunc(s.o, s.t, func(a, b record) bool { return a.key() == b.key() }) {
				diffs = append(diffs, s.name+" "+strings.Join(types(s.o), " ")+" | "+strings.Join(types(s.t), " "))
			}
		}
		note(!slices.Equal(ours.sets, theirs.sets), "order")
	}
	return diffs
}

func types(rs []record) []string {
	var out []string
	for _, r := range rs {
		t := fmt.Sprint(r.typ)
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
