package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// echo starts a store that says what it hears, and returns its address.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); io.Copy(c, c) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// says fails the test unless the connection is answered with the text.
func says(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	hears(t, c, text)
}

func hears(t *testing.T, c net.Conn, text string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	got := make([]byte, len(text))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("heard %q, %v, wanted %q", got[:n], err, text)
	}
}

// silent fails the test when the connection says anything for a while.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d octets, %v, wanted silence", n, err)
	}
}

// ends fails the test unless the connection was reset after what is returned.
func ends(t *testing.T, c net.Conn) []byte {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	got, err := io.ReadAll(c)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("ended with %v after %q, wanted a reset", err, got)
	}
	return got
}

// comesToNothing fails the test unless a new connection is reset.
func comesToNothing(t *testing.T, p *Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	if errors.Is(err, syscall.ECONNRESET) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ends(t, c)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not within 20 s:", what)
}

func TestNoFault(t *testing.T) {
	p := New(t, echo(t))
	a, b := dial(t, p), dial(t, p)
	says(t, a, "hello")
	says(t, b, strings.Repeat("a long text. ", 100_000))
	if p.Conns() != 2 || p.Most() != 2 || p.Opened() != 2 {
		t.Fatal(p.Conns(), p.Most(), p.Opened())
	}
	a.Close()
	eventually(t, "a connection that was closed counts no more", func() bool { return p.Conns() == 1 })
	b.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(b); len(rest) > 0 || err != nil {
		t.Fatalf("%q, %v, wanted the end that the store answers an end with", rest, err)
	}
	if most := p.Most(); most != 2 {
		t.Fatal("at most there were", most)
	}
	if most := p.Most(); most > 1 {
		t.Fatal("since then at most", most)
	}
}

func TestRefuse(t *testing.T) {
	p := New(t, echo(t))
	c := dial(t, p)
	says(t, c, "one")
	p.Set(Fault{Refuse: true})
	if _, err := net.Dial("tcp", p.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatal(err)
	}
	says(t, c, "two")
	p.Set(Fault{})
	says(t, dial(t, p), "three")
}

func TestReset(t *testing.T) {
	p := New(t, echo(t))
	c := dial(t, p)
	says(t, c, "one")
	p.Set(Fault{Reset: true})
	ends(t, c)
	comesToNothing(t, p)
	p.Set(Fault{})
	says(t, dial(t, p), "two")
}

func TestSilence(t *testing.T) {
	for _, way := range []Way{Both, Requests, Replies} {
		p := New(t, echo(t))
		c := dial(t, p)
		says(t, c, "one")
		p.Set(Fault{Silence: true, Way: way})
		late := dial(t, p)
		for _, c := range []net.Conn{c, late} {
			if _, err := io.WriteString(c, "two"); err != nil {
				t.Fatal(err)
			}
			silent(t, c)
		}
		p.Set(Fault{})
		hears(t, c, "two")
		hears(t, late, "two")
	}
}

func TestGone(t *testing.T) {
	p := New(t, echo(t))
	c := dial(t, p)
	says(t, c, "one")
	p.Set(Fault{Gone: true})
	late := dial(t, p)
	for range 2 {
		for _, c := range []net.Conn{c, late} {
			io.WriteString(c, "two")
			silent(t, c)
		}
		p.Set(Fault{})
	}
	says(t, dial(t, p), "three")
	c.Close()
	late.Close()
	eventually(t, "they are forgotten when they are closed", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open == 1 && len(p.conns) == 1
	})
}

func TestLater(t *testing.T) {
	for _, f := range []Fault{
		{Delay: 150 * time.Millisecond, Way: Replies},
		{Delay: 75 * time.Millisecond, Jitter: 20 * time.Millisecond},
		{Rate: 100, Way: Requests}, // 15 octets take 150 ms
	} {
		p := New(t, echo(t))
		p.Set(f)
		c, begun := dial(t, p), time.Now()
		for _, text := range []string{"first", "second", "last"} {
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
		}
		hears(t, c, "firstsecondlast")
		if took := time.Since(begun); took < 100*time.Millisecond {
			t.Errorf("%+v: after %v", f, took)
		}
	}
}

func TestCutAfter(t *testing.T) {
	p := New(t, echo(t))
	p.Set(Fault{CutAfter: 3, Way: Replies})
	c := dial(t, p)
	io.WriteString(c, "hello")
	if got := ends(t, c); !strings.HasPrefix("hel", string(got)) { // a reset may outrun what was sent
		t.Fatalf("%q", got)
	}
}

func TestGarbage(t *testing.T) {
	p := New(t, echo(t))
	p.Set(Fault{Garbage: 0.5, Way: Replies})
	c, sent := dial(t, p), bytes.Repeat([]byte("x"), 10_000)
	c.Write(sent)
	got := make([]byte, len(sent))
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if same := bytes.Count(got, []byte("x")); same < 4000 || same > 6000 {
		t.Errorf("%d of 10,000 octets are as they were", same)
	}
}

func TestSplitAndAlter(t *testing.T) {
	p := New(t, echo(t))
	p.Set(Fault{Split: true, Way: Replies, Alter: bytes.ToUpper})
	c := dial(t, p)
	io.WriteString(c, "hello")
	hears(t, c, "HELLO")
}

func TestSwap(t *testing.T) {
	p := New(t, echo(t))
	a, b, c := dial(t, p), dial(t, p), dial(t, p)
	p.Set(Fault{Swap: true})
	io.WriteString(a, "for a")
	silent(t, a)
	io.WriteString(b, "for b")
	hears(t, a, "for b")
	hears(t, b, "for a")
	io.WriteString(c, "for c")
	silent(t, c)
	p.Set(Fault{})
	hears(t, c, "for c")
	says(t, a, "as before")
}

// A test that ends in the midst of a fault leaves nothing behind.
func TestNothingLeft(t *testing.T) {
	to := echo(t)
	before := runtime.NumGoroutine()
	for _, f := range []Fault{{}, {Refuse: true}, {Reset: true}, {Silence: true}, {Gone: true}, {Delay: time.Hour}, {Rate: 1}, {Swap: true}} {
		t.Run("", func(t *testing.T) {
			p := New(t, to)
			c := dial(t, p)
			says(t, c, "one")
			p.Set(f)
			for range 100 {
				io.WriteString(c, strings.Repeat("unheard", 1000))
			}
		})
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

// A store that is away, or comes to be, is seen through a proxy as without one.
func TestNoStore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addr().String()
	l.Close()
	p := New(t, to)
	comesToNothing(t, p)
	if p.Opened() != 1 {
		t.Error(p.Opened())
	}
}
