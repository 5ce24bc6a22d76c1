package backend

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/e164"
)

// Config is what the Corefile says of one backend: backend NAME ARGS... { OPTIONS }.
type Config struct {
	Args    []string
	Options []Option
	Pos     Pos
	Root    string      // the folder that relative paths start from
	Apexes  []e164.Apex // the trees of the enumim block
	// DialPlan says that the apexes hold digits of a private dial plan: no "+", not E.164.
	DialPlan bool
	// TTL, in seconds, is for records whose source gives none; 0 stands for an hour.
	TTL uint32
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

// String returns "file:line", or "" for the zero Pos.
func (p Pos) String() string {
	if p == (Pos{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Errorf returns an error, made as fmt.Errorf does, that begins with the place: "Corefile:12: ...".
// The zero Pos stands for the place of the backend line itself.
func (c Config) Errorf(pos Pos, format string, args ...any) error {
	if pos == (Pos{}) {
		pos = c.Pos
	}
	return pos.errorf(format, args...)
}

func (p Pos) errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if p == (Pos{}) {
		return err
	}
	return fmt.Errorf("%s: %w", p, err)
}

// Path returns arg as a clean path, a relative one taken from Root.
func (c Config) Path(arg string) string {
	if filepath.IsAbs(arg) {
		return filepath.Clean(arg)
	}
	return filepath.Join(c.Root, arg)
}

// UnknownOption returns the error for an option that the driver does not know: it lists those that
// it does.
func (c Config) UnknownOption(o Option, known ...string) error {
	if len(known) == 0 {
		return c.Errorf(o.Pos, "unknown option %q: this backend has no options", o.Name)
	}
	slices.Sort(known)
	return c.Errorf(o.Pos, "unknown option %q; known: %s", o.Name, strings.Join(known, ", "))
}

// Errorf returns an error that begins with the place and the name of the option:
// "Corefile:12: timeout: ...".
func (o Option) Errorf(format string, args ...any) error {
	return o.Pos.errorf("%s: %w", o.Name, fmt.Errorf(format, args...))
}

// One returns the option's only argument; it is an error to have none, several or an empty one.
func (o Option) One() (string, error) {
	switch {
	case len(o.Args) != 1:
		return "", o.Errorf("expected one argument, got %d", len(o.Args))
	case o.Args[0] == "":
		return "", o.Errorf("expected an argument, got an empty one")
	}
	return o.Args[0], nil
}

// Duration returns the option's only argument as a duration from least to most.
func (o Option) Duration(least, most time.Duration) (time.Duration, error) {
	arg, err := o.One()
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(arg)
	if err != nil {
		return 0, o.Errorf("expected a duration such as 500ms or 30s, got %q", arg)
	}
	if d < least || d > most {
		return 0, o.Errorf("expected a duration from %v to %v, got %q", least, most, arg)
	}
	return d, nil
}

// Percentage returns the option's only argument as a share in percent, from 1 to 99, with or without a
// percent sign; 0 stands for "off".
func (o Option) Percentage() (int, error) {
	arg, err := o.One()
	if err != nil || arg == "off" {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(arg, "%"))
	if err != nil || n < 1 || n > 99 {
		return 0, o.Errorf("expected a percentage from 1 to 99, or off, got %q", arg)
	}
	return n, nil
}

// Switch returns the option's only argument, "on" or "off", as true or false.
func (o Option) Switch() (bool, error) {
	arg, err := o.One()
	if err == nil && arg != "on" && arg != "off" {
		err = o.Errorf("expected on or off, got %q", arg)
	}
	return arg == "on", err
}

// Count returns the option's only argument as a number from least to most.
func (o Option) Count(least, most int) (int, error) {
	arg, err := o.One()
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(arg)
	if err != nil || n < least || n > most {
		return 0, o.Errorf("expected a number from %d to %d, got %q", least, most, arg)
	}
	return n, nil
}
