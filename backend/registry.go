package backend

import (
	"context"

	"github.com/enumim/enumim/e164"
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
	// Secrets stand in it as hashes.
	Key() string
	// Open starts the backend. It does not wait for a store and does not fail because one is down:
	// until there is data, look-ups return ErrNotReady. What the backend does on its own ends with
	// Close. observe may be called from any goroutine; it never blocks for long.
	Open(ctx context.Context, observe func(Event)) (Backend, error)
}

// Config is what the Corefile says of one backend: backend NAME ARGS... { OPTIONS }.
type Config struct {
	Args    []string
	Options []Option
	Pos     Pos
	Root    string      // the folder that relative paths start from
	Apexes  []e164.Apex // the trees of the enumim block
	// DialPlan says that the apexes hold digits of a private dial plan: no "+", not E.164.
	DialPlan bool
}

// Option is one line of a backend's brace block.
type Option struct {
	Name string
	Args []string
	Pos  Pos
}

// Pos is a place in a Corefile.
type Pos struct {
	File string
	Line int
}
