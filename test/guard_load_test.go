package test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// needs skips a test on a machine without a program; where the whole suite is to run it fails.
func needs(tb testing.TB, programs ...string) {
	tb.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				tb.Fatal(err)
			}
			tb.Skip(err)
		}
	}
}

// TestGuardLoad has many clients at once ask a chain in front of NSD, over UDP and TCP, with and without
// EDNS, by each way of guarding. Every reply tells by itself whether it is right.
func TestGuardLoad(t *testing.T) {
	needs(t, "nsd")
	const apex, size, clients, rounds = "e164.arpa.", 70, 6, 3
	nsd := startNSD(t, map[string]string{apex: passingZone(t, t.TempDir(), apex, size)})
	for _, way := range []struct {
		name  string
		chain string // %s is what the guard is told
		lossy bool   // cache drops EDE
	}{
		{"alone", "enumim_guard e164.arpa {\n%s\n}\n", false},
		{"in front of cache", "enumim_guard e164.arpa {\n%s\n}\ncache\n", false},
		{"behind cache", "cache\nenumim e164.arpa {\n%s\n}\n", true},
		{"both", "enumim_guard e164.arpa {\n%[1]s\n}\ncache\nenumim e164.arpa {\n%[1]s\n}\n", true},
	} {
		for _, by := range []treatment{observed, annotated, enforced, denied, repaired} {
			t.Run(way.name+"/"+by.name, func(t *testing.T) {
				// What the server itself does to a message that leaves (OPT, truncation) is not to be seen; nor what
				// cache does to what comes to it, which is to cap TTLs in place.
				kept := &keeper{}
				watch := install(t, inFront, writing(copied)) + install(t, between, writing(kept.write))
				if way.name == "alone" {
					watch += install(t, behind, writing(kept.write))
				}
				s := startEnumim(t, watch+fmt.Sprintf(way.chain, by.lines)+"forward . "+nsd.address)
				errs := make(chan error, clients)
				var running sync.WaitGroup
				for i := range clients {
					running.Go(func() {
						c := &client{server: s}
						defer c.close()
						random := rand.New(rand.NewPCG(1, uint64(i)))
						var wrong []error
						for range rounds {
							for _, k := range random.Perm(size) {
								n := passingNumber(apex, k)
								q := &question{name: n.owner(), qtype: dns.TypeNAPTR, class: dns.ClassINET, rd: true, tcp: i%3 == 0,
									edns: random.IntN(4) > 0, ad: random.IntN(2) > 0, cd: random.IntN(4) == 0}
								if q.edns {
									q.size, q.do = []uint16{512, maxUDP, 4096}[random.IntN(3)], random.IntN(3) == 0
								}
								if err := n.check(c.ask(q), by, way.lossy); err != nil && len(wrong) < 2 {
									wrong = append(wrong, fmt.Errorf("%v: %w", q, err))
								}
							}
						}
						errs <- errors.Join(wrong...)
					})
				}
				running.Wait()
				close(errs)
				for err := range errs {
					if err != nil {
						t.Error(err)
					}
				}
				kept.check(t)
			})
		}
	}
}

// copied sends a copy of a message.
func copied(w dns.ResponseWriter, m *dns.Msg) error { return w.WriteMsg(m.Copy()) }

// keeper keeps the messages that pass, with what they were when they came.
type keeper struct {
	mu   sync.Mutex
	kept []keptMsg
}

type keptMsg struct {
	m    *dns.Msg
	wire []byte
}

func (k *keeper) write(w dns.ResponseWriter, m *dns.Msg) error {
	wire, err := m.Pack()
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.kept = append(k.kept, keptMsg{m, wire})
	k.mu.Unlock()
	return w.WriteMsg(m)
}

// check fails the test where a message is not what it was any more.
func (k *keeper) check(tb testing.TB) {
	tb.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) == 0 {
		tb.Error("no message was kept")
	}
	for _, one := range k.kept {
		if wire, err := one.m.Pack(); err != nil || !bytes.Equal(wire, one.wire) {
			tb.Fatalf("a message was changed behind the back of those who share it: %v: %v", err, one.m)
		}
	}
}
