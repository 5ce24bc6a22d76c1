package additional

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

var onlyXMPP = Options{Protocols: []im.Protocol{im.XMPP}}

// Nobody is asked for what is known, and the TTL is what is left of it.
func TestKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "_im._xmpp.example.com. 100 IN SRV 0 0 5269 a.example.com.", "a.example.com. 60 IN A 192.0.2.1")
		f := New(onlyXMPP)
		defer f.Close()
		for _, c := range []struct {
			at         time.Duration
			srv, a     uint32
			srvs, adds int // queries until then
		}{
			{0, 100, 60, 1, 1},
			{59 * time.Second, 41, 1, 1, 1},
			{60 * time.Second, 40, 60, 1, 2},
			{99 * time.Second, 1, 21, 1, 2},
			{100*time.Second + 500*time.Millisecond, 100, 19, 2, 2},
		} {
			time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(c.at)))
			got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask)
			want(t, got, outcome, Found, fmt.Sprintf("_im._xmpp.example.com. %d IN SRV 0 0 5269 a.example.com.", c.srv),
				fmt.Sprintf("a.example.com. %d IN A 192.0.2.1", c.a))
			if s, a := w.asked[key{"_im._xmpp.example.com.", dns.TypeSRV}], w.asked[key{"a.example.com.", dns.TypeA}]; s != c.srvs || a != c.adds {
				t.Errorf("at %v: %d queries for SRV and %d for A, want %d and %d", c.at, s, a, c.srvs, c.adds)
			}
		}
	})
}

// A hostile zone cannot have somebody asked all the time: not with TTLs of 0, nor by having no records or no
// answer.
func TestNobodyIsAskedOften(t *testing.T) {
	for _, c := range []struct {
		id    string
		zone  []string
		alter func(*dns.Msg)
		most  int // queries in 10 s
	}{
		{"TTL 0", []string{"_im._xmpp.example.com. 0 IN SRV 0 0 5269 ."}, nil, 10},
		{"nothing, for no time", nil, func(m *dns.Msg) { m.Ns[0].Header().Ttl = 0 }, 2},
		{"SERVFAIL", nil, func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, 2},
		{"a panic", nil, func(*dns.Msg) { panic("a plugin") }, 2},
	} {
		t.Run(c.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.zone...)
				w.alter = c.alter
				f := New(onlyXMPP)
				defer f.Close()
				for range 1000 {
					f.Find(t.Context(), uris(t, alice), false, w.ask)
					time.Sleep(10 * time.Millisecond)
				}
				if n := w.total(); n < 2 || n > c.most {
					t.Errorf("%d queries in 10 s, want 2 to %d", n, c.most)
				}
			})
		})
	}
}

// What may not be kept does not come along: a cache in front would give the whole answer its TTL of 0.
func TestTTL0(t *testing.T) {
	const server, address = "_im._xmpp.example.com. 2 IN SRV 0 0 5269 a.example.com.", "a.example.com. 9 IN A 192.0.2.1"
	for id, c := range map[string]struct {
		zone []string
		age  time.Duration
		want []string
	}{
		"SRV":         {[]string{"_im._xmpp.example.com. 0 IN SRV 0 0 5269 a.example.com.", address}, 0, nil},
		"address":     {[]string{server, "a.example.com. 0 IN A 192.0.2.1"}, 0, []string{server}},
		"almost over": {[]string{server, address}, 1500 * time.Millisecond, nil},
		"last second": {[]string{server, address}, time.Second, []string{
			"_im._xmpp.example.com. 1 IN SRV 0 0 5269 a.example.com.", "a.example.com. 8 IN A 192.0.2.1",
		}},
	} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New(onlyXMPP)
				defer f.Close()
				w := newWorld(t, c.zone...)
				got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask)
				if c.age > 0 {
					time.Sleep(c.age)
					got, outcome = f.Find(t.Context(), uris(t, alice), false, w.ask)
				}
				if c.want == nil {
					want(t, got, outcome, None)
					return
				}
				want(t, got, outcome, Found, c.want...)
			})
		})
	}
}

// Who has nobody to ask finds what is known, and what others have asked for.
func TestFindWithoutAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		f := New(onlyXMPP)
		defer f.Close()
		got, outcome := f.Find(t.Context(), uris(t, alice), false, nil)
		want(t, got, outcome, Late)
		f.Find(t.Context(), uris(t, alice), false, w.ask)
		asked := w.total()
		got, outcome = f.Find(t.Context(), uris(t, alice), false, nil)
		want(t, got, outcome, Found, slices.Concat(byXMPP, bySIP[3:6])...)
		if n := w.total(); n != asked {
			t.Errorf("%d more queries", n-asked)
		}
	})
}

// However many wait for a name, it is asked for once.
func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		w.delay = 10 * time.Millisecond
		f := New(Options{})
		defer f.Close()
		var clients sync.WaitGroup
		for range 200 {
			clients.Go(func() {
				if got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask); len(got) != 9 || outcome != Found {
					t.Errorf("got %s\n%s", outcome, dump(got))
				}
			})
		}
		clients.Wait()
		for k, n := range w.asked {
			if n != 1 {
				t.Errorf("%v was asked for %d times", k, n)
			}
		}
	})
}

// Outages, refusals, panics and silence give no records and no harm; the next answer after a while has them.
func TestNoAnswer(t *testing.T) {
	for _, c := range []struct {
		id   string
		ask  Ask
		want Outcome
	}{
		{"an error", func(context.Context, string, uint16) (*dns.Msg, error) { return nil, errors.New("down") }, Failed},
		{"nothing", func(context.Context, string, uint16) (*dns.Msg, error) { return nil, nil }, Failed},
		{"a panic", func(context.Context, string, uint16) (*dns.Msg, error) { panic("a plugin") }, Failed},
		{"silence", func(ctx context.Context, _ string, _ uint16) (*dns.Msg, error) { <-ctx.Done(); return nil, ctx.Err() }, Late},
	} {
		t.Run(c.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New(Options{})
				defer f.Close()
				if got, outcome := f.Find(t.Context(), uris(t, alice), false, c.ask); len(got) > 0 || outcome != c.want {
					t.Errorf("got %s, %v; want %s", outcome, got, c.want)
				}
				time.Sleep(askTime + failedKept)
				w := newWorld(t, example...)
				if got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask); len(got) != 9 || outcome != Found {
					t.Errorf("later got %s\n%s", outcome, dump(got))
				}
			})
		})
	}
}

// Silence keeps those answers that ask first, and not all that follow.
func TestSilenceIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.delay = time.Hour
		f := New(onlyXMPP)
		defer f.Close()
		var waited time.Duration
		for range 100 {
			began := time.Now()
			f.Find(t.Context(), uris(t, alice), false, w.ask)
			waited += time.Since(began)
			time.Sleep(200 * time.Millisecond)
		}
		if waited != 2*DefaultWait && waited != 3*DefaultWait {
			t.Errorf("100 answers in 20 s waited %v", waited)
		}
	})
}

// Ever new domains cost bounded memory, goroutines and queries, whoever answers or does not.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		id    string
		delay time.Duration
	}{{"answered at once", 0}, {"answered late", time.Second}, {"never answered", time.Hour}} {
		t.Run(c.id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.delay = c.delay
				f := New(Options{Wait: -1})
				defer f.Close()
				const seconds = 30
				for i := range seconds * 1000 {
					f.Find(t.Context(), uris(t, fmt.Sprintf("im:a@d%d.example", i)), false, w.ask)
					time.Sleep(time.Millisecond)
				}
				if most := int((seconds*time.Second + burst) / interval); w.total() > most {
					t.Errorf("%d queries in %d s, want at most %d", w.total(), seconds, most)
				}
				if w.most > maxRunning {
					t.Errorf("%d queries at once", w.most)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				if n := len(f.known.elements); n > maxKept || n != f.known.used.Len() || len(f.underWay) > maxRunning {
					t.Errorf("%d look-ups are kept, %d in order, %d under way", n, f.known.used.Len(), len(f.underWay))
				}
			})
		})
	}
}

// What is asked for all the time stays, whatever else comes by.
func TestUsedStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "_im._xmpp.example.com. 86400 IN SRV 0 0 5269 .")
		f := New(onlyXMPP)
		defer f.Close()
		for i := range 3 * maxKept {
			f.Find(t.Context(), uris(t, fmt.Sprintf("im:a@d%d.example", i)), false, w.ask)
			f.Find(t.Context(), uris(t, alice), false, w.ask)
			time.Sleep(2 * interval)
		}
		if n := w.asked[key{"_im._xmpp.example.com.", dns.TypeSRV}]; n != 1 {
			t.Errorf("asked for %d times", n)
		}
		if n := w.total(); n != 3*maxKept+1 {
			t.Errorf("%d queries", n)
		}
	})
}

// Close ends what is under way, and nothing comes of it afterwards; synctest tells if a goroutine stays.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, example...)
		f := New(Options{})
		f.Find(t.Context(), uris(t, alice), false, w.ask)
		w.set(func(w *world) { w.delay = time.Hour })
		f.Find(t.Context(), uris(t, "im:a@example.net"), false, w.ask)
		began := time.Now()
		f.Close()
		f.Close()
		if took := time.Since(began); took != 0 {
			t.Errorf("Close took %v", took)
		}
		asked := w.total()
		got, outcome := f.Find(t.Context(), uris(t, alice), false, w.ask)
		if len(got) > 0 || outcome != Late || w.total() != asked {
			t.Errorf("afterwards got %s, %v, and %d queries more", outcome, got, w.total()-asked)
		}
	})
	t.Run("never asked", func(t *testing.T) {
		synctest.Test(t, func(*testing.T) { New(Options{}).Close() })
	})
	// Who does not honour its context cannot keep a server from ending.
	t.Run("deaf", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := New(Options{Wait: -1})
			deaf := func(context.Context, string, uint16) (*dns.Msg, error) { time.Sleep(time.Minute); return nil, nil }
			f.Find(t.Context(), uris(t, alice), false, deaf)
			began := time.Now()
			f.Close()
			if took := time.Since(began); took != closeTime {
				t.Errorf("Close took %v", took)
			}
			time.Sleep(time.Minute)
			if n := len(f.known.elements); n > 0 {
				t.Errorf("%d look-ups are kept", n)
			}
		})
	})
}

// Close while clients ask.
func TestCloseInUse(t *testing.T) {
	for range 50 {
		w := newWorld(t, example...)
		f := New(Options{Wait: time.Minute})
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() { f.Find(t.Context(), uris(t, alice), false, w.ask) })
		}
		clients.Go(f.Close)
		clients.Wait()
		f.Close()
		f.mu.Lock()
		if f.running > 0 {
			t.Errorf("%d goroutines run", f.running)
		}
		f.mu.Unlock()
	}
}
