package enumim_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim"
)

// A record has the TTL that the data gives, be it 0; else that of the option ttl.
func TestTTLOfRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	data := "+12025550100 im:a@example.com\n+12025550101 ttl=0 im:b@example.com\n$TTL 5m\n+12025550102 im:c@example.com\n"
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string][3]uint32{"": {3600, 0, 300}, "ttl 2h": {7200, 0, 300}} {
		inst := startReadme(t, fmt.Sprintf("e164.arpa:1053 {\nenumim {\nbackend file %s\n%s\n}\n}\n", path, option))
		for i, ttl := range want {
			r := ask(t, inst, fmt.Sprintf("%d.0.1.0.5.5.5.2.0.2.1.e164.arpa.", i), dns.TypeNAPTR)
			if len(r.Answer) != 1 || r.Answer[0].Header().Ttl != ttl {
				t.Errorf("%q: number %d: want TTL %d, got %v", option, i, ttl, r.Answer)
			}
		}
	}
}

// The index keeps the digits of a number out of its records. They come back as those of the number that
// owns the record, also where an alias led to it, while an expression is applied to the number that was
// asked (RFC 3402 section 3).
func TestDigitsBehindAlias(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	zone := `$ORIGIN 4.4.e164.arpa.
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1
1.1 CNAME 2.1
2.1 NAPTR 100 10 "u" "E2U+im" "!^.*$!im:4412@example.com!" .
    NAPTR 100 20 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
5.i NAPTR 100 10 "u" "E2U+im" "!^.*$!im:44@example.com!" .
`
	if err := os.WriteFile(path, []byte(zone), 0o600); err != nil {
		t.Fatal(err)
	}
	for form, want := range map[string][2]string{
		"stored": {"!^.*$!im:4412@example.com!", `!^\\+(.*)$!sip:\\1@example.com!`},
		"plain":  {"!^.*$!im:4412@example.com!", "!^.*$!sip:4411@example.com!"},
	} {
		inst := startReadme(t, fmt.Sprintf("4.4.e164.arpa:1053 {\nenumim {\nbackend file %s\nform %s\n}\n}\n", path, form))
		r := ask(t, inst, "1.1.4.4.e164.arpa.", dns.TypeNAPTR)
		if len(r.Answer) != 3 {
			t.Fatalf("form %s: got %v", form, r)
		}
		for i, regexp := range want {
			if got := r.Answer[1+i].(*dns.NAPTR).Regexp; got != regexp {
				t.Errorf("form %s: got %s, want %s", form, got, regexp)
			}
		}
		r = ask(t, inst, "5.i.4.4.e164.arpa.", dns.TypeNAPTR)
		if len(r.Answer) != 1 || r.Answer[0].(*dns.NAPTR).Regexp != "!^.*$!im:44@example.com!" {
			t.Errorf("form %s: on the infrastructure branch: got %v", form, r.Answer)
		}
	}
}

// An apex that is served here exists, and so do the names above it (RFC 8020), whatever the tree that
// they lie in knows of it.
func TestNamesAboveAnotherApexExist(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(path, []byte("+12025550100 im:a@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inst := startReadme(t, fmt.Sprintf(`.:1053 {
enumim e164.arpa {
backend file %s
}
enumim 1.4.4.e164.arpa {
backend file examples/4.4.e164.arpa.zone
}
}
`, path))
	for name, rcode := range map[string]int{
		"4.e164.arpa.": dns.RcodeSuccess, "4.4.E164.arpa.": dns.RcodeSuccess,
		"5.e164.arpa.": dns.RcodeNameError, "2.4.4.e164.arpa.": dns.RcodeNameError,
	} {
		r := ask(t, inst, name, dns.TypeA)
		if r.Rcode != rcode || len(r.Answer) != 0 || len(r.Ns) != 1 {
			t.Errorf("%s: want %s without records, got %v", name, dns.RcodeToString[rcode], r)
		}
	}
}

// A reload whose new configuration has no data for a zone that is served leaves the old one serving.
func TestReloadDoesNotLoseWhatIsServed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.txt")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	corefile := func(reload string) caddy.Input {
		return caddy.CaddyfileInput{Filepath: "Corefile", ServerTypeName: "dns", Contents: fmt.Appendf(nil,
			"e164.arpa:0 {\nbind %s\nenumim {\nbackend file %s {\nreload %s\n}\n}\n}\n", enumim.Loopback, path, reload)}
	}
	write("+12025550100 im:a@example.com\n")
	dnsserver.Quiet = true
	inst, err := caddy.Start(corefile("1h"))
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		inst.ShutdownCallbacks()
		if err := inst.Stop(); err != nil {
			t.Error(err)
		}
	}
	defer func() { stop() }()
	time.Sleep(30 * time.Millisecond) // a CoreDNS that is stopped before it serves is never stopped
	write("garbage\n")
	if _, err = inst.Restart(corefile("2h")); err == nil || !strings.Contains(err.Error(), "the old configuration stays") {
		t.Fatalf("the reload threw the data away: %v", err)
	}
	if r := ask(t, inst, "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeNAPTR); len(r.Answer) != 1 {
		t.Errorf("after the reload: %v", r)
	}
	write("+12025550100 im:b@example.com\n")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		next, err := inst.Restart(corefile("2h"))
		if err == nil {
			inst = next
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// Whether there is a DS at a zone cut only the parent knows: when it cannot tell, that is no denial.
func TestDSWhileTheParentIsOut(t *testing.T) {
	inst := startReadme(t, `.:1053 {
enumim e164.arpa {
backend file testdata/not-there
}
enumim 4.4.e164.arpa {
backend file examples/4.4.e164.arpa.zone
}
}
`)
	if r := ask(t, inst, "4.4.e164.arpa.", dns.TypeDS); r.Rcode != dns.RcodeServerFailure {
		t.Errorf("got %v", r)
	}
	if r := ask(t, inst, "4.4.e164.arpa.", dns.TypeSOA); len(r.Answer) != 1 {
		t.Errorf("got %v", r)
	}
}

// The ready plugin asks while the backends are still being opened.
func TestReadyIsAskedBeforeStart(t *testing.T) {
	l, err := net.Listen("tcp", enumim.Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if r, err := http.Get("http://" + address + "/ready"); err == nil {
				r.Body.Close()
			}
		}
	}()
	for range 3 {
		startReadme(t, fmt.Sprintf("e164.arpa:1053 {\nready %s {\nmonitor continuously\n}\nenumim {\nbackend file examples/numbers.txt\n}\n}\n", address))
	}
	cancel()
	<-done
}

// The plain form is for numbers: a name that is none gets the record as it stands. And ANY finds what
// there is when the expression says nothing about the number.
func TestPlainFormOfWhatIsNoNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	zone := `$ORIGIN e164.arpa.
$TTL 60
@ SOA ns1 hm 1 7200 900 1209600 300
  NS ns1
*.4.4 NAPTR 100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
7 NAPTR 100 10 "u" "E2U+sip" "!^\\+9(.*)$!sip:\\1@example.com!" .
  TXT "seven"
`
	if err := os.WriteFile(path, []byte(zone), 0o600); err != nil {
		t.Fatal(err)
	}
	inst := startReadme(t, fmt.Sprintf("e164.arpa:1053 {\nenumim {\nbackend file %s\nform plain\n}\n}\n", path))
	for name, want := range map[string]string{
		"1.4.4.":                             "!^.*$!sip:441@example.com!",
		"abc.1.4.4.":                         `!^\\+(.*)$!sip:\\1@example.com!`,
		"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.4.4.": `!^\\+(.*)$!sip:\\1@example.com!`,
	} {
		r := ask(t, inst, name+"e164.arpa.", dns.TypeNAPTR)
		if len(r.Answer) != 1 || r.Answer[0].(*dns.NAPTR).Regexp != want {
			t.Errorf("%s: want %s, got %v", name, want, r.Answer)
		}
	}
	if r := ask(t, inst, "7.e164.arpa.", dns.TypeANY); len(r.Answer) != 1 || r.Answer[0].Header().Rrtype != dns.TypeTXT {
		t.Errorf("ANY: got %v", r)
	}
}
