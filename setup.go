package enumim

import (
	"github.com/coredns/caddy"
	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"

	"github.com/enumim/enumim/corefile"

	_ "github.com/enumim/enumim/backend/file" // the backend that is always there
)

func init() { plugin.Register(pluginName, setup) }

// setup reads the enumim blocks of a server block. It does no I/O: what is wrong with a Corefile shows
// here, a store that is down does not keep CoreDNS from starting.
func setup(c *caddy.Controller) error {
	blocks, err := parse(c, corefile.Parse)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	trees, err := forestOf(blocks)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	g := generationOf(c)
	g.blocks = append(g.blocks, blocks...)
	e := Enumim{forest: trees, inspectors: inspectorsOf(blocks), state: g}
	dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler {
		handler := e // one for each server: the closure runs once for every key and socket
		handler.Next = next
		return handler
	})
	return nil
}

// corefileReader reads all blocks of one directive.
type corefileReader func(*caddyfile.Dispenser, corefile.Place) ([]*corefile.Block, error)

// parse reads the blocks of a server block, and logs what is probably not meant.
func parse(c *caddy.Controller, read corefileReader) ([]*block, error) {
	at := site{config: dnsserver.GetConfig(c), keys: c.ServerBlockKeys}
	directives, err := read(&c.Dispenser, corefile.Place{Keys: at.keys, Root: at.config.Root})
	if err != nil {
		return nil, err
	}
	blocks := make([]*block, len(directives))
	for i, d := range directives {
		blocks[i] = &block{Block: d, site: at}
		for _, warning := range d.Warnings {
			log.Warning(warning)
		}
	}
	return blocks, nil
}
