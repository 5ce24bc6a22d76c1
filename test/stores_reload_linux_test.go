package test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// During reloads under load, with each store in each mode, no query is lost, no reply is wrong, torn, or older
// than what was served whole before, and nothing of a reload stays behind.
func TestStoresReloads(t *testing.T) {
	rounds, size := 12, 100
	if *long {
		rounds, size = 300, 500
	}
	dir := home(t)
	eachWay(t, func(t *testing.T, w way) {
		l := newStoreLane(t, w, size)
		l.seen = make([]atomic.Uint32, size) // answers about a number do not go back: both instances have the same
		lanes := []*lane{l}
		d := startLanes(t, dir, lanes)
		d.awaitStore(t, l, 1)
		load := startWorkers(t, d.at, lanes, 1)
		load.overlap.Store(true) // a reply of one version says nothing of other numbers

		reload := func(want string) {
			load.reloads.Add(1)
			d.reload(t, want)
			load.reloads.Add(1)
		}
		const complete = "[INFO] Reloading complete"
		kinds := []struct {
			name string
			do   func(round int)
		}{
			{"the data changes", func(int) { d.awaitStore(t, l, l.put(t)) }},
			{"the same Corefile while the data changes", func(int) {
				v := l.put(t)
				reload(complete)
				d.awaitStore(t, l, v)
			}},
			{"a Corefile by which the store is opened anew", func(round int) {
				l.store.block = []string{fmt.Sprint("timeout ", 400+round, "ms")}
				d.configure(t, lanes)
				reload(complete)
				d.awaitStore(t, l, l.put(t))
			}},
			{"a Corefile by which the store is opened anew, while the data changes", func(round int) {
				l.store.block = []string{fmt.Sprint("timeout ", 400+round, "ms")}
				d.configure(t, lanes)
				end := l.goesOnChanging(t)
				reload(complete)
				d.awaitStore(t, l, end())
			}},
			{"a Corefile with a fault", func(int) {
				d.write(t, "no Corefile {")
				reload("[ERROR] SIGUSR1")
				d.configure(t, lanes)
			}},
		}
		for i, kind := range kinds {
			t.Log(kind.name)
			kind.do(i)
		}
		load.stop(t)
		before := d.usage(t)

		load = startWorkers(t, d.at, lanes, 1)
		load.overlap.Store(true)
		r := load.counted()
		for i := range rounds {
			kinds[i%len(kinds)].do(i)
		}
		load.stop(t)
		t.Logf("%d reloads", rounds)
		d.settles(t, before)
		d.tellsNoNumber(t, lanes)
		d.keepsSecret(t, l.store.secret)
		load.noteAs(t, r, "F33", "reloads under load", w.name, rounds)
	})
}

// goesOnChanging has the data change until end is called, which returns the last version.
func (l *lane) goesOnChanging(t *testing.T) (end func() uint32) {
	opener := l.store.writer(t, l.apex)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if err := writeTo(opener, l.changes(l.high.Add(1))); err != nil {
				t.Error(err)
				return
			}
			if l.store.written != nil {
				l.store.written()
			}
		}
	}()
	return func() uint32 {
		close(quit)
		<-done
		return l.high.Load()
	}
}
