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
	Blocks []*Block
	zones  []zone
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
		d := caddyfile.NewDispenserTokens(name, p.Tokens["enumim"])
		if servers[i].Blocks, err = Parse(&d, at); err != nil {
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

// Asked returns the trees that answer for a fully qualified name: one for each address that the Corefile
// listens on, as CoreDNS chooses the server block with the longest zone, and enumim the longest apex. The
// plugin view, which chooses by other things than the name, is not looked at.
func Asked(servers []Server, qname string) []Tree {
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
	var trees []Tree
	for _, listen := range listens {
		t, ok := servers[best[listen].server].tree(qname)
		if ok && !slices.Contains(trees, t) {
			trees = append(trees, t)
		}
	}
	return trees
}

// tree returns the tree with the longest apex that a name is at or below.
func (s *Server) tree(qname string) (t Tree, ok bool) {
	trees := slices.DeleteFunc(s.Trees(), func(t Tree) bool { return !plugin.Name(t.Apex.String()).Matches(qname) })
	if len(trees) == 0 {
		return Tree{}, false
	}
	return slices.MaxFunc(trees, func(a, b Tree) int { return cmp.Compare(len(a.Apex.String()), len(b.Apex.String())) }), true
}
