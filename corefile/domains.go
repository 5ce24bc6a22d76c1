package corefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

// domains reads the domains of URIs, as A-labels in lower case without a final dot.
func (l *line) domains() ([]string, error) {
	if len(l.args) == 0 {
		return nil, l.errorf("%s: expected domains, such as example.com", l.name)
	}
	var list []string
	for _, arg := range l.args {
		d, err := domain(arg)
		switch {
		case err != nil:
			return nil, l.errorf("%s: %w", l.name, err)
		case slices.Contains(list, d):
			return nil, l.errorf("%s: %s is given twice", l.name, d)
		}
		list = append(list, d)
	}
	return list, nil
}

// domain reads one domain of URIs.
func domain(s string) (string, error) {
	if isAddress(strings.Trim(s, "[]")) {
		return "", fmt.Errorf("%s is an address, a domain is expected: rule I01 is about addresses", s)
	}
	if rest, ok := strings.CutPrefix(s, "*."); ok {
		return "", fmt.Errorf("%q: write %s, which stands for all that lies below it, too", s, rest)
	}
	if strings.ContainsAny(s, "@:/\\") {
		return "", fmt.Errorf("%q is no domain: write the domain alone, such as example.com", s)
	}
	ascii := s
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		var err error
		if ascii, err = idna.Lookup.ToASCII(s); err != nil {
			return "", fmt.Errorf("%q is no internationalized domain name: write its A-labels (xn--...)", s)
		}
	}
	name, err := hostName(ascii)
	switch {
	case err != nil:
		return "", err
	case name == ".":
		return "", fmt.Errorf("%q: the root stands for every domain", s)
	}
	return strings.ToLower(strings.TrimSuffix(name, ".")), nil
}

// compareDomains holds the domains that are allowed against those that are denied.
func (b *draft) compareDomains() error {
	for _, denied := range b.policy.DenyDomains {
		for _, allowed := range b.policy.AllowDomains {
			switch l := b.lines["allow_domains"]; {
			case allowed == denied:
				return b.lines["deny_domains"].errorf("deny_domains: %s is allowed on line %d", denied, l.pos.Line)
			case dns.IsSubDomain(denied, allowed):
				b.warnf(l.pos, "allow_domains: %s stays denied, as it lies below %s of deny_domains", allowed, denied)
			}
		}
	}
	return nil
}
