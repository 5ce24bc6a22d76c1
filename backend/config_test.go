package backend_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

var line12 = backend.Pos{File: "Corefile", Line: 12}

func TestConfigErrors(t *testing.T) {
	c := backend.Config{Pos: backend.Pos{File: "Corefile", Line: 3}}
	o := func(args ...string) backend.Option {
		return backend.Option{Name: "refresh", Args: args, Pos: line12}
	}
	one := func(o backend.Option) error { _, err := o.One(); return err }
	dur := func(o backend.Option) error { _, err := o.Duration(time.Second, time.Hour); return err }
	share := func(o backend.Option) error { _, err := o.Percentage(); return err }
	onOff := func(o backend.Option) error { _, err := o.Switch(); return err }
	count := func(o backend.Option) error { _, err := o.Count(1, 64); return err }
	for _, tc := range []struct {
		err  error
		want string
	}{
		{c.Errorf(line12, "no path"), "Corefile:12: no path"},
		{c.Errorf(backend.Pos{}, "no path"), "Corefile:3: no path"},
		{backend.Config{}.Errorf(backend.Pos{}, "no path"), "no path"},
		{c.UnknownOption(o(), "secret", "host"), `Corefile:12: unknown option "refresh"; known: host, secret`},
		{c.UnknownOption(o()), `Corefile:12: unknown option "refresh": this backend has no options`},
		{one(o()), "Corefile:12: refresh: expected one argument, got 0"},
		{one(o("a", "b")), "Corefile:12: refresh: expected one argument, got 2"},
		{one(o("")), "Corefile:12: refresh: expected an argument, got an empty one"},
		{dur(o()), "Corefile:12: refresh: expected one argument, got 0"},
		{dur(o("soon")), `Corefile:12: refresh: expected a duration such as 500ms or 30s, got "soon"`},
		{dur(o("30")), `Corefile:12: refresh: expected a duration such as 500ms or 30s, got "30"`},
		{dur(o("999ms")), `Corefile:12: refresh: expected a duration from 1s to 1h0m0s, got "999ms"`},
		{dur(o("61m")), `Corefile:12: refresh: expected a duration from 1s to 1h0m0s, got "61m"`},
		{share(o()), "Corefile:12: refresh: expected one argument, got 0"},
		{share(o("100%")), `Corefile:12: refresh: expected a percentage from 1 to 99, or off, got "100%"`},
		{onOff(o("yes")), `Corefile:12: refresh: expected on or off, got "yes"`},
		{onOff(o()), "Corefile:12: refresh: expected one argument, got 0"},
		{count(o("0")), `Corefile:12: refresh: expected a number from 1 to 64, got "0"`},
		{count(o("65")), `Corefile:12: refresh: expected a number from 1 to 64, got "65"`},
		{count(o("4.5")), `Corefile:12: refresh: expected a number from 1 to 64, got "4.5"`},
	} {
		if tc.err == nil || tc.err.Error() != tc.want {
			t.Errorf("%v\nwant %s", tc.err, tc.want)
		}
	}
	if err := c.Errorf(line12, "read: %w", fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap its cause", err)
	}
}

func TestOptionValues(t *testing.T) {
	for _, s := range []string{"1s", "1h", "90s"} {
		want, _ := time.ParseDuration(s)
		got, err := backend.Option{Args: []string{s}}.Duration(time.Second, time.Hour)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for arg, want := range map[string]int{"off": 0, "1": 1, "99%": 99} {
		if got, err := (backend.Option{Args: []string{arg}}).Percentage(); err != nil || got != want {
			t.Errorf("%s: %v%%, %v", arg, got, err)
		}
	}
	for arg, want := range map[string]bool{"on": true, "off": false} {
		if got, err := (backend.Option{Args: []string{arg}}).Switch(); err != nil || got != want {
			t.Errorf("%s: %v, %v", arg, got, err)
		}
	}
	for arg, want := range map[string]int{"1": 1, "64": 64} {
		if got, err := (backend.Option{Args: []string{arg}}).Count(1, 64); err != nil || got != want {
			t.Errorf("%s: %v, %v", arg, got, err)
		}
	}
	if got, err := (backend.Option{Args: []string{"x"}}).One(); err != nil || got != "x" {
		t.Errorf("One = %q, %v", got, err)
	}
}

func TestConfigPath(t *testing.T) {
	root := filepath.FromSlash("/etc/coredns")
	c := backend.Config{Root: root}
	for arg, want := range map[string]string{
		"numbers":         filepath.Join(root, "numbers"),
		"../x/./y":        filepath.FromSlash("/etc/x/y"),
		"/srv//a/../enum": filepath.FromSlash("/srv/enum"),
	} {
		if got := c.Path(arg); got != want {
			t.Errorf("Path(%q) = %q, want %q", arg, got, want)
		}
	}
	if got := (backend.Config{}).Path("numbers"); got != "numbers" {
		t.Errorf("without Root: %q", got)
	}
}
