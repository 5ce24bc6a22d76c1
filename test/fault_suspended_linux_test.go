package test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServerSuspended (F30): a server that was stopped for some time, as a virtual machine that is suspended, answers
// right at once when it goes on, says of data that it could not follow that it is stale, and is as before soon after.
func TestServerSuspended(t *testing.T) {
	h := newHost(t)
	pause := 2 * time.Second
	if *long {
		pause = 20 * time.Second // data is stale after 15
	}
	for range *faultRounds {
		var r result
		logged := h.journal.len()
		if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pause)
		if err := h.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := h.answers(h.memory); err != nil {
			t.Error(err)
		}
		for _, l := range h.lanes {
			h.awaitStore(t, l, l.high.Load())
		}
		r.Recovery = time.Since(began).Milliseconds()
		if r.Recovery > within(2*time.Second).Milliseconds() {
			t.Errorf("all is as before after %d ms", r.Recovery)
		}
		for _, l := range h.lanes {
			if l.store == nil {
				h.awaitStore(t, l, l.next(t))
			} else {
				h.awaitStore(t, l, l.put(t))
			}
		}
		if told := strings.Count(h.journal.since(logged), " is unavailable: "); told > 3 { // each store once
			t.Errorf("stores were taken as down %d times:\n%s", told, h.journal.since(logged))
		}
		r.Date, r.Fault, r.Name, r.Store, r.Rounds = today(), "F30", "server suspended", "all", 1
		if !t.Failed() {
			note(t, r)
		}
	}
}
