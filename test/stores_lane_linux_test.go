package test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// newStoreLane makes a lane with its data in a store, and writes its first version.
func newStoreLane(tb testing.TB, w way, size int) *lane {
	tb.Helper()
	l := &lane{apex: "l0.example.net.", size: size, store: w.start(tb)}
	l.put(tb)
	l.raise(1)
	return l
}

// entry returns the number i in version v; without records, as what to delete, when it has none.
func (l *lane) entry(v uint32, i int) backend.Entry {
	n, err := e164.ParseDigits(l.number(i))
	if err != nil {
		panic(err)
	}
	e := backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}}
	if !l.has(v, i) {
		return e
	}
	e.TTL = l.ttl(v)
	for r, uri := range l.uris(v, i) {
		e.Records = append(e.Records, naptr.Record{
			Order: 100, Preference: uint16(10 + 10*r), Flags: "u", Services: "E2U+im", Regexp: "!^.*$!" + uri + "!", Replacement: "\x00",
		})
	}
	return e
}

// put writes the next version to the store, and returns it. A query that is sent meanwhile may find either: not
// every store makes changes visible together.
func (l *lane) put(tb testing.TB) uint32 {
	tb.Helper()
	v := l.high.Load() + 1
	l.high.Store(v)
	l.store.write(tb, l.apex, l.changes(v))
	return v
}

// begin does as put and does not wait: a change of a data base that a server holds in a file goes through that server, which
// may have no descriptor for whoever brings it. It returns what waits.
func (l *lane) begin(tb testing.TB) (wait func()) {
	tb.Helper()
	v := l.high.Load() + 1
	l.high.Store(v)
	opener, done := l.store.writer(tb, l.apex), make(chan error, 1)
	go func() { done <- writeTo(opener, l.changes(v)) }()
	return func() {
		tb.Helper()
		if err := <-done; err != nil {
			tb.Log("a change is made again: ", err)
			l.store.write(tb, l.apex, l.changes(v))
		} else if l.store.written != nil {
			l.store.written()
		}
	}
}

// changes are those from the version before to v.
func (l *lane) changes(v uint32) iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		for i := range l.size {
			has, had := l.has(v, i), v > 1 && l.has(v-1, i)
			if (has || had) && !yield(backend.Change{Entry: l.entry(v, i), Delete: !has}, nil) {
				return
			}
		}
	}
}

// awaitStore waits until all of the version v is served, which then is the lowest one.
func (d *daemon) awaitStore(tb testing.TB, l *lane, v uint32) {
	tb.Helper()
	eventually(tb, func() error { return d.serves(v, l.queries()...) })
	l.raise(v)
}

// slack is how much more a server may hold: connections of pools come and go, each with goroutines of its own.
const slack = 10

// settles waits until the server holds what it held before, but for the slack.
func (d *daemon) settles(tb testing.TB, before usage) {
	tb.Helper()
	eventually(tb, func() error {
		u := d.usage(tb)
		if u.goroutines > before.goroutines+slack || u.files > before.files+slack || u.watches > before.watches || u.heap > before.heap+4<<20 {
			return fmt.Errorf("the server holds %v, before %v\n%s", u, before, d.fetch(tb, d.pprof+"/debug/pprof/goroutine?debug=1"))
		}
		tb.Logf("before: %v; after: %v", before, u)
		return nil
	})
}

// keepsSecret fails the test when the log holds the text.
func (d *daemon) keepsSecret(tb testing.TB, text string) {
	tb.Helper()
	if text != "" && strings.Contains(d.journal.since(0), text) {
		tb.Error("the log tells a password")
	}
}
