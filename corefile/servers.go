package corefile

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/parse"

	"github.com/enumim/enumim/e164"
)

// Server is one server block of a Corefile.
type Server struct {
	// Blocks are its enumim directives, Guards its enumim_guard directives.
	Blocks, Guards []*Block
	zones          []zone
}

// zone is one key of a server block: a zone, and where it is listened for.
type zone struct {
	name   string
	listen string
}

// Read reads a Corefile; name stands for it in errors. Directives of other plugins are not looked at, but
// root and bind.
func Read(name string, text io.Reader) ([]Server, error) {
	parsed, err := caddyfile.Parse(name, text, nil)
	if err != nil {
		return nil, err
	}
	servers := make([]Server, len(parsed))
	for i, p := range parsed {
		bind := words(name, p, "bind")
		for _, key := range p.Keys {
			transport, rest := parse.Transport(key)
			hosts, port, err := plugin.SplitHostPort(rest)
			if err != nil {
				return nil, fmt.Errorf("%s: server block %s: %w", name, key, err)
			}
			port = cmp.Or(port, ports[transport])
			for _, host := range hosts {
				servers[i].zones = append(servers[i].zones, zone{
					plugin.Name(host).Normalize(), strings.Join(append([]string{transport, port}, bind...), " "),
				})
			}
		}
		at := Place{Keys: p.Keys}
		if root := words(name, p, "root"); len(root) > 0 {
			at.Root = root[0]
		}
		d := caddyfile.NewDispenserTokens(name, p.Tokens[enumim])
		if servers[i].Blocks, err = Parse(&d, at); err != nil {
			return nil, err
		}
		d = caddyfile.NewDispenserTokens(name, p.Tokens[enumimGuard])
		if servers[i].Guards, err = ParseGuard(&d, at); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

// ports are those of server blocks that name none.
var ports = map[string]string{"dns": "53", "tls": "853", "quic": "853", "grpc": "443", "https": "443", "https3": "443"}

// words returns the arguments of the first directive of that name.
func words(file string, p caddyfile.ServerBlock, directive string) []string {
	d := caddyfile.NewDispenserTokens(file, p.Tokens[directive])
	if !d.Next() {
		return nil
	}
	return d.RemainingArgs()
}

// Tree is one apex of a block.
type Tree struct {
	*Block
	Apex e164.Apex
}

// Trees lists the trees of the server block.
func (s *Server) Trees() []Tree {
	var trees []Tree
	for _, b := range s.Blocks {
		for _, apex := range b.Apexes {
			trees = append(trees, Tree{b, apex})
		}
	}
	return trees
}

// Inspection is one zone whose answers a block inspects.
type Inspection struct {
	*Block
	Zone e164.Apex
}

// Inspections lists what the server block inspects.
func (s *Server) Inspections() []Inspection {
	var all []Inspection
	for _, b := range slices.Concat(s.Guards, s.Blocks) {
		if b.Inspect != nil {
			for _, zone := range b.Inspect.Zones {
				all = append(all, Inspection{b, zone})
			}
		}
	}
	return all
}

// Asked returns the trees that answer for a fully qualified name: one for each address that the Corefile
// listens on, as CoreDNS chooses the server block with the longest zone, and enumim the longest apex. The
// plugin view, which chooses by other things than the name, is not looked at.
func Asked(servers []Server, qname string) []Tree {
	var trees []Tree
	for _, s := range chosen(servers, qname) {
		if t, ok := longest(s.Trees(), qname, func(t Tree) string { return t.Apex.String() }); ok {
			trees = append(trees, t)
		}
	}
	return trees
}

// Inspected returns what inspects answers to queries for a fully qualified name, as Asked returns who gives them.
func Inspected(servers []Server, qname string) []Inspection {
	var inspected []Inspection
	for _, s := range chosen(servers, qname) {
		all := s.Inspections()
		for _, directive := range []string{enumimGuard, enumim} {
			mine := slices.DeleteFunc(slices.Clone(all), func(i Inspection) bool { return i.Directive != directive })
			if i, ok := longest(mine, qname, func(i Inspection) string { return i.Zone.String() }); ok {
				inspected = append(inspected, i)
			}
		}
	}
	return inspected
}

// chosen returns the server blocks that queries for a fully qualified name get to, each once.
func chosen(servers []Server, qname string) []*Server {
	type match struct {
		server int
		zone   string
	}
	best := make(map[string]match)
	var listens []string
	for i, s := range servers {
		for _, z := range s.zones {
			if !plugin.Name(z.name).Matches(qname) {
				continue
			}
			if old, ok := best[z.listen]; !ok {
				listens = append(listens, z.listen)
			} else if len(old.zone) >= len(z.name) {
				continue
			}
			best[z.listen] = match{i, z.name}
		}
	}
	var list []*Server
	for _, listen := range listens {
		if s := &servers[best[listen].server]; !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// longest returns what has the longest zone that a name is at or below.
func longest[T any](all []T, qname string, zone func(T) string) (best T, ok bool) {
	for _, one := range all {
		if plugin.Name(zone(one)).Matches(qname) && (!ok || len(zone(one)) > len(zone(best))) {
			best, ok = one, true
		}
	}
	return best, ok
}
