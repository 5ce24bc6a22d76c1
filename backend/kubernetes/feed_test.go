package kubernetes

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// What is written is served within a second, all kinds of it; what is taken away is gone.
func TestChanges(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	k.put("numberblocks", "enum", "gateway", spec(`{"number":"+4420794","min":12,"max":12,"records":[{"uri":"sip:gw@example.net"}]}`))
	k.put("delegations", "enum", "others", spec(`{"number":"+4930","sets":[{"type":"NS","data":["ns.example.net."]}]}`))
	k.put("numbers", "other", "eve", number("12025550199", "eve"))
	s := serve(t, k.opener(t)).loaded(t)
	s.wants(t, "12025550100", "im:alice@example.com")
	s.wants(t, "442079460100", "sip:gw@example.net")
	s.wants(t, "4930123456", "delegated")
	s.wants(t, "12025550199", "absent")
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	s.wants(t, "12025550101", "im:bob@example.com")
	k.put("numbers", "enum", "alice", number("12025550100", "carol"))
	s.wants(t, "12025550100", "im:carol@example.com")
	k.put("numbers", "enum", "alice", nil)
	s.wants(t, "12025550100", "absent")
	k.put("delegations", "enum", "others", nil)
	s.wants(t, "4930123456", "absent")
	if n := s.has(backend.Loaded, ""); n > 2 { // what a delegation hid only everything tells
		t.Errorf("loaded %d times", n)
	}
}

// Lists that need several pages are whole.
func TestPages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 3*ofPage + 1 {
		k.put("numbers", "enum", fmt.Sprint("n", i), number(fmt.Sprint(12025550000+i), fmt.Sprint("u", i)))
	}
	s := serve(t, k.opener(t)).loaded(t)
	for _, i := range []int{0, ofPage - 1, ofPage, 3 * ofPage} {
		s.wants(t, fmt.Sprint(12025550000+i), fmt.Sprintf("im:u%d@example.com", i))
	}
}

// A page is asked for with fewer objects where they are large: nobody can keep a server from reading by long annotations.
func TestLargePages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 2 * mostReply >> 20 {
		o := number(fmt.Sprint(12025550000+i), fmt.Sprint("u", i))
		o["metadata"] = map[string]any{"annotations": map[string]any{"long": strings.Repeat("x", 1<<20)}}
		k.put("numbers", "enum", fmt.Sprint("n", i), o)
	}
	s := serve(t, k.opener(t)).loaded(t)
	for _, i := range []int{0, mostReply >> 20, 2*mostReply>>20 - 1} {
		s.wants(t, fmt.Sprint(12025550000+i), fmt.Sprintf("im:u%d@example.com", i))
	}
}

// To ask for the newest revision costs an API server one object, however many it reads to find one that is selected.
func TestBeatSelectsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var mu sync.Mutex
	var beats []string
	k.with(func() {
		k.refuse = func(r *http.Request) int {
			if q := r.URL.Query(); q.Get("limit") == "1" {
				mu.Lock()
				defer mu.Unlock()
				beats = append(beats, q.Get("labelSelector"))
			}
			return 0
		}
	})
	serve(t, k.opener(t, "selector tree=public")).loaded(t)
	eventually(t, "it is asked for its newest revision", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(beats) > 0
	})
	if beats[0] != "" {
		t.Errorf("asked for an object with %s", beats[0])
	}
}

// Pages that are not of one revision are no list: what changed between them would be missed.
func TestPagesOfTwoRevisions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range ofPage + 1 {
		k.put("numbers", "enum", fmt.Sprint("n", i), number(fmt.Sprint(12025550000+i), fmt.Sprint("u", i)))
	}
	k.with(func() {
		k.rewrite = func(_ string, text []byte) []byte {
			if bytes.Contains(text, []byte(`"continue"`)) {
				return text
			}
			return bytes.Replace(text, []byte(`"metadata":{"resourceVersion":"`), []byte(`"metadata":{"resourceVersion":"1`), 1)
		}
	})
	s := serve(t, k.opener(t))
	eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "none to what was asked") > 0 })
	if got := s.says("12025550000"); !strings.Contains(got, "error") {
		t.Errorf("answered %s", got)
	}
	k.with(func() { k.rewrite = nil })
	s.wants(t, "12025550000", "im:u0@example.com")
}

// All namespaces, several, and those objects alone that a selector is for; one that loses its label is gone.
func TestWhere(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i, ns := range []string{"a", "b", "c"} {
		o := number(fmt.Sprint(12025550100+i), ns)
		o["metadata"] = map[string]any{"labels": map[string]any{"tree": ns}}
		k.put("numbers", ns, "n", o)
	}
	for _, c := range []struct{ lines, want string }{
		{"namespace *", "im:a@example.com im:b@example.com im:c@example.com"},
		{"namespace a c", "im:a@example.com absent im:c@example.com"},
		{"namespace *; selector tree=b", "absent im:b@example.com absent"},
	} {
		s := serve(t, k.opener(t, strings.Split(c.lines, "; ")...)).loaded(t)
		if got := s.says("12025550100") + " " + s.says("12025550101") + " " + s.says("12025550102"); got != c.want {
			t.Errorf("%s: %s, wanted %s", c.lines, got, c.want)
		}
	}
}

// Of several for the same numbers the oldest is served, whichever came first to the server, and another cannot take the
// number over; when the oldest goes the next takes its place.
func TestConflict(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "zz-oldest", number("12025550100", "old"))
	k.put("numbers", "enum", "aa-younger", number("12025550100", "young"))
	k.put("numberblocks", "enum", "b1", spec(`{"number":"+4420","min":8,"max":10,"records":[{"uri":"sip:b1@example.net"}]}`))
	s := serve(t, k.opener(t)).loaded(t)
	s.wants(t, "12025550100", "im:old@example.com")
	if s.has(backend.Finding, "numbers that an older one has") == 0 || s.has(backend.Finding, "Number enum/aa-younger") == 0 {
		t.Errorf("no word of a conflict: %v", s)
	}
	k.put("numbers", "enum", "youngest", number("12025550100", "youngest"))
	k.put("numberblocks", "enum", "b2", spec(`{"number":"+4420","min":10,"max":12,"records":[{"uri":"sip:b2@example.net"}]}`))
	k.put("numberblocks", "enum", "b3", spec(`{"number":"+4420","min":11,"max":12,"records":[{"uri":"sip:b3@example.net"}]}`))
	s.wants(t, "44207946010", "sip:b3@example.net")
	s.keeps(t, 200*time.Millisecond, "12025550100", "im:old@example.com")
	s.wants(t, "4420794601", "sip:b1@example.net")
	k.put("numbers", "enum", "aa-younger", number("12025550100", "changed"))
	s.keeps(t, 200*time.Millisecond, "12025550100", "im:old@example.com")
	k.put("numbers", "enum", "zz-oldest", nil)
	s.wants(t, "12025550100", "im:changed@example.com")
	k.put("numbers", "enum", "youngest", nil)
	s.keeps(t, 700*time.Millisecond, "12025550100", "im:changed@example.com")
}

// One that cannot be read makes what it decides SERVFAIL, and nothing else; it is named, but not by a number.
func TestBroken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "good", number("12025550100", "alice"))
	k.put("numbers", "enum", "bad", spec(`{"number":"+12025550101","records":[{"uri":"no URI"}]}`))
	k.put("numbers", "enum", "n12025550102", spec(`{"number":"+12025550102","records":[{"uri":"no URI"}]}`))
	k.put("numbers", "enum", "worse", spec(`{"number":"tel","none":true}`))
	k.put("numbers", "enum", "of-a-plan", spec(`{"number":"100","dialPlan":true,"none":true}`))
	s := serve(t, k.opener(t)).loaded(t)
	s.wants(t, "12025550100", "im:alice@example.com")
	for _, digits := range []string{"12025550101", "12025550102"} {
		if got := s.says(digits); !strings.Contains(got, "error") {
			t.Errorf("%s is answered %s", digits, got)
		}
	}
	eventually(t, "it is told", func() bool { return s.has(backend.Finding, "worse") == 1 })
	if s.has(backend.Finding, "2025550") > 0 || s.has(backend.Finding, "of-a-plan") > 0 {
		t.Errorf("told: %v", s)
	}
	k.put("numbers", "enum", "bad", number("12025550101", "bob"))
	s.wants(t, "12025550101", "im:bob@example.com")
}

// A change of labels or status is no change of a number.
func TestStatusIsNoChange(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	s := serve(t, k.opener(t)).loaded(t)
	serialer, _ := backend.As[backend.Serialer](s.Backend)
	before, err := serialer.Serial(t.Context(), "e164.arpa.")
	must(t, err)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	time.Sleep(200 * time.Millisecond) // else it is published together with the next
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	s.wants(t, "12025550101", "im:bob@example.com")
	if now, _ := serialer.Serial(t.Context(), "e164.arpa."); now != before+1 {
		t.Errorf("serial %d, before %d", now, before)
	}
}

// A namespace without resources is an empty tree; one that is not there is none.
func TestEmpty(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.with(func() { k.absent["mistyped"] = true })
	s := serve(t, k.opener(t)).loaded(t)
	s.wants(t, "12025550100", "absent")
	wrong := serve(t, k.opener(t, "namespace mistyped"))
	eventually(t, "it is told", func() bool { return wrong.has(backend.Unavailable, "no namespace mistyped") > 0 })
	if got := wrong.says("12025550100"); !strings.Contains(got, "error") {
		t.Errorf("answered %s", got)
	}
}

// An API server that went back is not believed, until the server is started again.
func TestOlder(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "old"))
	var saved map[string]any
	var revision uint64
	k.with(func() { saved, revision = k.objects["numbers/enum/alice"], k.revision })
	k.put("numbers", "enum", "alice", number("12025550100", "new"))
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	time.Sleep(200 * time.Millisecond)
	k.with(func() { k.objects["numbers/enum/alice"], k.revision, k.log = saved, revision, nil })
	k.CloseClientConnections()
	eventually(t, "it is held back", func() bool { return s.has(backend.Refused, "older than what is served") == 1 })
	s.keeps(t, time.Second, "12025550100", "im:new@example.com")
	serve(t, k.opener(t)).loaded(t).wants(t, "12025550100", "im:old@example.com")
}

// When the API server has forgotten what changed meanwhile, all is read again, and nothing is missed.
func TestExpired(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "alice", number("12025550100", "alice"))
	s := serve(t, k.opener(t)).loaded(t)
	k.with(func() { k.refuse = func(*http.Request) int { return http.StatusServiceUnavailable } })
	k.CloseClientConnections()
	k.put("numbers", "enum", "alice", nil)
	k.put("numbers", "enum", "bob", number("12025550101", "bob"))
	k.with(func() { k.compacted, k.log, k.refuse = k.revision, nil, nil })
	s.wants(t, "12025550101", "im:bob@example.com")
	s.wants(t, "12025550100", "absent")
}
