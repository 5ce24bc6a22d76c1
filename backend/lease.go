package backend

import (
	"context"
	"runtime"
	"sync/atomic"
)

// Lease is a share in a backend of a Pool. All methods are safe for concurrent use.
type Lease struct {
	grant   *grant
	handle  *Handle
	cleanup runtime.Cleanup
}

// grant is what the pool knows of a lease. It does not keep the lease alive, so that one which is
// lost without Release can be seen.
type grant struct {
	pool      *Pool
	entry     *entry
	confirmed atomic.Bool
	released  atomic.Bool
}

// lease adds a lease to e. p.mu is held.
func (p *Pool) lease(e *entry) *Lease {
	g := &grant{pool: p, entry: e}
	l := &Lease{grant: g}
	l.cleanup = runtime.AddCleanup(l, p.drop, g)
	e.grants = append(e.grants, g)
	return l
}

// Lookup asks the backend as Handle.Lookup does; after Release it returns ErrClosed.
func (l *Lease) Lookup(ctx context.Context, q Query, a *Answer) error {
	if l.grant.released.Load() {
		*a = Answer{}
		return ErrClosed
	}
	return l.handle.Lookup(ctx, q, a)
}

// Ready reports whether the backend can answer (Handle.Ready); false after Release.
func (l *Lease) Ready() bool { return !l.grant.released.Load() && l.handle.Ready() }

// Backend returns the backend, for As. It must not be closed, nor used after Release.
func (l *Lease) Backend() Backend { return l.handle.Backend() }

// Share returns another lease of the same backend, pending as any other is at first. ok is false after
// Release, and when the backend closes.
func (l *Lease) Share() (other *Lease, ok bool) {
	p, e := l.grant.pool, l.grant.entry
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.grant.released.Load() || e.closing {
		return nil, false
	}
	other = p.lease(e)
	other.handle = l.handle
	return other, true
}

// Shares reports whether both are leases of the same open backend.
func (l *Lease) Shares(other *Lease) bool { return l.grant.entry == other.grant.entry }

// Released reports whether the share was given back, by whomever (Pool.ReleasePending).
func (l *Lease) Released() bool { return l.grant.released.Load() }

// Confirm marks the lease as live, so that Pool.ReleasePending leaves it alone. An instance confirms
// its leases when it serves; at the latest when it is told of a reload, before the next instance
// acquires its own.
func (l *Lease) Confirm() { l.grant.confirmed.Store(true) }

// Release gives the share back. With its last lease the backend closes, which Release does not wait for.
// Release is idempotent. A lease that is garbage is released as if by Release.
func (l *Lease) Release() {
	l.cleanup.Stop()
	l.grant.pool.drop(l.grant)
}
