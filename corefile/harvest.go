package corefile

import (
	"net/netip"
	"slices"
)

// Harvest is what makes it hard to collect the numbers of a tree.
type Harvest struct {
	// Uniform has names that do not exist answered like those that do, without records.
	Uniform bool
	// Refuse has the queries of those refused who walk the tree, unless they come from the networks of Except.
	Refuse bool
	Except []netip.Prefix
}

// harvest reads what is done against collecting numbers.
func (l *line) harvest() (h Harvest, err error) {
	const want = "uniform, refuse or both, and behind refuse maybe except with networks"
	if len(l.args) == 0 {
		return h, l.errorf("harvest: expected %s", want)
	}
	for i, arg := range l.args {
		switch {
		case arg == "uniform" && !h.Uniform:
			h.Uniform = true
		case arg == "refuse" && !h.Refuse:
			h.Refuse = true
		case arg == "uniform" || arg == "refuse":
			return h, l.errorf("harvest: %s is given twice", arg)
		case arg == "except" && h.Refuse:
			h.Except, err = l.networks(l.args[i+1:])
			return h, err
		case arg == "except":
			return h, l.errorf("harvest: except stands behind refuse: nobody is refused without")
		default:
			return h, l.errorf("harvest %q: expected %s", arg, want)
		}
	}
	return h, nil
}

// networks reads addresses and networks to the end of the line.
func (l *line) networks(args []string) ([]netip.Prefix, error) {
	if len(args) == 0 {
		return nil, l.errorf("%s: expected networks behind except, such as 192.0.2.0/24 2001:db8::/32", l.name)
	}
	var list []netip.Prefix
	for _, arg := range args {
		network, err := netip.ParsePrefix(arg)
		if addr, errAddr := netip.ParseAddr(arg); errAddr == nil {
			network, err = netip.PrefixFrom(addr.WithZone(""), addr.BitLen()), nil
		}
		switch {
		case err != nil:
			return nil, l.errorf("%s: except %q: expected a network or an address, such as 192.0.2.0/24 or 2001:db8::1", l.name, arg)
		case network.Addr().Is4In6():
			return nil, l.errorf("%s: except %s: write IPv4 networks as such: 192.0.2.0/24", l.name, arg)
		case network != network.Masked():
			return nil, l.errorf("%s: except %s: has bits behind its mask: write %s or an address without mask", l.name, arg, network.Masked())
		case slices.Contains(list, network):
			return nil, l.errorf("%s: except %s is given twice", l.name, arg)
		}
		list = append(list, network)
	}
	return list, nil
}

// completeHarvest refuses what would tell apart what uniform makes alike.
func (b *draft) completeHarvest() error {
	if l, fall := b.lines["harvest"], b.lines["fallthrough"]; b.Options.Harvest.Uniform && fall != nil {
		return l.errorf("harvest uniform: fallthrough on line %d passes on what does not exist, which tells it from what does: leave one of them out", fall.pos.Line)
	}
	return nil
}
