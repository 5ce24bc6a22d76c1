package backend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Pool shares open backends among all who ask for the same configuration, across reloads of the
// Corefile too: the new instance acquires its backends before the old one releases them. One that nobody
// uses any more is closed at once. To keep it for a while would give a configuration that returns data
// from before, which maybe nothing ever loads again. The zero value is ready for use, also again after
// Close.
type Pool struct {
	mu      sync.Mutex
	entries map[poolKey]*entry
}

type poolKey struct {
	driver, config string
	limits         Limits
}

// entry is one backend of the pool, from the first Acquire until it is closed. Fields without
// another guard are the pool's, under its lock.
type entry struct {
	key     poolKey
	observe func(Event)
	grants  []*grant           // in the order they were acquired, those that wait for Open included
	cancel  context.CancelFunc // ends Open

	opened chan struct{} // closed when handle or err is set
	handle *Handle
	err    error

	closing  bool
	closed   chan struct{} // closed when the backend is, and closeErr set
	closeErr error
}

// Acquire returns a lease of the backend that o describes. One that is open under the same driver
// name, Key and limits is shared; otherwise it is opened, once for all that ask meanwhile. The
// lease is pending until Confirm. ctx bounds the wait; when it ends others wait on. An error of
// Open goes to all who wait for it, and the next Acquire tries again.
//
// Events of a backend go, while it has a lease, to the observe function of the call that opened it, so
// that each is told once, and last Closed. observe may be nil, and must not keep the lease alive.
func (p *Pool) Acquire(ctx context.Context, driver string, o Opener, limits Limits, observe func(Event)) (*Lease, error) {
	config, err := keyOf(o)
	if err != nil {
		return nil, err
	}
	key := poolKey{driver, config, limits.withDefaults()}
	for {
		lease, e, busy := p.enter(key, o, observe)
		if busy != nil { // the same backend is closing, and may hold a lock on its data
			select {
			case <-busy:
				continue
			case <-ctx.Done():
				return nil, unavailable(ctx)
			}
		}
		select {
		case <-e.opened:
		case <-ctx.Done():
			lease.Release()
			return nil, unavailable(ctx)
		}
		if e.err != nil {
			lease.Release()
			return nil, e.err
		}
		lease.handle = e.handle
		return lease, nil
	}
}

// enter joins or makes the entry of key. busy is not nil while the entry closes.
func (p *Pool) enter(key poolKey, o Opener, observe func(Event)) (l *Lease, e *entry, busy <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e = p.entries[key]
	switch {
	case e == nil:
		ctx, cancel := context.WithCancel(context.Background())
		e = &entry{key: key, observe: observe, cancel: cancel, opened: make(chan struct{}), closed: make(chan struct{})}
		if observe == nil {
			e.observe = func(Event) {}
		}
		if p.entries == nil {
			p.entries = make(map[poolKey]*entry)
		}
		p.entries[key] = e
		go p.open(ctx, e, o)
	case e.closing:
		return nil, nil, e.closed
	}
	return p.lease(e), e, nil
}

// open opens the backend of e, and closes it again when everybody has left meanwhile.
func (p *Pool) open(ctx context.Context, e *entry, o Opener) {
	err := fmt.Errorf("%w: Open called runtime.Goexit", ErrPanic)
	var h *Handle
	defer func() {
		p.mu.Lock()
		e.handle, e.err = h, err
		if e.closing && err == nil {
			e.err = ErrClosed
		}
		e.closing = e.closing || err != nil
		closing := e.closing
		close(e.opened)
		p.mu.Unlock()
		if closing {
			p.shut(e)
		}
	}()
	h, err = open(ctx, o, e.key.limits, func(ev Event) { p.tell(e, ev) })
}

// tell passes an event on, unless nobody uses the backend.
func (p *Pool) tell(e *entry, ev Event) {
	p.mu.Lock()
	leased := len(e.grants) > 0
	p.mu.Unlock()
	if leased {
		e.observe(ev)
	}
}

// drop takes g back. The backend closes when it was the last.
func (p *Pool) drop(g *grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := g.entry
	g.released.Store(true)
	i := slices.Index(e.grants, g)
	if i < 0 {
		return
	}
	e.grants = slices.Delete(e.grants, i, i+1)
	if len(e.grants) == 0 && !e.closing {
		p.end(e)
	}
}

// end begins to close e. p.mu is held.
func (p *Pool) end(e *entry) {
	e.closing = true
	if e.handle == nil {
		e.cancel() // open shuts it
		return
	}
	go p.shut(e)
}

// shut closes the backend of e and takes e out of the pool. It is called once, by who marked e as
// closing, or by open when e was marked before it was open.
func (p *Pool) shut(e *entry) {
	if e.handle != nil {
		e.closeErr = e.handle.Close()
	}
	e.cancel()
	e.observe(Event{Kind: Closed, Err: e.closeErr})
	p.mu.Lock()
	delete(p.entries, e.key)
	p.mu.Unlock()
	close(e.closed)
}

// ReleasePending releases the leases that were never confirmed. The old instance calls it when a
// reload fails: the new one is then thrown away without any call to it.
func (p *Pool) ReleasePending() {
	p.mu.Lock()
	var pending []*grant
	for _, e := range p.entries {
		for _, g := range e.grants {
			if !g.confirmed.Load() {
				pending = append(pending, g)
			}
		}
	}
	p.mu.Unlock()
	for _, g := range pending {
		p.drop(g)
	}
}

// Flush waits until the backends that have no lease are closed. It returns the errors of their Close.
func (p *Pool) Flush() error { return p.closeAll(false) }

// Close closes all backends, also those with leases, whose look-ups then return ErrClosed. It returns
// when everything is closed, with the errors of the backends' Close.
func (p *Pool) Close() error { return p.closeAll(true) }

func (p *Pool) closeAll(leased bool) error {
	p.mu.Lock()
	var gone []*entry
	for _, e := range p.entries {
		if !leased && len(e.grants) > 0 {
			continue
		}
		gone = append(gone, e)
		if !e.closing {
			p.end(e)
		}
	}
	p.mu.Unlock()
	var errs []error
	for _, e := range gone {
		<-e.closed
		errs = append(errs, e.closeErr)
	}
	return errors.Join(errs...)
}

// open is one guarded call of Open.
func open(ctx context.Context, o Opener, limits Limits, observe func(Event)) (h *Handle, err error) {
	defer func() {
		if v := recover(); v != nil {
			h, err = nil, panicked(v)
		}
	}()
	b, err := o.Open(ctx, observe)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("%w: Open returned no backend", ErrInvalidData)
	}
	return NewHandle(b, limits, observe), nil
}

// keyOf is one guarded call of Key.
func keyOf(o Opener) (key string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	return o.Key(), nil
}
