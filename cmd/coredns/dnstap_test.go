package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	tap "github.com/dnstap/golang-dnstap"
	"github.com/miekg/dns"
	"google.golang.org/protobuf/proto"
)

// dnstap gets each query and the reply as it was sent, with what enumim says of it.
func TestDnstap(t *testing.T) {
	path, dir, port := build(t), t.TempDir(), freePort(t)
	l, err := net.Listen("unix", filepath.Join(dir, "tap"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	frames := make(chan []byte, 100)
	go tap.NewFrameStreamSockInput(l).ReadInto(frames)
	corefile := fmt.Sprintf(`e164.arpa:%d {
    bind 127.0.0.1
    metadata
    dnstap %s full {
        extra {/enumim/result}
    }
    enumim {
        backend example
    }
}
`, port, l.Addr())
	if err := os.WriteFile(filepath.Join(dir, "Corefile"), []byte(corefile), 0o600); err != nil {
		t.Fatal(err)
	}
	p := run(t, path, dir)
	reply := p.ask(t, port, "udp", example0, dns.TypeNAPTR)
	seen := map[tap.Message_Type]*tap.Dnstap{}
	for len(seen) < 2 {
		select {
		case frame := <-frames:
			d := new(tap.Dnstap)
			if err := proto.Unmarshal(frame, d); err != nil {
				t.Fatal(err)
			}
			seen[d.GetMessage().GetType()] = d
		case <-time.After(20 * time.Second):
			t.Fatalf("dnstap got only %v", seen)
		}
	}
	m := new(dns.Msg)
	if err := m.Unpack(seen[tap.Message_CLIENT_QUERY].GetMessage().GetQueryMessage()); err != nil || m.Question[0].Name != example0 {
		t.Errorf("the query is %v, %v", m, err)
	}
	response := seen[tap.Message_CLIENT_RESPONSE]
	if err := m.Unpack(response.GetMessage().GetResponseMessage()); err != nil || len(m.Answer) == 0 || m.String() != reply.String() {
		t.Errorf("the reply is %v, %v, and not %v", m, err, reply)
	}
	if extra := string(response.GetExtra()); extra != "found" {
		t.Errorf("extra is %q", extra)
	}
	p.terminate(t)
}
