package etcd

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// proxy stands between a feed and a member. It can be cut, and it can swallow what the member says on streams of
// one method while all else goes on.
type proxy struct {
	to       string
	listener net.Listener

	mu     sync.Mutex
	conns  []net.Conn
	opened int
	down   bool
	method string
	owned  sync.WaitGroup
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{to: to, listener: l}
	p.owned.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.owned.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// cut ends all connections, and lets no other come to be until mend.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// count returns how many connections there have been.
func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// swallow sets the path of the method whose replies are swallowed, "" for none, of streams begun from now on.
func (p *proxy) swallow(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.method = path
}

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		out, err := net.Dial("tcp", p.to)
		if p.down || err != nil {
			in.Close()
			if err == nil {
				out.Close()
			}
			p.mu.Unlock()
			continue
		}
		p.opened++
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		q := &pair{proxy: p, dead: map[uint32]bool{}}
		p.owned.Go(func() { defer in.Close(); defer out.Close(); q.requests(in, out) })
		p.owned.Go(func() { defer in.Close(); defer out.Close(); q.replies(out, in) })
	}
}

// pair is one connection.
type pair struct {
	*proxy
	mu   sync.Mutex
	dead map[uint32]bool // streams whose replies are swallowed
}

// requests passes all on and notes the streams of the method.
func (q *pair) requests(from io.Reader, to io.Writer) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(from, preface); err != nil {
		return
	}
	to.Write(preface)
	var stream uint32
	decoder := hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		q.proxy.mu.Lock()
		swallow := q.method
		q.proxy.mu.Unlock()
		if f.Name == ":path" && f.Value == swallow {
			q.mu.Lock()
			q.dead[stream] = true
			q.mu.Unlock()
		}
	})
	frames(from, func(head http2.FrameHeader, whole, body []byte) bool {
		if head.Type == http2.FrameHeaders {
			stream = head.StreamID
			decoder.Write(body)
		}
		_, err := to.Write(whole)
		return err == nil
	})
}

// replies passes on what does not belong to dead streams.
func (q *pair) replies(from io.Reader, to io.Writer) {
	frames(from, func(head http2.FrameHeader, whole, _ []byte) bool {
		q.mu.Lock()
		dead := q.dead[head.StreamID]
		q.mu.Unlock()
		if dead && head.Type == http2.FrameData {
			return true
		}
		_, err := to.Write(whole)
		return err == nil
	})
}

// frames cuts HTTP/2 into frames.
func frames(from io.Reader, each func(head http2.FrameHeader, whole, body []byte) bool) {
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		h, err := http2.ReadFrameHeader(bytes.NewReader(head))
		if err != nil {
			return
		}
		body := make([]byte, h.Length)
		if _, err := io.ReadFull(from, body); err != nil {
			return
		}
		if !each(h, append(head, body...), body) {
			return
		}
	}
}
