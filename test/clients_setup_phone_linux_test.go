package test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// phone is who is called by SIP, whatever the URI: it is busy, and takes messages.
type phone struct {
	ip   string
	conn net.PacketConn

	mu    sync.Mutex
	asked map[string]bool // methods and URIs
}

// startPhone starts a phone at an address of this process where nothing else listens.
func startPhone(t *testing.T) *phone {
	t.Helper()
	pid := os.Getpid()
	p := &phone{ip: fmt.Sprintf("127.%d.%d.%d", 128+pid>>16&0x3f, pid>>8&0xff, pid&0xff), asked: make(map[string]bool)}
	var err error
	if p.conn, err = net.ListenPacket("udp", p.ip+":5060"); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { p.serve(); close(done) }()
	t.Cleanup(func() { p.conn.Close(); <-done })
	return p
}

func (p *phone) serve() {
	for buf := make([]byte, 1<<16); ; {
		n, from, err := p.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		lines := strings.Split(string(buf[:n]), "\r\n")
		method, rest, _ := strings.Cut(lines[0], " ")
		uri, _, _ := strings.Cut(rest, " ")
		p.mu.Lock()
		p.asked[method+" "+uri] = true
		p.mu.Unlock()
		status := map[string]string{"INVITE": "486 Busy Here", "MESSAGE": "200 OK"}[method]
		if status == "" {
			continue
		}
		reply := "SIP/2.0 " + status + "\r\n"
		for _, line := range lines[1:] {
			switch name, _, _ := strings.Cut(line, ":"); strings.ToLower(name) {
			case "via", "from", "call-id", "cseq":
				reply += line + "\r\n"
			case "to":
				reply += line + ";tag=phone\r\n"
			}
		}
		p.conn.WriteTo([]byte(reply+"Content-Length: 0\r\n\r\n"), from)
	}
}

// reached calls a number, or sends a message to it, through the client, and looks what URI of the phone that reached, if
// any, and what the caller is told.
func (p *phone) reached(t *testing.T, method, number, status, uri string) {
	t.Helper()
	p.mu.Lock()
	clear(p.asked)
	p.mu.Unlock()
	if got := call(t, method, number); got != status {
		t.Errorf("%s %s: %s, want %s", method, number, got, status)
	}
	eventually(t, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		for asked := range p.asked {
			if m, at, _ := strings.Cut(asked, " "); m == method && at != uri {
				t.Fatalf("%s %s reached %s, want %s", method, number, at, uri)
			}
		}
		if uri != "" && !p.asked[method+" "+uri] {
			return fmt.Errorf("%s %s does not reach %s", method, number, uri)
		}
		return nil
	})
}

// call returns the status that a client at port 5060 gives in the end.
func call(t *testing.T, method, number string) string {
	t.Helper()
	conn, err := net.Dial("udp", loopback+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	kind, body := "text/plain", "Hello"
	if method == "INVITE" {
		kind = "application/sdp"
		body = strings.ReplaceAll("v=0\r\no=- 1 1 IN IP4 @\r\ns=-\r\nc=IN IP4 @\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "@", loopback)
	}
	id := fmt.Sprint(time.Now().UnixNano())
	head := []string{
		fmt.Sprintf("%s sip:%s@%s SIP/2.0", method, number, loopback),
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s", conn.LocalAddr(), id),
		"Max-Forwards: 9", "From: <sip:test@example.com>;tag=" + id, fmt.Sprintf("To: <sip:%s@%s>", number, loopback),
		"Call-ID: " + id, "CSeq: 1 " + method, fmt.Sprintf("Contact: <sip:test@%s>", conn.LocalAddr()),
		"Content-Type: " + kind, fmt.Sprint("Content-Length: ", len(body)), "", body,
	}
	reply := make([]byte, 1<<16)
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		// Until the client has started, nobody is there. Then a request that comes again is known by its branch.
		if _, err := conn.Write([]byte(strings.Join(head, "\r\n"))); err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		for conn.SetReadDeadline(time.Now().Add(5 * time.Second)); ; {
			n, err := conn.Read(reply)
			if err != nil {
				time.Sleep(100 * time.Millisecond)
				break
			}
			if fields := bytes.Fields(reply[:n]); len(fields) > 1 && fields[1][0] != '1' {
				return string(fields[1])
			}
		}
	}
	t.Fatalf("nobody answers %s %s", method, number)
	return ""
}

// startRest starts what stands for the rest of the DNS: all names lead to the phone, and it is to be told no numbers.
func startRest(t *testing.T, p *phone) string {
	return startUpstream(t, func(_ string, r *dns.Msg) [][]byte {
		m := new(dns.Msg)
		m.SetReply(r)
		switch q := r.Question[0]; q.Qtype {
		case dns.TypeA:
			m.Answer = []dns.RR{&dns.A{
				Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(p.ip),
			}}
		case dns.TypeNAPTR:
			if strings.HasPrefix(q.Name, "0.") || strings.HasPrefix(q.Name, "7.") {
				t.Errorf("the rest of the DNS is asked for %s", q.Name)
			}
		}
		wire, err := m.Pack()
		if err != nil {
			return nil
		}
		return [][]byte{wire}
	}).address
}
