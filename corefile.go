package enumim

import (
	"fmt"
	"strings"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// parse reads all enumim blocks of one server block.
func parse(c *caddy.Controller) ([]*block, error) {
	var blocks []*block
	zones := make(map[string]backend.Pos)
	for c.Next() {
		b, err := parseBlock(c)
		if err != nil {
			return nil, err
		}
		for _, apex := range b.apexes {
			if first, ok := zones[apex.String()]; ok {
				return nil, b.errorf("zone %s is given twice, first on line %d: one enumim block answers for a zone", apex, first.Line)
			}
			zones[apex.String()] = b.pos
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// forestOf returns the trees of blocks.
func forestOf(blocks []*block) (*forest, error) {
	f := &forest{}
	for _, b := range blocks {
		for _, apex := range b.apexes {
			t, err := newTree(b, apex)
			if err != nil {
				return nil, b.errorf("zone %s: %w", apex, err)
			}
			f.add(t)
		}
	}
	f.link()
	return f, nil
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

func parseBlock(c *caddy.Controller) (*block, error) {
	b := &block{pos: posOf(c), options: options{ttl: defaultTTL, negativeTTL: defaultNegativeTTL}}
	b.limits.Timeout = defaultTimeout
	args := c.RemainingArgs()
	var err error
	if b.apexes, err = b.zones(args, c.ServerBlockKeys); err != nil {
		return nil, err
	}
	b.warnOfStrays(c.ServerBlockKeys)
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
		if err := b.options.set(l, &b.limits, b.apexes); err != nil {
			return nil, err
		}
	}
	if store == nil {
		return nil, b.errorf("needs a backend, such as: backend file numbers.txt")
	}
	if b.options.dialPlan {
		for _, apex := range b.apexes {
			if apex.Public() {
				return nil, b.errorf("dialplan: %s holds E.164 numbers only (RFC 6116 section 2); a dial plan needs a private apex", apex)
			}
		}
	}
	return b, b.parseBackend(store, dnsserver.GetConfig(c).Root)
}

// parseBackend lets the driver read its line.
func (b *block) parseBackend(l *line, root string) error {
	if len(l.args) == 0 {
		return l.errorf("backend needs a name; compiled in: %s", strings.Join(backend.Names(), ", "))
	}
	b.driver = l.args[0]
	driver, err := backend.Lookup(b.driver)
	if err != nil {
		return l.errorf("%w", err)
	}
	b.opener, err = driver.Parse(backend.Config{
		Args:     l.args[1:],
		Options:  l.sub,
		Pos:      l.pos,
		Root:     root,
		Apexes:   b.apexes,
		DialPlan: b.options.dialPlan,
		TTL:      b.options.ttl,
	})
	return err // which begins with the place, as the contract says
}

// parseLine reads the option line that the cursor stands on.
//
// NextBlock must not be called for the braces of a line: where there are none it would swallow the
// lines that follow.
func parseLine(c *caddy.Controller) (*line, error) {
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
func (b *block) zones(args, keys []string) ([]e164.Apex, error) {
	names := args
	if len(args) == 0 {
		for _, name := range plugin.OriginsFromArgsOrServerBlock(nil, keys) {
			if name != "." && !strings.HasSuffix(name, ".in-addr.arpa.") && !strings.HasSuffix(name, ".ip6.arpa.") {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil, b.errorf("needs zones, as the server block names none that can hold numbers; for example: enumim e164.arpa")
		}
	}
	var apexes []e164.Apex
	for _, name := range names {
		apex, err := parseZone(name)
		if err != nil {
			return nil, b.errorf("%w", err)
		}
		apexes = append(apexes, apex)
	}
	return apexes, nil
}

func posOf(c *caddy.Controller) backend.Pos { return backend.Pos{File: c.File(), Line: c.Line()} }

func (b *block) errorf(format string, args ...any) error { return errorAt(b.pos, format, args...) }

func (l *line) errorf(format string, args ...any) error { return errorAt(l.pos, format, args...) }

// errorAt is an error that begins with the place in the Corefile.
func errorAt(pos backend.Pos, format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{pos.File, pos.Line}, args...)...)
}
