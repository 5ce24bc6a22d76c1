package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// conditionOf returns the status, the reason and the message that a resource is told.
func (k *kit) conditionOf(key string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var o object
	text, _ := json.Marshal(k.objects[key])
	_ = json.Unmarshal(text, &o)
	c := o.told()
	return fmt.Sprintf("%s %s %d: %s", c.Status, c.Reason, c.ObservedGeneration, c.Message)
}

// With the option status each resource is told what became of it, when that changes, and the telling is no change of numbers;
// without it nothing is written.
func TestStatus(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	k.put("numbers", "enum", "alice-too", number("12025550100", "eve"))
	k.put("numbers", "enum", "bad", spec(`{"number":"+12025550101","records":[{"uri":"no URI"}]}`))
	k.put("numbers", "enum", "odd", spec(`{"number":"+12025550102","records":[{"services":"e2U+sip","uri":"sip:a@example.com"}]}`))
	k.put("numbers", "enum", "elsewhere", spec(`{"number":"100","dialPlan":true,"none":true}`))
	quiet := serve(t, k.opener(t)).loaded(t)
	s := serve(t, k.opener(t, "status")).loaded(t)
	told := func(name, want string) {
		t.Helper()
		eventually(t, name+" is told "+k.conditionOf("numbers/enum/"+name)+", wanted "+want, func() bool { return strings.HasPrefix(k.conditionOf("numbers/enum/"+name), want) })
	}
	told("alice", "True Served 1:")
	told("alice-too", "False Conflict 1:")
	told("bad", "False Invalid 1: records: ")
	told("odd", "True Findings 1: S01:")
	k.put("numbers", "enum", "bad", number("12025550101", "bob"))
	told("bad", "True Served 2:")
	k.put("numbers", "enum", "new", number("12025550103", "carol"))
	told("new", "True Served 1:")
	k.put("numbers", "enum", "alice", nil)
	told("alice-too", "True Served 1:")
	s.wants(t, "12025550100", "im:eve@example.com")
	if got := k.conditionOf("numbers/enum/elsewhere"); got != "  0: " {
		t.Errorf("one of another tree is told %s", got)
	}
	k.mu.Lock()
	patches, revision := 0, k.revision
	for what, n := range k.asked {
		if strings.HasPrefix(what, "PATCH") {
			patches += n
		}
	}
	k.mu.Unlock()
	if patches > 8 {
		t.Errorf("%d statuses were written", patches)
	}
	time.Sleep(3 * patchEvery)
	k.with(func() {
		if k.revision != revision {
			t.Error("it is written on and on")
		}
	})
	quiet.wants(t, "12025550100", "im:eve@example.com")
}

// A role that comes later is enough: what was denied until then is written.
func TestStatusDenied(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	var denied int // of patches
	k.refuse = func(r *http.Request) int {
		if r.Method != http.MethodPatch {
			return 0
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		denied++
		return http.StatusForbidden
	}
	serve(t, k.opener(t, "status")).loaded(t)
	eventually(t, "nothing is written", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return denied > 0
	})
	time.Sleep(5 * patchEvery)
	k.with(func() {
		if denied != 1 {
			t.Errorf("%d were denied in half a second", denied)
		}
		k.refuse = nil
	})
	for _, name := range []string{"alice", "bob"} {
		eventually(t, name+" is not told what became of it", func() bool { return strings.HasPrefix(k.conditionOf("numbers/enum/"+name), "True Served") })
	}
}

// What others write into a status is no business of numbers: an API server takes times that Go does not know, and one of
// them in one resource is not to keep a server from reading all, nor from telling that resource what became of it.
func TestStatusOfOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	odd := func(digits, user, kind string) map[string]any {
		o := number(digits, user)
		o["status"] = map[string]any{"conditions": []any{map[string]any{"type": kind, "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01t00:00:00z"}}}
		return o
	}
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	k.put("numbers", "enum", "bob", odd("12025550101", "bob", "Other"))
	s := serve(t, k.opener(t, "status")).loaded(t)
	s.wants(t, "12025550100", "im:alice@example.com")
	s.wants(t, "12025550101", "im:bob@example.com")
	k.put("numbers", "enum", "carol", odd("12025550102", "carol", acceptedType))
	s.wants(t, "12025550102", "im:carol@example.com")
	for _, key := range []string{"numbers/enum/bob", "numbers/enum/carol"} {
		eventually(t, key+" is told "+k.conditionOf(key), func() bool { return strings.HasPrefix(k.conditionOf(key), "True Served 1:") })
	}
	if n := s.has(backend.Unavailable, ""); n > 0 {
		t.Errorf("unavailable %d times: %v", n, s)
	}
}
