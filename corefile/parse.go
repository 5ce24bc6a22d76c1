package corefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/plugin"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Place is where directives stand: what of a server block they depend on.
type Place struct {
	Keys []string // of the server block, as written or normalised
	Root string   // the folder that relative paths start from; empty for the working directory
}

// Parse reads all enumim directives of one server block, which the dispenser holds. It does no I/O.
// Errors begin with the place in the Corefile and say what was expected.
func Parse(d *caddyfile.Dispenser, at Place) ([]*Block, error) {
	var blocks []*Block
	zones := make(map[string]backend.Pos)
	for d.Next() {
		b, err := parseBlock(d, at)
		if err != nil {
			return nil, err
		}
		for _, apex := range b.Apexes {
			if first, ok := zones[apex.String()]; ok {
				return nil, b.Errorf("zone %s is given twice, first on line %d: one enumim block answers for a zone", apex, first.Line)
			}
			zones[apex.String()] = b.Pos
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// line is one option line of an enumim block.
type line struct {
	name string
	args []string
	pos  backend.Pos
	// sub are the lines between the braces behind it; braces tells that there are some.
	sub    []backend.Option
	braces bool
}

func parseBlock(c *caddyfile.Dispenser, at Place) (*Block, error) {
	b := &Block{Pos: posOf(c), Options: Defaults()}
	b.Limits.Timeout = defaultTimeout
	args := c.RemainingArgs()
	var err error
	if b.Apexes, err = b.zones(args, at.Keys); err != nil {
		return nil, err
	}
	b.warnOfStrays(at.Keys)
	seen := make(map[string]int)
	var store *line
	for c.NextBlock() {
		l, err := parseLine(c)
		if err != nil {
			return nil, err
		}
		if first, ok := seen[l.name]; ok {
			return nil, l.errorf("%s is given twice, first on line %d", l.name, first)
		}
		seen[l.name] = l.pos.Line
		if l.braces && l.name != "backend" {
			return nil, l.errorf("%s takes no braces, only backend does", l.name)
		}
		if l.name == "backend" {
			store = l
			continue
		}
		if err := b.set(l); err != nil {
			return nil, err
		}
	}
	if store == nil {
		return nil, b.Errorf("needs a backend, such as: backend file numbers.txt")
	}
	if b.Options.DialPlan {
		for _, apex := range b.Apexes {
			if apex.Public() {
				return nil, b.Errorf("dialplan: %s holds E.164 numbers only (RFC 6116 section 2); a dial plan needs a private apex", apex)
			}
		}
	}
	return b, b.parseBackend(store, at.Root)
}

// parseBackend lets the driver read its line.
func (b *Block) parseBackend(l *line, root string) error {
	if len(l.args) == 0 {
		return l.errorf("backend needs a name; compiled in: %s", strings.Join(backend.Names(), ", "))
	}
	b.Driver = l.args[0]
	driver, err := backend.Lookup(b.Driver)
	if err != nil {
		return l.errorf("%w", err)
	}
	b.Opener, err = driver.Parse(backend.Config{
		Args:     l.args[1:],
		Options:  l.sub,
		Pos:      l.pos,
		Root:     root,
		Apexes:   b.Apexes,
		DialPlan: b.Options.DialPlan,
		TTL:      b.Options.TTL,
	})
	return err // which begins with the place, as the contract says
}

// parseLine reads the option line that the cursor stands on.
//
// NextBlock must not be called for the braces of a line: where there are none it would swallow the
// lines that follow.
func parseLine(c *caddyfile.Dispenser) (*line, error) {
	l := &line{name: c.Val(), pos: posOf(c)}
	l.args = c.RemainingArgs()
	if !c.NextArg() {
		return l, nil
	}
	l.braces = true // RemainingArgs stops only before "{"
	for c.Next() {
		if c.Val() == "}" {
			return l, nil
		}
		o := backend.Option{Name: c.Val(), Pos: posOf(c)}
		o.Args = c.RemainingArgs()
		if c.NextArg() {
			return nil, l.errorf("%s: an option of a backend takes no braces", o.Name)
		}
		l.sub = append(l.sub, o)
	}
	return nil, l.errorf("%s: the closing brace is missing", l.name)
}

// zones returns the apexes that args, or else the keys of the server block, name.
func (b *Block) zones(args, keys []string) ([]e164.Apex, error) {
	names := args
	if len(args) == 0 {
		for _, name := range plugin.OriginsFromArgsOrServerBlock(nil, keys) {
			// One zone may be served on several ports and transports.
			if name != "." && !strings.HasSuffix(name, ".in-addr.arpa.") && !strings.HasSuffix(name, ".ip6.arpa.") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil, b.Errorf("needs zones, as the server block names none that can hold numbers; for example: enumim e164.arpa")
		}
	}
	var apexes []e164.Apex
	for _, name := range names {
		apex, err := parseZone(name)
		if err != nil {
			return nil, b.Errorf("%w", err)
		}
		apexes = append(apexes, apex)
	}
	return apexes, nil
}

func posOf(c *caddyfile.Dispenser) backend.Pos { return backend.Pos{File: c.File(), Line: c.Line()} }

// Errorf returns an error, made as fmt.Errorf does, that begins with the place of the block.
func (b *Block) Errorf(format string, args ...any) error { return errorAt(b.Pos, format, args...) }

func (l *line) errorf(format string, args ...any) error { return errorAt(l.pos, format, args...) }

// errorAt is an error that begins with the place in the Corefile.
func errorAt(pos backend.Pos, format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{pos.File, pos.Line}, args...)...)
}
