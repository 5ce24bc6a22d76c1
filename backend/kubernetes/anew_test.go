package kubernetes

import (
	"fmt"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// A namespace that is deleted and made anew is empty before somebody brings its numbers back: for half a minute none of them is
// denied. What is brought back is served, and what is not is gone then.
func TestMadeAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 30 s")
	}
	t.Parallel()
	k := newKit(t)
	const many = 20
	digits := func(i int) string { return fmt.Sprint(12025550100 + i) }
	put := func(i int, o map[string]any) { k.put("numbers", "enum", fmt.Sprint("n", i), o) }
	for i := range many {
		put(i, number(digits(i), "before"))
	}
	s := serve(t, k.opener(t)).loaded(t)
	k.watched(t)
	anew := func() {
		told := s.has(backend.Unavailable, "no namespace enum")
		k.with(func() { k.ending["enum"] = true })
		for i := range many {
			put(i, nil)
		}
		eventually(t, "it is told", func() bool { return s.has(backend.Unavailable, "no namespace enum") > told })
		k.with(func() { delete(k.ending, "enum") })
	}
	anew()
	eventually(t, "it is held back", func() bool { return s.has(backend.Refused, "made anew") > 0 })
	s.keeps(t, time.Second, digits(0), "im:before@example.com")
	for i := range many {
		put(i, number(digits(i), "after"))
	}
	s.wants(t, digits(0), "im:after@example.com")
	anew()
	begun := time.Now()
	s.keeps(t, anewTime-5*time.Second, digits(0), "im:after@example.com")
	s.wants(t, digits(0), "absent")
	if took := time.Since(begun); took < anewTime-time.Second {
		t.Errorf("denied after %v", took)
	}
}
