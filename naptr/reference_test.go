package naptr

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// generator writes random extended regular expressions over an alphabet small enough that they
// often match.
type generator struct{ *rand.Rand }

func (g generator) pick(s ...string) string { return s[g.IntN(len(s))] }

func (g generator) atom(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return "(" + g.alternatives(depth-1) + ")"
	}
	return g.pick("1", "2", "4", "4", ".", `\+`, "[0-9]", "[^1]", "[12]", "[+-]", "[[:digit:]]", "[[:alpha:]+]", "a", "b", `[^\.a]`)
}

func (g generator) branch(depth int) string {
	var b strings.Builder
	if g.IntN(6) == 0 {
		b.WriteString("^")
	}
	for range 1 + g.IntN(4) {
		b.WriteString(g.atom(depth))
		if g.IntN(3) == 0 {
			b.WriteString(g.pick("*", "+", "?", "*", "{2}", "{0,1}", "{1,2}", "{2,}", "{0}", "{1,3}"))
		}
	}
	if g.IntN(6) == 0 {
		b.WriteString("$")
	}
	return b.String()
}

func (g generator) alternatives(depth int) string {
	s := g.branch(depth)
	for g.IntN(4) == 0 {
		s += "|" + g.branch(depth)
	}
	return s
}

// people writes expressions of the forms that people use, which compile to shapes.
func (g generator) people() string {
	s := g.pick("^", "^", "^", "") + g.pick(`\+`, `(\+`, "(", "")
	open := strings.Count(s, "(")
	for range g.IntN(5) {
		switch g.IntN(4) {
		case 0:
			s += "("
			open++
			s += g.pick("1", "4", ".")
		case 1:
			if open > 0 {
				s += "4)"
				open--
			}
		default:
			s += g.pick("4", "1", ".", "[0-9]{2}", "[14]")
		}
	}
	s += g.pick(".*", ".+", "[0-9]*", "[0-9]{1,4}", ".{2,}", ".?", "")
	for range g.IntN(3) {
		s += g.pick("1", ".", "(.)", "4")
	}
	if s == "" || strings.HasSuffix(s, "(") {
		s += "."
	}
	return s + strings.Repeat(")", open) + g.pick("$", "$", "")
}

func (g generator) subject() string {
	var b strings.Builder
	if g.IntN(2) == 0 {
		b.WriteString("+")
	}
	for range g.IntN(9) {
		b.WriteString(g.pick("1", "2", "4", "4", "a", "b", "+"))
	}
	return b.String()
}

// withGroups makes an expression whose output shows the match of each of the first nine groups.
func withGroups(ere string, groups int) string {
	repl := "<"
	for i := range min(groups, maxGroups) {
		repl += fmt.Sprintf(`\%d|`, i+1)
	}
	return "!" + ere + "!" + repl + ">!"
}

// goSyntax translates an ERE that ParseExpression accepts: within brackets Go takes a backslash for
// an escape.
func goSyntax(ere string) string {
	var b strings.Builder
	for i := 0; i < len(ere); i++ {
		switch ere[i] {
		case '\\':
			b.WriteString(ere[i : i+2])
			i++
		case '[':
			b.WriteByte('[')
			i++
			if ere[i] == '^' {
				b.WriteByte('^')
				i++
			}
			for first := true; first || ere[i] != ']'; first = false {
				switch {
				case strings.HasPrefix(ere[i:], "[:"):
					end := i + strings.Index(ere[i:], ":]") + 2
					b.WriteString(ere[i:end])
					i = end
					continue
				case ere[i] == '\\' && ere[i+1] == '!':
					i++
					b.WriteByte('!')
				case ere[i] == '\\' || ere[i] == '[' || ere[i] == ']':
					b.WriteByte('\\')
					b.WriteByte(ere[i])
				default:
					b.WriteByte(ere[i])
				}
				i++
			}
			b.WriteByte(']')
		default:
			b.WriteByte(ere[i])
		}
	}
	return b.String()
}

// reference evaluates an ERE with Go's own engine, in the form of withGroups.
func reference(re *regexp.Regexp, aus string) (string, bool) {
	m := re.FindStringSubmatch(aus)
	if m == nil {
		return "", false
	}
	out := "<"
	for i := 1; i < len(m) && i <= maxGroups; i++ {
		out += m[i] + "|"
	}
	return out + ">", true
}

var zeroCount = regexp.MustCompile(`[{,]0[0-9]`)

// compareWithGo checks ere on aus against Go's regexp, as a shape and as a program. It reports
// whether there was something to compare.
func compareWithGo(t *testing.T, ere, flags, aus string) bool {
	t.Helper()
	probe, err := parseExpression("!"+ere+"!x!"+flags, false)
	if err != nil || strings.ContainsAny(aus, "\n") || !utf8.ValidString(aus) {
		return false
	}
	if zeroCount.MatchString(ere) {
		return false // Go takes "a{01}" for text
	}
	source := withGroups(ere, probe.groups) + flags
	var re *regexp.Regexp
	if flags == "" {
		re, err = regexp.CompilePOSIX(goSyntax(ere))
	} else if re, err = regexp.Compile("(?i)" + goSyntax(ere)); err == nil {
		re.Longest()
	}
	if err != nil {
		return false // such as repetition counts that multiply to more than 1000
	}
	want, wantOK := reference(re, aus)
	for _, shapes := range []bool{false, true} {
		e, err := parseExpression(source, shapes)
		if err != nil {
			if len(source) <= 255 && err.(*SyntaxError).Reason != ErrTooComplex {
				t.Fatalf("%s: %v", source, err)
			}
			return false
		}
		if got, ok := e.Eval(aus); got != want || ok != wantOK {
			t.Errorf("%s on %q (shape %v): got %q, %v, Go has %q, %v", source, aus, e.shape != nil, got, ok, want, wantOK)
		}
	}
	return true
}

// TestMatcherAgainstGo: match or no match, and every group, agree with an independent engine.
func TestMatcherAgainstGo(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	compared, shapes := 0, 0
	for range 5000 {
		ere := g.alternatives(3)
		if g.IntN(3) == 0 {
			ere = g.people()
		}
		flags := g.pick("", "", "", "i")
		if e, err := ParseExpression("!" + ere + "!x!"); err == nil && e.shape != nil {
			shapes++
		}
		for range 5 {
			if compareWithGo(t, ere, flags, g.subject()) {
				compared++
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if compared < 12000 || shapes < 700 {
		t.Errorf("only %d comparisons and %d shapes: the generator has gone blind", compared, shapes)
	}
}

// TestMatcherAgainstSed: sed -E runs the C library's regular expressions, which most ENUM clients
// use.
func TestMatcherAgainstSed(t *testing.T) {
	sed, err := exec.LookPath("sed")
	if err != nil {
		t.Skip("NOT COMPARED with the C library: there is no sed on this machine")
	}
	g := generator{rand.New(rand.NewPCG(3, 4))}
	compared, differ := 0, 0
	for range 400 {
		ere := g.alternatives(2)
		if g.IntN(3) == 0 {
			ere = g.people()
		}
		probe, err := ParseExpression("!" + ere + "!x!")
		if err != nil {
			continue
		}
		subjects := make([]string, 12)
		for i := range subjects {
			subjects[i] = g.subject()
		}
		source := withGroups(ere, probe.groups)
		e, err := ParseExpression(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		cmd := exec.Command(sed, "-E", "s"+source)
		cmd.Env = []string{"LC_ALL=C"}
		cmd.Stdin = strings.NewReader(strings.Join(subjects, "\n") + "\n")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("sed refuses %s: %s", ere, out)
			continue
		}
		for i, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
			_, after, matched := strings.Cut(line, "<")
			want, _, _ := strings.Cut(after, ">")
			got, ok := e.Eval(subjects[i])
			compared++
			if ok != matched {
				t.Errorf("%s on %q: got %v, sed has %v", ere, subjects[i], ok, matched)
			} else if ok && got != "<"+want+">" {
				differ++
				t.Logf("groups of %s on %q: got %q, sed has %q", ere, subjects[i], got, want)
			}
		}
	}
	// Alternatives that overlap under a repetition are where glibc leaves its own rule; Go agrees with us.
	if compared < 4000 || differ > compared/500 {
		t.Errorf("%d comparisons, groups differ in %d", compared, differ)
	}
}
