package bolt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// subscriber is the i-th number of a large tree, with two records.
func subscriber(i int) backend.Entry {
	n, _ := e164.ParseDigits(fmt.Sprintf("4930%09d", 7*i))
	uri := fmt.Sprintf("user%d@example.com", i)
	return backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: 3600, Records: []naptr.Record{
		{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + uri + "!"},
		{Order: 100, Preference: 20, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:" + uri + "!"},
	}}
}

// size is how many numbers benchmarks have: ENUMIM_BENCH_NUMBERS, or 100,000.
func size(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("ENUMIM_BENCH_NUMBERS"))
	if err != nil {
		return 100_000
	}
	return n
}

// large writes a file with that many numbers; and with a thousand blocks and a delegation, which look-ups must pass.
func large(b *testing.B, count int) *options {
	b.Helper()
	o := &options{path: filepath.Join(b.TempDir(), "numbers.db")}
	h := holder{path: o.path}
	began := time.Now()
	_, err := h.write(b.Context(), how{}, func(yield func(backend.Change, error) bool) {
		for i := range 1000 {
			e := subscriber(i)
			n, _ := e164.ParseDigits(fmt.Sprintf("4420%04d", i))
			e.Kind, e.Name.Number, e.Min, e.Max = backend.Block, n, 12, 12
			if !yield(backend.Change{Entry: e}, nil) {
				return
			}
		}
		for i := range count {
			if !yield(backend.Change{Entry: subscriber(i)}, nil) {
				return
			}
		}
	}, func(int) {})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	h.close()
	info, err := os.Stat(o.path)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d numbers: written in %v, %d octets each", count, took.Round(time.Millisecond), info.Size()/int64(count))
	began = time.Now()
	if err := h.open(); err != nil {
		b.Fatal(err)
	}
	b.Logf("opened in %v", time.Since(began).Round(10*time.Microsecond))
	h.close()
	return o
}

// onCPU reports the processor time of what is measured, which others on the machine do not add to.
func onCPU(b *testing.B) func() {
	b.ReportAllocs()
	runtime.LockOSThread()
	began := threadTime(b)
	return func() {
		b.ReportMetric(float64(threadTime(b)-began)/float64(b.N), "cpu-ns/op")
		runtime.UnlockOSThread()
	}
}

func threadTime(b *testing.B) int64 {
	const thread = 1 // RUSAGE_THREAD
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		b.Skip(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkFind compares what a look-up costs with the bare calls of bbolt: for a value that is known to be there, and those
// that a look-up needs.
func BenchmarkFind(b *testing.B) {
	count := size(b)
	o := large(b, count)
	s, _ := o.Open(b.Context(), nil)
	defer s.Close()
	ready(b, s)
	db := s.(*store).server.current.Load().db
	keys := make([]e164.Number, 1<<16)
	for i := range keys {
		keys[i] = subscriber(int(uint64(i) * 2654435761 % uint64(count))).Name.Number
	}
	b.Run("bbolt", func(b *testing.B) {
		defer onCPU(b)()
		for i := range b.N {
			key := appendKey(nil, backend.Number, keys[i&(1<<16-1)], 0, 0)
			if err := db.View(func(tx *bbolt.Tx) error {
				if tx.Bucket(numbersTree).Get(key) == nil {
					b.Fatal("not there")
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bbolt-calls", func(b *testing.B) {
		defer onCPU(b)()
		for i := range b.N {
			key := appendKey(nil, backend.Number, keys[i&(1<<16-1)], 0, 0)
			if err := db.View(func(tx *bbolt.Tx) error {
				above := tx.Bucket(prefixesTree).Cursor()
				above.Seek(key)
				above.Prev()
				if at, value := tx.Bucket(numbersTree).Cursor().Seek(key); at == nil || value == nil {
					b.Fatal("not there")
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	now := s.(*store).server.acquire()
	defer now.drop()
	b.Run("find", func(b *testing.B) {
		defer onCPU(b)()
		for i := range b.N {
			if h, err := now.find(keys[i&(1<<16-1)]); err != nil || len(h.Entries) != 1 {
				b.Fatal(err)
			}
		}
	})
	b.Run("absent", func(b *testing.B) {
		defer onCPU(b)()
		for i := range b.N {
			if h, err := now.find(keys[i&(1<<16-1)].Prefix(12)); err != nil || len(h.Entries) != 0 {
				b.Fatal(err, h)
			}
		}
	})
	ask := func(b *testing.B, h interface {
		Lookup(context.Context, backend.Query, *backend.Answer) error
	}) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			var a backend.Answer
			for i := 0; pb.Next(); i++ {
				q := backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: keys[i&(1<<16-1)]}}
				if err := h.Lookup(b.Context(), q, &a); err != nil || a.Kind != backend.Found {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("lookup", func(b *testing.B) { ask(b, direct{s}) })
	b.Run("handle", func(b *testing.B) {
		h := backend.NewHandle(s, backend.Limits{}, nil)
		ask(b, h)
	})
	b.Run("gather", func(b *testing.B) {
		ask(b, direct{backend.Gather(gathered{s.(*store)}, backend.GatherOptions{})})
	})
}

type direct struct{ backend.Backend }

func (d direct) Lookup(ctx context.Context, q backend.Query, a *backend.Answer) (err error) {
	*a, err = d.Backend.Lookup(ctx, q)
	return err
}

// gathered is the file as a Store, to see what Gather would bring.
type gathered struct{ s *store }

func (g gathered) Find(_ context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	now := g.s.server.acquire()
	defer now.drop()
	found := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		if err := guarded(func() (err error) { found[i], err = now.find(n); return err }); err != nil {
			return nil, err
		}
	}
	return found, nil
}
func (g gathered) Check(ctx context.Context) (uint32, error) { return g.s.Serial(ctx, "") }
func (g gathered) Close() error                              { return nil }

// BenchmarkUpdate changes one number at a time through the socket, while look-ups go on.
func BenchmarkUpdate(b *testing.B) {
	count := size(b)
	o := large(b, count)
	s, _ := o.Open(b.Context(), nil)
	defer s.Close()
	listening(b, o)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := ask(b, s, subscriber(i%count).Name.Number); err != nil {
				b.Error(err)
				return
			}
		}
	}()
	w := openWriter(b, o)
	for i := 0; b.Loop(); i++ {
		e := subscriber(i * 7919 % count)
		e.TTL = 60
		if err := w.Write(ctx, each([]backend.Change{{Entry: e}}), func(int) {}); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	<-done
}

// BenchmarkCodec compares the binary value with the notation in JSON.
func BenchmarkCodec(b *testing.B) {
	e := subscriber(12345)
	key, value := sealed(e)
	var codec notation.Codec
	text := codec.AppendJSON(nil, &e)
	b.Run("binary", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := parseEntry(key, value); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(value)), "octets")
	})
	b.Run("json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := codec.ParseJSON(text); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(text)), "octets")
	})
}
