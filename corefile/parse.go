package corefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/plugin"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/guard"
)

// The directives.
const (
	enumim      = "enumim"
	enumimGuard = "enumim_guard"
)

// Place is where directives stand: what of a server block they depend on.
type Place struct {
	Keys []string // of the server block, as written or normalised
	Root string   // the folder that relative paths start from; empty for the working directory
}

// Parse reads all enumim directives of one server block, which the dispenser holds. It does no I/O.
// Errors begin with the place in the Corefile and say what was expected.
func Parse(d *caddyfile.Dispenser, at Place) ([]*Block, error) { return parseBlocks(d, at, enumim) }

// ParseGuard reads all enumim_guard directives of one server block, as Parse does those of enumim. Their blocks
// have Inspect and no backend.
func ParseGuard(d *caddyfile.Dispenser, at Place) ([]*Block, error) {
	return parseBlocks(d, at, enumimGuard)
}

func parseBlocks(d *caddyfile.Dispenser, at Place, directive string) ([]*Block, error) {
	var blocks []*Block
	answered, inspected := make(map[string]backend.Pos), make(map[string]backend.Pos)
	for d.Next() {
		b, err := parseBlock(d, at, directive)
		if err != nil {
			return nil, err
		}
		for _, apex := range b.Apexes {
			if first, ok := answered[apex.String()]; ok {
				return nil, b.Errorf("zone %s is given twice, first on line %d: one enumim block answers for a zone", apex, first.Line)
			}
			answered[apex.String()] = b.Pos
		}
		if b.Inspect != nil {
			for _, zone := range b.Inspect.Zones {
				if first, ok := inspected[zone.String()]; ok {
					return nil, errorAt(b.Inspect.Pos, "inspect: zone %s is given twice, first on line %d: one %s block inspects a zone", zone, first.Line, directive)
				}
				inspected[zone.String()] = b.Inspect.Pos
			}
		}
		blocks = append(blocks, b)
	}
	warnOfUnseen(blocks)
	return blocks, nil
}

// line is one option line of a block.
type line struct {
	name string
	args []string
	pos  backend.Pos
	// sub are the lines between the braces behind it; braces tells that there are some.
	sub    []backend.Option
	braces bool
}

// draft is a block whose lines are being read.
type draft struct {
	*Block
	lines     map[string]*line // the first of each name
	policy    guard.Policy
	inspected []e164.Apex            // of the inspect line
	overrides map[string]backend.Pos // where rules are given a severity, by code
}

func parseBlock(c *caddyfile.Dispenser, at Place, directive string) (*Block, error) {
	b := &draft{
		Block: &Block{Directive: directive, Pos: posOf(c), Options: Defaults()},
		lines: make(map[string]*line),
	}
	b.Limits.Timeout = defaultTimeout
	args := c.RemainingArgs()
	var noZones error
	if b.Apexes, noZones = b.zones(args, at.Keys); noZones != nil && len(args) > 0 {
		return nil, noZones
	}
	for c.NextBlock() {
		l, err := parseLine(c)
		if err != nil {
			return nil, err
		}
		if err := b.read(l); err != nil {
			return nil, err
		}
	}
	if err := b.complete(); err != nil {
		return nil, err
	}
	if noZones != nil && (b.lines["backend"] != nil || len(b.inspected) == 0) {
		return nil, noZones
	}
	if len(args) > 0 && len(b.inspected) > 0 && b.lines["backend"] == nil {
		b.warnf(b.Pos, "zones behind %s have no effect: the inspect line names its own, and there is no backend to answer for them", directive)
	}
	if err := b.conclude(at); err != nil {
		return nil, err
	}
	return b.Block, nil
}

// read reads one line.
func (b *draft) read(l *line) error {
	switch first := b.lines[l.name]; {
	case first == nil:
		b.lines[l.name] = l
	case l.name != "rule":
		return l.errorf("%s is given twice, first on line %d", l.name, first.pos.Line)
	}
	switch {
	case b.Directive == enumimGuard && slices.Contains(answerOptions, l.name):
		return l.errorf("%s belongs to enumim, which answers: enumim_guard inspects what others answer", l.name)
	case l.name == "backend":
		return nil // when all that the driver wants to know is read
	case l.braces:
		return l.errorf("%s takes no braces, only backend does", l.name)
	}
	return b.set(l)
}

// conclude makes the block of what the lines say together.
func (b *draft) conclude(at Place) error {
	if b.policy.Mode != 0 {
		b.policy.DialPlan = b.Options.DialPlan
		b.Inspect = &Inspect{Pos: b.lines["inspect"].pos, Zones: b.inspected, Policy: b.policy}
		if len(b.inspected) == 0 {
			b.Inspect.Zones = b.Apexes
		}
	}
	store := b.lines["backend"]
	if store == nil {
		b.Apexes = nil
	}
	b.warnOfStrays(b.Pos, b.Apexes, at.Keys)
	if b.Inspect != nil && (store == nil || len(b.inspected) > 0) {
		b.warnOfStrays(b.Inspect.Pos, b.Inspect.Zones, at.Keys)
	}
	if err := b.checkDialPlan(); err != nil || store == nil {
		return err
	}
	if l := b.lines["anonymize"]; l != nil {
		var err error
		if b.Options.Anonymize, err = b.anonymize(l, at.Root); err != nil {
			return err
		}
	}
	return b.parseBackend(store, at.Root)
}

// checkDialPlan refuses dial plans where E.164 numbers live.
func (b *draft) checkDialPlan() error {
	zones := b.Apexes
	if b.Inspect != nil {
		zones = slices.Concat(zones, b.Inspect.Zones)
	}
	for _, zone := range zones {
		if b.Options.DialPlan && zone.Public() {
			return b.Errorf("dialplan: %s holds E.164 numbers only (RFC 6116 section 2); a dial plan needs a private apex", zone)
		}
	}
	return nil
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
	b.Opener, err = backend.Parse(driver, backend.Config{
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
func (b *draft) zones(args, keys []string) ([]e164.Apex, error) {
	names := args
	if len(args) == 0 {
		for _, name := range plugin.OriginsFromArgsOrServerBlock(nil, keys) {
			// One zone may be served on several ports and transports.
			if name != "." && !strings.HasSuffix(name, ".in-addr.arpa.") && !strings.HasSuffix(name, ".ip6.arpa.") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil, b.Errorf("needs zones, as the server block names none that can hold numbers; for example: %s e164.arpa", b.Directive)
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
