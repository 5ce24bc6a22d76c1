package kubernetes

import (
	"net/http"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// Numbers that go with their definition, or with their namespace, are not gone: what was served goes on.
func TestDefinitionDeleted(t *testing.T) {
	t.Parallel()
	for _, gone := range []string{"numbers", "enum"} {
		t.Run(gone, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.put("numbers", "enum", "alice", number("12025550100", "alice"))
			s := serve(t, k.opener(t)).loaded(t)
			k.with(func() { k.ending[gone] = true })
			k.put("numbers", "enum", "alice", nil)
			s.keeps(t, proofTime+2*time.Second, "12025550100", "im:alice@example.com")
			k.with(func() { k.ending[gone], k.absent[gone] = false, true })
			eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "is being deleted") > 0 })
			s.keeps(t, proofTime+2*time.Second, "12025550100", "im:alice@example.com")
			k.with(func() { k.absent[gone] = false })
			k.put("numbers", "enum", "bob", number("12025550101", "bob"))
			s.wants(t, "12025550101", "im:bob@example.com")
			s.wants(t, "12025550100", "absent")
		})
	}
}

// Each deletion waits for its own proof, also one that comes while another waits: by then it is told that a definition goes.
func TestDefinitionDeletedBesideANumber(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	k.put("numbers", "enum", "bob", nil)
	time.Sleep(proofTime * 3 / 4)
	k.put("numbers", "enum", "alice", nil)
	s.wants(t, "12025550101", "absent")
	k.with(func() { k.ending["numbers"] = true })
	s.keeps(t, 2*proofTime, "12025550100", "im:alice@example.com")
}

// An API server with much to do tells of a definition that goes long after it told of its objects.
func TestDefinitionDeletedToldLate(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	begun := time.Now()
	k.with(func() {
		k.refuse = func(r *http.Request) int {
			if r.URL.Path == "/apis/"+apiVersion && time.Since(begun) > proofTime/2 {
				k.with(func() { k.ending["numbers"] = true })
			}
			return 0
		}
	})
	k.put("numbers", "enum", "alice", nil)
	eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "is being deleted") > 0 })
	s.keeps(t, proofTime, "12025550100", "im:alice@example.com")
}

// After a long list a server does not rest for so long that its data gets old, and after a short one it rests at all.
func TestRest(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		100 * time.Millisecond: 400 * time.Millisecond, 2 * time.Second: 8 * time.Second, 30 * time.Second: 10 * time.Second,
	} {
		if got := restAfter(took); got != want {
			t.Errorf("after %v it rests for %v, want %v", took, got, want)
		}
	}
}
