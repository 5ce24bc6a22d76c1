package corefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// parseZone reads the name of a zone in a Corefile.
func parseZone(name string) (e164.Apex, error) {
	apex, err := e164.ParseApex(name)
	switch {
	case err != nil:
		return apex, fmt.Errorf("zone %q: %w", name, err)
	case !plainName(apex.String()):
		return apex, fmt.Errorf("zone %q: letters, digits, hyphens and underscores are expected, without scheme, port or mask", name)
	}
	return apex, wrongWay(name, apex)
}

// wrongWay returns an error for a zone below e164.arpa whose digits do not stand as RFC 6116 section 3.2
// wants them. A private apex may have any labels.
func wrongWay(name string, apex e164.Apex) error {
	if !apex.Public() {
		return nil
	}
	labels := dns.SplitDomainName(apex.String())
	labels = labels[:len(labels)-2] // those of e164.arpa
	meant := slices.Clone(labels)
	for i, label := range labels {
		if strings.Trim(label, "0123456789") == "" {
			digits := strings.Split(label, "")
			slices.Reverse(digits)
			meant[i] = strings.Join(digits, ".")
		}
	}
	also := ""
	if slices.Equal(meant, labels) {
		if prefix := apex.Prefix(); !prefix.IsValid() || prefix.Digit(0) != '0' {
			return nil
		}
		also = ", and no number begins with 0"
		slices.Reverse(meant)
	}
	return fmt.Errorf("zone %q: each digit is a label of its own, the last one first (RFC 6116 section 3.2)%s: %s.e164.arpa. is expected",
		name, also, strings.Join(meant, "."))
}

// related reports whether one of the zones a and b lies in the other.
func related(a, b string) bool { return dns.IsSubDomain(a, b) || dns.IsSubDomain(b, a) }

// plainName reports whether an apex consists of letters, digits, hyphens and underscores, so that its
// text is the same to everybody.
func plainName(zone string) bool {
	return !strings.ContainsFunc(zone, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r)
	})
}

func (b *Block) warnf(pos backend.Pos, format string, args ...any) {
	b.Warnings = append(b.Warnings, fmt.Sprintf("%s: "+format, append([]any{pos}, args...)...))
}

// warnOfStrays tells of zones that no query can be for, as their server block is for others.
func (b *Block) warnOfStrays(pos backend.Pos, zones []e164.Apex, keys []string) {
	if len(keys) == 0 {
		return
	}
	served := plugin.OriginsFromArgsOrServerBlock(nil, keys)
	for _, apex := range zones {
		if !slices.ContainsFunc(served, func(zone string) bool { return related(zone, apex.String()) }) {
			b.warnf(pos, "zone %s is outside of the zones of its server block (%s): only queries that the rewrite plugin changes get here",
				apex, strings.Join(served, ", "))
		}
	}
}

// fallthroughZones reads the zones of a fallthrough line.
func (b *Block) fallthroughZones(l *line) error {
	for _, arg := range l.args {
		if arg == "." {
			continue
		}
		zone, err := parseZone(arg)
		if err != nil {
			return l.errorf("fallthrough: %w", err)
		}
		if !slices.ContainsFunc(b.Apexes, func(apex e164.Apex) bool { return related(zone.String(), apex.String()) }) {
			b.warnf(l.pos, "fallthrough: zone %s has nothing to do with the zones of this block", zone)
		}
	}
	return nil
}
