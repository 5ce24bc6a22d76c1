package backend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Driver makes backends of one sort.
type Driver interface {
	// Parse reads the configuration without any I/O. Errors name the place (Config.Option.Pos) and
	// what was expected.
	Parse(c Config) (Opener, error)
}

// Opener is a parsed configuration, ready to be opened.
type Opener interface {
	// Key is the canonical form of the configuration: two openers with one key share one backend.
	// Secrets stand in it as hashes, or as where they are read from each time.
	Key() string
	// Open starts the backend. It does not wait for a store and does not fail because one is down:
	// until there is data, look-ups return ErrNotReady. What the backend does on its own ends with
	// Close. observe may be called from any goroutine; it never blocks for long.
	Open(ctx context.Context, observe func(Event)) (Backend, error)
}

// Registry holds drivers by name. The zero value is ready for use; drivers register with the
// package's own through Register, tests may have theirs.
type Registry struct {
	mu      sync.RWMutex
	drivers map[string]Driver
}

// Register adds a driver under the name that a Corefile calls it by. It panics on an empty name, a
// nil driver and a name that is taken: each is a mistake in the program, seen at its start.
func (r *Registry) Register(name string, d Driver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch _, taken := r.drivers[name]; {
	case name == "":
		panic("backend: Register without a name")
	case d == nil:
		panic("backend: Register of a nil driver for " + name)
	case taken:
		panic("backend: Register called twice for " + name)
	}
	if r.drivers == nil {
		r.drivers = make(map[string]Driver)
	}
	r.drivers[name] = d
}

// Names returns the names of the drivers, sorted.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.drivers))
}

// Lookup returns the driver of that name, or an error that lists the drivers there are.
func (r *Registry) Lookup(name string) (Driver, error) {
	r.mu.RLock()
	d, ok := r.drivers[name]
	r.mu.RUnlock()
	if ok {
		return d, nil
	}
	names := strings.Join(r.Names(), ", ")
	if names == "" {
		names = "none"
	}
	return nil, fmt.Errorf("unknown backend %q; compiled in: %s", name, names)
}

var registry Registry

// Register adds a driver to the package's registry, as a driver's init does; see
// Registry.Register for what it panics on.
func Register(name string, d Driver) { registry.Register(name, d) }

// Names returns the names of the drivers that are compiled in, sorted.
func Names() []string { return registry.Names() }

// Lookup returns the compiled-in driver of that name, or an error that lists those there are.
func Lookup(name string) (Driver, error) { return registry.Lookup(name) }

// Parse has a driver read its configuration. A panic in it is an error with the place: a Corefile is read anew while
// the server serves, by a goroutine of caddy that nobody guards.
func Parse(d Driver, c Config) (o Opener, err error) {
	defer func() {
		if v := recover(); v != nil {
			o, err = nil, c.Errorf(Pos{}, "%w", panicked(v))
		}
	}()
	if o, err = d.Parse(c); err == nil && o == nil {
		err = c.Errorf(Pos{}, "%w: Parse returned no configuration", ErrInvalidData)
	}
	return o, err
}
