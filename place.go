package enumim

import (
	"net"
	"slices"
	"strings"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"
)

// place is where queries reach a server block. The same zone in two places may be answered from two stores, for
// clients who must not see each other's numbers.
type place struct {
	server string // as metrics name it: transport, address and port
	view   string // the name of the filter; "" for none
}

// site is what a block knows of its server block.
type site struct {
	config *dnsserver.Config
	keys   []string
}

// places returns where queries for a zone reach the block, once the servers are made: not in setup, since other
// plugins say where. Where only rewritten queries do, it is wherever any do.
func (s *site) places(zone string) []place {
	if s.config == nil {
		return nil
	}
	var near, all []place
	for _, key := range s.keys {
		transport, rest, _ := strings.Cut(key, "://")
		colon := strings.LastIndexByte(rest, ':')
		if colon < 0 {
			continue
		}
		origin, port := rest[:colon], rest[colon+1:]
		for _, host := range s.config.ListenHosts {
			addr, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(host, port))
			if err != nil {
				continue // the server does not start
			}
			p := place{server: transport + "://" + addr.String(), view: s.config.ViewName}
			all = append(all, p)
			if dns.IsSubDomain(origin, zone) || dns.IsSubDomain(zone, origin) {
				near = append(near, p)
			}
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}

// servers returns the servers of the server block, as metrics name them.
func (s *site) servers() []string {
	var names []string
	for _, p := range s.places(".") {
		names = append(names, p.server)
	}
	return names
}

// predecessor returns the tree of g that answers where t will, for its zone, or else for the nearest above that; nil
// where there is none in one of the places of t, or not the same in all: whose data it is would be a guess then.
func (g *generation) predecessor(t *tree) *tree {
	var one *tree
	for _, p := range t.places(t.zone) {
		here, ok := g.at(p, t)
		if !ok || one != nil && !here.alike(one) {
			return nil
		}
		one = here
	}
	return one
}

// at returns the tree of g in a place for the zone of t, or for the nearest above that. ok is false for none, and for
// several that answer from different sources.
func (g *generation) at(p place, t *tree) (nearest *tree, ok bool) {
	for _, b := range g.blocks {
		for _, other := range b.trees {
			if !other.encloses(t) || nearest != nil && len(other.zone) < len(nearest.zone) || !slices.Contains(b.places(other.zone), p) {
				continue
			}
			ok = nearest == nil || len(other.zone) > len(nearest.zone) || ok && other.alike(nearest)
			nearest = other
		}
	}
	return nearest, ok
}

// encloses reports whether t knows the names of other by the same numbers.
func (t *tree) encloses(other *tree) bool {
	apex, err := t.apex.Parse(other.zone)
	return err == nil && apex.Labels == "" && apex.Number == other.apex.Prefix()
}

// alike reports whether two trees answer from the same source now.
func (t *tree) alike(other *tree) bool {
	if t == other {
		return true
	}
	one, _ := t.serving()
	two, _ := other.serving()
	return t.zone == other.zone && same(one, two)
}
