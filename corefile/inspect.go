package corefile

import (
	"github.com/coredns/caddy/caddyfile"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/guard"
)

// Inspect is the inspect line of a block, with the lines that belong to it.
type Inspect struct {
	// Zones are what is inspected: those of the line, or the apexes of the block.
	Zones  []e164.Apex
	Policy guard.Policy
}

// ParseGuard reads all enumim_guard directives of one server block, as Parse does those of enumim. Their blocks
// have Inspect and no backend.
func ParseGuard(d *caddyfile.Dispenser, at Place) ([]*Block, error) { return nil, nil }
