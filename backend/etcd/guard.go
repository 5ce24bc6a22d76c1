package etcd

import (
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
)

const (
	// leastLoss is how many names may go whatever share they are, as in the table's guard.
	leastLoss = 100
	// guardTime is how long names that went are counted together.
	guardTime = 10 * time.Minute
)

// guard holds back the loss of many names within a short time, in one transaction or key by key: a mass
// deletion comes as changes, which the guard of the table does not see.
type guard struct {
	share float64 // of the names that may go; negative for all
	most  int     // names there were
	since time.Time
}

// set begins to count anew.
func (g *guard) set(keys int) { g.most, g.since = keys, time.Now() }

// allows reports whether as many names may be left.
func (g *guard) allows(keys int) bool {
	lost := g.most - keys
	return g.share < 0 || lost <= leastLoss || float64(lost) <= g.share*float64(g.most)
}

// passed notes how many names are left of a change that was published.
func (g *guard) passed(keys int) {
	if keys >= g.most || time.Since(g.since) > guardTime {
		g.set(keys)
	}
}

// refuse returns the error for too few names.
func (g *guard) refuse(keys int) error {
	return fmt.Errorf("%w: %d of %d names are gone: to have it so, set the option shrink or start again",
		backend.ErrShrunk, g.most-keys, g.most)
}
