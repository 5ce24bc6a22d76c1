package file

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// parse reads "backend file ARGS" and lines of a brace block; the first is line 2.
func parse(args string, lines ...string) (*options, error) {
	c := backend.Config{Args: strings.Fields(args), Root: "/etc/enum", Pos: backend.Pos{File: "Corefile", Line: 1}}
	for i, line := range lines {
		f := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: f[0], Args: f[1:], Pos: backend.Pos{File: "Corefile", Line: 2 + i}})
	}
	o, err := Driver{}.Parse(c)
	if err != nil {
		return nil, err
	}
	return o.(*options), nil
}

func TestParse(t *testing.T) {
	d, err := backend.Lookup("file")
	must(t, err)
	if d != (Driver{}) {
		t.Errorf("registered driver: %T", d)
	}
	o, err := parse("numbers.txt /srv/./zone ../x")
	must(t, err)
	if want := []string{"/etc/enum/numbers.txt", "/srv/zone", "/etc/x"}; !slices.Equal(o.paths, want) {
		t.Errorf("paths %q, want %q", o.paths, want)
	}
	if o.include || o.generate || o.requireEnd || o.reload != 5*time.Second || o.shrink != 20 {
		t.Errorf("defaults: %+v", o)
	}
	o, err = parse("x", "include", "generate", "require_end", "reload 1m", "shrink 5%")
	must(t, err)
	if !o.include || !o.generate || !o.requireEnd || o.reload != time.Minute || o.shrink != 5 {
		t.Errorf("all options: %+v", o)
	}
	o, err = parse("x", "reload 30", "shrink off")
	must(t, err)
	if o.reload != 30*time.Second || o.shrink != 0 {
		t.Errorf("bare seconds, off: %+v", o)
	}
	for _, bounds := range []string{"0", "0s", "100ms", "24h", "86400"} {
		if _, err := parse("x", "reload "+bounds); err != nil {
			t.Error(err)
		}
	}
}

// What the user reads.
func TestParseErrors(t *testing.T) {
	const reload = "Corefile:2: reload: expected a duration from 100ms to 24h, or 0 to load the files once, got "
	const shrink = "Corefile:2: shrink: expected a percentage from 1 to 99, or off, got "
	for _, c := range []struct {
		args  string
		lines []string
		want  string
	}{
		{"", nil, "Corefile:1: no files given: write backend file PATH..."},
		{"a \x00", nil, `Corefile:1: "\x00" is no path`},
		{"a b ./a", nil, "Corefile:1: /etc/enum/a is given twice"},
		{"a", []string{"watch"}, `Corefile:2: unknown option "watch"; known: generate, include, reload, require_end, shrink`},
		{"a", []string{"include", "include"}, "Corefile:3: include: given twice"},
		{"a", []string{"require_end yes"}, "Corefile:2: require_end: expected no argument, got 1"},
		{"a", []string{"reload"}, "Corefile:2: reload: expected one argument, got 0"},
		{"a", []string{"reload 99ms"}, reload + `"99ms"`},
		{"a", []string{"reload 25h"}, reload + `"25h"`},
		{"a", []string{"reload -5s"}, reload + `"-5s"`},
		{"a", []string{"reload soon"}, reload + `"soon"`},
		{"a", []string{"reload 99999999999999999999s"}, reload + `"99999999999999999999s"`},
		{"a", []string{"shrink"}, "Corefile:2: shrink: expected one argument, got 0"},
		{"a", []string{"shrink 0"}, shrink + `"0"`},
		{"a", []string{"shrink 100"}, shrink + `"100"`},
		{"a", []string{"shrink half"}, shrink + `"half"`},
	} {
		if _, err := parse(c.args, c.lines...); err == nil || err.Error() != c.want {
			t.Errorf("%q %q:\n got %v\nwant %s", c.args, c.lines, err, c.want)
		}
	}
}

// Two openers share a backend where they mean the same, and only there.
func TestKey(t *testing.T) {
	key := func(args string, lines ...string) string {
		o, err := parse(args, lines...)
		must(t, err)
		return o.Key()
	}
	same := key("a b", "reload 60s", "include")
	if got := key("./b a", "include", "reload 1m"); got != same {
		t.Errorf("%s\nand %s differ", got, same)
	}
	keys := []string{same}
	for _, k := range []string{
		key("a b"), key("a c"), key("a"), key("ab"), key("a", "include"), key("a", "generate"),
		key("a", "require_end"), key("a", "reload 0"), key("a", "shrink off"), key("\xff"), key("\xfe"),
		func() string {
			o, err := Driver{}.Parse(backend.Config{Args: []string{"/etc/enum/a"}, Apexes: apexesOf(t, apex)})
			must(t, err)
			return o.Key()
		}(),
		func() string {
			o, err := Driver{}.Parse(backend.Config{Args: []string{"/etc/enum/a"}, DialPlan: true})
			must(t, err)
			return o.Key()
		}(),
	} {
		if slices.Contains(keys, k) {
			t.Errorf("%s stands for two configurations", k)
		}
		keys = append(keys, k)
	}
}

// The examples are served as they stand.
func TestOpenExamples(t *testing.T) {
	for _, c := range []struct {
		file, apex, number, want string
		dialPlan                 bool
	}{
		{"numbers.txt", "e164.arpa", "+12025550100", "im:user@example.com", false},
		{"4.4.e164.arpa.zone", "4.4.e164.arpa", "+441632960083", "im:alice@example.com", false},
		{"dialplan.txt", "dial.example", "", "", true},
	} {
		o, err := Driver{}.Parse(backend.Config{
			Args: []string{c.file}, Root: "../../examples", Apexes: apexesOf(t, c.apex), DialPlan: c.dialPlan,
		})
		must(t, err)
		r := &recorder{}
		b, err := o.Open(t.Context(), r.observe)
		must(t, err)
		defer b.Close()
		if checker, ok := backend.As[backend.Checker](b); !ok {
			t.Error("no Checker")
		} else if err := checker.Check(t.Context()); err != nil {
			t.Errorf("%s: %v: %+v", c.file, err, r.take())
		}
		if _, ok := backend.As[backend.Local](b); !ok {
			t.Error("not Local")
		}
		if c.number == "" {
			continue
		}
		if got := ask(t, b, c.apex+".", c.number); got != c.want {
			t.Errorf("%s: got %q, want %q", c.file, got, c.want)
		}
	}
}
