package test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// combined are faults that may befall a server together: of its store, of its machine, and of its Corefile. None of them
// needs what another takes away.
var combined = [][]hostFault{
	{
		{name: "stores frozen", inject: func(t *testing.T, h *host) func() {
			h.eachStore(func(s *scene) { s.servers()[0].Pause() })
			return func() { h.eachStore(func(s *scene) { s.servers()[0].Resume() }) }
		}},
		{name: "stores killed", inject: func(t *testing.T, h *host) func() {
			h.eachStore(func(s *scene) { s.servers()[0].Stop() })
			return func() { h.eachStore(func(s *scene) { s.servers()[0].Start() }) }
		}},
	},
	{
		{name: "no descriptor left", inject: noDescriptors},
		{name: "descriptors leaked to peers", inject: leakedPeers},
		{name: "busy neighbours", inject: busyNeighbours},
	},
	{
		{name: "file gone", inject: func(t *testing.T, h *host) func() {
			lane := h.lanes[0]
			swaps()[0].put(t, lane)
			return func() { lane.place(t, lane.file(lane.high.Load())) }
		}},
		{name: "file of junk", inject: func(t *testing.T, h *host) func() {
			lane := h.lanes[1]
			lane.place(t, junk(1<<16))
			return func() { lane.place(t, lane.file(lane.high.Load())) }
		}},
		{name: "Corefile with a fault", inject: func(t *testing.T, h *host) func() {
			h.write(t, "no Corefile {")
			h.reload(t, "[ERROR] SIGUSR1")
			return func() { h.configure(t, h.lanes) }
		}},
	},
}

// eachStore does something to every store that is a process.
func (h *host) eachStore(do func(s *scene)) {
	for _, l := range h.lanes {
		if l.store != nil && len(l.store.servers) > 0 {
			do(&scene{lane: l})
		}
	}
}

// TestCombinedFaults (F48): faults of a store, of the machine, and of data or Corefile, one of each at random, at once: no reply
// wrong, none lost, what is in memory is answered, and all is as before afterwards. Two hours of it are -rounds 1000.
func TestCombinedFaults(t *testing.T) {
	h := newHost(t)
	h.load = startUDP(t, h.at, h.lanes)
	h.load.aside.Store(true)
	before := h.usage(t)
	r := h.load.counted()
	rounds := 2 * *faultRounds
	for range rounds {
		var names []string
		var heals []func()
		h.load.outage.Store(true)
		for _, kind := range combined {
			f := kind[rand.IntN(len(kind))]
			names, heals = append(names, f.name), append(heals, f.inject(t, h))
		}
		t.Log(strings.Join(names, ", "))
		for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			if err := h.answers(h.memory); err != nil {
				t.Error(err)
				break
			}
		}
		for _, heal := range slices.Backward(heals) {
			heal()
		}
		began := time.Now()
		for _, l := range h.lanes {
			if l.store == nil {
				h.awaitStore(t, l, l.next(t))
			} else {
				h.awaitStore(t, l, l.put(t))
			}
		}
		r.Recovery = max(r.Recovery, time.Since(began).Milliseconds())
		h.load.calms(t)
		h.load.outage.Store(false)
	}
	h.load.stop(t)
	h.settles(t, before)
	h.tellsNoNumber(t, h.lanes)
	h.load.noteAs(t, r, "F48", "faults of store, machine and data at once", "all", rounds)
}
