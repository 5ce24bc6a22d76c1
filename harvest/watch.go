// Package harvest tells those who walk a tree of numbers from those who use it.
//
// In ENUM each digit is a label, and the beginning of a number that is served exists (RFC 8020 section 2). Who asks for
// the ten names below each name that exists therefore finds every number, in about ten queries for each digit that
// numbers do not share. Two things set that apart from use:
//
//   - Neighbours that are not there. Of the ten names below one, a walk asks for all within a few queries. Those who
//     dial ask for numbers that have little to do with each other, and for the same ones again.
//   - Beginnings that nobody goes on from. A resolver that minimises what it asks for (RFC 9156), or a caller who
//     dials digit by digit, goes on below each beginning at once. A walk in another order than from digit to digit
//     does not.
//
// Both add to a score. Numbers that are there take from it, and so do other new names that are not; what a client
// asked for before counts nothing. So neither how many queries come nor how many of them fail decides.
package harvest

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/e164"
)

// Kind is what stands at a name that was asked for.
type Kind uint8

// The kinds of names.
const (
	Number    Kind = iota // a number, or what is as good as one: a delegation, an alias
	Beginning             // nothing, and something below it
	Nothing               // nothing, and nothing below it
)

// Verdict is how a query is to be answered.
type Verdict uint8

// The verdicts.
const (
	Answer Verdict = iota
	Prove          // somebody walks the tree with this address, which may be forged: ask for a proof of it
	Refuse         // this client walks the tree
)

const (
	sets = 128 // of clients; each has a lock of its own
	ways = 8   // clients a set
)

// Watch watches the queries of all clients of some trees. It takes two MiB, however many clients there are: of those
// that it has no room for it forgets who asked longest ago. Those with a proven address have a half of their own, so
// that a flood of forged ones does not make it forget them. It is safe for concurrent use, and made by New.
type Watch struct {
	seed             maphash.Seed
	start            time.Time
	except           []netip.Prefix
	proven, unproven []set
}

// set is the clients whose keys have one hash in common.
type set struct {
	until   atomic.Uint32 // when the last of those who are refused is answered again; mostly there are none
	mu      sync.Mutex
	keys    [ways]uint64 // 0 is free
	clients [ways]client
}

// New returns a Watch that does not watch the clients in some networks.
func New(except []netip.Prefix) *Watch {
	return &Watch{
		seed: maphash.MakeSeed(), start: time.Now(), except: except,
		proven: make([]set, sets), unproven: make([]set, sets),
	}
}

// Client is who asks, as far as addresses tell. The zero Client is nobody.
type Client struct {
	key    uint64
	set    int
	proven bool
}

// Network returns the addresses that count as one client: an IPv4 address, since others may stand behind its
// neighbours, and the /56 of an IPv6 address, which is what one site has (RFC 6177 section 2).
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 56
	}
	network, _ := addr.Prefix(bits)
	return network
}

// Client returns who asks from an address; proven says that it cannot be forged, as over TCP. Queries with a proven
// address and those without are watched apart, so that nobody is refused for what others send in his name. ok is false
// for those who are not watched.
func (w *Watch) Client(addr netip.Addr, proven bool) (c Client, ok bool) {
	addr = addr.Unmap().WithZone("") // no network contains an address with a zone
	for _, network := range w.except {
		if network.Contains(addr) {
			return Client{}, false
		}
	}
	switch {
	case addr.Is4():
		b := addr.As4()
		c.key = uint64(binary.BigEndian.Uint32(b[:]))<<8 | 4
	case addr.Is6():
		b := addr.As16()
		c.key = binary.BigEndian.Uint64(b[:])&^0xff | 6
	default:
		return Client{}, false
	}
	c.set, c.proven = int(w.hash(c.key)%sets), proven
	return c, true
}

// Verdict says how queries of c are to be answered now.
func (w *Watch) Verdict(c Client, now time.Time) Verdict {
	at := w.seconds(now)
	switch {
	case w.of(c, true).refuses(c, at):
		return Refuse
	case !c.proven && w.of(c, false).refuses(c, at):
		return Prove
	}
	return Answer
}

// Note notes that c asked for n, of one digit at least, and what there is. It returns for how long queries of c are
// refused, or a proof is asked for, from now on, where n is what turned the scales; else 0.
func (w *Watch) Note(c Client, n e164.Number, kind Kind, now time.Time) time.Duration {
	s, at := w.of(c, c.proven), w.seconds(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(c.key)
	if i < 0 {
		if kind == Number {
			return 0 // who asks for numbers alone takes no room
		}
		i = s.place(c.key, at)
	}
	known := &s.clients[i]
	points := int32(served)
	if known.goOn(n); kind != Number {
		points = known.missed(n, kind, w.hash(uint64(n)))
	}
	seconds := known.count(points, at)
	s.until.Store(max(s.until.Load(), known.until))
	return time.Duration(seconds) * time.Second
}

// of returns the set that c belongs to, with a proven address or without.
func (w *Watch) of(c Client, proven bool) *set {
	if proven {
		return &w.proven[c.set]
	}
	return &w.unproven[c.set]
}

// hash is keyed, so that nobody can choose whom or what to be mistaken for.
func (w *Watch) hash(n uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	return maphash.Bytes(w.seed, b[:])
}

// seconds returns the time since w began.
func (w *Watch) seconds(now time.Time) uint32 { return uint32(now.Sub(w.start) / time.Second) }

// refuses reports whether c walked the tree, and has to wait. Where nobody of the set has, that takes no lock.
func (s *set) refuses(c Client, at uint32) bool {
	if s.until.Load() <= at {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(c.key)
	return i >= 0 && s.clients[i].until > at
}

// find returns where the client with a key is; -1 is nowhere.
func (s *set) find(key uint64) int {
	for i := range s.keys {
		if s.keys[i] == key {
			return i
		}
	}
	return -1
}

// place makes room for a client: that of the one who asked longest ago, those who are refused at the end.
func (s *set) place(key uint64, now uint32) int {
	at := 0
	for i := range s.keys {
		if s.keys[i] == 0 {
			at = i
			break
		}
		if s.clients[i].matters() < s.clients[at].matters() {
			at = i
		}
	}
	s.keys[at] = key
	s.clients[at] = client{drained: now}
	return at
}
