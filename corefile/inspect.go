package corefile

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
)

// Inspect is the inspect line of a block, with the lines that belong to it.
type Inspect struct {
	Pos backend.Pos // of the line
	// Zones are what is inspected: those of the line, or the apexes of the block.
	Zones  []e164.Apex
	Policy guard.Policy
}

// modes are the words of the inspect line.
var modes = [...]string{guard.Observe: "observe", guard.Annotate: "annotate", guard.Enforce: "enforce"}

// Mode returns the word of the line for the mode, such as "enforce".
func (i *Inspect) Mode() string { return modes[i.Policy.Mode] }

// Options by what they are for. dialplan, twins and additional are for both.
var (
	answerOptions  = []string{"backend", "ttl", "negative_ttl", "soa", "ns", "timeout", "form", "fallthrough", "harvest", "genuine_sources", "privacy", "anonymize", "status"}
	bothOptions    = []string{"dialplan", "twins", "additional"}
	inspectOptions = []string{
		"inspect", "repair", "empty", "severity", "rule", "clients", "require_authenticated", "allow_domains", "deny_domains", "services",
	}
)

// known lists the options of the directive for an error.
func (b *draft) known() string {
	names := slices.Concat(bothOptions, inspectOptions)
	if b.Directive == enumim {
		names = slices.Concat(answerOptions, names)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// complete checks that the lines which are there make sense together.
func (b *draft) complete() error {
	answers, inspects := b.lines["backend"] != nil, b.lines["inspect"] != nil
	switch {
	case b.Directive == enumimGuard && !inspects:
		return b.Errorf("needs a mode of inspection, such as: inspect observe")
	case !answers && !inspects:
		return b.Errorf("needs a backend, such as: backend file numbers.txt, or a mode of inspection, such as: inspect observe")
	}
	for _, name := range answerOptions {
		if l := b.lines[name]; l != nil && !answers {
			return l.errorf("%s is for the answers of a backend, and this block has none", name)
		}
	}
	for _, name := range inspectOptions {
		if l := b.lines[name]; l != nil && !inspects {
			return l.errorf("%s is for answers that are inspected: add a mode, such as: inspect enforce", name)
		}
	}
	if b.policy.Mode != guard.Enforce {
		for _, name := range []string{"repair", "empty"} {
			if l := b.lines[name]; l != nil {
				return l.errorf("%s: only inspect enforce changes answers", name)
			}
		}
	}
	if err := b.completeTwins(answers); err != nil {
		return err
	}
	if l := b.lines["additional"]; l != nil && !answers && b.policy.Mode == guard.Observe {
		return l.errorf("additional: inspect observe leaves answers as they are: write inspect annotate or inspect enforce")
	}
	if err := b.completeHarvest(); err != nil {
		return err
	}
	b.warnOfPolicy()
	return b.compareDomains()
}

// completeTwins gives the twins to the policy where it may change answers.
func (b *draft) completeTwins(answers bool) error {
	l := b.lines["twins"]
	switch {
	case l == nil:
	case b.policy.Repair:
		if err := b.keepsTwins(l); err != nil {
			return err
		}
		b.policy.Twins = b.Options.Twins
	case b.Directive == enumimGuard || !answers:
		return l.errorf("twins: only inspect enforce with repair adds records to the answers of others")
	}
	return nil
}

// keepsTwins checks that the Enumservices to keep are not fewer than those to add.
func (b *draft) keepsTwins(l *line) error {
	services := b.lines["services"]
	for _, protocol := range b.Options.Twins {
		if services != nil && !slices.ContainsFunc(b.policy.Services, func(s enumservice.Service) bool { return s.Is(protocol.String(), "") }) {
			return l.errorf("twins %s: the services on line %d do not keep %s", protocol, services.pos.Line, protocol)
		}
	}
	return nil
}

// warnOfPolicy tells of a policy that has clients give up where they could go on.
func (b *draft) warnOfPolicy() {
	if l := b.lines["empty"]; l != nil && b.policy.RequireAuthenticated && b.policy.Empty == guard.NoData {
		b.warnf(l.pos, "empty nodata: with require_authenticated a forged answer looks as if the number had no records; servfail has clients ask elsewhere")
	}
}

// inspect reads the inspect line.
func (b *draft) inspect(l *line) error {
	const want = "observe, annotate or enforce"
	if len(l.args) == 0 {
		return l.errorf("inspect: expected %s", want)
	}
	mode := slices.Index(modes[:], l.args[0])
	if mode < int(guard.Observe) {
		return l.errorf("inspect %q: expected %s, and zones behind it", l.args[0], want)
	}
	b.policy.Mode = guard.Mode(mode)
	for _, arg := range l.args[1:] {
		zone, err := parseZone(arg)
		if err != nil {
			return l.errorf("inspect: %w", err)
		}
		if zone.String() == "arpa." {
			b.warnf(l.pos, "inspect: the numbers are below e164.arpa, not arpa: expressions are not applied to them; write e164.arpa")
		}
		b.inspected = append(b.inspected, zone)
	}
	return nil
}

// empty reads what is answered where no record is left.
func (b *draft) empty(l *line) error {
	if err := l.count(1, 1, "servfail or nodata"); err != nil {
		return err
	}
	switch l.args[0] {
	case "servfail":
		b.policy.Empty = guard.ServFail
	case "nodata":
		b.policy.Empty = guard.NoData
	default:
		return l.errorf("empty %q: expected servfail or nodata", l.args[0])
	}
	return nil
}

// warnOfUnseen tells of inspected zones in which a backend of the same server block answers every query, so that no
// other plugin does.
func warnOfUnseen(blocks []*Block) {
	for _, b := range blocks {
		if b.Inspect == nil {
			continue
		}
		for _, zone := range b.Inspect.Zones {
			apex, owner := nearest(blocks, zone.String())
			if owner == nil || slices.ContainsFunc(owner.Options.Fall.Zones, func(z string) bool { return related(z, zone.String()) }) {
				continue
			}
			b.warnf(b.Inspect.Pos, "inspect: every query for zone %s is answered by the backend of zone %s, which has no fallthrough: other plugins are not asked",
				zone, apex)
		}
	}
}

// nearest returns the longest apex that name is at or below, and its block.
func nearest(blocks []*Block, name string) (best e164.Apex, owner *Block) {
	for _, b := range blocks {
		for _, apex := range b.Apexes {
			if dns.IsSubDomain(apex.String(), name) && len(apex.String()) > len(best.String()) {
				best, owner = apex, b
			}
		}
	}
	return best, owner
}
