package enumim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// memory is a backend that is slow and obvious: RFC 1034 section 4.3.2 and RFC 4592 over a map.
type memory struct {
	zone  *backend.Zone
	apex  e164.Name
	nodes map[e164.Name]*node

	form  backend.Form
	stale bool
	// hook, where set, answers first.
	hook func(ctx context.Context, q backend.Query) (backend.Answer, error, bool)

	// state, where set, is what the backend tells of itself.
	state func() backend.State

	notReady  atomic.Bool
	confirmed atomic.Int32
	released  atomic.Int32
	closed    atomic.Int32
}

type node struct {
	ttl   uint32
	rules []naptr.Rule
	sets  []backend.RRset
}

func (n *node) set(typ uint16) *backend.RRset {
	if n == nil {
		return nil
	}
	if i := indexType(n.sets, typ); i >= 0 {
		return &n.sets[i]
	}
	return nil
}

// Local makes the handle call the backend directly.
func (m *memory) Local() {}

func (m *memory) Ready() bool              { return !m.notReady.Load() }
func (m *memory) Backend() backend.Backend { return m }
func (m *memory) Confirm()                 { m.confirmed.Add(1) }
func (m *memory) Release()                 { m.released.Add(1) }
func (m *memory) Close() error             { m.closed.Add(1); return nil }

func (m *memory) Check(context.Context) error {
	if m.notReady.Load() {
		return backend.ErrNotReady
	}
	return nil
}

func (m *memory) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	if m.hook != nil {
		if a, err, ok := m.hook(ctx, q); ok {
			return a, err
		}
	}
	a := m.find(q.Name)
	a.Zone, a.Form, a.Stale = m.zone, m.form, m.stale
	return a, nil
}

// tellingMemory is a memory with a state.
type tellingMemory struct{ *memory }

func (m tellingMemory) State() backend.State { return m.state() }

func (m *memory) find(name e164.Name) backend.Answer {
	var path []e164.Name // from below the apex down to name
	for n := name; n != m.apex; n = n.Parent() {
		path = append([]e164.Name{n}, path...)
	}
	closest := m.apex
	for _, n := range path {
		if m.nodes[n].set(dns.TypeNS) != nil {
			a := backend.Answer{Kind: backend.Delegated, Owner: n, Sets: m.nodes[n].sets}
			for _, wire := range m.nodes[n].set(dns.TypeNS).Data {
				host, _ := rr.NameFromWire(wire)
				if at, err := m.apexOf().Parse(host); err == nil && m.nodes[at] != nil {
					a.Glue = append(a.Glue, backend.Host{Name: wire, Sets: m.nodes[at].sets})
				}
			}
			return a
		}
		if n != name && m.nodes[n].set(dns.TypeDNAME) != nil {
			return backend.Answer{Kind: backend.Renamed, Owner: n, Sets: m.nodes[n].sets}
		}
		if m.exists(n) {
			closest = n
		}
	}
	if node := m.nodes[name]; node != nil || name == m.apex {
		return found(node, e164.Name{})
	}
	if m.exists(name) {
		return backend.Answer{Kind: backend.Descendants}
	}
	if node := m.nodes[closest.Wildcard()]; node != nil {
		return found(node, closest.Wildcard())
	}
	return backend.Answer{Kind: backend.Absent}
}

func found(n *node, owner e164.Name) backend.Answer {
	if n == nil || len(n.rules)+len(n.sets) == 0 {
		return backend.Answer{Kind: backend.Empty}
	}
	return backend.Answer{Kind: backend.Found, TTL: n.ttl, Rules: n.rules, Sets: n.sets, Owner: owner}
}

func (m *memory) exists(name e164.Name) bool {
	for n := range m.nodes {
		if n.Under(name) {
			return true
		}
	}
	return false
}

func (m *memory) apexOf() e164.Apex {
	apex, _ := e164.ParseApex(m.zoneName())
	return apex
}

func (m *memory) zoneName() string {
	return string(e164Root.AppendName(nil, m.apex))
}

// e164Root is above all zones of the tests.
var e164Root = mustApex("e164.arpa")

func mustApex(s string) e164.Apex {
	apex, err := e164.ParseApex(s)
	if err != nil {
		panic(err)
	}
	return apex
}

// newMemory reads master-file text. Without an SOA in it, the backend knows numbers only.
func newMemory(tb testing.TB, apexText, text string) *memory {
	tb.Helper()
	apex := mustApex(apexText)
	m := &memory{apex: e164.Name{Number: apex.Prefix()}, nodes: map[e164.Name]*node{}, form: backend.Stored}
	zp := dns.NewZoneParser(strings.NewReader(text), apex.String(), "")
	for record, ok := zp.Next(); ok; record, ok = zp.Next() {
		hdr := record.Header()
		name, err := apex.Parse(hdr.Name)
		if err != nil {
			tb.Fatal(err)
		}
		buf := make([]byte, 4096)
		end, err := dns.PackRR(record, buf, 0, nil, false)
		if err != nil {
			tb.Fatal(err)
		}
		_, off, _ := dns.UnpackDomainName(buf, 0)
		set := backend.RRset{Type: hdr.Rrtype, TTL: hdr.Ttl, Data: []string{string(buf[off+10 : end])}}
		if hdr.Rrtype == dns.TypeSOA {
			m.zone = &backend.Zone{SOA: set}
			continue
		}
		if name == m.apex && m.zone != nil {
			m.zone.Sets = join(m.zone.Sets, set)
			continue
		}
		if m.nodes[name] == nil {
			m.nodes[name] = &node{}
		}
		n := m.nodes[name]
		if naptrRR, ok := record.(*dns.NAPTR); ok {
			r, err := rr.From(naptrRR)
			if err != nil {
				tb.Fatal(err)
			}
			n.ttl = hdr.Ttl
			n.rules = append(n.rules, naptr.NewRule(r))
			continue
		}
		n.sets = join(n.sets, set)
	}
	if err := zp.Err(); err != nil {
		tb.Fatal(err)
	}
	return m
}

func join(sets []backend.RRset, set backend.RRset) []backend.RRset {
	if i := indexType(sets, set.Type); i >= 0 {
		sets[i].Data = append(sets[i].Data, set.Data...)
		return sets
	}
	return append(sets, set)
}

// memoryDriver opens the memories that a test has put on the shelf: backend memory NAME.
type memoryDriver struct{}

var shelf struct {
	sync.Mutex
	memories map[string]*memory
	opened   map[string]int
}

func init() { backend.Register("memory", memoryDriver{}) }

// shelve makes m known to the driver under the test's name and returns that.
func shelve(t testing.TB, m *memory) string {
	shelf.Lock()
	defer shelf.Unlock()
	if shelf.memories == nil {
		shelf.memories, shelf.opened = map[string]*memory{}, map[string]int{}
	}
	name := strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())
	for i := 0; shelf.memories[name] != nil; i++ {
		name = fmt.Sprintf("%s_%d", name, i)
	}
	shelf.memories[name] = m
	return name
}

func openedTimes(name string) int {
	shelf.Lock()
	defer shelf.Unlock()
	return shelf.opened[name]
}

type memoryOpener struct {
	name string
	fail bool
}

func (memoryDriver) Parse(c backend.Config) (backend.Opener, error) {
	o := memoryOpener{}
	if len(c.Args) == 1 {
		o.name = c.Args[0]
	}
	for _, option := range c.Options {
		switch option.Name {
		case "fail":
			o.fail = true
		case "note":
		default:
			return nil, c.UnknownOption(option, "fail", "note")
		}
	}
	return o, nil
}

func (o memoryOpener) Key() string { return fmt.Sprint(o) }

func (o memoryOpener) Open(context.Context, func(backend.Event)) (backend.Backend, error) {
	if o.fail {
		return nil, fmt.Errorf("told to fail")
	}
	shelf.Lock()
	defer shelf.Unlock()
	m := shelf.memories[o.name]
	if m == nil {
		return nil, fmt.Errorf("nothing on the shelf")
	}
	shelf.opened[o.name]++
	if m.state != nil {
		return tellingMemory{m}, nil
	}
	return m, nil
}
