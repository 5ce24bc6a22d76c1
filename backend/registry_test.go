package backend_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

type driver struct{}

func (driver) Parse(backend.Config) (backend.Opener, error) { return nil, nil }

func TestRegistry(t *testing.T) {
	var r backend.Registry
	_, err := r.Lookup("file")
	if want := `unknown backend "file"; compiled in: none`; err == nil || err.Error() != want {
		t.Errorf("empty registry: %v, want %s", err, want)
	}
	r.Register("redis", driver{})
	r.Register("file", driver{})
	if got := r.Names(); !slices.Equal(got, []string{"file", "redis"}) {
		t.Errorf("Names = %v, want them sorted", got)
	}
	if d, err := r.Lookup("redis"); err != nil || d != (driver{}) {
		t.Errorf("Lookup = %v, %v", d, err)
	}
	_, err = r.Lookup("x")
	if want := `unknown backend "x"; compiled in: file, redis`; err == nil || err.Error() != want {
		t.Errorf("unknown: %v, want %s", err, want)
	}
	for name, register := range map[string]func(){
		"without a name": func() { r.Register("", driver{}) },
		"nil driver":     func() { r.Register("nil", nil) },
		"called twice":   func() { r.Register("file", driver{}) },
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, name) {
					t.Errorf("%s: panicked with %q", name, v)
				}
			}()
			register()
		}()
	}
}

func init() { backend.Register("registry-test", driver{}) }

func TestRegistryOfThePackage(t *testing.T) {
	if !slices.Contains(backend.Names(), "registry-test") {
		t.Errorf("Names = %v", backend.Names())
	}
	if _, err := backend.Lookup("registry-test"); err != nil {
		t.Error(err)
	}
}

type plain struct{ backend.Backend }

type local struct{ plain }

func (local) Local() {}

type wrapper struct{ inner backend.Backend }

func (w wrapper) Unwrap() backend.Backend { return w.inner }
func (w wrapper) Close() error            { return nil }
func (w wrapper) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	return w.inner.Lookup(ctx, q)
}

func TestAs(t *testing.T) {
	for _, c := range []struct {
		name string
		b    backend.Backend
		want bool
	}{
		{"itself", local{}, true},
		{"behind a wrapper", wrapper{local{}}, true},
		{"behind two", wrapper{wrapper{local{}}}, true},
		{"not there", plain{}, false},
		{"not behind the wrapper", wrapper{plain{}}, false},
		{"wrapper of nothing", wrapper{}, false},
		{"nil", nil, false},
	} {
		if _, ok := backend.As[backend.Local](c.b); ok != c.want {
			t.Errorf("%s: %v, want %v", c.name, ok, c.want)
		}
	}
}

// parsing is a driver made of a function.
type parsing func(backend.Config) (backend.Opener, error)

func (f parsing) Parse(c backend.Config) (backend.Opener, error) { return f(c) }

// A driver that panics while it reads its configuration, or returns nothing, must not end a server that is reloaded.
func TestParseIsGuarded(t *testing.T) {
	for name, c := range map[string]struct {
		parse parsing
		want  error
	}{
		"panic":   {func(backend.Config) (backend.Opener, error) { panic("+12025550100") }, backend.ErrPanic},
		"nothing": {func(backend.Config) (backend.Opener, error) { return nil, nil }, backend.ErrInvalidData},
	} {
		o, err := backend.Parse(c.parse, backend.Config{Pos: backend.Pos{File: "Corefile", Line: 3}})
		if o != nil || !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "Corefile:3: ") || strings.Contains(err.Error(), "202555") {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
}
