package enumim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin/pkg/reuseport"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/status"
)

// A reload changes the page as it changes the answers: the old page goes with the old data, and a reload that fails leaves
// everything as it was.
func TestStatusPageOverReloads(t *testing.T) {
	before := runtime.NumGoroutine()
	dir, address, another := t.TempDir(), freeAddress(t), freeAddress(t)
	path := filepath.Join(dir, "numbers.txt")
	writeFile(t, path, "+12025550100 im:user@example.com\n")
	corefile := func(zone, at string) string {
		return fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim %s {\n backend file %s\n %s\n }\n}", zone, path, at)
	}
	instance, err := caddy.Start(input(corefile("e164.arpa", "status "+address)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		stopServer(instance)
		if _, ok := pageAt(t, address); ok {
			t.Error("the page outlives the server")
		}
		goroutines(t, before)
	}()
	want := func(address, zone string) {
		t.Helper()
		for range 20 { // of two that listen at one address either gets some of them
			p, ok := pageAt(t, address)
			if ok != (zone != "") || ok && zones(p) != zone {
				t.Fatalf("%s: %t, %+v; want %q", address, ok, p, zone)
			}
		}
	}
	reload := func(text string, fails bool) {
		t.Helper()
		settle()
		next, err := instance.Restart(input(text))
		if (err != nil) != fails {
			t.Fatalf("%v\n%s", err, text)
		}
		instance = next
	}
	want(address, "e164.arpa.")
	settle()
	running := runtime.NumGoroutine()

	reload(corefile("i.e164.arpa", "status "+address), false)
	want(address, "i.e164.arpa.")
	reload(corefile("e164.arpa", "status "+another), false)
	want(address, "")
	want(another, "e164.arpa.")
	reload(corefile("e164.arpa", ""), false)
	want(another, "")
	reload(corefile("e164.arpa", "status "+address), false)
	want(address, "e164.arpa.")

	taken, err := net.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, broken := range []string{
		corefile("i.e164.arpa", "status "+address+"\n tll 1"),                                                                 // setup fails
		corefile("i.e164.arpa", "status "+address) + "\nexample.net:0 {\n enumim e164.arpa {\n backend memory nothing\n }\n}", // OnStartup fails before the page
		corefile("i.e164.arpa", "status "+taken.Addr().String()),                                                              // the page itself
		corefile("i.e164.arpa", "status "+another) + "\n example.net:" + port + " {\n bind 127.0.0.1\n chaos\n}",              // the servers, after it
		strings.Replace(corefile("i.e164.arpa", "status "+address), "arpa:0", "arpa:"+port, 1),                                // the same at the same address
	} {
		reload(broken, true)
		want(address, "e164.arpa.")
		want(another, "")
	}
	goroutines(t, running+2)
	reload(corefile("i.e164.arpa", "status "+address), false)
	want(address, "i.e164.arpa.")
	goroutines(t, running+2)
}

// Another server of the same user could share the address: its page would be seen instead, now and then.
func TestStatusPageIsAlone(t *testing.T) {
	other, err := reuseport.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	text := fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n status %s\n }\n}", shelve(t, newMemory(t, "e164.arpa", numbers)), other.Addr())
	instance, err := caddy.Start(input(text))
	if err == nil {
		stopServer(instance)
	}
	if err == nil || !strings.Contains(err.Error(), "address already in use; name another address") {
		t.Errorf("got %v", err)
	}
}

// What a backend told is not forgotten in a reload that keeps it.
func TestStatusPageRemembers(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	path := filepath.Join(dir, "numbers.txt")
	writeFile(t, path, "+12025550100 im:user@example.com\n")
	corefile := func(more string) string {
		return fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s {\n reload 100ms\n }\n status %s\n %s\n }\n}", path, address, more)
	}
	instance, err := caddy.Start(input(corefile("")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	writeFile(t, path, "garbage\n")
	refused := func() error {
		p, _ := pageAt(t, address)
		if len(p.Backends) != 1 || len(p.Backends[0].Sources) != 1 || p.Backends[0].Sources[0].State != status.Refused || p.Backends[0].Sources[0].Refusals != 1 {
			return fmt.Errorf("%+v", p)
		}
		return nil
	}
	comesTrue(t, refused)
	settle()
	if instance, err = instance.Restart(input(corefile("negative_ttl 60"))); err != nil {
		t.Fatal(err)
	}
	if err := refused(); err != nil {
		t.Error(err)
	}
	writeFile(t, path, "+12025550100 im:other@example.com\n")
	comesTrue(t, func() error {
		p, _ := pageAt(t, address)
		if d := p.Backends[0].Sources[0]; d.State != status.Current || d.Refusals != 1 || d.Refused == nil {
			return fmt.Errorf("%+v", d)
		}
		return nil
	})
}

// What is answered from data of before a reload, and what is not current, is told.
func TestStatusPageOfStores(t *testing.T) {
	address := freeAddress(t)
	f, name := newFed(t, nil)
	g, later := newFed(t, nil)
	corefile := func(name string) string {
		return strings.Replace(fedCorefile(name), "backend fed", "status "+address+"\n backend fed", 1)
	}
	instance, err := caddy.Start(input(corefile(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	p, _ := pageAt(t, address)
	if p.Ready || p.Trees[0].Answers != status.Nothing || !strings.Contains(p.Trees[0].Fault, backend.ErrNotReady.Error()) || p.Backends[0].Ready {
		t.Errorf("without data: %+v", p)
	}
	if err := f.deliver("first", 3); err != nil {
		t.Fatal(err)
	}
	comesTrue(t, func() error {
		p, _ := pageAt(t, address)
		if d := p.Backends[0].Sources[0]; !p.Ready || p.Trees[0].Answers != status.Own || d.Source != "fed" || d.State != status.Current || d.Entries == nil || *d.Entries != 4 || d.Age == nil || d.Serial == 0 {
			return fmt.Errorf("%+v", p)
		}
		return nil
	})
	settle()
	if instance, err = instance.Restart(input(corefile(later))); err != nil {
		t.Fatal(err)
	}
	if p, _ = pageAt(t, address); !p.Ready || p.Trees[0].Answers != status.Before || p.Trees[0].Serial == 0 || p.Backends[0].Ready {
		t.Errorf("before the new store has data: %+v", p)
	}
	if e := explainedAt(t, address, "+12025550100"); len(e.Trees) != 1 || len(e.Trees[0].Records) != 1 || !strings.Contains(e.Trees[0].Records[0].Regexp, "first@") {
		t.Errorf("%+v", e)
	}
	if err := g.deliver("second", 3); err != nil {
		t.Fatal(err)
	}
	comesTrue(t, func() error {
		e := explainedAt(t, address, "+12025550100")
		if len(e.Trees) != 1 || len(e.Trees[0].Records) != 1 || !strings.Contains(e.Trees[0].Records[0].Regexp, "second@") {
			return fmt.Errorf("%+v", e)
		}
		return nil
	})
}

// Those who connect and say nothing take a bounded number of files from the server, and the page from others for a few
// seconds only.
func TestStatusPageSilentVisitors(t *testing.T) {
	path, address := filepath.Join(t.TempDir(), "numbers.txt"), freeAddress(t)
	writeFile(t, path, "+12025550100 im:user@example.com\n")
	startServer(t, fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s\n status %s\n }\n}", path, address))
	var silent []net.Conn
	for range mostVisitors {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		silent = append(silent, conn)
	}
	if _, ok := pageAt(t, address); !ok {
		t.Error("there is no page")
	}
	ended := false
	for _, conn := range silent {
		conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := conn.Read(make([]byte, 1))
		ended = ended || errors.Is(err, io.EOF)
	}
	if !ended {
		t.Errorf("the page has more than %d visitors at a time", mostVisitors)
	}
}
