package http

import "sync"

// serial makes serials of generations. The zero value is ready for use, and it is safe for concurrent use.
type serial struct {
	mu         sync.Mutex
	generation uint64
	last       uint32
}

// of returns the serial of a generation: another than that of the last one is later. What the generation has in 32 bits is
// the same at all servers. Where it counts microseconds, that may be earlier after half an hour without changes
// (RFC 1982 section 3.2); then the serial grows by one, until the generation overtakes it.
func (s *serial) of(generation uint64) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation == s.generation {
		return s.last
	}
	next := uint32(generation)
	if s.last != 0 && int32(next-s.last) <= 0 {
		next = s.last + 1
	}
	s.generation, s.last = generation, max(next, 1) // 0 says that there is none
	return s.last
}
