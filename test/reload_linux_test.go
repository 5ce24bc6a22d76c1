package test

import (
	"fmt"
	"path/filepath"
	"testing"
)

// During reloads under load no query is lost, no reply is wrong or torn or older than what was seen
// before, and nothing of a reload stays behind.
func TestReloads(t *testing.T) {
	rounds, size := 30, 500
	if *long {
		rounds, size = 300, 1000
	}
	dir := home(t)
	lanes := []*lane{newLane(t, dir, 0, size, false), newLane(t, dir, 1, size, true)}
	d := startLanes(t, dir, lanes)
	l := startLoad(t, d.at, lanes)

	awaitAll := func() {
		for _, lane := range lanes {
			lane.await(t, lane.high.Load())
		}
	}
	reload := func(want string) {
		l.reloads.Add(1)
		d.reload(t, want)
		l.reloads.Add(1)
	}
	const complete = "[INFO] Reloading complete"
	kinds := []struct {
		name string
		do   func()
	}{
		{"a file is replaced by a rename", func() {
			for _, lane := range lanes {
				lane.next(t)
			}
			awaitAll()
		}},
		{"a file is rewritten in place", func() {
			for _, lane := range lanes {
				lane.rewrite(t)
			}
			awaitAll()
		}},
		{"the same Corefile while files are replaced", func() {
			for _, lane := range lanes {
				lane.next(t)
			}
			reload(complete)
			awaitAll()
		}},
		{"a Corefile that names other files", func() {
			l.overlap.Store(true)
			for _, lane := range lanes {
				// A new name each time: a backend that nobody uses lives on for some seconds, and one that
				// was found alive again may be a look behind its file.
				lane.path = filepath.Join(filepath.Dir(lane.path), fmt.Sprint("data", lane.high.Load()))
				lane.next(t)
			}
			d.configure(t, lanes)
			reload(complete)
			// The old instance has ended, with all that it had taken.
			for _, lane := range lanes {
				lane.raise(lane.high.Load())
			}
			l.overlap.Store(false)
		}},
		{"a Corefile with a fault", func() {
			d.write(t, "no Corefile {")
			reload("[ERROR] SIGUSR1")
			d.configure(t, lanes)
			for _, lane := range lanes {
				lane.next(t)
			}
			awaitAll()
		}},
	}
	// What is there once only, from the first reload on, is no leak.
	for _, kind := range kinds {
		t.Log(kind.name)
		kind.do()
	}
	l.stop(t)
	before := d.rests(t, lanes)

	l = startLoad(t, d.at, lanes)
	r := l.counted()
	for i := range rounds {
		kinds[i%len(kinds)].do()
	}
	l.stop(t)
	t.Logf("%d reloads", rounds)
	d.returnsTo(t, before, lanes, 2<<20)
	d.tellsNoNumber(t, lanes)
	l.noteAs(t, r, "F33", "reloads under load", "file", rounds)
}
