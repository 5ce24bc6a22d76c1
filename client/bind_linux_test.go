package client

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

const namedConfig = `
options {
	directory "%[1]s";
	pid-file none;
	session-keyfile none;
	listen-on port %[2]s { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion yes;
	forward only;
	forwarders { %[3]s port %[4]s; };
	dnssec-validation no;
	servfail-ttl 0;
};
controls { };
`

// startNamed runs BIND as a resolver that asks the server for everything, and returns its address.
func startNamed(t *testing.T, server string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	host, serverPort, _ := net.SplitHostPort(server)
	dir := t.TempDir()
	config := filepath.Join(dir, "named.conf")
	text := fmt.Sprintf(namedConfig, dir, port, host, serverPort)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command("named", "-g", "-n", "1", "-c", config)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%.3000s", log.String())
		}
	})
	return address
}

// resolve asks named, which may not be there yet.
func resolve(address, name string) (reply *dns.Msg, err error) {
	m := new(dns.Msg)
	m.SetQuestion(name, dns.TypeNAPTR)
	c := dns.Client{Net: "tcp", Timeout: 10 * time.Second}
	for range 50 {
		if reply, _, err = c.Exchange(m, address); err == nil {
			return reply, nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return nil, err
}

// refusals yields sets of records of which BIND refuses about half: patterns alone, and whole sets.
func refusals() []set {
	sets := generate(250, 9)
	alone := func(regexp string) {
		sets = append(sets, set{e164.MustParse("+12025550142"), []naptr.Record{sip(regexp)}})
	}
	for _, list := range [][]string{goodPatterns, oddPatterns} {
		for _, p := range list {
			alone("!" + p + "!sip:info@example.com!")
		}
	}
	for _, r := range oddReplacements {
		alone("!^(.*)$!" + r + "!")
	}
	for _, r := range bindTakes {
		alone(r)
	}
	for _, c := range bindMalformed {
		alone(c.regexp)
	}
	rng := newRand(77)
	for range 300 {
		p := randomPattern(rng)
		alone("~" + p[:min(len(p), 230)] + "~im:info@example.com~")
	}
	return sets
}

// TestBINDProof hands sets of records to BIND as resolver, to dig and to host, and sees whether they take
// the answer as the emulator says.
func TestBINDProof(t *testing.T) {
	needPrograms(t, "named", "dig", "host")
	server := serveRecords(t, "0")
	named := startNamed(t, server.address)
	host, port, _ := net.SplitHostPort(server.address)
	var refused, passed atomic.Int32
	ask := func(i int, s set) {
		o := bind.Dial(Query{Number: s.Number, Records: s.Records})
		name := fmt.Sprintf("%d.e164.arpa.", i)
		server.set(name, s.Records)
		want := dns.RcodeSuccess
		if o.Failed != "" {
			want = dns.RcodeServerFailure
			refused.Add(1)
		} else {
			passed.Add(1)
		}
		reply, err := resolve(named, name)
		if err != nil || reply.Rcode != want || want == dns.RcodeSuccess && len(s.Records) > 0 && len(reply.Answer) == 0 {
			t.Errorf("set %d: %v, named says %v to %+v\n%+v", i, err, reply, s.Records, o)
		}
		if len(s.Records) == 0 || i%4 > 0 {
			return
		}
		for _, command := range [][]string{
			{"dig", "@" + host, "-p", port, "+short", name, "NAPTR"},
			{"host", "-p", port, "-t", "NAPTR", name, host},
		} {
			out, _ := exec.Command(command[0], command[1:]...).CombinedOutput()
			if bad := strings.Contains(string(out), "Got bad packet"); bad != (o.Failed != "") {
				t.Errorf("set %d: %s says %.300s to %+v\n%+v", i, command[0], out, s.Records, o)
			}
		}
	}
	var workers sync.WaitGroup
	limit := make(chan struct{}, 16)
	for i, s := range refusals() {
		limit <- struct{}{}
		workers.Go(func() {
			ask(i, s)
			<-limit
		})
	}
	workers.Wait()
	t.Logf("%d refused, %d passed on", refused.Load(), passed.Load())
	if refused.Load() < 200 || passed.Load() < 200 {
		t.Error("the test proves little")
	}
}
