package etcd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/enumim/enumim/backend"
)

// rogue is a server that does to each connection what a test says.
func rogue(t testing.TB, do func(conn net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var owned sync.WaitGroup
	var mu sync.Mutex
	var all []net.Conn
	ended := false
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		ended = true
		for _, c := range all {
			c.Close()
		}
		mu.Unlock()
		owned.Wait()
	})
	owned.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if all = append(all, c); ended {
				c.Close()
			}
			mu.Unlock()
			owned.Go(func() { defer c.Close(); do(c) })
		}
	})
	return l.Addr().String()
}

// says sends octets and then nothing more.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, text); err == nil {
			io.Copy(io.Discard, c)
		}
	}
}

// over sends the same octets over and over.
func over(first, text string) func(net.Conn) {
	return func(c net.Conn) {
		go io.Copy(io.Discard, c)
		for _, err := io.WriteString(c, first); err == nil; {
			_, err = io.WriteString(c, text)
		}
	}
}

// framing speaks HTTP/2 up to the headers of each request, and answers it as a test says.
func framing(answer func(f *http2.Framer, stream uint32)) func(net.Conn) {
	return func(c net.Conn) {
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		f := http2.NewFramer(c, c)
		f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					f.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				answer(f, frame.StreamID)
			}
		}
	}
}

// headers sends those of a reply: pairs of name and value.
func headers(f *http2.Framer, stream uint32, end bool, pairs ...string) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(pairs); i += 2 {
		e.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
}

// message answers with a gRPC message that claims a length, and what there is of it.
func message(compressed byte, length uint32, text string, trailers ...string) func(f *http2.Framer, stream uint32) {
	return func(f *http2.Framer, stream uint32) {
		headers(f, stream, false, ":status", "200", "content-type", "application/grpc")
		b := binary.BigEndian.AppendUint32([]byte{compressed}, length)
		f.WriteData(stream, false, append(b, text...))
		if len(trailers) > 0 {
			headers(f, stream, true, trailers...)
		}
	}
}

// A server that does not keep to HTTP/2 or gRPC costs neither memory nor goroutines, nothing it says is taken for data, and
// what it says is not repeated; the next member is asked, and serves.
func TestHostileWire(t *testing.T) {
	const ok = "grpc-status"
	good := (&hostile{answer: good}).listen(t)
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, do := range map[string]func(net.Conn){
		"nothing":             says(""),
		"an end":              func(net.Conn) {},
		"a reset":             func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) },
		"HTTP/1.1":            says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
		"TLS":                 says("\x15\x03\x01\x00\x02\x02\x46"),
		"Redis":               says("-ERR +12025550100\r\n"),
		"zeros":               over("", strings.Repeat("\x00", 1<<16)),
		"garbage":             over("", strings.Repeat("\xff\x01\x80+12025550100", 1<<12)),
		"a huge frame":        says("\xff\xff\xff\x04\x00\x00\x00\x00\x00"),
		"settings for ever":   over("", strings.Repeat(settings, 1000)),
		"pings for ever":      over(settings, strings.Repeat("\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", 1000)),
		"settings of nothing": says("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00"), // a window of 0
		"GOAWAY at once":      says(settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"no answer":           framing(func(*http2.Framer, uint32) {}),
		"GOAWAY":              framing(func(f *http2.Framer, s uint32) { f.WriteGoAway(s, http2.ErrCodeNo, []byte("+12025550100")) }),
		"RST_STREAM":          framing(func(f *http2.Framer, s uint32) { f.WriteRSTStream(s, http2.ErrCodeInternal) }),
		"a page": framing(func(f *http2.Framer, s uint32) {
			headers(f, s, false, ":status", "200", "content-type", "text/html")
			f.WriteData(s, true, []byte("+12025550100"))
		}),
		"404": framing(func(f *http2.Framer, s uint32) { headers(f, s, true, ":status", "404") }),
		"a redirection": framing(func(f *http2.Framer, s uint32) {
			headers(f, s, true, ":status", "307", "location", "http://127.0.0.1:1/")
		}),
		"no status": framing(func(f *http2.Framer, s uint32) {
			headers(f, s, true, ":status", "200", "content-type", "application/grpc")
		}),
		"well, and no message": framing(func(f *http2.Framer, s uint32) {
			headers(f, s, true, ":status", "200", "content-type", "application/grpc", ok, "0")
		}),
		"an empty message": framing(message(0, 0, "", ok, "0")),
		"4 GB":             framing(message(0, 1<<32-1, "x")),
		"64 MB that do not end": framing(func(f *http2.Framer, s uint32) {
			message(0, largestReply, "")(f, s)
			for f.WriteData(s, false, make([]byte, 1<<14)) == nil {
			}
		}),
		"compressed":       framing(message(1, 5, "\x1f\x8b\x08\x00\x00", ok, "0")),
		"another type":     framing(message(0, 4, "\xff\xff\xff\xff", ok, "0")),
		"a string of 2 GB": framing(message(0, 6, "\x12\xff\xff\xff\xff\x07", ok, "0")),
		"two messages":     framing(message(0, 0, "\x00\x00\x00\x00\x00", ok, "0")),
		"headers that do not end": framing(func(f *http2.Framer, s uint32) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: s, BlockFragment: []byte("\x88")})
			for f.WriteContinuation(s, false, bytes.Repeat([]byte("\x00\x01a\x7f\x80\x7e"+strings.Repeat("b", 253)), 60)) == nil {
			}
		}),
		"status 5":   framing(message(0, 0, "", ok, "5", "grpc-message", "etcdserver: +12025550100 not found")),
		"status 8":   framing(message(0, 0, "", ok, "8", "grpc-message", "+12025550100")),
		"status 999": framing(message(0, 0, "", ok, "999", "grpc-message", "+12025550100")),
		"status x":   framing(message(0, 0, "", ok, "x", "grpc-message", "+12025550100")),
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			b := serve(t, rogue(t, do), good)
			if _, err := b.kind("12025550100"); err != nil && !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("answered with %v", err)
			}
			b.wants(t, "12025550100", backend.Found)
			alone := serve(t, rogue(t, do))
			eventually(t, fmt.Sprintf("it is told: %v", alone), func() bool { _, n := alone.find(backend.Unavailable); return n > 0 })
			if _, err := alone.kind("12025550100"); !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("answered with %v", err)
			}
			for _, text := range []string{b.String(), alone.String()} {
				if strings.Contains(text, "2025550") || strings.Contains(text, backend.ErrPanic.Error()) {
					t.Errorf("a number is told, or a panic: %v", text)
				}
			}
			begun := time.Now()
			must(t, alone.Close())
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("Close takes %v", took)
			}
		})
	}
}
