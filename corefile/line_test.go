package corefile

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// seen is a driver that keeps what it was given.
type seen struct{ c backend.Config }

func (s *seen) Parse(c backend.Config) (backend.Opener, error) {
	s.c = c
	for _, o := range c.Options {
		if o.Name == "odd" {
			return nil, c.UnknownOption(o, "even")
		}
	}
	return s, nil
}
func (s *seen) Key() string { return "" }
func (s *seen) Open(context.Context, func(backend.Event)) (backend.Backend, error) {
	return nil, errors.ErrUnsupported
}

var lineDriver = &seen{}

func init() { backend.Register("linetest", lineDriver) }

// A backend line of a Corefile says the same on one line.
func TestParseBackend(t *testing.T) {
	for text, want := range map[string]backend.Config{
		"linetest":                  {},
		"linetest  a b\t":           {Args: []string{"a", "b"}},
		`linetest "a b" "" c"d"e`:   {Args: []string{"a b", "", "cde"}},
		`linetest "{;}\"\\"`:        {Args: []string{`{;}"\`}},
		"linetest a {}":             {Args: []string{"a"}},
		"linetest a { }":            {Args: []string{"a"}},
		"linetest a {;one;;two x;}": {Args: []string{"a"}, Options: []backend.Option{{Name: "one"}, {Name: "two", Args: []string{"x"}}}},
		"linetest a{one 1 2}":       {Args: []string{"a"}, Options: []backend.Option{{Name: "one", Args: []string{"1", "2"}}}},
		"linetest {\none\ntwo\n}":   {Options: []backend.Option{{Name: "one"}, {Name: "two"}}},
		"linetest { one \"a;b\" }":  {Options: []backend.Option{{Name: "one", Args: []string{"a;b"}}}},
	} {
		lineDriver.c = backend.Config{}
		driver, o, err := ParseBackend(text, backend.Config{Root: "/root"})
		want.Root = "/root"
		if err != nil || driver != "linetest" || o == nil || !reflect.DeepEqual(lineDriver.c, want) {
			t.Errorf("%s: got %+v, %v", text, lineDriver.c, err)
		}
	}
}

func TestParseBackendErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "expected the name of a backend; compiled in: ",
		"{ one }":                  "expected the name of a backend; compiled in: ",
		"nosuch a":                 `unknown backend "nosuch"; compiled in: `,
		"linetest a { one":         "the closing brace is missing",
		"linetest a { one } b":     "the closing brace is missing",
		"linetest a ; b":           "a semicolon stands between options, which stand in braces: NAME ADDRESS { OPTION; OPTION }",
		"linetest a { one { x } }": "an option of a backend takes no braces",
		`linetest "a`:              "the closing quote is missing",
		"linetest a { odd }":       `unknown option "odd"; known: even`,
	} {
		if _, _, err := ParseBackend(text, backend.Config{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
