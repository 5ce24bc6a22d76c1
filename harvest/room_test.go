package harvest

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/enumim/enumim/e164"
)

// who returns a client of w that is watched.
func who(t *testing.T, w *Watch, addr string, proven bool) Client {
	t.Helper()
	c, ok := w.Client(netip.MustParseAddr(addr), proven)
	if !ok {
		t.Fatalf("%s is not watched", addr)
	}
	return c
}

// walk has c ask for neighbours that are not there until it is noticed.
func walk(t *testing.T, w *Watch, c Client, now time.Time) time.Duration {
	t.Helper()
	for i := range 10_000 {
		n := spare
		for _, place := range []int{1000, 100, 10, 1} {
			n = child(n, i/place%10)
		}
		if d := w.Note(c, n, Nothing, now); d > 0 {
			return d
		}
	}
	t.Fatal("not noticed")
	return 0
}

// A flood from addresses that are forged refuses nobody: neither those who own the addresses nor others. Nor does it
// let go a client that is refused, and memory does not grow.
func TestForgedFlood(t *testing.T) {
	w, now := New(nil), time.Now()
	walker, tired := who(t, w, "192.0.2.1", true), who(t, w, "192.0.2.3", true)
	walk(t, w, walker, now)
	for i := range 50 { // on its way to be refused
		w.Note(tired, child(child(spare, i/10), i%10), Nothing, now)
	}
	r := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr {
		if r.IntN(2) == 0 {
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], r.Uint32())
			return netip.AddrFrom4(b)
		}
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], r.Uint64())
		return netip.AddrFrom16(b)
	}
	var forged []netip.Addr
	for range 100_000 { // a few names for each of many
		addr := address()
		c, _ := w.Client(addr, false)
		for range 3 {
			w.Note(c, random(r, spare, 9), Nothing, now)
		}
		forged = append(forged, addr)
	}
	for range 3000 { // a walk for each of some, who are refused then: more than there is room for
		addr := address()
		c, _ := w.Client(addr, false)
		walk(t, w, c, now)
		forged = append(forged, addr)
	}
	for _, addr := range forged {
		if c, _ := w.Client(addr, true); w.Verdict(c, now) != Answer {
			t.Fatalf("%s is refused for what was sent in its name", addr)
		}
	}
	if w.Verdict(walker, now) != Refuse {
		t.Error("the flood has the walker forgotten")
	}
	if i := w.of(tired, true).find(tired.key); i < 0 || w.of(tired, true).clients[i].score == 0 {
		t.Error("the flood has a client with a proven address forgotten")
	}
	if n := testing.AllocsPerRun(1000, func() {
		c, _ := w.Client(address(), r.IntN(2) == 0)
		w.Verdict(c, now)
		w.Note(c, random(r, spare, 9), Nothing, now)
	}); n > 0 {
		t.Errorf("%v allocations for a client that nobody knew", n)
	}
	if size := 2 * sets * unsafe.Sizeof(set{}); size > 2<<20 {
		t.Errorf("%d octets, want two MiB at most", size)
	}
}

// Many clients with proven addresses do not have one forgotten that is refused.
func TestRefusedIsForgottenLast(t *testing.T) {
	w, now := New(nil), time.Now()
	walker := who(t, w, "192.0.2.1", true)
	walk(t, w, walker, now)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 100_000 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(i))
		c, _ := w.Client(netip.AddrFrom4(b), true)
		w.Note(c, random(r, spare, 9), Nothing, now)
	}
	if w.Verdict(walker, now) != Refuse {
		t.Error("forgotten")
	}
}

// Who is a client: an IPv4 address, however written, and the /56 of an IPv6 address.
func TestClients(t *testing.T) {
	w, now := New([]netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("fe80::/10")}), time.Now()
	walk(t, w, who(t, w, "192.0.2.1", true), now)
	walk(t, w, who(t, w, "2001:db8:0:ff01::1", true), now)
	for addr, want := range map[string]Verdict{
		"192.0.2.1": Refuse, "::ffff:192.0.2.1": Refuse, "192.0.2.2": Answer,
		"2001:db8:0:ff01::1": Refuse, "2001:db8:0:ff01::1%eth0": Refuse, "2001:db8:0:ffff:1:2:3:4": Refuse, "2001:db8:0:fe01::1": Answer,
	} {
		if got := w.Verdict(who(t, w, addr, true), now); got != want {
			t.Errorf("%s: verdict %d, want %d", addr, got, want)
		}
		if got := w.Verdict(who(t, w, addr, false), now); got != want {
			t.Errorf("%s, not proven: verdict %d, want %d", addr, got, want)
		}
	}
	for _, addr := range []string{"198.51.100.7", "::ffff:198.51.100.7", "fe80::1", "fe80::1%eth0"} {
		if _, ok := w.Client(netip.MustParseAddr(addr), true); ok {
			t.Errorf("%s is excepted, and watched", addr)
		}
	}
	if _, ok := w.Client(netip.Addr{}, true); ok {
		t.Error("nobody is watched, such as the cache plugin when it asks for itself")
	}
}

// Each time within a day a client is refused for twice as long as before, up to 21 hours; a day later all is forgotten.
func TestRefusedForLonger(t *testing.T) {
	w, now := New(nil), time.Now()
	c := who(t, w, "192.0.2.1", true)
	for _, minutes := range []int{10, 20, 40, 80, 160, 320, 640, 1280, 1280} {
		want := time.Duration(minutes) * time.Minute
		if d := walk(t, w, c, now); d != want {
			t.Fatalf("refused for %v, want %v", d, want)
		}
		if now = now.Add(want - 2*time.Second); w.Verdict(c, now) != Refuse {
			t.Fatalf("answered before %v had passed", want)
		}
		if now = now.Add(4 * time.Second); w.Verdict(c, now) != Answer {
			t.Fatalf("refused after %v", want)
		}
	}
	now = now.Add(forgive * time.Second)
	if d := walk(t, w, c, now); d != 10*time.Minute {
		t.Errorf("refused for %v a day later", d)
	}
}

// BenchmarkWatch is what the queries of one busy client cost on all processors at once, beside one after the other.
func BenchmarkWatch(b *testing.B) {
	w, now := New(nil), time.Now()
	c, _ := w.Client(netip.MustParseAddr("192.0.2.1"), true)
	w.Note(c, e164.MustParse("+9991"), Nothing, now)
	for name, kind := range map[string]Kind{"number": Number, "nothing": Nothing} {
		query := func() {
			if w.Verdict(c, now) == Answer {
				w.Note(c, spare, kind, now)
			}
		}
		b.Run(name+"/alone", func(b *testing.B) {
			for b.Loop() {
				query()
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					query()
				}
			})
		})
	}
}
