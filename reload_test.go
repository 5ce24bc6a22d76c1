package enumim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
)

// What the README says of a reload of the Corefile: what makes the backend another loads its data anew, also when it
// is taken back at once; what is said of the answers alone does not.
func TestWhatAReloadLoadsAnew(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "numbers.txt"), filepath.Join(dir, "other.txt")
	write := func(path, number string) {
		if err := os.WriteFile(path, []byte(number+" im:a@example.com\n$END\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "+12025550100")
	write(other, "+12025550199")
	corefile := func(zones, paths, inner, outer string) string {
		return fmt.Sprintf(".:0 {\n bind 127.0.0.1\n enumim %s {\n backend file %s {\n %s\n }\n ns ns.example.net\n %s\n }\n}", zones, paths, inner, outer)
	}
	base := corefile("e164.arpa", path, "reload 0", "")
	instance, err := caddy.Start(input(base))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	last := 100
	for _, c := range []struct {
		what, corefile string
		anew           bool
	}{
		{"nothing", base, false},
		{"form", corefile("e164.arpa", path, "reload 0", "form stored"), false},
		{"negative_ttl", corefile("e164.arpa", path, "reload 0", "negative_ttl 60"), false},
		{"soa", corefile("e164.arpa", path, "reload 0", "soa ns.example.net hm.example.net"), false},
		{"fallthrough", corefile("e164.arpa", path, "reload 0", "fallthrough"), false},
		{"zones", corefile("e164.arpa e164.example.net", path, "reload 0", ""), true},
		{"files", corefile("e164.arpa", path+" "+other, "reload 0", ""), true},
		{"reload", corefile("e164.arpa", path, "reload 1h", ""), true},
		{"shrink", corefile("e164.arpa", path, "reload 0\n shrink off", ""), true},
		{"require_end", corefile("e164.arpa", path, "reload 0\n require_end", ""), true},
		{"include", corefile("e164.arpa", path, "reload 0\n include", ""), true},
		{"generate", corefile("e164.arpa", path, "reload 0\n generate", ""), true},
		{"ttl", corefile("e164.arpa", path, "reload 0", "ttl 60"), true},
		{"timeout", corefile("e164.arpa", path, "reload 0", "timeout 1s"), true},
	} {
		for _, to := range []string{c.corefile, base} {
			settle()
			if c.anew {
				last++
				write(path, fmt.Sprintf("+12025550%d", last))
			}
			logged := capture(func() {
				if instance, err = instance.Restart(input(to)); err != nil {
					t.Fatalf("%s: %v", c.what, err)
				}
			})
			if got := strings.Contains(logged, ": loaded "); got != c.anew {
				t.Errorf("%s: loaded: %t", c.what, got)
			}
			udp, _ := addresses(instance)
			name := fmt.Sprintf("%c.%c.%c.0.5.5.5.2.0.2.1.e164.arpa.", '0'+last%10, '0'+last/10%10, '0'+last/100)
			if got := exchange(t, "udp", udp, query1(name, dns.TypeNAPTR)); len(got.Answer) != 1 {
				t.Errorf("%s: data from before is served: %v", c.what, got)
			}
		}
	}
}

// What is large takes a while to load. A reload waits for it, while the old instance answers.
func TestReloadWaitsForData(t *testing.T) {
	kept, fresh := newMemory(t, "e164.arpa", numbers), newMemory(t, "e164.arpa", numbers)
	name := shelve(t, fresh)
	instance := startServer(t, memoryCorefile(shelve(t, kept), ""))
	udp, _ := addresses(instance)
	settle()
	fresh.notReady.Store(true)
	stop := load(t, udp)
	time.AfterFunc(200*time.Millisecond, func() { fresh.notReady.Store(false) })
	next, err := instance.Restart(input(memoryCorefile(name, "")))
	if err != nil {
		t.Fatal(err)
	}
	defer stopServer(next)
	settle()
	if stop() == 0 {
		t.Error("no replies")
	}
}

// It waits no longer than it must: not for what has told that it is faulty, nor for ever.
func TestWaitForDataEnds(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	m.notReady.Store(true)
	b := &block{source: leased{m}, reporter: &reporter{driver: "memory"}}
	defer b.reporter.observe(backend.Event{Kind: backend.Closed})
	if b.await(50 * time.Millisecond) {
		t.Error("there is no data")
	}
	for _, c := range []struct {
		event  backend.Event
		failed bool
	}{
		{backend.Event{Kind: backend.Refused, Source: "a.txt"}, true},
		{backend.Event{Kind: backend.Loaded, Source: "b.txt"}, true},
		{backend.Event{Kind: backend.Refused, Source: "b.txt"}, true},
		{backend.Event{Kind: backend.Loaded, Source: "b.txt"}, true},
		{backend.Event{Kind: backend.Finding, Source: "a.txt"}, true},
		{backend.Event{Kind: backend.Loaded, Source: "a.txt c.txt"}, false},
		{backend.Event{Kind: backend.Unavailable}, true},
		{backend.Event{Kind: backend.Recovered}, false},
	} {
		b.reporter.observe(c.event)
		if b.reporter.failed() != c.failed {
			t.Errorf("after %+v: failed: %t", c.event, !c.failed)
		}
		if c.failed && b.await(time.Hour) {
			t.Error("there is no data")
		}
	}
}

// Under reload 0 nothing but a reload of the Corefile loads a file that has changed, and one that has not is kept.
func TestReloadOfWhatIsLoadedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	corefile := fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend file %s {\n reload 0\n }\n }\n}", path)
	write("+12025550199 im:a@example.com\n")
	instance, err := caddy.Start(input(corefile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	for _, c := range []struct {
		data   string
		loaded bool
		fails  bool
	}{
		{"", false, false},
		{"+12025550100 im:a@example.com\n", true, false},
		{"", false, false},
		{"garbage\n", false, true},
		{"+12025550100 im:b@example.com\n", true, false},
	} {
		settle()
		if c.data != "" {
			write(c.data)
		}
		logged := capture(func() {
			next, err := instance.Restart(input(corefile))
			if (err != nil) != c.fails {
				t.Errorf("%q: %v", c.data, err)
			}
			instance = next
		})
		if strings.Contains(logged, ": loaded ") != c.loaded {
			t.Errorf("%q: logged %s", c.data, logged)
		}
	}
	udp, _ := addresses(instance)
	if got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)); len(got.Answer) != 1 || !strings.Contains(got.Answer[0].String(), "im:b@") {
		t.Errorf("got %v", got)
	}
}
