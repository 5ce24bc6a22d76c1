package client

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// answering is a DNS server that gives the records that are set for a name to whoever asks for NAPTR.
type answering struct {
	address string
	records sync.Map // []naptr.Record by name
}

func (a *answering) set(name string, records []naptr.Record) { a.records.Store(name, records) }

// reply puts the records of a name into m.
func (a *answering) reply(m *dns.Msg, name string) {
	m.Compress = true
	records, _ := a.records.Load(strings.ToLower(name))
	list, _ := records.([]naptr.Record)
	for _, r := range list {
		m.Answer = append(m.Answer, rr.To(dns.RR_Header{Name: name, Class: dns.ClassINET}, r))
	}
}

func (a *answering) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(question)
	m.Authoritative = true
	a.reply(m, question.Question[0].Name)
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		m.Truncate(dns.MinMsgSize)
	}
	_ = w.WriteMsg(m)
}

// size is how long the response with the records is.
func (a *answering) size(name string) int {
	m := new(dns.Msg)
	m.SetQuestion(name, dns.TypeNAPTR)
	a.reply(m, name)
	return m.Len()
}

// serveRecords starts a server on a loopback address: on port "53", where the C library's resolver can be
// sent to, or "0" for any.
func serveRecords(t *testing.T, port string) *answering {
	t.Helper()
	a := new(answering)
	var faults []error
	for i := range 20 {
		udp, err := net.ListenPacket("udp", fmt.Sprintf("127.61.16.%d:%s", 34+i, port))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		a.address = udp.LocalAddr().String()
		tcp, err := net.Listen("tcp", a.address)
		if err != nil {
			faults = append(faults, err)
			udp.Close()
			continue
		}
		for _, s := range []*dns.Server{{PacketConn: udp, Handler: a}, {Listener: tcp, Handler: a}} {
			ready := make(chan struct{})
			s.NotifyStartedFunc = func() { close(ready) }
			done := make(chan error, 1)
			go func() { done <- s.ActivateAndServe() }()
			<-ready
			t.Cleanup(func() { s.Shutdown(); <-done })
		}
		return a
	}
	t.Fatalf("no loopback address has this port free: %v", errors.Join(faults...))
	return nil
}

// needPrograms fails in CI and elsewhere skips the test where a program is missing, or, for "root", the
// right to have a resolv.conf of one's own.
func needPrograms(t *testing.T, programs ...string) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	var missing []string
	for _, p := range programs {
		if p == "root" && os.Geteuid() == 0 {
			continue
		}
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", strings.Join(missing, ", "))
	default:
		t.Skipf("this test needs %s", strings.Join(missing, ", "))
	}
}

// withResolver is a command that runs in a mount namespace of its own, whose resolv.conf names the server.
func withResolver(t *testing.T, server string, command ...string) *exec.Cmd {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver "+server+"\noptions timeout:2 attempts:3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.Command("unshare", append([]string{
		"--mount", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, conf,
	}, command...)...)
}

const kamailioConfig = `
debug=0
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:%s
mpath="/usr/lib/%s/kamailio/modules/"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "textops.so"
loadmodule "enum.so"
request_route {
	$var(found) = 0;
	switch ($hdr(X-Service)) {
	case "sip": if (enum_query()) { $var(found) = 1; } break;
	case "voice:sip": if (enum_query("e164.arpa.", "voice")) { $var(found) = 1; } break;
	case "im": if (enum_query("e164.arpa.", "+im")) { $var(found) = 1; } break;
	case "pstn:tel": if (enum_query("e164.arpa.", "+pstn:tel")) { $var(found) = 1; } break;
	}
	if ($var(found) == 1) {
		append_to_reply("X-Branch: 990 $(nh(u){s.encode.hexa})\r\n");
		$var(i) = 0;
		while ($var(i) < $branch(count)) {
			append_to_reply("X-Branch: $(branch(q)[$var(i)]) $(branch(uri)[$var(i)]{s.encode.hexa})\r\n");
			$var(i) = $var(i) + 1;
		}
	}
	sl_send_reply("200", "Done");
}
`

// startKamailio runs Kamailio and returns what asks it for its branches for a number.
func startKamailio(t *testing.T, server string) (ask func(number, service string) []string) {
	t.Helper()
	modules, err := filepath.Glob("/usr/lib/*/kamailio/modules/enum.so")
	if err != nil || len(modules) == 0 {
		t.Fatal("Kamailio has no module enum: install kamailio and kamailio-extra-modules")
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "kamailio.cfg")
	text := fmt.Sprintf(kamailioConfig, address, strings.Split(modules[0], "/")[3])
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := withResolver(t, server, "kamailio", "-DD", "-E", "-f", config, "-Y", dir, "-m", "16")
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
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	branch := regexp.MustCompile(`(?m)^X-Branch: (\S+) (\S*)\r$`)
	serial := 0
	return func(number, service string) []string {
		t.Helper()
		serial++
		id := fmt.Sprintf("Call-ID: %d@%s\r\n", serial, t.Name())
		request := fmt.Sprintf("OPTIONS sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\n"+
			"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n%sCSeq: 1 OPTIONS\r\n"+
			"X-Service: %s\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n",
			number, conn.LocalAddr(), serial, id, service)
		reply := make([]byte, 1<<16)
		for range 20 {
			if _, err := conn.Write([]byte(request)); err != nil {
				time.Sleep(200 * time.Millisecond) // it is not yet there
				continue
			}
			conn.SetReadDeadline(time.Now().Add(time.Second))
			for {
				n, err := conn.Read(reply)
				if err != nil {
					time.Sleep(200 * time.Millisecond)
					break
				}
				if !bytes.Contains(reply[:n], []byte(id)) {
					continue // of an earlier try
				}
				var list []string
				for _, m := range branch.FindAllStringSubmatch(string(reply[:n]), -1) {
					uri, err := hex.DecodeString(m[2])
					if err != nil {
						t.Fatalf("%q: %v", m[0], err)
					}
					if string(uri) == request[len("OPTIONS "):strings.Index(request, " SIP/2.0")] {
						uri = nil // the request as it was
					}
					list = append(list, m[1]+" "+string(uri))
				}
				return list
			}
		}
		t.Fatalf("Kamailio does not answer: %.3000s", log.String())
		return nil
	}
}

// largeSets are at and beyond what Kamailio takes of branches, records, octets and digits.
func largeSets() (sets []set) {
	of := func(number string, count int, regexp string) {
		s := set{Number: e164.MustParse(number)}
		for i := range count {
			s.Records = append(s.Records, naptr.Record{
				Order: uint16(i), Flags: "u", Services: "E2U+sip",
				Regexp: strings.Replace(regexp, "%d", fmt.Sprint(i), 1),
			})
		}
		sets = append(sets, s, s, s, s, s) // for each service
	}
	short, long := "!^.*$!sip:%d@example.com!", "!^.*$!sip:%d@"+strings.Repeat("x", 200)+".example.com!"
	for _, count := range []int{11, 12, 13, 20, 99, 100, 101, 120} {
		of("+12025550142", count, short)
	}
	for _, count := range []int{25, 32, 33, 34, 35, 40} { // up to 8192 octets and beyond
		of("+12025550142", count, long)
	}
	for n := 60; n < 90; n += 2 { // up to 1023 octets of URI and beyond
		of("+12025550142", 1, "!^(.*)$!sip:"+strings.Repeat(`\1`, n)+"@example.com!")
	}
	of("+120255501421234", 1, short)
	of("+1", 1, short)
	of("+12", 1, short)
	return sets
}

// TestKamailioProof asks Kamailio itself and the emulator for the branches that generated sets of
// records give.
func TestKamailioProof(t *testing.T) {
	needPrograms(t, "root", "kamailio", "unshare", "mount")
	if err := exec.Command("unshare", "--mount", "true").Run(); err != nil {
		// .ci/run says so, too; what was recorded of Kamailio is replayed all the same.
		t.Skipf("this machine allows no mount namespaces: %v", err)
	}
	apex, err := e164.ParseApex("e164.arpa")
	if err != nil {
		t.Fatal(err)
	}
	server := serveRecords(t, "53")
	ask := startKamailio(t, strings.TrimSuffix(server.address, ":53"))
	services := []string{"sip", "sip", "im", "voice:sip", "pstn:tel"}
	branches, untold, differ := 0, 0, 0
	for i, s := range slices.Concat(generate(1500, 5), largeSets(), ranks(500)) {
		q := Query{Number: s.Number, Records: s.Records, Service: services[i%len(services)]}
		name := apex.Domain(s.Number)
		server.set(name, s.Records)
		q.Size = server.size(name)
		o := kamailio.Dial(q)
		if unsure(o) {
			untold++
			continue
		}
		got := branchList(s, o)
		want := ask(s.Number.String(), q.Service)
		branches += len(want)
		if !slices.Equal(got, want) {
			if differ++; differ < 5 {
				t.Errorf("set %d, %s: %+v\n got %q\nwant %q\n%+v", i, q.Service, s.Records, got, want, o.Verdicts)
			}
		}
	}
	t.Logf("%d branches, %d sets cannot be told, %d differ", branches, untold, differ)
	if differ > 0 || untold > 150 || branches < 500 {
		t.Errorf("%d sets differ, %d cannot be told, %d branches", differ, untold, branches)
	}
}
