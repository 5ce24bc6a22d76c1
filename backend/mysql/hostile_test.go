package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// listen calls serve with each connection.
func listen(t testing.TB, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// packet is a message of the protocol.
func packet(number byte, body string) string {
	return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), number}) + body
}

// welcome is the greeting of a server of these capabilities.
func welcome(capabilities uint32, plugin string) string {
	b := binary.LittleEndian.AppendUint32([]byte("\x0a8.0.99\x00"), 7)
	b = append(b, "abcdefgh\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(capabilities))
	b = append(b, 45, 2, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(capabilities>>16))
	b = append(b, "\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00"+plugin+"\x00"...)
	return packet(0, string(b))
}

const (
	usual  = capProtocol41 | capPluginAuth | capDeprecateEOF | capLocalFiles | 1<<15 | 1<<3
	okay   = "\x00\x00\x00\x02\x00\x00\x00"
	native = "mysql_native_password"
)

// take reads a packet.
func take(c net.Conn) (body []byte, number byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, 0, err
	}
	body = make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err = io.ReadFull(c, body)
	return body, head[3], err
}

// obey greets, lets everybody in, and answers each command as reply says.
func obey(reply func(command []byte) string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, welcome(usual, native))
		if _, _, err := take(c); err != nil {
			return
		}
		io.WriteString(c, packet(2, okay))
		for {
			command, _, err := take(c)
			if err != nil || len(command) == 0 || command[0] == 1 {
				return
			}
			io.WriteString(c, reply(command))
		}
	}
}

// A server that talks nonsense, or nothing, is an outage: an error in time, never an answer, and no memory without end.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	after := func(reply string) func(net.Conn) { return obey(func([]byte) string { return reply }) }
	prepared := func(reply string) func(net.Conn) {
		return obey(func(command []byte) string {
			switch command[0] {
			case 0x03:
				return packet(1, okay)
			case comPrepare:
				return packet(1, "\x00\x01\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00") + strings.Repeat(packet(2, "\x03def\x00\x00\x00\x01c\x00\x0c\x2d\x00\x00\x00\x00\x00\xfd\x00\x00\x00\x00\x00"), 6)
			}
			return reply
		})
	}
	var told atomic.Bool
	for name, serve := range map[string]func(net.Conn){
		"silent":               func(net.Conn) { time.Sleep(2 * time.Second) },
		"closes":               func(net.Conn) {},
		"another protocol":     func(c net.Conn) { io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n") },
		"an empty packet":      func(c net.Conn) { io.WriteString(c, "\x00\x00\x00\x00") },
		"a short greeting":     func(c net.Conn) { io.WriteString(c, packet(0, "\x0a8.0\x00abc")) },
		"a huge greeting":      func(c net.Conn) { io.WriteString(c, "\xff\xff\xff\x00\x0a"+strings.Repeat("x", 1<<20)) },
		"no plugins":           func(c net.Conn) { io.WriteString(c, welcome(capProtocol41|1<<15, "")) },
		"too many connections": func(c net.Conn) { io.WriteString(c, packet(0, "\xff\x10\x04Too many +12025550100")) },
		"a cut error":          func(c net.Conn) { io.WriteString(c, packet(0, "\xff\x10")) },
		"an answer out of order": func(c net.Conn) {
			io.WriteString(c, welcome(usual, native))
			take(c)
			io.WriteString(c, packet(9, okay))
		},
		"a short way to log in": func(c net.Conn) {
			io.WriteString(c, welcome(usual, native))
			take(c)
			io.WriteString(c, packet(2, "\xfe"+native+"\x00abc"))
		},
		"a key that is none": func(c net.Conn) {
			io.WriteString(c, welcome(usual, "caching_sha2_password"))
			take(c)
			io.WriteString(c, packet(2, "\x01-----BEGIN X-----\nAAAA\n-----END X-----\n"))
		},
		"wants a clear password":   func(c net.Conn) { wantsClear(c, &told) },
		"an endless result":        after("\x01\x00\x00\x01\xfe"),
		"a file of ours":           after(packet(1, "\xfb/etc/passwd")),
		"2^40 columns":             after(packet(1, "\xfe\x00\x00\x00\x00\x00\x01\x00\x00")),
		"no columns at all":        after(packet(1, "\xfc")),
		"a packet of 16 MiB":       after("\xff\xff\xff\x01\x01" + strings.Repeat("x", 1<<20)),
		"results without end":      after(packet(1, "\x00\x00\x00\x0a\x00\x00\x00")),
		"garbage":                  after(packet(1, "\x63\x99\x02garbage")),
		"fewer columns":            prepared(packet(1, "\x01") + packet(2, "\x03def\x00\x00\x00\x01c\x00\x0c\x2d\x00\x00\x00\x00\x00\xfd\x00\x00\x00\x00\x00") + packet(3, "\xfe\x00\x00\x02\x00\x00\x00")),
		"no marker, and no result": prepared(packet(1, okay)),
		"a statement and more":     prepared(packet(1, okay) + packet(2, okay)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := listen(t, serve) + "/enumim"
			for _, mode := range []string{"store", "feed"} {
				b, _ := open(t, address, "mode "+mode, "password env:HOME")
				for range 3 {
					ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
					a, err := b.Lookup(ctx, backend.Query{Apex: dial, Name: nameOf(t, "100")})
					cancel()
					if err == nil || !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrNotReady) {
						t.Errorf("answered %v, %v", a.Kind, err)
					}
					if err != nil && strings.Contains(err.Error(), "1202") {
						t.Errorf("the error tells a number: %v", err)
					}
				}
				must(t, b.Close())
			}
		})
	}
	t.Cleanup(func() {
		if told.Load() {
			t.Error("the password was sent in the clear")
		}
	})
}

// wantsClear asks for the password in the clear.
func wantsClear(c net.Conn, told *atomic.Bool) {
	io.WriteString(c, welcome(usual, native))
	take(c)
	io.WriteString(c, packet(2, "\xfemysql_clear_password\x00"+strings.Repeat("x", 20)))
	if body, _, err := take(c); err == nil && strings.Contains(string(body), "/") {
		told.Store(true)
	}
}

// cutter passes on what a server says, up to so many octets, and counts them.
type cutter struct {
	address   string
	most, all atomic.Int64
}

func newCutter(t testing.TB, server string) *cutter {
	k := &cutter{}
	k.most.Store(1 << 30)
	k.address = listen(t, func(c net.Conn) {
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer up.Close()
		go func() {
			_, _ = io.Copy(up, c)
			up.Close()
		}()
		buffer := make([]byte, 64<<10)
		for at := 0; ; {
			n, err := up.Read(buffer)
			if err != nil {
				return
			}
			left := buffer[:min(n, max(0, int(k.most.Load())-at))]
			at += n
			k.all.Store(max(k.all.Load(), int64(at)))
			if _, err := c.Write(left); err != nil || len(left) < n {
				return
			}
		}
	})
	return k
}

// A conversation that is cut, wherever that is, is an error or the right answer, and never that a number does not
// exist; half a tree is none.
func TestCut(t *testing.T) {
	t.Parallel()
	d := start11(t)
	tree := d.tree(t)
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com'), ('101', 'sip:a@example.com')")
	for _, mode := range []string{"store", "feed"} {
		run := func(t testing.TB, k *cutter) {
			r := &recorder{}
			b, err := parse(t, k.address+"/"+tree, "mode "+mode).Open(t.Context(), r.observe)
			must(t, err)
			defer b.Close()
			if mode == "feed" {
				eventually(t, "read, or not", func() bool { return r.count(backend.Loaded)+r.count(backend.Unavailable) > 0 })
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			a, err := b.Lookup(ctx, backend.Query{Apex: dial, Name: nameOf(t, "101")}) // the last one
			switch {
			case err == nil && a.Kind != backend.Found:
				t.Errorf("mode %s, cut after %d octets: answered %v", mode, k.most.Load(), a.Kind)
			case err != nil && !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrBusy) && !errors.Is(err, backend.ErrNotReady):
				t.Errorf("mode %s, cut after %d octets: %v", mode, k.most.Load(), err)
			}
		}
		first := newCutter(t, d.Addr)
		run(t, first)
		whole, step := first.all.Load(), int64(1)
		if testing.Short() {
			step = 13
		}
		const workers = 4
		for w := range int64(workers) {
			t.Run(fmt.Sprint(mode, w), func(t *testing.T) {
				t.Parallel()
				k := newCutter(t, d.Addr)
				for at := w * step; at < whole; at += workers * step {
					k.most.Store(at)
					run(t, k)
				}
			})
		}
		t.Logf("mode %s: cut within %d octets", mode, whole)
	}
}
