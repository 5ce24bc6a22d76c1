package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// glibc runs the questions through the C library's own regcomp and regexec.
func glibc(t *testing.T, questions []ereQuestion) []string {
	t.Helper()
	needPrograms(t, "gcc")
	bin := filepath.Join(t.TempDir(), "ere")
	if out, err := exec.Command("gcc", "-O1", "-o", bin, "testdata/ere.c").CombinedOutput(); err != nil {
		t.Fatalf("compile testdata/ere.c: %v\n%s", err, out)
	}
	var in bytes.Buffer
	for _, q := range questions {
		fmt.Fprintf(&in, "-%s %x- %x-\n", q.flags(), q.pattern, q.text)
	}
	cmd := exec.Command(bin)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	if len(lines) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(lines), len(questions))
	}
	return lines
}

type ereQuestion struct {
	pattern, text string
	fold          bool
	locale        locale
}

func (q ereQuestion) flags() string {
	f := "n"
	if q.fold {
		f += "i"
	}
	if q.locale == utf8Locale {
		f += "u"
	}
	return f
}

// answer is what the emulation says, in the words of testdata/ere.c; "?" where it does not know.
func (q ereQuestion) answer() string {
	e, err := compileERE(q.pattern, q.fold, q.locale)
	if errors.Is(err, errPattern) {
		return "E"
	}
	if err != nil {
		return "?"
	}
	var b strings.Builder
	fmt.Fprint(&b, e.groups)
	spans, err := e.match(q.text, 10)
	if errors.Is(err, errUnsure) {
		return "?"
	}
	if err == nil {
		for _, s := range spans {
			fmt.Fprintf(&b, " %d,%d", s.from, s.to)
		}
	}
	return b.String()
}

// TestERE asks glibc and the emulation the same about generated patterns.
func TestERE(t *testing.T) {
	const count = 12000
	rng := newRand(6116)
	questions := make([]ereQuestion, count)
	for i := range questions {
		questions[i] = ereQuestion{
			pattern: randomPattern(rng), text: randomAUS(rng), fold: rng.IntN(4) == 0,
			locale: locale(rng.IntN(2)),
		}
	}
	bad, unsure, matched, late := 0, 0, 0, 0
	for i, want := range glibc(t, questions) {
		q := questions[i]
		got := q.answer()
		switch {
		case got == "?":
			unsure++
		case want == "T":
			late++
			t.Logf("glibc hangs on %q", q.pattern)
		case got != want:
			if bad++; bad <= 30 {
				t.Errorf("%q on %q, fold %v, locale %d:\n got %s\nwant %s", q.pattern, q.text, q.fold, q.locale, got, want)
			}
		case strings.Contains(want, " "):
			matched++
		}
	}
	t.Logf("%d patterns: %d match, %d unsure, %d too slow for glibc, %d differ", count, matched, unsure, late, bad)
	if matched < count/10 || unsure > count/10 {
		t.Errorf("of %d patterns %d match and %d cannot be told: the test proves little", count, matched, unsure)
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 3402)) }

func randomAUS(rng *rand.Rand) string {
	b := []byte{'+'}
	for range 2 + rng.IntN(8) {
		b = append(b, '0'+byte(rng.IntN(5)))
	}
	return string(b)
}

// randomPattern makes patterns of ordinary parts and, now and then, of anything.
func randomPattern(rng *rand.Rand) string {
	if rng.IntN(8) == 0 {
		const soup = `^$.[]()|*+?{}\,-:=0123a!éd`
		b := make([]byte, rng.IntN(12))
		for i := range b {
			b[i] = soup[rng.IntN(len(soup))]
		}
		return string(b)
	}
	p := randomBranch(rng, 3)
	if rng.IntN(3) == 0 {
		p = "^" + p
	}
	if rng.IntN(3) == 0 {
		p += "$"
	}
	return p
}

func randomBranch(rng *rand.Rand, depth int) string {
	var b strings.Builder
	for range rng.IntN(4) + rng.IntN(2) {
		b.WriteString(randomPiece(rng, depth))
	}
	if rng.IntN(5) == 0 {
		b.WriteString("|" + randomBranch(rng, depth-1))
	}
	return b.String()
}

var patternAtoms = []string{
	".", ".", ".*", "0", "1", "2", "3", `\+`, "[0-2]", "[^0]", "[+]", "[[:digit:]]", "[-+0]", "12", "é",
	`\d`, `\w`, `\b`, `\B`, `\<`, `\>`, `\s`, `\S`, `\W`, "\\`", `\'`, "^", "$", "[]0]", "[a-", "[[.1.]-3]", "[[=2=]]", "{",
	"}", ")", "(?:1)", `\.`, `\1`, `(1)|\1`, `(1|(2))\2`, "[[:foo:]]", "[1-0]", "[a-Z]", "[Z-a]", "[^é]", "[1é]", "", "[+--]", "[---]",
	"[[.ab.]]", "[[=ab=]]", "[1-[:digit:]]", "[1-[.ab.]]", "[[.1.", "[[:", "[[=", "[a-é]", "[é-z]", "[1-3-5]", "[1-", "[", "[^", "[1", "[[.1.]-[.3.]]",
	"[[:upper:]]", "[^]0]", `[\d]`, "[0-2-]", "[+[.-.]]", "[.", `\`, "[[.1.][:digit:]]", "[[:alnum:]", `a\{2}`, "x{,300}", "[[:digit:]-5]",
	"[[====]]", "[[:abcdefghijklmnopqrstuvwxyzabcdefghij:]]", "[[.space.]]", "[éè]?", "é*", "é{2}",
}

var patternRepeats = []string{
	"*", "+", "?", "{2}", "{0,1}", "{1,}", "{0}", "{,2}", "{1,3}", "**", "+?", "*?", "{x}", "{2,1}", "{,}", "{3",
	"{1}{2}", "{1,2}?", "{0}*", "{0}{2}", "{0}+?", "{99999}", "{1,99999}", "{,1,}", "{1,x}", "{ 1}", "{1", "{",
}

func randomPiece(rng *rand.Rand, depth int) string {
	var atom string
	switch {
	case depth > 0 && rng.IntN(3) == 0:
		atom = "(" + randomBranch(rng, depth-1) + ")"
	case rng.IntN(3) > 0:
		atom = patternAtoms[rng.IntN(12)]
	default:
		atom = patternAtoms[rng.IntN(len(patternAtoms))]
	}
	if rng.IntN(3) == 0 {
		n := len(patternRepeats)
		atom += patternRepeats[min(rng.IntN(n), rng.IntN(n))]
	}
	return atom
}
