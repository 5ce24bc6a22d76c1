package proxy

import "sync"

// exchange holds one reply until one of another connection comes, and has the two change places.
type exchange struct {
	mu      sync.Mutex
	waiting *waiting
}

type waiting struct {
	of     *conn
	octets []byte
	got    chan []byte
}

// swap returns what to send to a connection in place of octets: nil when the connection ended first.
func (e *exchange) swap(c *conn, octets []byte) []byte {
	e.mu.Lock()
	if w := e.waiting; w != nil && w.of != c {
		e.waiting = nil
		e.mu.Unlock()
		w.got <- octets
		return w.octets
	}
	w := &waiting{of: c, octets: octets, got: make(chan []byte, 1)}
	e.waiting = w
	e.mu.Unlock()
	select {
	case other := <-w.got:
		return other
	case <-c.ctx.Done():
	case <-c.gone:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting == w {
		e.waiting = nil
	}
	return nil
}

// release lets the reply that is held go where it belongs.
func (e *exchange) release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.waiting; w != nil {
		e.waiting = nil
		w.got <- w.octets
	}
}
