package enumim

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

// load asks for number0 without pause until stop is called, which returns how many replies there were
// and fails the test for each that was lost or wrong.
func load(t *testing.T, address string) (stop func() int) {
	var wg sync.WaitGroup
	var replies atomic.Int64
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			c := &dns.Client{Timeout: 2 * time.Second}
			for {
				select {
				case <-done:
					return
				default:
				}
				got, _, err := c.Exchange(query1(number0, dns.TypeNAPTR), address)
				if err != nil || got.Rcode != dns.RcodeSuccess || len(got.Answer) != 3 {
					t.Errorf("after %d replies: %v, %v", replies.Load(), got, err)
					return
				}
				replies.Add(1)
			}
		})
	}
	return func() int {
		close(done)
		wg.Wait()
		return int(replies.Load())
	}
}

// goroutines waits until no more than most goroutines run.
func goroutines(t *testing.T, most int) {
	t.Helper()
	var n int
	for range 100 {
		if n = runtime.NumGoroutine(); n <= most {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d are expected\n%s", n, most, buf[:runtime.Stack(buf, true)])
}

// settle gives the servers of an instance time to run: CoreDNS does not stop one that is told to
// before it has begun to serve.
func settle() { time.Sleep(30 * time.Millisecond) }

func TestReloadUnderLoad(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	name := shelve(t, m)
	corefile := func(ttl int) string {
		return fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n ttl %d\n }\n}", name, ttl)
	}
	before := runtime.NumGoroutine()
	instance, err := caddy.Start(input(corefile(1)))
	if err != nil {
		t.Fatal(err)
	}
	udp, _ := addresses(instance)
	settle()
	running := runtime.NumGoroutine()
	stop := load(t, udp)
	for ttl := 2; ttl < 12; ttl++ {
		settle()
		if instance, err = instance.Restart(input(corefile(ttl))); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	if n := stop(); n < 10 {
		t.Errorf("only %d replies during 10 reloads", n)
	}
	goroutines(t, running+2)
	got := exchange(t, "udp", udp, query1("e164.arpa.", dns.TypeSOA))
	if ttl := got.Answer[0].Header().Ttl; ttl != 11 {
		t.Errorf("TTL %d: the last reload is not served", ttl)
	}
	if n := openedTimes(name); n != 1 || m.closed.Load() != 0 {
		t.Errorf("opened %d and closed %d times: the generations are to share one backend", n, m.closed.Load())
	}
	stopServer(instance)
	if m.closed.Load() != 1 {
		t.Errorf("closed %d times at the end", m.closed.Load())
	}
	goroutines(t, before)
}

// A reload that fails is thrown away by caddy without a call to it.
func TestFailedReload(t *testing.T) {
	kept, fresh := newMemory(t, "e164.arpa", numbers), newMemory(t, "e164.arpa", numbers)
	keptName, freshName := shelve(t, kept), shelve(t, fresh)
	instance := startServer(t, memoryCorefile(keptName, ""))
	udp, _ := addresses(instance)
	settle()
	running := runtime.NumGoroutine()
	stop := load(t, udp)
	for _, broken := range []string{
		"enumim e164.arpa {\n tll 1\n}",                               // setup fails
		"enumim e164.arpa {\n backend memory x {\n fail\n }\n}",       // OnStartup fails
		"enumim e164.arpa {\n backend memory nothing-on-the-shelf\n}", // OnStartup fails
	} {
		settle()
		// The first block opens its backend before the second fails.
		text := fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n }\n}\nexample.net:0 {\n bind 127.0.0.1\n%s\n}", freshName, broken)
		if _, err := instance.Restart(input(text)); err == nil {
			t.Fatalf("this Corefile should not start:\n%s", text)
		}
	}
	// After OnStartup has opened the backends, a port can still be taken.
	taken, err := net.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	if _, err := instance.Restart(input(strings.Replace(memoryCorefile(freshName, ""), "e164.arpa:0", "e164.arpa:"+port, 1))); err == nil {
		t.Fatal("started on a port that is taken")
	}
	if stop() == 0 {
		t.Error("no replies during the reloads")
	}
	if err := pool.Flush(); err != nil {
		t.Error(err)
	}
	if n := openedTimes(freshName); n == 0 || int(fresh.closed.Load()) != n {
		t.Errorf("the backend of the failed reloads was opened %d and closed %d times", n, fresh.closed.Load())
	}
	if kept.closed.Load() != 0 {
		t.Error("the backend in use was closed")
	}
	goroutines(t, running+2)
	if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); len(got.Answer) != 3 {
		t.Errorf("got %v", got)
	}
	settle()
	// After failed reloads a good one works as ever.
	instance2, err := instance.Restart(input(memoryCorefile(freshName, "")))
	if err != nil {
		t.Fatal(err)
	}
	defer stopServer(instance2)
	if err := pool.Flush(); err != nil {
		t.Error(err)
	}
	if kept.closed.Load() != 1 {
		t.Error("the backend that is no longer used stays open")
	}
	if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); len(got.Answer) != 3 {
		t.Errorf("got %v", got)
	}
}

// A callback of the old instance that returns an error makes caddy report a failed reload, although
// the new instance serves: it must not lose its backend.
func TestReloadThatOnlyReportsFailure(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	name := shelve(t, m)
	instance := startServer(t, memoryCorefile(name, ""))
	instance.OnShutdown = append([]func() error{func() error { return errors.New("of another plugin") }}, instance.OnShutdown...)
	settle()
	if _, err := instance.Restart(nil); err == nil {
		t.Fatal("caddy is expected to report the error")
	}
	instances := caddy.Instances()
	if len(instances) != 1 {
		t.Fatalf("%d instances live, want the new one", len(instances))
	}
	defer stopServer(instances[0])
	udp, _ := addresses(instances[0])
	for range 3 {
		if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); len(got.Answer) != 3 {
			t.Fatalf("got %v", got)
		}
	}
	if m.closed.Load() != 0 {
		t.Error("the backend in use was closed")
	}
}

// SIGTERM: OnShutdown comes first, then the time of lameduck, in which queries are still answered; also
// after a reload that failed, which must not leave the instance believing that it is being replaced.
func TestLameduck(t *testing.T) {
	t.Run("plain", func(t *testing.T) { lameduck(t, false) })
	t.Run("after a failed reload", func(t *testing.T) { lameduck(t, true) })
}

func lameduck(t *testing.T, failedReload bool) {
	t.Helper()
	m := newMemory(t, "e164.arpa", numbers)
	instance, err := caddy.Start(input(memoryCorefile(shelve(t, m), "health 127.0.0.1:0 {\n lameduck 700ms\n}")))
	if err != nil {
		t.Fatal(err)
	}
	udp, _ := addresses(instance)
	if failedReload {
		settle()
		if _, err := instance.Restart(input("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n }\n}")); err == nil {
			t.Fatal("a Corefile without backend was taken")
		}
	}
	stop := load(t, udp)
	done := make(chan struct{})
	go func() {
		instance.ShutdownCallbacks() // as caddy does on SIGTERM, before the sockets close
		close(done)
	}()
	time.Sleep(500 * time.Millisecond)
	if stop() == 0 {
		t.Error("no replies")
	}
	if m.closed.Load() != 0 {
		t.Error("the backend was closed while queries are answered")
	}
	<-done
	if m.closed.Load() != 1 {
		t.Errorf("the backend was closed %d times after lameduck", m.closed.Load())
	}
	// What arrives after that fails, and does not panic.
	if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); got.Rcode != dns.RcodeServerFailure {
		t.Errorf("got %v", got)
	}
	instance.Stop()
}

// The ready plugin polls only the last enumim it was told of.
func TestReadyIsAboutAllBlocks(t *testing.T) {
	a, b := newMemory(t, "e164.arpa", numbers), newMemory(t, "e164.arpa", numbers)
	instance := startServer(t, strings.Join([]string{
		memoryCorefile(shelve(t, a), ""),
		"dial.example.net:0 {\n bind 127.0.0.1\n enumim {\n backend memory " + shelve(t, b) + "\n }\n}",
	}, "\n"))
	g := instance.Storage[generationKey{}].(*generation)
	e := Enumim{state: g}
	for _, c := range []struct{ a, b, want bool }{{true, true, true}, {false, true, false}, {true, false, false}, {true, true, true}} {
		a.notReady.Store(!c.a)
		b.notReady.Store(!c.b)
		if e.Ready() != c.want {
			t.Errorf("a %t, b %t: ready is %t", c.a, c.b, e.Ready())
		}
	}
}

// Two server blocks with the same configuration share one backend.
func TestServerBlocksShareBackends(t *testing.T) {
	name := shelve(t, newMemory(t, "e164.arpa", numbers))
	startServer(t, memoryCorefile(name, "")+"\n"+strings.Replace(memoryCorefile(name, ""), "e164.arpa", "e164.example.net", 1))
	if n := openedTimes(name); n != 1 {
		t.Errorf("opened %d times", n)
	}
}

// Readiness can be asked before the backends are open, and is false until all are.
func TestNotReadyBeforeBackendsAreOpen(t *testing.T) {
	g := &generation{blocks: []*block{{}}}
	if g.ready() {
		t.Error("ready without a backend")
	}
}
