package enumim

import (
	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"

	"github.com/enumim/enumim/corefile"
)

func init() { plugin.Register(guardName, setupGuard) }

// setupGuard reads the enumim_guard blocks of a server block, as setup does those of enumim. Both belong to one
// generation: one life cycle, one readiness.
func setupGuard(c *caddy.Controller) error {
	blocks, err := parse(c, corefile.ParseGuard)
	if err != nil {
		return plugin.Error(guardName, err)
	}
	state := generationOf(c)
	state.blocks = append(state.blocks, blocks...)
	g := Guard{inspectors: inspectorsOf(blocks), state: state}
	dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler {
		handler := g
		handler.Next = next
		return handler
	})
	return nil
}
