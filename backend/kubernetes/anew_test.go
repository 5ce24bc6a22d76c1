package kubernetes

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// manyAnew is how many numbers go at once in these tests: fewer than the shrink guard holds back.
const manyAnew = 20

func anewDigits(i int) string { return fmt.Sprint(12025550100 + i) }

// fill puts all numbers, of a user.
func (k *kit) fill(user string) {
	for i := range manyAnew {
		k.put("numbers", "enum", fmt.Sprint("n", i), number(anewDigits(i), user))
	}
}

// drain deletes those from one to another.
func (k *kit) drain(from, to int) {
	for i := from; i < to; i++ {
		k.put("numbers", "enum", fmt.Sprint("n", i), nil)
	}
}

// What went with its definition or its namespace is not denied when that is there again before anybody could see that it was
// gone, however that comes about. It is told once, and what is written again is served.
func TestReplaced(t *testing.T) {
	t.Parallel()
	path := "GET " + scope{&resources[0], "enum"}.path()
	for name, replace := range map[string]func(t *testing.T, k *kit){
		"definition": func(_ *testing.T, k *kit) {
			k.drain(0, manyAnew)
			k.replaced("numbers")
		},
		"definition that takes a second": func(_ *testing.T, k *kit) {
			k.drain(0, manyAnew/2)
			time.Sleep(time.Second)
			k.drain(manyAnew/2, manyAnew)
			k.replaced("numbers")
		},
		"definition, and one is there at once": func(_ *testing.T, k *kit) {
			k.drain(0, manyAnew)
			k.replaced("numbers")
			k.put("numbers", "enum", "first", number(anewDigits(manyAnew), "first")) // which the old watch tells, too
		},
		"namespace": func(_ *testing.T, k *kit) {
			k.drain(0, manyAnew)
			k.with(func() { k.remade["enum"]++ })
		},
		"while the server is cut off": func(_ *testing.T, k *kit) {
			k.with(func() { k.refuse = func(*http.Request) int { return http.StatusServiceUnavailable } })
			k.CloseClientConnections()
			k.drain(0, manyAnew)
			k.replaced("numbers")
			k.with(func() { k.refuse = nil })
		},
		"while the server reads": func(t *testing.T, k *kit) {
			k.with(func() { k.refuse = func(*http.Request) int { return http.StatusServiceUnavailable } })
			k.CloseClientConnections()
			k.drain(0, manyAnew/2)
			before := 0
			k.with(func() { k.compacted, k.refuse, before = k.revision, nil, k.asked[path] })
			eventually(t, "it reads", func() bool {
				k.mu.Lock()
				defer k.mu.Unlock()
				return k.asked[path] >= before+2 // a watch that it is refused, and a list
			})
			time.Sleep(500 * time.Millisecond)
			k.drain(manyAnew/2, manyAnew)
			k.replaced("numbers")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.fill("before")
			s := serve(t, k.opener(t)).loaded(t)
			k.watched(t)
			replace(t, k)
			s.keeps(t, 2*proofTime, anewDigits(0), "im:before@example.com")
			eventually(t, "it is told", func() bool { return s.has(backend.Refused, "numbers in the namespace enum") > 0 })
			k.fill("after")
			s.wants(t, anewDigits(0), "im:after@example.com")
			if n := s.has(backend.Refused, ""); n != 1 {
				t.Errorf("told %d times: %v", n, s)
			}
		})
	}
}

// A namespace that is deleted and made anew is empty until somebody brings its numbers back, or says that there are none any
// more, as he says it elsewhere: by shrink off. A server that has that all the time waits for half a minute.
func TestMadeAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 30 s")
	}
	t.Parallel()
	k := newKit(t)
	k.fill("before")
	s, off := serve(t, k.opener(t)).loaded(t), serve(t, k.opener(t, "shrink off")).loaded(t)
	k.watched(t)
	k.with(func() { k.ending["enum"] = true })
	k.drain(0, manyAnew)
	for _, s := range []*served{s, off} {
		eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "no namespace enum") > 0 })
	}
	k.with(func() { delete(k.ending, "enum") })
	begun := time.Now()
	eventually(t, "it is held back", func() bool { return s.has(backend.Refused, "made anew") > 0 })
	off.keeps(t, time.Until(begun.Add(anewTime-5*time.Second)), anewDigits(0), "im:before@example.com")
	off.wants(t, anewDigits(0), "absent")
	if took := time.Since(begun); took < anewTime-time.Second {
		t.Errorf("denied after %v", took)
	}
	s.keeps(t, time.Second, anewDigits(0), "im:before@example.com")
	serve(t, k.opener(t, "shrink off")).loaded(t).wants(t, anewDigits(0), "absent")
}

// A number is deleted although its watch ends before its time just then, as when a definition is changed: others are left.
func TestDeletedAsWatchEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.fill("user")
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	k.drain(0, 1)
	time.Sleep(200 * time.Millisecond)
	k.endWatches("numbers")
	s.wants(t, anewDigits(0), "absent")
	s.wants(t, anewDigits(1), "im:user@example.com")
	if s.has(backend.Refused, "") > 0 {
		t.Errorf("told: %v", s)
	}
}

// The last resource of a kind may be deleted soon after one that hid another. That one has everything read again, but not
// while a deletion waits.
func TestDeletedTogether(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.put("numbers", "enum", "older", number("12025550100", "older"))
	k.put("numbers", "enum", "younger", number("12025550100", "younger"))
	k.put("numberblocks", "enum", "gateway", spec(`{"number":"+4420794","min":12,"max":12,"records":[{"uri":"sip:gw@example.net"}]}`))
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	k.put("numbers", "enum", "older", nil)
	time.Sleep(proofTime / 2)
	k.put("numberblocks", "enum", "gateway", nil)
	s.wants(t, "12025550100", "im:younger@example.com")
	s.wants(t, "442079460100", "absent")
	if s.has(backend.Refused, "") > 0 {
		t.Errorf("told: %v", s)
	}
}
